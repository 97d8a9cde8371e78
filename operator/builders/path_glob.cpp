#include "builders/path_glob.hpp"

#include "render/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_looks = 100'000;
constexpr std::size_t max_steps = 64;

} // namespace

result<path_glob> path_glob::compile(std::string_view pattern) {
    path_glob made;
    made.pattern_ = pattern;
    if (pattern.starts_with('/')) {
        return user_error(fmt::format("glob \"{}\" must be relative", pattern));
    }
    for (auto left = pattern; !left.empty();) {
        const auto text = left.substr(0, left.find('/'));
        left.remove_prefix(std::min(text.size() + 1, left.size()));
        if (text.empty() || text == ".") continue;
        if (text == "..") return user_error(fmt::format("glob \"{}\" must not contain \"..\"", pattern));
        step next{.text = std::string{text}, .pattern = {}};
        if (text == "**") {
            if (!made.steps_.empty() && made.steps_.back().is_any_depth) continue; // the same
            next.is_any_depth = true;
        } else if (text.find_first_of("*?[{\\") != std::string_view::npos) {
            auto compiled = match::glob::compile(match::glob_dialect::doublestar, text);
            if (!compiled) return compiled.error();
            next.pattern = std::move(*compiled);
        }
        made.steps_.push_back(std::move(next));
        if (made.steps_.size() > max_steps) {
            return user_error(fmt::format("glob \"{}\" has more than {} steps", pattern, max_steps));
        }
    }
    return made;
}

bool path_glob::is_plain() const noexcept {
    return std::ranges::all_of(steps_, [](const step& s) { return !s.pattern && !s.is_any_depth; });
}

/// One search through a tree.
class glob_search {
public:
    glob_search(render::source_tree& tree, const path_glob& glob, std::size_t most)
        : tree_{tree}, glob_{glob}, most_{most} {}

    result<std::vector<std::string>> run(std::string_view directory) {
        auto root = tree_.find(directory);
        if (!root) return root.error();
        if (*root) {
            if (auto done = visit(std::string{directory}, **root, 0); !done) return done.error();
        }
        return std::vector<std::string>{found_.begin(), found_.end()};
    }

private:
    /// What is at `path` has matched the steps before `index`.
    result<void> visit(const std::string& path, const render::source_entry& entry, std::size_t index) {
        if (found_.size() >= most_ || !seen_.emplace(path, index).second) return {};
        if (seen_.size() > max_looks) {
            return user_error(
                fmt::format("glob \"{}\" takes too long in {}", glob_.pattern(), tree_.describe())
            );
        }
        if (index == glob_.steps_.size()) {
            found_.insert(path);
            return {};
        }
        if (glob_.steps_[index].is_any_depth) {
            if (auto done = visit(path, entry, index + 1); !done) return done;
        }
        if (entry.kind != render::entry_kind::directory) return {};
        return visit_below(path, entry, index);
    }

    result<void> visit_below(const std::string& path, const render::source_entry& entry, std::size_t index) {
        const auto& step = glob_.steps_[index];
        if (!step.pattern && !step.is_any_depth) {
            const auto below = render::join_path(path, step.text);
            const auto next = tree_.find(below);
            if (!next) return next.error();
            return *next ? visit(below, **next, index + 1) : result<void>{};
        }
        const auto entries = tree_.list(entry);
        if (!entries) return entries.error();
        for (const auto& next : *entries) {
            if (step.pattern && !step.pattern->matches(next.name)) continue;
            const auto below = render::join_path(path, next.name);
            if (auto done = visit(below, next, step.is_any_depth ? index : index + 1); !done) return done;
        }
        return {};
    }

    render::source_tree& tree_;
    const path_glob& glob_;
    std::size_t most_;
    std::set<std::string> found_;
    std::set<std::pair<std::string, std::size_t>> seen_;
};

result<std::vector<std::string>>
matches_of(render::source_tree& tree, std::string_view directory, const path_glob& glob, std::size_t most) {
    return glob_search{tree, glob, most}.run(directory);
}

} // namespace holdfast::builders
