#pragma once

#include <string_view>

/// Manifests of config/ as the build found them (shipped.cpp.in).
namespace holdfast::rights::shipped {

extern const std::string_view cluster;
extern const std::string_view own_namespace;
extern const std::string_view one_namespace;
extern const std::string_view webhook;
extern const std::string_view page;

} // namespace holdfast::rights::shipped
