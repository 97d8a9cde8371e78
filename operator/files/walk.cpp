#include "files/walk.hpp"

namespace holdfast::files {

std::string_view kind_name(entry_mode mode) noexcept {
    switch (mode) {
    case entry_mode::tree: return "a directory";
    case entry_mode::file:
    case entry_mode::executable: return "a file";
    case entry_mode::symlink: return "a symlink";
    case entry_mode::submodule: return "a submodule";
    }
    return "something else";
}

result<std::vector<std::string>> steps_of(std::string_view path) {
    std::vector<std::string> steps;
    const auto whole = path;
    if (path.ends_with('/')) {
        path.remove_suffix(1);
        if (path.empty()) {
            return user_error("the path \"/\" is absolute: paths are relative to the root of the repository");
        }
    }
    if (path.starts_with('/')) {
        return user_error(
            "the path " + shown(whole) + " is absolute: paths are relative to the root of the repository"
        );
    }
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto step = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (step.empty() || step == "." || step == ".." || step.find('\0') != std::string_view::npos) {
            return user_error(
                "the path " + shown(whole) +
                " has an empty, \".\" or \"..\" part: write it plainly from the root"
            );
        }
        steps.emplace_back(step);
    }
    return steps;
}

result<std::vector<std::string>> steps_of_link(std::string_view link, std::string_view target) {
    if (target.empty() || target.front() == '/' || target.find('\0') != std::string_view::npos) {
        return user_error(
            "the symlink " + shown(link) + " leads to " + shown(target) +
            ", which is outside of the repository"
        );
    }
    std::vector<std::string> steps;
    for (auto rest = target; !rest.empty();) {
        const auto slash = rest.find('/');
        steps.emplace_back(rest.substr(0, slash));
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    }
    return steps;
}

std::string joined(const std::vector<std::string>& steps) {
    std::string path;
    for (const auto& step : steps) {
        path.append(path.empty() ? "" : "/").append(step);
    }
    return path;
}

bool is_lfs_pointer(std::string_view blob) noexcept {
    return blob.size() < 1024 && blob.starts_with("version https://git-lfs.github.com/spec/") &&
           blob.find("\noid sha256:") != std::string_view::npos;
}

} // namespace holdfast::files
