#include "builders/kustomize/glob.hpp"

#include "builders/kustomize/copies.hpp"
#include "match/glob.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_matches = 1000;

} // namespace

result<std::vector<std::string>>
matching_paths(render::source_tree& tree, const std::string& directory, std::string_view pattern) {
    std::vector<std::string> found{std::string{}};
    for (auto left = pattern; !left.empty() && !found.empty();) {
        const std::string segment{left.substr(0, left.find('/'))};
        left.remove_prefix(std::min(left.size(), segment.size() + 1));
        if (segment.empty()) continue;
        const bool is_pattern = segment.find_first_of("*?[") != std::string::npos;
        auto name = is_pattern ? match::glob::compile(match::glob_dialect::go_path, segment) : match::glob{};
        if (!name) return name.error();
        std::vector<std::string> next;
        for (const auto& each : found) {
            const auto here = join_lexically(directory, each);
            if (!here) return here.error();
            if (!is_pattern) {
                const auto path = join_lexically(*here, segment);
                if (!path) return path.error();
                const auto there = render::follow(tree, *path);
                if (there) next.push_back(render::join_path(each, segment));
                if (!there && there.error().kind() != error_kind::not_found) return there.error();
                continue;
            }
            const auto there = render::follow(tree, *here);
            if (!there) return there.error();
            if (there->entry.kind != render::entry_kind::directory) continue;
            const auto entries = tree.list(there->entry);
            if (!entries) return entries.error();
            for (const auto& entry : *entries) {
                const bool hidden = entry.name.starts_with('.') && !segment.starts_with('.');
                if (hidden || !name->matches(entry.name)) continue;
                next.push_back(render::join_path(each, entry.name));
            }
        }
        if (next.size() > max_matches) {
            return user_error(fmt::format("{} matches more than {} names", pattern, max_matches));
        }
        found = std::move(next);
    }
    return found;
}

} // namespace holdfast::builders
