#pragma once

#include "base/error.hpp"
#include "sync/identity.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

/// One thing wrong with an object.
struct problem {
    /// "spec.template.spec.containers[0].imagee"
    std::string path;
    /// `unknown field, did you mean "image"?`
    std::string message;

    friend bool operator==(const problem&, const problem&) = default;
};
/// "path: message".
std::string to_string(const problem& p);
/// Whether it is about a field that the schema does not have, which `Validate=false` leaves out.
bool is_about_unknown_field(const problem& p);

struct kind_version {
    std::string group;
    std::string version;
    std::string kind;
};

/// The server's own schemas of the kinds in use, kept small: documents of
/// `/openapi/v3/apis/<group>/<version>` are read for the kinds that are asked for, and parts that kinds share
/// (a pod's spec) are kept once. One thread.
class schema_set {
public:
    schema_set();
    ~schema_set();
    schema_set(schema_set&&) noexcept;
    schema_set& operator=(schema_set&&) noexcept;

    /// Reads `kinds` of one group and version from its document. What the set had of that group and version
    /// is replaced. Kinds that the document lacks are left out. Errors (user): no JSON, or no OpenAPI v3.
    result<void>
    add(std::string_view group, std::string_view version, std::string_view document,
        const std::vector<std::string>& kinds);

    /// The same from CustomResourceDefinitions, which are to be applied before the objects of their kinds:
    /// what the server will say of these once it has them. Versions without a schema are left out.
    result<void> add_definitions(std::span<const json::object* const> definitions);

    [[nodiscard]] bool has(const kind_version& kind) const;

    /// Everything that is wrong with an object, all at once, in the order of its fields; also what only a
    /// server-side apply refuses, an item of a list that is given twice. Nothing for a kind that the set
    /// lacks, save what holds for every object.
    [[nodiscard]] std::vector<problem> check(const json::object& object) const;

    /// Takes out the fields that the schema of an object does not have, wherever they are, and says which:
    /// "spec.replcas". Nothing for a kind that the set lacks.
    std::vector<std::string> drop_unknown(json::object& object) const;

    /// How many nodes the schemas take: for tests and metrics.
    [[nodiscard]] std::size_t size() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace holdfast::sync
