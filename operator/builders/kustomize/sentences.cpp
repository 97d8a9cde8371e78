#include "builders/kustomize/sentences.hpp"

#include "builders/kustomize/copies.hpp"
#include "builders/kustomize/kustomization.hpp"
#include "builders/paths.hpp"
#include "match/words.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

namespace holdfast::builders {

namespace {

/// "; did you mean ../../base?", where a name is near.
std::string meant_by(render::source_tree& tree, const std::string& from, const std::string& path) {
    auto missing = path;
    while (!missing.empty()) {
        const std::string parent{parent_of(missing)};
        const auto directory = tree.find(parent);
        if (!directory) return {};
        if (!*directory || (*directory)->kind != render::entry_kind::directory) {
            missing = parent;
            continue;
        }
        const auto entries = tree.list(**directory);
        if (!entries) return {};
        std::vector<std::string_view> names;
        for (const auto& entry : *entries) {
            names.emplace_back(entry.name);
        }
        const auto name = std::string_view{missing}.substr(parent.empty() ? 0 : parent.size() + 1);
        const auto best = match::nearest(name, names);
        if (best.empty()) return {};
        auto whole = render::join_path(parent, best);
        if (const auto rest = path.substr(missing.size()); !rest.empty()) {
            const auto there = tree.find(whole + rest);
            if (there && *there) whole += rest;
        }
        return fmt::format("; did you mean {}?", relative_path(from, whole));
    }
    return {};
}

} // namespace

std::string outside_of(
    render::source_tree& tree, const std::string& directory, const std::string& text, const std::string& path,
    bool directories
) {
    auto said = fmt::format(
        "{} is a file outside of {}; kustomize reads only files in or below the directory of the "
        "kustomization",
        text, render::name_of_directory(directory)
    );
    if (!directories) return said;
    const std::string parent{parent_of(path)};
    for (const auto name : kustomization_names) {
        const auto there = tree.find(render::join_path(parent, name));
        if (there && *there)
            return said + fmt::format(": {} is one that can be named", relative_path(directory, parent));
    }
    return said + fmt::format(
                      ": give {} a kustomization.yaml of its own and name the directory",
                      relative_path(directory, parent)
                  );
}

std::string nothing_at(
    render::source_tree& tree, const std::string& from, std::string_view text, const std::string& path,
    std::string_view what
) {
    return fmt::format(
        "{}: there is no such {} in {}{}", text, what, tree.describe(), meant_by(tree, from, path)
    );
}

} // namespace holdfast::builders
