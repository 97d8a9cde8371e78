#include "render/directory_walk.hpp"

#include "match/glob.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace holdfast::render {

namespace {

constexpr std::size_t max_depth = 64;
// What symlinks lead through outside of the directory: kept with the build, so that it is seen when it
// changes.
constexpr std::size_t max_outside = 10'000;
constexpr std::size_t max_outside_bytes = std::size_t{4} << 20U;

// What says how the directory is read, and is no manifest in it.
bool is_override_file(std::string_view name) noexcept {
    return name == ".argocd-source.yaml" || (name.starts_with(".argocd-source-") && name.ends_with(".yaml"));
}

bool is_manifest_name(std::string_view name) noexcept {
    return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json") || is_jsonnet(name);
}

/// One walk over a directory.
class walk {
public:
    walk(
        source_tree& tree, const directory_options& options, const directory_limits& limits, collected& into,
        const std::function<bool(const taken_file&)>& take
    )
        : tree_{tree}, options_{options}, limits_{limits}, into_{into}, take_{take} {}

    void run() {
        if (start()) visit(root_, {}, {});
    }

private:
    bool fail(const error& e, const std::string& file = {}) {
        return into_.fail(limits_, {.kind = e.kind(), .file = file, .message = e.message()});
    }
    bool fail(std::string message, const std::string& file = {}) {
        return fail(user_error(std::move(message)), file);
    }

    /// Reads the options; false when there is nothing to be walked.
    bool start() {
        bool is_fine = true;
        for (const auto& [text, into] :
             {std::pair{&options_.exclude, &exclude_}, std::pair{&options_.include, &include_}}) {
            if (text->empty()) continue;
            auto compiled = match::glob::compile(match::glob_dialect::gobwas, *text);
            if (!compiled) {
                fail(compiled.error().within(into == &exclude_ ? "directory.exclude" : "directory.include"));
                is_fine = false;
                continue;
            }
            *into = std::move(*compiled);
        }
        const auto path = clean_path(options_.path);
        if (!path) return fail(path.error()), false;
        auto found = follow(tree_, *path, *path);
        if (!found) return fail(found.error()), false;
        if (found->entry.kind != entry_kind::directory) {
            fail(fmt::format(
                "{} in {} is a {}, not a directory", *path, tree_.describe(),
                found->entry.kind == entry_kind::submodule ? "submodule, which is not fetched" : "file"
            ));
            return false;
        }
        root_ = {.path = std::move(found->path), .entry = std::move(found->entry)};
        return is_fine;
    }

    /// Everything in one directory. `above` is the path from the root of the source, by the names in it;
    /// `chain` are the real paths of the directories that led here. False when reading shall stop.
    bool visit(const followed& directory, const std::string& above, std::vector<std::string> chain) {
        if (chain.size() >= max_depth) {
            return fail(
                fmt::format("directories inside each other are more than {} deep", max_depth), directory.path
            );
        }
        chain.push_back(directory.path);
        const auto entries = tree_.list(directory.entry);
        if (!entries) return fail(entries.error(), directory.path);
        for (const source_entry& entry : *entries) {
            if (++files_ > limits_.max_files) {
                fail(fmt::format(
                    "{} has more than {} files and directories", name_of_directory(options_.path),
                    limits_.max_files
                ));
                return false;
            }
            const std::string path = join_path(directory.path, entry.name);
            if (!visit_entry({.path = path, .entry = entry}, join_path(above, entry.name), chain))
                return false;
        }
        return true;
    }

    bool visit_entry(followed at, const std::string& relative, const std::vector<std::string>& chain) {
        const bool is_wanted = wanted(at.entry.name, relative);
        if (at.entry.kind == entry_kind::symlink) {
            // It may be a directory as well as a file: it has to be looked at if either would be read.
            const bool is_left_out =
                is_manifest_name(at.entry.name) || (exclude_ && exclude_->matches(relative));
            if (!is_wanted && (!options_.recurse || is_left_out)) return true;
            std::vector<outside_read> outside;
            auto target = follow(tree_, at.path, root_.path, &outside);
            if (!keep(std::move(outside), at.path)) return false;
            if (!target) {
                if (target.error().kind() == error_kind::not_found) {
                    into_.output.warnings.push_back(target.error().message());
                    return true;
                }
                return fail(target.error());
            }
            if (target->entry.kind == entry_kind::directory && options_.recurse) {
                // A directory that is its own ancestor would never end.
                if (std::find_if(chain.begin(), chain.end(), [&](const auto& c) {
                        return is_within(c, target->path);
                    }) != chain.end()) {
                    return fail(fmt::format(
                        "symlink {} runs in circles: it leads to a directory that it is in", at.path
                    ));
                }
            }
            if (target->entry.kind == entry_kind::file && !is_wanted) return true;
            at.entry.kind = target->entry.kind;
            at.entry.id = target->entry.id;
            if (at.entry.kind == entry_kind::directory) at.path = target->path;
        }
        switch (at.entry.kind) {
        case entry_kind::directory: return !options_.recurse || visit(at, relative, chain);
        case entry_kind::submodule:
            if (options_.recurse) {
                into_.output.warnings.push_back(
                    fmt::format("{} is a submodule; submodules are not read", at.path)
                );
            }
            return true;
        case entry_kind::file:
            return !is_wanted || take_({.path = std::move(at.path), .entry = std::move(at.entry)});
        case entry_kind::symlink: break;
        }
        return true;
    }

    /// False when reading shall stop.
    bool keep(std::vector<outside_read> outside, const std::string& link) {
        for (auto& read : outside) {
            if (!outside_.emplace(read.path, read.id).second) continue;
            outside_bytes_ += read.path.size() + read.id.size();
            if (outside_.size() > max_outside || outside_bytes_ > max_outside_bytes) {
                fail(
                    fmt::format("symlinks lead to more than {} places outside of the directory", max_outside),
                    link
                );
                return false;
            }
            into_.output.outside_reads.push_back(std::move(read));
        }
        return true;
    }

    [[nodiscard]] bool wanted(std::string_view name, const std::string& relative) const {
        if (!options_.disable_extension_filter && !is_manifest_name(name)) return false;
        if (is_override_file(name)) return false;
        if (exclude_ && exclude_->matches(relative)) return false;
        return !include_ || include_->matches(relative);
    }

    source_tree& tree_;
    const directory_options& options_;
    const directory_limits& limits_;
    collected& into_;
    const std::function<bool(const taken_file&)>& take_;
    std::optional<match::glob> include_;
    std::optional<match::glob> exclude_;
    followed root_;
    std::size_t files_ = 0;
    /// What into_.output.outside_reads has.
    std::set<std::pair<std::string, std::string>> outside_;
    std::size_t outside_bytes_ = 0;
};

} // namespace

void walk_directory(
    source_tree& tree, const directory_options& options, const directory_limits& limits, collected& into,
    const std::function<bool(const taken_file&)>& take
) {
    walk{tree, options, limits, into, take}.run();
}

bool is_marked_to_skip(std::string_view text) noexcept {
    return text.find("+argocd:skip-file-rendering") != std::string_view::npos ||
           text.find("+holdfast:skip-file-rendering") != std::string_view::npos;
}

bool is_jsonnet(std::string_view path) noexcept {
    return path.ends_with(".jsonnet");
}

} // namespace holdfast::render
