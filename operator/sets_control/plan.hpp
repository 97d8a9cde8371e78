#pragma once

#include "crds/application.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a set writes: decided from values alone, and done elsewhere (writer.hpp).

namespace holdfast::sets_control {

namespace json = boost::json;

/// The annotation that every Application of a set bears: the set's name. On an Application that somebody else
/// made it says that this set may take it over.
inline constexpr std::string_view set_annotation = "holdfast.dev/application-set";
/// On a set: "true" lets it take over every Application that has a name of its own.
inline constexpr std::string_view adopt_annotation = "holdfast.dev/adopt-applications";
/// On a set: the token of the deletions that a person has confirmed.
inline constexpr std::string_view confirm_annotation = "holdfast.dev/confirm-deletion";

/// metav1.OwnerReference.
struct owner_reference {
    std::string api_version;
    std::string kind;
    std::string name;
    std::string uid;
    bool controller = false;
    bool block_owner_deletion = false;

    bool operator==(const owner_reference&) const = default;
};

/// What a set's policy lets it do with Applications that are there.
struct permissions {
    bool update = true;
    bool remove = true;
};

/// Fields of an Application that the set leaves as they are.
struct ignored_fields {
    /// Empty: of all of them.
    std::string application;
    /// RFC 6901, from the root: "/spec/source/targetRevision".
    std::vector<std::string> pointers;
};

/// What of a set decides what it writes.
struct set_rules {
    std::string namespace_;
    std::string name;
    std::string uid;
    permissions may;
    /// It may take over what somebody else made.
    bool adopts = false;
    /// What a person has confirmed: a token, or empty.
    std::string confirmed;
    std::set<std::string> preserved_labels;
    std::set<std::string> preserved_annotations;
    std::vector<ignored_fields> ignored;
};

/// An Application that a set is to have. What of it cannot be read is in `problems`.
struct wanted_application {
    crds::application value;
    std::vector<crds::problem> problems;
};

/// One that is there.
struct existing_application {
    /// Never null; outlives the plan.
    const crds::application* value = nullptr;
    std::vector<owner_reference> owners;
};

/// What was sent about an Application, and the watch has not told of yet.
enum class on_its_way : std::uint8_t { write, deletion };

struct plan_facts {
    /// Outlives the plan.
    std::span<const wanted_application> wanted;
    /// By name: all that are owned, and whatever else has a name that is wanted.
    std::map<std::string, existing_application, std::less<>> existing;
    std::map<std::string, on_its_way, std::less<>> sent;
    /// Some generators failed: what they made the last time stays. Where that is not known nothing is deleted.
    bool some_failed = false;
    /// The token of deletions that were asked about: what was created since does not make them fewer.
    std::string asked;
    std::optional<std::set<std::string>> made_by_failed;
};

/// Why an Application is not as it is wanted.
enum class left_because : std::uint8_t {
    wrong,   ///< it cannot be read, or is none
    twice,   ///< several are generated with this name
    foreign, ///< somebody else made it
    owned,   ///< another controller has it
};

struct left_application {
    std::string name;
    left_because why = left_because::wrong;
    /// A sentence.
    std::string message;
};

/// Deletions that wait for a person.
struct deletion_question {
    std::vector<std::string> applications;
    std::size_t owned = 0;
    std::size_t limit = 0;
    /// Identifies what is wanted: what is confirmed is that everything else goes.
    std::string token;
    std::string sentence;
};

struct write_plan {
    /// Positions in plan_facts::wanted.
    std::vector<std::size_t> creations;
    std::vector<std::size_t> updates;
    /// Names.
    std::vector<std::string> deletions;
    std::vector<left_application> left;
    std::optional<deletion_question> asked;
    /// Deletions that are not done because a generator failed.
    std::size_t withheld = 0;
    /// How many are as they are wanted; and for how many the server's word is waited for.
    std::size_t in_place = 0;
    std::size_t under_way = 0;
};

/// What is to be written so that there is what is wanted. Applications that are being deleted are waited for.
[[nodiscard]] write_plan plan_of(const set_rules& set, const plan_facts& facts);

/// The merge patch that makes of what is there what is wanted, as far as the set may; empty where it is so.
[[nodiscard]] json::object
patch_of(const set_rules& set, const crds::application& wanted, const existing_application& existing);

/// Whether an Application is the set's: by its owner, or by the annotation where it has no other controller.
[[nodiscard]] bool is_of(const set_rules& set, const existing_application& one);

/// Whether a set owns an Application in such a way that it deletes it when it is wanted no more.
[[nodiscard]] bool is_owned(const set_rules& set, const existing_application& one);

/// An Application that is not there yet, as it is created.
[[nodiscard]] json::object object_of(const set_rules& set, const crds::application& wanted);

} // namespace holdfast::sets_control
