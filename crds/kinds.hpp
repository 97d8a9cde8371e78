#pragma once

#include "crds/described.hpp"

#include <span>
#include <string_view>

/// What a CRD says of a kind besides its fields.
namespace holdfast::crds {

struct printer_column {
    std::string_view name;
    std::string_view type;
    std::string_view json_path;
    std::string_view doc;
    /// Shown only by `-o wide`.
    bool wide = false;
};

struct kind_description {
    std::string_view kind;
    std::string_view plural;
    std::string_view singular;
    std::string_view short_name;
    std::span<const printer_column> columns;
    /// Usable in --field-selector; may be empty.
    std::span<const std::string_view> selectable;
    const type_description* type;
};

const kind_description& application_kind();
const kind_description& application_set_kind();
const kind_description& project_kind_description();
const kind_description& repository_kind();

} // namespace holdfast::crds
