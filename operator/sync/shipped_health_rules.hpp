#pragma once

#include <array>
#include <string_view>

namespace holdfast::sync {

struct health_rule_file {
    std::string_view name;
    std::string_view text;
};

/// health_rules/*.rules, as they were when this was built.
extern const std::array<health_rule_file, 5> shipped_health_rule_files;

} // namespace holdfast::sync
