#include "builders/paths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace holdfast::builders {

std::optional<std::string> join_paths(std::string_view directory, std::string_view path) {
    std::vector<std::string_view> steps;
    const auto walk = [&](std::string_view rest) {
        while (!rest.empty()) {
            const auto step = rest.substr(0, rest.find('/'));
            rest.remove_prefix(std::min(step.size() + 1, rest.size()));
            if (step.empty() || step == ".") continue;
            if (step != "..") {
                steps.push_back(step);
            } else if (steps.empty()) {
                return false;
            } else {
                steps.pop_back();
            }
        }
        return true;
    };
    if (!path.starts_with('/') && !walk(directory)) return std::nullopt;
    if (!walk(path)) return std::nullopt;
    return fmt::format("{}", fmt::join(steps, "/"));
}

std::string_view parent_of(std::string_view path) noexcept {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view base_of(std::string_view path) noexcept {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

} // namespace holdfast::builders
