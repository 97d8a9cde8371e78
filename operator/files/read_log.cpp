#include "files/read_log.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast::files {

namespace {

using question = path_read::question;

constexpr std::size_t max_noted = 20'000;
constexpr std::size_t max_kept = 200;

bool is_below(std::string_view path, std::string_view directory) noexcept {
    return directory.empty() ? !path.empty()
                             : path.size() > directory.size() && path.starts_with(directory) &&
                                   path[directory.size()] == '/';
}

// The directories above a path, the nearest first, and the root.
template <class F>
bool any_above(std::string_view path, F is_it) {
    while (!path.empty()) {
        const auto slash = path.rfind('/');
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
        if (is_it(path)) {
            return true;
        }
    }
    return false;
}

result<tree_entry> ask(tree_reader& reader, const path_read& one) {
    switch (one.asked) {
    case question::step: return reader.step_at(one.path);
    case question::followed: return reader.follow(one.path);
    case question::entry: break;
    }
    return reader.entry_at(one.path);
}

} // namespace

result<bool> same_answers(tree_reader& reader, const path_reads& reads) {
    for (const auto& one : reads) {
        const auto now = ask(reader, one);
        if (!now) {
            if (now.error().kind() != error_kind::not_found) {
                return now.error();
            }
            if (one.there) {
                return false;
            }
            continue;
        }
        const bool is_whole = one.asked != question::step || now->mode == entry_mode::symlink;
        if (!one.there || now->mode != one.mode || (is_whole && now->id != one.id)) {
            return false;
        }
        if (one.asked == question::followed && now->name != (one.led_to.empty() ? one.path : one.led_to)) {
            return false;
        }
    }
    return true;
}

void read_log::note(path_read one, bool by_link) {
    if (all_.size() >= max_noted) {
        is_of_revision_ = true;
    }
    if (is_of_revision_) {
        return;
    }
    if (one.led_to == one.path) {
        one.led_to.clear();
    }
    std::tuple key{one.path, one.asked};
    all_.try_emplace(std::move(key), std::move(one), by_link);
}

std::optional<path_reads> read_log::finish() const {
    if (is_of_revision_) {
        return std::nullopt;
    }
    // Directories that were looked at as a whole: their ids stand for all that is in them.
    std::map<std::string_view, bool> whole;
    for (const auto& [key, noted] : all_) {
        const auto& [one, by_link] = noted;
        if (one.asked != question::step && one.there && one.mode == entry_mode::tree && !by_link) {
            whole.emplace(one.path, true);
        }
    }
    path_reads kept;
    for (const auto& [key, noted] : all_) {
        const auto& [one, by_link] = noted;
        const auto is_whole = [&](std::string_view above) { return whole.contains(above); };
        if (!by_link && any_above(one.path, is_whole)) {
            continue;
        }
        const auto asked_as = [&, &path = one.path](question q) {
            return all_.contains(std::tuple{path, q});
        };
        if (one.asked == question::step && asked_as(question::entry)) {
            continue;
        }
        if (one.asked == question::followed && !by_link && asked_as(question::entry)) {
            continue;
        }
        kept.push_back(one);
    }
    if (kept.size() > 2 * max_kept) {
        return std::nullopt;
    }
    // What is there below a directory says that it is one.
    const auto is_said = [&](const path_read& step) {
        return step.asked == question::step && step.there && step.mode == entry_mode::tree &&
               std::ranges::any_of(kept, [&](const path_read& other) {
                   return other.there && other.led_to.empty() && is_below(other.path, step.path);
               });
    };
    path_reads least;
    std::ranges::remove_copy_if(kept, std::back_inserter(least), is_said);
    if (least.size() > max_kept) {
        return std::nullopt;
    }
    return least;
}

} // namespace holdfast::files
