#pragma once

#include <cstdint>
#include <string_view>

/// Bounds that several tables share.
namespace holdfast::crds::limits {

inline constexpr std::int64_t name = 253; // a DNS subdomain
inline constexpr std::int64_t label = 63; // a DNS label
inline constexpr std::int64_t path = 1024;
inline constexpr std::int64_t url = 2048;
inline constexpr std::int64_t revision = 256;
inline constexpr std::int64_t message = 4096;
inline constexpr std::int64_t text = 262144; // values written into an object

inline constexpr std::string_view dns_name = R"(^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$)";
inline constexpr std::string_view dns_name_says = "a name of lower-case letters, digits, '-' and '.'";
inline constexpr std::string_view dns_label = R"(^[a-z0-9]([-a-z0-9]*[a-z0-9])?$)";
inline constexpr std::string_view dns_label_says = "a name of lower-case letters, digits and '-'";

} // namespace holdfast::crds::limits
