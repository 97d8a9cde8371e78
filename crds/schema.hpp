#pragma once

#include "crds/kinds.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace holdfast::crds {

/// The CustomResourceDefinition of a described kind: a structural schema in which everything is bounded.
json::object custom_resource_definition(const kind_description& kind);

/// What is told of a field: its sentences, its default, what its values mean.
std::string field_documentation(const field_description& field);

/// The type within optionals and lists and maps.
const type_description& innermost(const type_description& type) noexcept;

/// Whether the schema gives a field its default: absent ones and zeros need none.
bool has_default(const field_description& field) noexcept;

} // namespace holdfast::crds
