#pragma once

#include "base/error.hpp"
#include "sync/openapi.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace holdfast::sync {

/// A CustomResourceDefinition that is about to take another one's place: whether what is stored survives it.
/// An API server takes a definition without a look at what is stored, and then prunes the fields that it no
/// longer knows, or serves nobody the versions that are gone.
class definition_change {
public:
    /// `live` is what the server has, `wanted` what is to be applied.
    definition_change(const json::object& live, const json::object& wanted);

    /// What would be lost whatever is stored: a stored version that is gone, another scope or name.
    [[nodiscard]] const std::vector<std::string>& losses() const noexcept { return losses_; }
    /// The schemas do not differ: no stored object needs a look.
    [[nodiscard]] bool keeps_schemas() const noexcept { return keeps_schemas_; }
    /// What the wanted definition would make of a stored object, which is as served in `version`: fields that
    /// it does not know, values that it refuses. User error where the definition's schema cannot be read.
    [[nodiscard]] result<std::vector<problem>> check(const json::object& stored, const std::string& version);

private:
    result<void> load(const std::string& version);

    const json::object& wanted_;
    std::string group_;
    std::string kind_;
    std::vector<std::string> losses_;
    bool keeps_schemas_ = true;
    schema_set schemas_;
    std::vector<std::string> loaded_;
};

} // namespace holdfast::sync
