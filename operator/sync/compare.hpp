#pragma once

#include "base/error.hpp"
#include "base/hash.hpp"
#include "match/glob.hpp"
#include "sync/identity.hpp"
#include "sync/live_record.hpp"
#include "sync/takeover.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

enum class verdict : std::uint8_t {
    equal,
    differs,
    unknown, ///< cannot be said here; a server-side dry-run decides
};

/// One field that is not as wanted.
struct difference {
    /// "spec.template.spec.containers[name=web].image"
    std::string path;
    /// The values, shortened; "(none)" where there is none; "(hidden)" for what is in a Secret.
    std::string desired;
    std::string live;

    friend bool operator==(const difference&, const difference&) = default;
};

struct comparison {
    verdict result = verdict::unknown;
    std::vector<difference> differences;
};

/// "spec.replicas is 3, not 2; and 4 more": the first few differences, for a person. With `values` false it
/// names the fields only, since values that were filled in are nobody's to read. Empty without differences.
std::string summary_of(std::span<const difference> differences, bool values);

/// "spec.replicas, spec.template.spec.containers[name=web].image, and 4 more": the first few fields, without
/// values. Empty without differences.
std::string fields_of(std::span<const difference> differences);

/// What is remembered of an object since it was last known to be as wanted.
struct known_state {
    /// The desired hash that it was brought to, before ignored differences were taken out.
    sha256_digest desired_hash{};
    /// The hash of the owned fields right after.
    sha256_digest owned_hash{};

    friend bool operator==(const known_state&, const known_state&) = default;
};

/// The common case, without any object at hand. Both hashes unchanged: equal. Owned fields changed: differs
/// (somebody drifted it). Desired changed, or nothing known: unknown.
verdict compare_known(
    const std::optional<known_state>& known, const sha256_digest& desired_hash, const live_record& live
);

/// Compares with the live object itself. Equal: every wanted field is there with the same meaning
/// (quantities, list items by their keys, empty and absent), and Holdfast owns nothing else. Differs: surely
/// so (never applied by us, a label or annotation of ours is not there, a field to be given up). Unknown:
/// there are differences that defaulting or an admission webhook may explain.
comparison compare_objects(const json::object& desired, const json::object& live, std::string_view manager);

/// What was added to lists differs surely: an apply takes it away.
void add_differences(comparison& found, std::span<const added_item> added);

/// Decides with the answer of a server-side dry-run of the desired object: equal or differs.
comparison compare_dry_run(const json::object& dry_run, const json::object& live, std::string_view manager);

/// What an apply would change of an object that is not ours yet, by the server's answer to a dry run of it:
/// but for the marks by which it becomes ours, and who owns its fields.
std::vector<difference>
changes_of(const json::object& dry_run, const json::object& live, const dialect& names);

/// True where two Kubernetes quantities (strings or numbers) are the same amount: "1" and "1000m".
bool same_quantity(const json::value& a, const json::value& b);
/// True for what Kubernetes reads as a quantity.
bool is_quantity(std::string_view text);

/// One entry of `spec.ignoreDifferences`.
struct ignore_rule {
    match::glob group; ///< by default the core group
    match::glob kind;
    std::string name;       ///< empty: any
    std::string namespace_; ///< empty: any
    std::vector<std::string> json_pointers;
    std::vector<std::string> managed_fields_managers;
    /// Fields of one object that were found for it: names and positions in lists, from the object down; of a
    /// list the last item first.
    std::vector<std::vector<std::string>> fields;
};

/// True where the rule is for this object.
bool matches(const ignore_rule& rule, const object_id& id);

/// The field managers to which the rules leave what they own of this object.
std::vector<std::string> spared_managers(std::span<const ignore_rule> rules, const object_id& id);

/// What cannot be done of a rule, each a sentence: JSON pointers that are none.
std::vector<std::string> problems_of(const ignore_rule& rule);

/// The desired object with ignored fields left to the live one: where another manager owns such a field it is
/// taken out (so it is not ours any more), else it gets the live value, or none. Keys of list items stay.
json::object apply_ignored(
    json::object desired, const json::object& live, std::span<const ignore_rule> rules, const dialect& names
);

} // namespace holdfast::sync
