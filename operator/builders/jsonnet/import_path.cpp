#include "import_path.hpp"

#include <algorithm>

namespace holdfast::builders::jsonnet {

namespace {

constexpr std::size_t max_path = 4096;

/// False when ".." leads out of the root.
bool append(std::string& path, std::string_view steps) {
    while (!steps.empty()) {
        const auto step = steps.substr(0, steps.find('/'));
        steps.remove_prefix(std::min(step.size() + 1, steps.size()));
        if (step.empty() || step == ".") continue;
        if (step == "..") {
            if (path.empty()) return false;
            path.resize(directory_of(path).size());
            continue;
        }
        if (!path.empty()) path += '/';
        path += step;
    }
    return true;
}

} // namespace

std::optional<std::string> import_path(std::string_view directory, std::string_view name) {
    if (name.empty() || name.front() == '/' || name.back() == '/' || name.size() > max_path ||
        name.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::string path;
    if (!append(path, directory) || !append(path, name) || path.empty() || path.size() > max_path) {
        return std::nullopt;
    }
    return path;
}

std::string_view directory_of(std::string_view path) noexcept {
    const auto slash = path.rfind('/');
    return path.substr(0, slash == std::string_view::npos ? 0 : slash);
}

} // namespace holdfast::builders::jsonnet
