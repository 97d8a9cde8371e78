#include "render/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace holdfast::render {

namespace {

constexpr int max_links = 40; // as Linux has it
constexpr std::size_t max_target = 4096;
/// On the way of one path: Linux takes no longer one. A symlink can name as many, and lead to the next.
constexpr int max_steps = 4096;

std::vector<std::string> components_of(std::string_view path) {
    std::vector<std::string> components;
    while (!path.empty()) {
        const std::string_view component = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(component.size() + 1, path.size()));
        if (!component.empty() && component != ".") components.emplace_back(component);
    }
    return components;
}

} // namespace

std::string name_of_directory(std::string_view path) {
    return path.empty() ? "the repository's root" : std::string{path};
}

result<std::string> clean_path(std::string_view path) {
    if (path.starts_with('/')) {
        return user_error(fmt::format(
            "path \"{}\" is absolute; it has to be relative to the root of the repository: \"{}\"", path,
            path.substr(std::min(path.find_first_not_of('/'), path.size()))
        ));
    }
    if (path.find('\0') != std::string_view::npos || path.size() > max_target) {
        return user_error("path is too long or has a NUL byte in it");
    }
    std::string clean;
    for (const std::string& component : components_of(path)) {
        if (component == "..") {
            return user_error(fmt::format("path \"{}\" must not contain \"..\"", path));
        }
        clean = join_path(clean, component);
    }
    return clean;
}

std::string join_path(std::string_view directory, std::string_view name) {
    std::string path{directory};
    if (!directory.empty() && !name.empty()) path += '/';
    return path.append(name);
}

bool is_within(std::string_view path, std::string_view directory) noexcept {
    return directory.empty() || path == directory ||
           (path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/');
}

result<followed> follow(
    source_tree& tree, std::string_view path, std::string_view inside, std::vector<outside_read>* outside
) {
    followed found;
    const auto steps = components_of(path);
    std::deque<std::string> ahead{steps.begin(), steps.end()};
    int links = 0;
    const auto note = [&](const std::string& where, const std::string& id) {
        if (outside == nullptr || is_within(where, inside)) return;
        if (outside_read read{.path = where, .id = id};
            std::find(outside->begin(), outside->end(), read) == outside->end()) {
            outside->push_back(std::move(read));
        }
    };
    const auto root = tree.step("");
    if (!root) return root.error();
    if (!*root) return error{error_kind::not_found, fmt::format("{} has no root", tree.describe())};
    found.entry = **root;
    bool is_end = false; // found.entry is what is at found.path, to be gone by
    int steps_taken = 0;
    while (!ahead.empty()) {
        const std::string step = std::move(ahead.front());
        ahead.pop_front();
        is_end = false;
        if (++steps_taken > max_steps) {
            return user_error(fmt::format(
                "{} {}: the way there has more than {} steps", links > 0 ? "symlink" : "path", path, max_steps
            ));
        }
        if (step == "..") {
            if (found.path.empty()) return user_error(fmt::format("symlink {} leaves the repository", path));
            const auto slash = found.path.rfind('/');
            found.path.resize(slash == std::string::npos ? 0 : slash);
            continue;
        }
        std::string next = join_path(found.path, step);
        auto entry = ahead.empty() ? tree.find(next) : tree.step(next);
        if (!entry) return entry.error();
        if (!*entry) {
            note(next, {});
            return error{
                error_kind::not_found,
                links == 0 ? fmt::format("there is no {} in {}", path, tree.describe())
                           : fmt::format("symlink {} leads to {}, which does not exist", path, next)
            };
        }
        found.entry = std::move(**entry);
        if (found.entry.kind != entry_kind::symlink) {
            found.path = std::move(next);
            is_end = ahead.empty();
            continue;
        }
        if (++links > max_links) return user_error(fmt::format("symlink {} runs in circles", path));
        note(next, found.entry.id);
        auto target = tree.read(found.entry, max_target);
        if (!target) return target.error();
        if (target->empty() || target->front() == '/' || target->find('\0') != std::string::npos) {
            return user_error(fmt::format(
                "symlink {} leaves the repository: its target is {}", next,
                target->starts_with('/') ? "absolute" : "no path"
            ));
        }
        const auto more = components_of(*target);
        ahead.insert(ahead.begin(), more.begin(), more.end());
    }
    if (!is_end) { // the root, or a way that ended with ".." or "."
        auto here = tree.find(found.path);
        if (!here) return here.error();
        if (!*here) return error{error_kind::not_found, fmt::format("{} leads nowhere", path)};
        found.entry = std::move(**here);
    }
    if (links > 0) note(found.path, found.entry.id);
    return found;
}

} // namespace holdfast::render
