#include "builders/plugin.hpp"

#include "base/hash.hpp"
#include "builders/environment.hpp"
#include "builders/path_glob.hpp"
#include "crds/words.hpp"
#include "match/glob.hpp"
#include "match/words.hpp"
#include "render/file_tree.hpp"
#include "render/links.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace holdfast::builders {

namespace {

namespace json = boost::json;
using variables = std::vector<std::pair<std::string, std::string>>;

/// To be raised with every change that gives plugins something else.
constexpr int plan_version = 1;
/// What Linux takes for one argument or variable (MAX_ARG_STRLEN).
constexpr std::size_t max_variable = 128 * 1024;
constexpr std::size_t max_paths = 1000;

/// ApplicationSourcePluginParameters.escaped of Argo CD.
std::string variable_part(std::string_view name) {
    std::string made;
    for (const char c : name) {
        if (c >= 'a' && c <= 'z') {
            made += static_cast<char>(c - 'a' + 'A');
        } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            made += c;
        } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) { // one for each character, not byte
            made += '_';
        }
    }
    return made;
}

json::string text_of(const std::string& text) {
    return json::string{json::string_view{text.data(), text.size()}};
}

/// With the keys sorted, as Go writes it.
std::string parameters_as_json(const std::vector<crds::plugin_parameter>& parameters) {
    if (parameters.empty()) return "null";
    json::array all;
    for (const auto& one : parameters) {
        json::object made;
        if (one.array) {
            json::array items;
            for (const auto& item : *one.array) {
                items.emplace_back(text_of(item));
            }
            made["array"] = std::move(items);
        }
        if (one.map) {
            json::object items;
            for (const auto& [key, value] : *one.map) {
                items[key] = text_of(value);
            }
            made["map"] = std::move(items);
        }
        made["name"] = text_of(one.name);
        if (one.string) made["string"] = text_of(*one.string);
        all.emplace_back(std::move(made));
    }
    return json::serialize(all);
}

void add_parameters(variables& all, const std::vector<crds::plugin_parameter>& parameters) {
    all.emplace_back("ARGOCD_APP_PARAMETERS", parameters_as_json(parameters));
    for (const auto& one : parameters) {
        const auto name = "PARAM_" + variable_part(one.name);
        if (one.string) all.emplace_back(name, *one.string);
        if (one.map) {
            for (const auto& [key, value] : *one.map) {
                all.emplace_back(name + "_" + variable_part(key), value);
            }
        }
        if (one.array) {
            for (std::size_t i = 0; i < one.array->size(); ++i) {
                all.emplace_back(fmt::format("{}_{}", name, i), (*one.array)[i]);
            }
        }
    }
}

/// Of each name the last, where the first was.
void keep_last(variables& all) {
    std::map<std::string, std::size_t> places;
    variables kept;
    for (auto& [name, value] : all) {
        const auto [place, is_new] = places.emplace(name, kept.size());
        if (is_new) {
            kept.emplace_back(name, std::move(value));
        } else {
            kept[place->second].second = std::move(value);
        }
    }
    all = std::move(kept);
}

/// One plan in the making.
class planner {
public:
    planner(
        render::source_tree& tree, const build_source& source, const build_facts& facts,
        const plugin_declaration& plugin
    )
        : tree_{tree}, source_{source}, facts_{facts}, plugin_{plugin} {}

    plan_result run(std::string_view generate_paths) {
        find_directory();
        find_paths(generate_paths);
        make_environment();
        if (!errors_.all.empty()) return std::move(errors_);
        return plan();
    }

private:
    void fail(const error& e) { errors_.all.push_back({.kind = e.kind(), .message = e.message()}); }

    void find_directory() {
        auto path = render::clean_path(source_.spec.path);
        if (!path) return fail(path.error());
        path_ = std::move(*path);
        const auto there = render::follow(tree_, path_);
        if (!there) return fail(there.error());
        if (there->entry.kind != render::entry_kind::directory) {
            fail(user_error(fmt::format("{} in {} is not a directory", path_, tree_.describe())));
        }
    }

    /// What the annotation names; its sentences name it too.
    void find_paths(std::string_view generate_paths) {
        constexpr std::string_view annotation = "argocd.argoproj.io/manifest-generate-paths";
        given_ = {path_};
        bool has_any = false;
        while (!generate_paths.empty()) {
            auto item = generate_paths.substr(0, generate_paths.find(';'));
            generate_paths.remove_prefix(std::min(item.size() + 1, generate_paths.size()));
            const auto first = item.find_first_not_of(" \t\n");
            if (first == std::string_view::npos) continue;
            item = item.substr(first, item.find_last_not_of(" \t\n") - first + 1);
            has_any = true;
            if (auto done = add_path(item); !done) {
                fail(done.error().within(fmt::format("{}: \"{}\"", annotation, item)));
            }
        }
        if (!has_any && !plugin_.only_path) given_ = {""};
        // What is below another is given with it.
        std::ranges::sort(given_);
        std::vector<std::string> kept;
        for (auto& path : given_) {
            if (kept.empty() || !render::is_within(path, kept.back())) kept.push_back(std::move(path));
        }
        given_ = std::move(kept);
    }

    result<void> add_path(std::string_view item) {
        const bool is_from_root = item.starts_with('/');
        if (is_from_root) item.remove_prefix(std::min(item.find_first_not_of('/'), item.size()));
        std::string whole = is_from_root ? std::string{} : path_;
        // ".." is of the names: it may lead to a sibling, not out of the repository.
        for (auto left = item; !left.empty();) {
            const auto step = left.substr(0, left.find('/'));
            left.remove_prefix(std::min(step.size() + 1, left.size()));
            if (step == "..") {
                if (whole.empty()) return user_error("this leads out of the repository");
                const auto slash = whole.rfind('/');
                whole.resize(slash == std::string::npos ? 0 : slash);
            } else if (!step.empty() && step != ".") {
                whole = render::join_path(whole, step);
            }
        }
        const auto glob = path_glob::compile(whole);
        if (!glob) return glob.error();
        std::vector<std::string> found;
        if (glob->is_plain()) {
            const auto there = render::follow(tree_, whole);
            if (there) {
                found.push_back(whole);
            } else if (there.error().kind() != error_kind::not_found) {
                return there.error();
            }
        } else {
            auto matched = matches_of(tree_, "", *glob, max_paths);
            if (!matched) return matched.error();
            found = std::move(*matched);
        }
        if (found.empty()) {
            warnings_.push_back(fmt::format(
                "argocd.argoproj.io/manifest-generate-paths: \"{}\" is nothing in {}", item, tree_.describe()
            ));
        }
        for (auto& path : found) {
            if (!plugin_.only_path || render::is_within(path, path_)) {
                given_.push_back(std::move(path));
            } else if (found.size() == 1) {
                warnings_.push_back(fmt::format(
                    "argocd.argoproj.io/manifest-generate-paths: {} is not passed to plugin {}, which reads "
                    "nothing but the source's directory",
                    path, plugin_.name
                ));
            }
        }
        if (given_.size() > max_paths) {
            return user_error(fmt::format("this and the others name more than {} paths", max_paths));
        }
        return {};
    }

    void make_environment() {
        for (const auto& variable : plugin_.environment) {
            const auto equals = variable.find('=');
            environment_.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
        }
        std::vector<std::string> unknown;
        auto given = plugin_environment(source_, facts_, &unknown);
        environment_.insert(environment_.end(), given.begin(), given.end());
        keep_last(environment_);
        for (const auto& name : unknown) {
            warnings_.push_back(fmt::format(
                "plugin.env: there is no variable {} in the build environment; nothing is put in its place, "
                "and $$ "
                "stands for a $",
                name
            ));
        }
        for (const auto& [name, value] : environment_) {
            if (name.empty() || name.find_first_of(std::string_view{"=\0", 2}) != std::string::npos ||
                value.find('\0') != std::string::npos) {
                fail(user_error(fmt::format("{} cannot be an environment variable", crds::quoted(name))));
            } else if (name.size() + value.size() + 2 > max_variable) {
                fail(user_error(fmt::format(
                    "{} has {} bytes, more than the {} that an environment variable can have", name,
                    value.size(), max_variable
                )));
            }
        }
    }

    plan_result plan() {
        build_plan made;
        hasher key;
        key.add("plugin").add(std::to_string(plan_version));
        add_declaration(key);
        for (const auto& [name, value] : environment_) {
            if (plugin_.ignores_revision && tells_revision(name)) continue;
            if (tells_revision(name)) source_.at.note_revision();
            key.add(name).add(value);
        }
        for (const auto& path : given_) {
            const auto there = render::follow(tree_, path);
            if (!there) return render::as_errors(there.error());
            if (there->entry.kind == render::entry_kind::submodule) {
                made.warnings.push_back(fmt::format("{} is a submodule; submodules are not fetched", path));
                continue;
            }
            key.add(path).add(there->entry.id);
            made.trees.push_back({.from = source_.at, .path = there->path, .to = path});
        }
        key.add(path_);
        if (plugin_.password_store) key.add("password store").add(facts_.secrets_key);
        made.key = key.finish();
        made.password_store = plugin_.password_store;
        made.name = render::name_of_directory(path_);
        made.warnings.insert(made.warnings.end(), warnings_.begin(), warnings_.end());
        for (const auto& [step, words] :
             {std::pair{"init", &plugin_.init}, {"generate", &plugin_.generate}}) {
            if (words->empty()) continue;
            command run;
            run.name = fmt::format("plugin {}: {}", plugin_.name, step);
            run.argv = *words;
            for (const auto& [name, value] : environment_) {
                run.environment.push_back(fmt::format("{}={}", name, value));
            }
            run.working_directory = path_;
            run.read_only = plugin_.read_only;
            run.network = plugin_.network;
            run.deadline = plugin_.deadline;
            made.commands.push_back(std::move(run));
        }
        return made;
    }

    void add_declaration(hasher& key) const {
        key.add(plugin_.name);
        for (const auto* const words : {&plugin_.init, &plugin_.generate, &plugin_.read_only}) {
            key.add(std::to_string(words->size()));
            for (const auto& word : *words) {
                key.add(word);
            }
        }
        key.add(plugin_.network ? "network" : "").add(plugin_.only_path ? "path" : "");
        key.add(plugin_.ignores_revision ? "whatever revision" : "").add(std::to_string(environment_.size()));
    }

    render::source_tree& tree_;
    const build_source& source_;
    const build_facts& facts_;
    const plugin_declaration& plugin_;
    std::string path_;
    std::vector<std::string> given_;
    variables environment_;
    std::vector<std::string> warnings_;
    render::render_errors errors_;
};

/// Null when there is none.
result<const plugin_declaration*> discover(
    std::span<const plugin_declaration> declared, const std::string& path, const build_facts& facts,
    render::source_tree& tree
) {
    const auto clean = render::clean_path(path);
    if (!clean) return clean.error();
    const auto directory = render::follow(tree, *clean);
    if (!directory) return directory.error();
    for (const auto& plugin : declared) {
        if (!is_for(plugin, facts)) continue;
        for (const auto& pattern : plugin.discover) {
            const auto glob = path_glob::compile(pattern);
            if (!glob) return glob.error().within("plugin " + plugin.name);
            const auto found = matches_of(tree, directory->path, *glob, 1);
            if (!found) return found.error().within("plugin " + plugin.name);
            if (!found->empty()) return &plugin;
        }
    }
    return nullptr;
}

/// Those that are for the application: others are nobody's business.
std::vector<std::string_view>
names_for(std::span<const plugin_declaration> declared, const build_facts& facts) {
    std::vector<std::string_view> names;
    for (const auto& plugin : declared) {
        if (is_for(plugin, facts)) names.push_back(plugin.name);
    }
    return names;
}

std::string in_words(std::vector<std::string_view> names, std::string_view first) {
    if (names.empty()) return "none that is for this Application";
    const auto meant = std::ranges::find(names, first);
    if (meant != names.end()) std::rotate(names.begin(), meant, meant + 1);
    return crds::enumerated(names, " and ");
}

} // namespace

std::vector<std::pair<std::string, std::string>>
plugin_environment(const build_source& source, const build_facts& facts, std::vector<std::string>* unknown) {
    const build_environment build{source, facts};
    auto all = build.all();
    if (source.spec.plugin) {
        for (const auto& [name, value] : source.spec.plugin->env) {
            all.emplace_back("ARGOCD_ENV_" + name, build.substitute(value, unknown));
        }
        add_parameters(all, source.spec.plugin->parameters);
    }
    keep_last(all);
    return all;
}

plan_result plan_plugin(
    const build_source& source, const build_facts& facts, const plugin_declaration& plugin,
    std::string_view generate_paths
) {
    auto reader = source.at.read();
    if (!reader) return render::as_errors(reader.error());
    const auto tree = render::make_file_tree(std::move(*reader), source.spec.repo_url);
    return planner{*tree, source, facts, plugin}.run(generate_paths);
}

bool is_for(const plugin_declaration& plugin, const build_facts& facts) {
    if (!plugin.allow) return true;
    const auto is_in = [](const std::vector<std::string>& globs, const std::string& text) {
        return globs.empty() || std::ranges::any_of(globs, [&](const std::string& pattern) {
                   const auto glob = match::glob::compile(match::glob_dialect::gobwas, pattern);
                   return glob && glob->matches(text); // read_plugins lets in no other
               });
    };
    return std::ranges::any_of(*plugin.allow, [&](const plugin_users& users) {
        return is_in(users.namespaces, facts.namespace_) && is_in(users.applications, facts.application);
    });
}

result<const plugin_declaration*> find_plugin(
    std::span<const plugin_declaration> declared, const crds::application_source& source,
    const build_facts& facts, render::source_tree& tree
) {
    if (!source.plugin) {
        if (source.helm || source.kustomize || source.directory || !source.chart.empty()) return nullptr;
        return discover(declared, source.path, facts, tree);
    }
    const auto& name = source.plugin->name;
    if (declared.empty()) {
        return user_error(fmt::format(
            "there are no plugins{}: the operator's administrator declares them in the file of --plugins",
            name.empty() ? "" : fmt::format(", {} among them", crds::quoted(name))
        ));
    }
    if (name.empty()) {
        const auto found = discover(declared, source.path, facts, tree);
        if (!found || *found != nullptr) return found;
        return user_error(fmt::format(
            "none of the plugins takes {} by the files in it; name one in spec.source.plugin.name: {}",
            render::name_of_directory(source.path), in_words(names_for(declared, facts), {})
        ));
    }
    const auto found = std::ranges::find(declared, name, &plugin_declaration::name);
    if (found != declared.end()) {
        if (is_for(*found, facts)) return &*found;
        return user_error(fmt::format(
            "the plugin {} is not for this Application: \"allow\" in the file of --plugins does not list {}/{}",
            crds::quoted(name), facts.namespace_, facts.application
        ));
    }
    const auto names = names_for(declared, facts);
    const auto meant = match::nearest(name, names);
    return user_error(fmt::format(
        "there is no plugin {}{}; there are {}", crds::quoted(name),
        meant.empty() ? "" : fmt::format(", did you mean {}?", crds::quoted(meant)), in_words(names, meant)
    ));
}

} // namespace holdfast::builders
