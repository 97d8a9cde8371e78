#include "builders/copies.hpp"

#include "builders/paths.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_entries = 20'000;
constexpr std::size_t max_copies = 4000;
constexpr int max_depth = 24;

error in_file(const error& e, const std::string& file) {
    return e.message().find(file) == std::string::npos ? e.within(file) : e;
}

} // namespace

struct copier::place {
    const source_view& from;
    /// In the source.
    std::string path;
    files::object_id id;
    /// Below the workspace.
    std::string to;
    /// In the directory that was asked for.
    std::string relative;
};

result<void> copier::count() {
    if (plan_.trees.size() < max_copies) return {};
    return user_error(fmt::format(
        "symlinks that lead out of their directory: more than {} files would have to be copied one by one",
        max_copies
    ));
}

result<void> copier::directory(
    const source_view& from, const std::string& path, const std::string& to, const exclusion& without
) {
    const auto found = from.find(path);
    if (!found) return found.error();
    if (found->mode != files::entry_mode::tree) return user_error(fmt::format("{} is not a directory", path));
    return directory({.from = from, .path = path, .id = found->id, .to = to, .relative = {}}, without, 0);
}

result<void> copier::directory(const place& at, const exclusion& without, int depth) {
    if (depth > max_depth) {
        return user_error(fmt::format("{}: symlinks lead into each other without an end", at.path));
    }
    const auto entries = at.from.reader->list(at.id, {.recursive = true, .max_entries = max_entries});
    if (!entries) return entries.error().within(at.path.empty() ? "the root of the repository" : at.path);
    bool is_whole = true;
    for (const auto& entry : *entries) {
        if (without && without(render::join_path(at.relative, entry.name), /*is_directory=*/false)) {
            is_whole = false;
            break;
        }
        if (entry.mode == files::entry_mode::symlink && !at.from.reader->follow_in(at.id, entry.name)) {
            is_whole = false;
            break;
        }
    }
    if (!is_whole) return parts(at, without, depth);
    if (auto more = count(); !more) return more;
    plan_.trees.push_back({.from = at.from.at, .path = at.path, .to = at.to});
    directories_.insert(at.to);
    identities_.push_back(fmt::format("{}\n{}\n{}", at.path, at.to, at.id.hex()));
    return {};
}

result<void> copier::parts(const place& at, const exclusion& without, int depth) {
    const auto entries = at.from.reader->list(at.id);
    if (!entries) return entries.error();
    for (const auto& entry : *entries) {
        const bool is_directory = entry.mode == files::entry_mode::tree;
        const auto relative = render::join_path(at.relative, entry.name);
        if (without && without(relative, is_directory)) continue;
        const auto path = render::join_path(at.path, entry.name);
        const auto to = render::join_path(at.to, entry.name);
        if (entry.mode == files::entry_mode::submodule) continue;
        if (entry.mode == files::entry_mode::symlink) {
            const auto end = at.from.reader->follow(path);
            if (!end) return in_file(end.error(), path);
            if (end->mode != files::entry_mode::tree) {
                if (auto more = count(); !more) return more;
                file(at.from, *end, to);
                continue;
            }
            place next{.from = at.from, .path = end->name, .id = end->id, .to = to, .relative = relative};
            if (auto done = directory(next, without, depth + 1); !done) return done;
        } else if (is_directory) {
            place next{.from = at.from, .path = path, .id = entry.id, .to = to, .relative = relative};
            if (auto done = directory(next, without, depth + 1); !done) return done;
        } else {
            if (auto more = count(); !more) return more;
            files::tree_entry one = entry;
            one.name = path;
            file(at.from, one, to);
        }
    }
    return {};
}

void copier::file(const source_view& from, const files::tree_entry& found, const std::string& to) {
    if (!files_.insert(to).second) return;
    plan_.trees.push_back({.from = from.at, .path = found.name, .to = to});
    identities_.push_back(
        fmt::format("{}\n{}\n{}\n{:o}", found.name, to, found.id.hex(), static_cast<unsigned>(found.mode))
    );
}

void copier::archive(const supply& from, const std::string& to) {
    if (!files_.insert(to).second) return;
    plan_.archives.push_back({.file = from.file, .to = to, .held = from.held});
    identities_.push_back(fmt::format("{}\n{}", to, from.identity));
}

void copier::written(std::string text, const std::string& to) {
    identities_.push_back(fmt::format("{}\n{}", to, text));
    plan_.files.push_back({.to = to, .text = std::move(text)});
    files_.insert(to);
}

bool copier::has(std::string_view to) const {
    if (files_.contains(to)) return true;
    for (auto at = to; !at.empty(); at = parent_of(at)) {
        if (directories_.contains(at)) return true;
    }
    return false;
}

} // namespace holdfast::builders
