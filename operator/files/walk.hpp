#pragma once

// How a path is walked through a source, and where symlinks may lead: the same for whatever has the files.
// For those who implement a tree_reader.

#include "files/names.hpp"
#include "files/read_log.hpp"
#include "files/tree_reader.hpp"

#include <cstddef>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::files {

inline constexpr std::size_t max_link_bytes = 4096;
inline constexpr std::size_t max_links = 40; // as Linux: ELOOP
/// What one path may take: Linux takes no longer one. A symlink can name as many steps, and lead to the next.
inline constexpr std::size_t max_steps = 4096;
/// Of all paths of a listing: few directories with long names make long paths of many files.
inline constexpr std::size_t max_listed_names = std::size_t{32} << 20U;

/// "a directory", "a symlink" …
[[nodiscard]] std::string_view kind_name(entry_mode mode) noexcept;

/// The components of a path that the caller wrote; a user error for what a path has none of.
[[nodiscard]] result<std::vector<std::string>> steps_of(std::string_view path);

/// The steps of a symlink's target, as they stand there; a user error that names the link for a target that
/// is absolute or no path.
[[nodiscard]] result<std::vector<std::string>> steps_of_link(std::string_view link, std::string_view target);

[[nodiscard]] std::string joined(const std::vector<std::string>& steps);

/// A tree_reader whose owner only knows one step: what is of a name in a directory. `Place` is what the owner
/// finds a file or directory by.
template <class Place>
class walking_reader : public tree_reader {
public:
    explicit walking_reader(std::shared_ptr<read_log> log) : log_{std::move(log)} {}

    result<object_id> tree_at(std::string_view path) final {
        auto entry = entry_at(path);
        if (!entry) {
            return entry.error();
        }
        if (entry->mode != entry_mode::tree) {
            return is_no(path, *entry, "directory");
        }
        return entry->id;
    }

    result<tree_entry> entry_at(std::string_view path) final {
        return noted(path_read::question::entry, path, whole(path, find(path)));
    }

    result<tree_entry> step_at(std::string_view path) final {
        auto found = find(path);
        if (!found) {
            return noted(path_read::question::step, path, found.error());
        }
        // Its id may take a look at all that is below.
        if (mode_of(found->place) == entry_mode::tree) {
            return noted(
                path_read::question::step, path,
                tree_entry{.name = std::move(found->name), .mode = entry_mode::tree, .id = {}}
            );
        }
        return noted(path_read::question::step, path, whole(path, std::move(found)));
    }

    result<tree_entry> follow(std::string_view path) final {
        std::size_t links = 0;
        auto found = whole(path, follow_from(root(), path, links));
        return noted(path_read::question::followed, path, std::move(found), links > 0);
    }

    result<tree_entry> follow_in(const object_id& tree, std::string_view path) final {
        auto from = tree_of(tree);
        if (!from) {
            return from.error();
        }
        std::size_t links = 0;
        return whole(path, follow_from(std::move(*from), path, links));
    }

    result<std::vector<tree_entry>> list(const object_id& tree, list_limits limits) final {
        if (!limits.recursive) {
            return entries(tree, limits.max_entries);
        }
        struct level {
            std::string path;
            std::vector<tree_entry> entries;
            std::size_t next = 0;
        };
        std::vector<tree_entry> all;
        std::vector<level> stack;
        auto top = entries(tree, limits.max_entries);
        if (!top) {
            return top.error();
        }
        // A tree of trees that all name one another's content costs entries too, or a small repository could
        // keep us busy for ever.
        std::size_t seen = top->size();
        std::size_t named = 0;
        stack.push_back({.path = {}, .entries = std::move(*top)});
        while (!stack.empty()) {
            auto& here = stack.back();
            if (here.next == here.entries.size()) {
                stack.pop_back();
                continue;
            }
            auto entry = std::move(here.entries[here.next++]);
            entry.name = here.path + entry.name;
            named += entry.name.size();
            if (named > max_listed_names) {
                return user_error(
                    "the paths in the tree " + tree.hex() + " have more than " +
                    std::to_string(max_listed_names) + " bytes together"
                );
            }
            if (entry.mode != entry_mode::tree) {
                all.push_back(std::move(entry));
                continue;
            }
            if (stack.size() >= limits.max_depth) {
                return user_error(
                    shown(entry.name) + " lies deeper than the " + std::to_string(limits.max_depth) +
                    " levels allowed"
                );
            }
            auto below = entries(entry.id, limits.max_entries);
            if (!below) {
                return below.error().within(shown(entry.name));
            }
            seen += below->size();
            if (seen > limits.max_entries) {
                return user_error(
                    "the tree " + tree.hex() + " has more than the " + std::to_string(limits.max_entries) +
                    " entries that are allowed"
                );
            }
            stack.push_back({.path = entry.name + "/", .entries = std::move(*below)});
        }
        return all;
    }

    result<std::string> file(std::string_view path, std::size_t limit) final {
        const auto entry = follow(path);
        if (!entry) {
            return entry.error();
        }
        if (entry->mode != entry_mode::file && entry->mode != entry_mode::executable) {
            return is_no(path, *entry, "file");
        }
        auto bytes = blob(entry->id, limit);
        if (!bytes) {
            return bytes.error().within(path);
        }
        return bytes;
    }

protected:
    /// How errors call the source: "commit 0123…".
    [[nodiscard]] virtual std::string full_name() const = 0;
    virtual Place root() = 0;
    /// Where the directory of that id is.
    virtual result<Place> tree_of(const object_id& tree) = 0;
    [[nodiscard]] virtual entry_mode mode_of(const Place& place) const = 0;
    /// What is of that name in a directory; nothing when nothing is. `where` is the path, for messages.
    virtual result<std::optional<Place>>
    child(const Place& in, std::string_view name, std::string_view where) = 0;
    /// Mode and id; nothing for what turns out not to count as being there. The name is set by the caller.
    virtual result<std::optional<tree_entry>> entry_of(const Place& place) = 0;
    /// Where a symlink leads, as it is written; a user error for more than max_link_bytes.
    virtual result<std::string> target_of(const Place& link) = 0;
    virtual result<std::vector<tree_entry>> entries(const object_id& tree, std::size_t max_entries) = 0;

private:
    struct found_place {
        std::string name;
        Place place;
    };

    [[nodiscard]] error is_no(std::string_view path, const tree_entry& entry, std::string_view what) const {
        return user_error(
            shown(path) + " is " + std::string{kind_name(entry.mode)} + ", not a " + std::string{what} +
            " in " + full_name()
        );
    }

    [[nodiscard]] error missing(std::string_view path, const std::string& why) const {
        return {
            error_kind::not_found,
            "there is no " + shown(path) + " in " + full_name() + (why.empty() ? "" : ", " + why)
        };
    }

    result<tree_entry> whole(std::string_view path, result<found_place> found) {
        if (!found) {
            return found.error();
        }
        auto entry = entry_of(found->place);
        if (!entry) {
            return entry.error();
        }
        if (!*entry) {
            return missing(path, {});
        }
        (*entry)->name = std::move(found->name);
        return std::move(**entry);
    }

    // What is at a path, symlinks not followed.
    result<found_place> find(std::string_view path) {
        const auto parts = steps_of(path);
        if (!parts) {
            return parts.error();
        }
        auto at = root();
        for (auto part = parts->begin(); part != parts->end(); ++part) {
            if (mode_of(at) != entry_mode::tree) {
                return missing(
                    path, "since " + shown(joined({parts->begin(), part})) + " is " +
                              std::string{kind_name(mode_of(at))}
                );
            }
            auto next = child(at, *part, path);
            if (!next) {
                return next.error();
            }
            if (!*next) {
                return missing(path, {});
            }
            at = std::move(**next);
        }
        return found_place{.name = joined(*parts), .place = std::move(at)};
    }

    // Tells the log, where there is one, what was found.
    result<tree_entry>
    noted(path_read::question asked, std::string_view path, result<tree_entry> found, bool by_link = false) {
        if (!log_) {
            return found;
        }
        while (path.ends_with('/')) {
            path.remove_suffix(1);
        }
        if (!found && found.error().kind() != error_kind::not_found) {
            if (steps_of(path)) { // what is no path is none in every revision
                log_->note_revision();
            }
            return found;
        }
        path_read one{.asked = asked, .path = std::string{path}};
        if (found) {
            one.there = true;
            one.mode = found->mode;
            one.id = found->id;
            one.led_to = found->name;
        }
        log_->note(std::move(one), by_link);
        return found;
    }

    result<found_place> follow_from(Place from, std::string_view path, std::size_t& links) {
        auto parts = steps_of(path);
        if (!parts) {
            return parts.error();
        }
        std::deque<std::string> ahead{std::move_iterator{parts->begin()}, std::move_iterator{parts->end()}};
        std::vector<std::string> names; // where we are …
        std::vector<Place> stack;       // … and what is there
        stack.push_back(std::move(from));
        std::size_t steps = 0;
        while (!ahead.empty()) {
            auto part = std::move(ahead.front());
            ahead.pop_front();
            if (++steps > max_steps) {
                return user_error(
                    "the way to " + shown(path) + " has more than the " + std::to_string(max_steps) +
                    " steps that are allowed" +
                    (links > 0 ? ": the symlinks on it lead through one another" : "")
                );
            }
            if (part.empty() || part == ".") {
                continue;
            }
            if (const auto mode = mode_of(stack.back()); mode != entry_mode::tree) {
                return missing(path, "since " + shown(joined(names)) + " is " + std::string{kind_name(mode)});
            }
            if (part == "..") {
                if (names.empty()) {
                    return user_error("the symlink on the way to " + shown(path) + " leads out of the tree");
                }
                names.pop_back();
                stack.pop_back();
                continue;
            }
            auto next = child(stack.back(), part, path);
            if (!next) {
                return next.error();
            }
            if (!*next) {
                return missing(path, links > 0 ? "where a symlink on the way leads nowhere" : "");
            }
            if (mode_of(**next) != entry_mode::symlink) {
                names.push_back(std::move(part));
                stack.push_back(std::move(**next));
                continue;
            }
            if (++links > max_links) {
                return user_error("the symlinks on the way to " + shown(path) + " go round in a circle");
            }
            const auto target = target_of(**next);
            if (!target) {
                return target.error();
            }
            names.push_back(std::move(part));
            const auto detour = steps_of_link(joined(names), *target);
            names.pop_back();
            if (!detour) {
                return detour.error();
            }
            ahead.insert(ahead.begin(), detour->begin(), detour->end());
        }
        return found_place{.name = joined(names), .place = std::move(stack.back())};
    }

    std::shared_ptr<read_log> log_;
};

} // namespace holdfast::files
