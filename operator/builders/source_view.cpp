#include "builders/source_view.hpp"

#include "builders/paths.hpp"
#include "match/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::builders {

result<source_view> source_view::of(const files::file_source& at, std::string_view repo_url) {
    auto reader = at.read();
    if (!reader) return reader.error();
    auto name = fmt::format("{} of {}", (*reader)->name(), repo_url);
    return source_view{.at = at, .reader = std::move(*reader), .name = std::move(name)};
}

result<files::tree_entry> source_view::find(std::string_view path) const {
    if (path.empty()) {
        const auto root = reader->tree_at("");
        if (!root) return root.error();
        return files::tree_entry{.name = {}, .mode = files::entry_mode::tree, .id = *root};
    }
    auto found = reader->follow(path);
    if (!found && found.error().kind() == error_kind::not_found) {
        return error{error_kind::not_found, fmt::format("there is no {} in {}", path, name)};
    }
    return found;
}

std::vector<std::string> source_view::names_in(std::string_view directory) const {
    std::vector<std::string> names;
    const auto at_path = find(directory);
    if (!at_path || at_path->mode != files::entry_mode::tree) return names;
    const auto entries = reader->list(at_path->id);
    if (!entries) return names;
    for (const auto& entry : *entries) {
        names.push_back(entry.mode == files::entry_mode::tree ? entry.name + "/" : entry.name);
    }
    return names;
}

std::string what_is_there(const std::vector<std::string>& names, std::string_view missing) {
    std::vector<std::string_view> words;
    for (const auto& name : names) {
        words.push_back(std::string_view{name}.substr(0, name.size() - (name.ends_with('/') ? 1 : 0)));
    }
    if (const auto meant = match::nearest(missing, words); !meant.empty()) {
        return fmt::format("; did you mean {}?", meant);
    }
    constexpr std::size_t most = 5;
    if (names.empty()) return {};
    const auto shown = std::min(most, names.size());
    return fmt::format(
        "; there: {}{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
        names.size() > shown ? fmt::format(" and {} more", names.size() - shown) : ""
    );
}

std::string what_is_there(const source_view& view, std::string_view missing) {
    // The first directory on the way that is there says most.
    auto name = base_of(missing);
    auto directory = parent_of(missing);
    while (!directory.empty() && !view.find(directory)) {
        name = base_of(directory);
        directory = parent_of(directory);
    }
    const auto said = what_is_there(view.names_in(directory), name);
    if (said.starts_with("; there: ")) {
        return fmt::format("; in {}: {}", directory.empty() ? "the root" : directory, said.substr(9));
    }
    return said;
}

} // namespace holdfast::builders
