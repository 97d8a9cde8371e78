#include "sets/generators.hpp"

#include "render/yaml.hpp"
#include "sets/cluster_results.hpp"
#include "sets/git_results.hpp"
#include "sets/selector.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace holdfast::sets {

namespace {

using sets_or_missing = std::optional<std::vector<parameters>>;

/// An element in fast mode: its values are texts, and "values" is a map of texts.
result<parameters> fast_element(const json::object& element) {
    parameters made;
    for (const auto& member : element) {
        const std::string_view name{member.key()};
        if (name == "values") {
            const auto* values = member.value().if_object();
            if (values == nullptr)
                return user_error("error parsing values map: values must be a map of texts");
            for (const auto& value : *values) {
                const std::string_view inner{value.key()};
                if (!value.value().is_string()) {
                    return user_error(
                        fmt::format("error parsing value as string: values.{} must be a text", inner)
                    );
                }
                made.insert_or_assign(fmt::format("values.{}", inner), value.value());
            }
        } else if (!member.value().is_string()) {
            return user_error(fmt::format("error parsing value as string: {} must be a text", name));
        } else {
            made.insert_or_assign(name, member.value());
        }
    }
    return made;
}

result<std::vector<parameters>> elements_in(const std::string& yaml) {
    std::vector<parameters> made;
    if (yaml.empty()) return made;
    auto maps = maps_in_elements(yaml);
    if (!maps) {
        return user_error("error unmarshalling decoded ElementsYaml: " + maps.error().message());
    }
    return maps;
}

bool is_plain(const crds::set_generator& entry) {
    return !has_template(json::value(crds::write(entry)));
}

} // namespace

result<void> generators::spend(std::size_t work) {
    spent_ += work;
    if (spent_ > limits_.work) {
        return user_error(
            "the generators of the set take too much work: too many paths, or results in between, for too few "
            "Applications; make the patterns narrower"
        );
    }
    return {};
}

result<void> generators::add(std::vector<parameters>& to, parameters one, std::size_t& bytes) {
    constexpr std::size_t work_of_result = 250;
    bytes += bytes_of(one);
    if (to.size() >= limits_.results) {
        return user_error(fmt::format("it has more than {} results", limits_.results));
    }
    if (bytes > limits_.bytes) {
        return user_error(
            fmt::format("the parameters of its results take more than {} MiB", limits_.bytes >> 20U)
        );
    }
    to.push_back(std::move(one));
    return spend(work_of_result);
}

maybe<std::vector<generator_results>>
generators::run(const crds::set_generator& entry, const std::string& path) {
    if (const auto wrong = crds::check(entry, path, 0); !wrong.empty()) return user_error(crds::join(wrong));
    return run_entry(entry, path, 0, nullptr);
}

maybe<std::vector<generator_results>> generators::run_entry(
    const crds::set_generator& entry, const std::string& path, std::size_t depth, const parameters* outer
) {
    const auto* from = &entry;
    std::optional<crds::set_generator> filled;
    if (outer != nullptr && !outer->empty()) {
        auto made = interpolated(entry, path, depth, *outer);
        if (!made) return made.error();
        if (!*made) return std::optional<std::vector<generator_results>>{};
        filled = std::move(**made);
        from = &*filled;
    }
    std::vector<generator_results> all;
    bool missing = false;
    const auto take = [&](sets_of_one made, std::string_view name,
                          const std::optional<crds::set_template>& own) -> result<void> {
        if (!made) {
            const auto said = made.error().message(); // a copy: the error is a temporary
            // What is inside says its own path.
            return user_error(said.starts_with(path) ? said : fmt::format("{}.{}: {}", path, name, said));
        }
        if (!*made) {
            missing = true;
            return {};
        }
        auto& one = all.emplace_back();
        one.own_template = own;
        for (auto& set : **made) {
            if (!entry.selector || matches(*entry.selector, flattened(set))) {
                one.sets.push_back(std::move(set));
            }
        }
        return {};
    };
    if (from->list) {
        if (auto taken = take(list(*from->list), "list", entry.list->template_); !taken) return taken.error();
    }
    if (from->clusters) {
        auto taken = take(clusters(*from->clusters), "clusters", entry.clusters->template_);
        if (!taken) return taken.error();
    }
    if (from->git) {
        if (auto taken = take(git(*from->git), "git", entry.git->template_); !taken) return taken.error();
    }
    if (from->matrix) {
        auto taken = take(matrix(*from->matrix, path + ".matrix", depth), "matrix", entry.matrix->template_);
        if (!taken) return taken.error();
    }
    if (from->merge) {
        auto taken = take(merge(*from->merge, path + ".merge", depth), "merge", entry.merge->template_);
        if (!taken) return taken.error();
    }
    if (missing) return std::optional<std::vector<generator_results>>{};
    return std::optional{std::move(all)};
}

generators::sets_of_one generators::run_child(
    const crds::set_generator& child, const std::string& path, std::size_t depth, const parameters* outer
) {
    auto all = run_entry(child, path, depth, outer);
    if (!all) return all.error();
    if (!*all) return sets_or_missing{};
    if ((*all)->size() != 1) {
        return user_error(
            fmt::format("{}: found more than one generator in matrix.Generators; each item is one", path)
        );
    }
    return std::optional{std::move((*all)->front().sets)};
}

maybe<bool> generators::interpolate_values(crds::string_map& values, const parameters& outer) {
    const auto with = std::make_shared<const json::object>(outer);
    for (auto& [name, text] : values) {
        if (!has_template(std::string_view{text})) continue;
        auto made = templates_.render(std::make_shared<const json::value>(text), with);
        // What has parameters of its own result in it is left to those.
        if (!made) continue;
        if (!*made) return std::optional<bool>{};
        const auto* filled = (*made)->if_string();
        if (filled != nullptr && filled->find("<no value>") == json::string::npos) text = *filled;
    }
    return std::optional{true};
}

maybe<crds::set_generator> generators::interpolated(
    const crds::set_generator& entry, const std::string& path, std::size_t depth, const parameters& outer
) {
    auto plain = entry;
    plain.selector.reset();
    crds::string_map git_values;
    crds::string_map cluster_values;
    if (templates_.go()) {
        if (plain.git) git_values = std::exchange(plain.git->values, {});
        if (plain.clusters) cluster_values = std::exchange(plain.clusters->values, {});
    }
    const auto value = std::make_shared<const json::value>(crds::write(plain));
    constexpr std::size_t bytes_for_one = 10;
    if (auto spent = spend(bytes_of(*value) / bytes_for_one); !spent) {
        return user_error(fmt::format("{}: {}", path, spent.error().message()));
    }
    auto rendered = templates_.render(value, std::make_shared<const json::object>(outer));
    if (!rendered) return user_error(fmt::format("{}: {}", path, rendered.error().message()));
    bool missing = !*rendered;
    for (auto* values : {&git_values, &cluster_values}) {
        auto done = interpolate_values(*values, outer);
        if (!done) return done.error();
        missing = missing || !*done;
    }
    if (missing) return std::optional<crds::set_generator>{};
    auto read = crds::examine_set_generator((*rendered)->as_object(), path);
    auto wrong = std::move(read.problems);
    if (wrong.empty()) wrong = crds::check(read.value, path, depth);
    if (!wrong.empty()) return user_error(crds::join(wrong));
    if (templates_.go()) {
        if (read.value.git) read.value.git->values = std::move(git_values);
        if (read.value.clusters) read.value.clusters->values = std::move(cluster_values);
    }
    return std::optional{std::move(read.value)};
}

generators::sets_of_one generators::list(const crds::list_generator& from) {
    std::vector<parameters> made;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < from.elements.size(); ++i) {
        auto element =
            templates_.go() ? result<parameters>{from.elements[i]} : fast_element(from.elements[i]);
        if (!element) return user_error(fmt::format("elements[{}]: {}", i, element.error().message()));
        if (auto added = add(made, std::move(*element), bytes); !added) return added.error();
    }
    auto further = elements_in(from.elements_yaml);
    if (!further) return further.error();
    for (auto& one : *further) {
        if (auto added = add(made, std::move(one), bytes); !added) return added.error();
    }
    return std::optional{std::move(made)};
}

generators::sets_of_one
generators::with_values(std::vector<parameters> sets, const crds::string_map& values) {
    if (values.empty()) return std::optional{std::move(sets)};
    json::array texts;
    for (const auto& [name, text] : values)
        texts.emplace_back(text);
    const auto together = std::make_shared<const json::value>(std::move(texts));
    bool missing = false;
    for (auto& set : sets) {
        auto made = templates_.render(together, std::make_shared<const json::object>(set));
        if (!made) return user_error("values: " + made.error().message());
        if (!*made) {
            missing = true;
            continue;
        }
        const auto& filled = (*made)->as_array();
        json::object all;
        std::size_t i = 0;
        for (const auto& [name, text] : values) {
            if (templates_.go()) {
                all.emplace(name, filled.at(i++));
            } else {
                set.insert_or_assign("values." + name, filled.at(i++));
            }
        }
        if (templates_.go()) set.insert_or_assign("values", std::move(all));
    }
    if (missing) return sets_or_missing{};
    return std::optional{std::move(sets)};
}

generators::sets_of_one generators::clusters(const crds::cluster_generator& from) {
    out_.depends_on_clusters = true;
    if (!known_.clusters_error.empty()) {
        return user_error(known_.clusters_error);
    }
    if (!known_.clusters) {
        out_.missing.clusters = true;
        return sets_or_missing{};
    }
    auto sets =
        with_values(cluster_parameters(*known_.clusters, from.selector, templates_.go()), from.values);
    if (!sets || !*sets) return sets;
    std::vector<parameters> made;
    std::size_t bytes = 0;
    if (from.flat_list) {
        json::array all;
        for (auto& one : **sets)
            all.emplace_back(std::move(one));
        if (auto added = add(made, {{"clusters", std::move(all)}}, bytes); !added) return added.error();
        return std::optional{std::move(made)};
    }
    for (auto& one : **sets) {
        if (auto added = add(made, std::move(one), bytes); !added) return added.error();
    }
    return std::optional{std::move(made)};
}

generators::sets_of_one generators::git(const crds::git_generator& from) {
    if (has_template(from.repo_url) || has_template(from.revision)) {
        return user_error(fmt::format(
            "there is no parameter for {}",
            has_template(from.repo_url) ? "repoURL " + from.repo_url : "revision " + from.revision
        ));
    }
    const tree_id id{.repo_url = from.repo_url, .revision = from.revision};
    out_.trees.insert(id);
    const auto known = known_.trees.find(id);
    if (known == known_.trees.end()) {
        out_.missing.trees.insert(id);
        return sets_or_missing{};
    }
    const auto& tree = known->second;
    if (!tree.error.empty()) return user_error(tree.error);
    if (from.directories.empty()) return git_files(from, id, tree);
    auto& directories = directories_[id];
    if (directories.empty()) directories = directories_of(*tree.files);
    if (auto spent = spend(directories.size() * from.directories.size()); !spent) return spent.error();
    const auto found = matching_directories(directories, from.directories);
    if (!found) return found.error();
    const path_style style{.go = templates_.go(), .prefix = from.path_param_prefix};
    std::vector<parameters> made;
    std::size_t bytes = 0;
    for (const auto& directory : *found) {
        if (auto added = add(made, directory_parameters(directory, style), bytes); !added)
            return added.error();
    }
    return with_values(std::move(made), from.values);
}

generators::sets_of_one
generators::git_files(const crds::git_generator& from, const tree_id& id, const known_tree& tree) {
    if (auto spent = spend(tree.files->size() * from.files.size()); !spent) return spent.error();
    const auto found = matching_files(*tree.files, from.files);
    if (!found) return found.error();
    std::set<std::string> unknown;
    for (const auto& file : *found) {
        files_.emplace(id, file);
        if (files_.size() > limits_.files) {
            return user_error(fmt::format("the set reads more than {} files", limits_.files));
        }
        if (const auto why = tree.unreadable.find(file); why != tree.unreadable.end()) {
            return user_error(fmt::format("unable to process file '{}': {}", file, why->second));
        }
        if (!tree.contents.contains(file)) unknown.insert(file);
    }
    if (!unknown.empty()) {
        out_.missing.files[id].merge(unknown);
        return sets_or_missing{};
    }
    const path_style style{.go = templates_.go(), .prefix = from.path_param_prefix};
    std::vector<parameters> made;
    std::size_t bytes = 0;
    for (const auto& file : *found) {
        const auto maps = maps_in_file(tree.contents.at(file));
        if (!maps) {
            return user_error(fmt::format("unable to process file '{}': {}", file, maps.error().message()));
        }
        for (const auto& map : *maps) {
            if (auto added = add(made, file_parameters(file, map, style), bytes); !added)
                return added.error();
        }
    }
    return with_values(std::move(made), from.values);
}

result<parameters> generators::together(const parameters& first, const parameters& second) const {
    if (templates_.go()) return merged_first_wins(first, second);
    return combined(first, second);
}

generators::sets_of_one
generators::matrix(const crds::matrix_generator& from, const std::string& path, std::size_t depth) {
    const auto first_path = path + ".generators[0]";
    const auto second_path = path + ".generators[1]";
    const auto second = crds::examine_set_generator(from.generators.at(1), second_path).value;
    const auto outer = run_child(
        crds::examine_set_generator(from.generators.at(0), first_path).value, first_path, depth + 1, nullptr
    );
    if (!outer) return outer.error();
    // What does not depend on the first one's parameters is needed in any case: both are asked for at once.
    const bool depends = !is_plain(second);
    sets_of_one inner;
    if (!depends) {
        inner = run_child(second, second_path, depth + 1, nullptr);
        if (!inner) return inner.error();
    }
    if (!*outer) return sets_or_missing{};
    std::vector<parameters> made;
    std::size_t bytes = 0;
    bool missing = false;
    for (const auto& set : **outer) {
        if (depends) inner = run_child(second, second_path, depth + 1, &set);
        if (!inner) return inner.error();
        missing = missing || !*inner;
        if (missing) continue;
        for (const auto& other : **inner) {
            auto both = together(set, other);
            if (!both) {
                return user_error(
                    "failed to combine string maps with merging params for the matrix generator: " +
                    both.error().message()
                );
            }
            if (auto added = add(made, std::move(*both), bytes); !added) return added.error();
        }
    }
    if (missing) return sets_or_missing{};
    return std::optional{std::move(made)};
}

generators::sets_of_one
generators::merge(const crds::merge_generator& from, const std::string& path, std::size_t depth) {
    std::vector<std::vector<parameters>> children;
    bool missing = false;
    for (std::size_t i = 0; i < from.generators.size(); ++i) {
        const auto where = fmt::format("{}.generators[{}]", path, i);
        const auto child = crds::examine_set_generator(from.generators[i], where).value;
        auto sets = run_child(child, where, depth + 1, nullptr);
        if (!sets) return sets.error();
        missing = missing || !*sets;
        if (!missing) children.push_back(std::move(**sets));
    }
    if (missing) return sets_or_missing{};
    std::vector<std::map<std::string, std::size_t>> places(children.size());
    for (std::size_t i = 0; i < children.size(); ++i) {
        for (std::size_t k = 0; k < children[i].size(); ++k) {
            auto key = merge_key_of(children[i][k], from.merge_keys);
            if (places[i].contains(key)) {
                return user_error(fmt::format(
                    "the parameters from a generator were not unique by the given mergeKeys, Merge "
                    "requires all param sets to be unique. Duplicate key was {} (generators[{}])",
                    key, i
                ));
            }
            places[i].emplace(std::move(key), k);
        }
    }
    auto& base = children.front();
    for (const auto& [key, k] : places.front()) {
        for (std::size_t i = 1; i < children.size(); ++i) {
            const auto at = places[i].find(key);
            if (at == places[i].end()) continue;
            const auto& over = children[i][at->second];
            base[k] = templates_.go() ? merged_last_wins(base[k], over) : overridden(base[k], over);
        }
    }
    std::vector<parameters> made;
    std::size_t bytes = 0;
    for (auto& one : base) {
        if (auto added = add(made, std::move(one), bytes); !added) return added.error();
    }
    return std::optional{std::move(made)};
}

} // namespace holdfast::sets
