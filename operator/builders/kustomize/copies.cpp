#include "builders/kustomize/copies.hpp"

#include "builders/paths.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_path = 4096;

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const auto segment = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), segment.size() + 1));
        if (!segment.empty() && segment != ".") segments.push_back(segment);
    }
    return segments;
}

/// `path`, seen from `directory`, which it is in.
std::string_view below(std::string_view path, std::string_view directory) {
    return directory.empty() ? path : path.substr(std::min(path.size(), directory.size() + 1));
}

/// The directory that has to be copied so that the symlink at `link` stays inside: `directory`, or one above.
result<std::string> holding(files::tree_reader& tree, std::string directory, const std::string& link) {
    for (;;) {
        const auto id = tree.tree_at(directory);
        if (!id) return id.error();
        const auto end = tree.follow_in(*id, below(link, directory));
        // One that leads nowhere is whatever it is: nothing is read through it.
        if (end || end.error().kind() == error_kind::not_found) return directory;
        if (end.error().kind() != error_kind::user || directory.empty()) return end.error();
        directory = std::string{parent_of(directory)};
    }
}

/// The directory, or where a symlink below it leads out of it, a larger one.
result<copied_directory> grown(files::tree_reader& tree, const std::string& directory) {
    const auto id = tree.tree_at(directory);
    if (!id) return id.error();
    const auto entries = tree.list(*id, {.recursive = true});
    if (!entries) return entries.error();
    for (const auto& entry : *entries) {
        if (entry.mode != files::entry_mode::symlink) continue;
        const auto larger = holding(tree, directory, render::join_path(directory, entry.name));
        if (!larger) return larger.error();
        if (*larger != directory) return copied_directory{*larger, {}};
    }
    return copied_directory{directory, *id};
}

std::set<std::string> outermost(const std::set<std::string>& roots) {
    std::set<std::string> kept;
    for (const auto& root : roots) {
        const auto inside = [&](const std::string& other) {
            return other != root && render::is_within(root, other);
        };
        if (std::ranges::none_of(roots, inside)) kept.insert(root);
    }
    return kept;
}

} // namespace

result<std::vector<copied_directory>>
copies_of(files::tree_reader& tree, const std::set<std::string>& roots) {
    auto left = outermost(roots);
    std::vector<copied_directory> done;
    while (!left.empty()) {
        const auto next = *left.begin();
        left.erase(left.begin());
        auto larger = grown(tree, next);
        if (!larger) return larger.error();
        if (larger->path == next) {
            done.push_back(std::move(*larger));
            continue;
        }
        std::erase_if(left, [&](const auto& each) { return render::is_within(each, larger->path); });
        std::erase_if(done, [&](const auto& each) { return render::is_within(each.path, larger->path); });
        left.insert(larger->path);
    }
    std::ranges::sort(done, {}, &copied_directory::path);
    return done;
}

std::string relative_path(std::string_view from, std::string_view to) {
    const auto a = segments_of(from);
    const auto b = segments_of(to);
    const auto [x, y] = std::ranges::mismatch(a, b);
    std::string path;
    for (auto each = x; each != a.end(); ++each) {
        path = render::join_path(path, "..");
    }
    for (auto each = y; each != b.end(); ++each) {
        path = render::join_path(path, *each);
    }
    return path.empty() ? "." : path;
}

result<std::string> join_lexically(std::string_view from, std::string_view text) {
    if (text.starts_with('/'))
        return user_error("is absolute; it has to be relative to the kustomization's directory");
    if (text.size() > max_path || text.find('\0') != std::string_view::npos)
        return user_error("is not a valid path");
    std::string path{from};
    for (const auto segment : segments_of(text)) {
        if (segment != "..") {
            path = render::join_path(path, segment);
        } else if (path.empty()) {
            return user_error("leaves the repository");
        } else {
            path = std::string{parent_of(path)};
        }
    }
    return path;
}

} // namespace holdfast::builders
