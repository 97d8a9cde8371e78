#include "builders/jsonnet.hpp"

#include "base/hash.hpp"
#include "builders/environment.hpp"
#include "builders/jsonnet/closure.hpp"
#include "files/tree_reader.hpp"
#include "render/directory_walk.hpp"
#include "render/file_tree.hpp"
#include "render/links.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <fmt/format.h>

#include <libjsonnet.h>

#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace holdfast::builders {

namespace {

namespace json = boost::json;
using render::render_errors;

/// To be raised with every change of holdfast-jsonnet that gives other results.
constexpr int program_version = 1;

/// As go-jsonnet has it, which Argo CD uses.
constexpr unsigned max_stack = 500;
constexpr std::uint64_t max_memory = std::uint64_t{768} << 20U;
constexpr std::uint64_t max_file_bytes = std::uint64_t{16} << 20U;
/// That are manifests.
constexpr std::size_t max_files = 5000;
constexpr std::uint64_t max_output_bytes = std::uint64_t{32} << 20U;

struct variable {
    std::string name;
    std::string value;
    bool code = false;
};

/// One plan in the making.
class planner {
public:
    planner(render::source_tree& tree, const build_source& source, const build_facts& facts)
        : tree_{tree}, source_{source}, facts_{facts} {}

    render::render_result<std::optional<build_plan>> run(const programs& with) {
        const auto options = directory_of(source_.spec);
        find_files(options);
        if (taken_.empty())
            return std::optional<build_plan>{}; // what else is wrong is told by who reads the rest
        find_libraries();
        find_variables();
        jsonnet::closure needed{tree_, libraries_};
        follow_imports(needed);
        if (!into_.errors.all.empty()) return std::move(into_.errors);
        return std::optional{plan(needed, with)};
    }

private:
    struct taken {
        render::taken_file file;
        std::string text;
    };

    void fail(const error& e, std::string file = {}) {
        into_.errors.all.push_back({.kind = e.kind(), .file = std::move(file), .message = e.message()});
    }

    void find_files(const render::directory_options& options) {
        const render::directory_limits limits;
        std::set<std::string> seen; // symlinks to one directory come to the same files
        std::size_t bytes = 0;
        render::walk_directory(tree_, options, limits, into_, [&](const render::taken_file& file) {
            if (!render::is_jsonnet(file.path) || !seen.insert(file.path).second) return true;
            auto text = tree_.read(file.entry, limits.max_file_bytes);
            if (text && render::is_marked_to_skip(*text)) return true;
            if (!text) {
                fail(text.error(), file.path);
            } else if (files::is_lfs_pointer(*text)) {
                fail(user_error(std::string{render::lfs_sentence}), file.path);
            }
            bytes += text ? text->size() : 0;
            if (seen.size() > max_files || bytes > max_file_bytes) {
                fail(user_error(fmt::format(
                    "there are more than {} jsonnet files, or they have more than {} bytes", max_files,
                    max_file_bytes
                )));
                return false;
            }
            taken_.push_back({file, text ? std::move(*text) : std::string{}});
            return true;
        });
    }

    /// In the order of go-jsonnet's: the last one first, the directory of the source last.
    void find_libraries() {
        if (source_.spec.directory && source_.spec.directory->jsonnet) {
            const auto& libs = source_.spec.directory->jsonnet->libs;
            for (std::size_t i = libs.size(); i-- > 0;) {
                const auto path = render::clean_path(libs[i]);
                if (!path) {
                    fail(path.error().within(fmt::format("directory.jsonnet.libs[{}]", i)));
                    continue;
                }
                const auto there = render::follow(tree_, *path);
                if (!there) {
                    const auto wrong = there.error().within(fmt::format("directory.jsonnet.libs[{}]", i));
                    if (there.error().kind() == error_kind::not_found) {
                        warnings_.push_back(wrong.message());
                    } else {
                        fail(wrong);
                    }
                    continue;
                }
                libraries_.push_back(*path);
            }
        }
        libraries_.push_back(render::clean_path(source_.spec.path).value());
    }

    void find_variables() {
        if (!source_.spec.directory || !source_.spec.directory->jsonnet) return;
        const build_environment environment{source_, facts_};
        const auto& jsonnet = *source_.spec.directory->jsonnet;
        for (const auto& [name, from, into] :
             {std::tuple{"extVars", &jsonnet.ext_vars, &external_}, {"tlas", &jsonnet.tlas, &arguments_}}) {
            for (std::size_t i = 0; i < from->size(); ++i) {
                const auto& one = (*from)[i];
                std::vector<std::string> unknown;
                into->push_back({one.name, environment.substitute(one.value, &unknown), one.code});
                for (const auto& variable : unknown) {
                    warnings_.push_back(fmt::format(
                        "directory.jsonnet.{}[{}]: there is no variable {} in the build environment; nothing "
                        "is "
                        "put in its place, and $$ stands for a $",
                        name, i, variable
                    ));
                }
                if (one.name.find('\0') != std::string::npos || one.value.find('\0') != std::string::npos) {
                    fail(user_error(
                        fmt::format("directory.jsonnet.{}[{}]: there is a NUL byte in it", name, i)
                    ));
                }
            }
        }
    }

    void follow_imports(jsonnet::closure& needed) {
        const auto note = [this](const result<void>& done, const std::string& file) {
            if (!done) fail(done.error(), file);
            return done.has_value();
        };
        for (auto& one : taken_) {
            const auto real = render::follow(tree_, one.file.path);
            if (!real) {
                fail(real.error(), one.file.path);
                continue;
            }
            // What is too large is too large for the next one too.
            if (!note(
                    needed.add(one.file.path, {.real_path = real->path, .id = real->entry.id}, one.text),
                    one.file.path
                ))
                return;
            one.text = {};
        }
        for (const auto* const variables : {&external_, &arguments_}) {
            for (const auto& one : *variables) {
                if (one.code && !note(needed.add_code(one.value), {})) return;
            }
        }
    }

    static json::array as_json(const std::vector<variable>& variables) {
        json::array all;
        for (const auto& one : variables) {
            all.push_back(json::object{{"name", one.name}, {"value", one.value}, {"code", one.code}});
        }
        return all;
    }

    build_plan plan(const jsonnet::closure& needed, const programs& with) {
        json::array files;
        for (const auto& one : taken_) {
            files.emplace_back(one.file.path);
        }
        json::object asked{{"files", std::move(files)}, {"libraries", json::value_from(libraries_)}};
        asked["externalVariables"] = as_json(external_);
        asked["topLevelArguments"] = as_json(arguments_);
        asked["limits"] = {
            {"stack", max_stack},
            {"memory", max_memory},
            {"file", max_file_bytes},
            {"output", max_output_bytes}
        };
        build_plan made;
        hasher key;
        key.add("jsonnet").add(std::to_string(program_version)).add(LIB_JSONNET_VERSION);
        key.add(json::serialize(asked));
        for (const auto& [path, file] : needed.files()) {
            key.add(path).add(file.id);
            made.trees.push_back({.from = source_.at, .path = file.real_path, .to = path});
        }
        made.key = key.finish();
        json::array unresolved;
        for (const auto& [import, why] : needed.unresolved()) {
            unresolved.push_back(
                json::object{{"from", import.first}, {"name", import.second}, {"message", why}}
            );
        }
        asked["unresolved"] = std::move(unresolved);
        const auto path = render::clean_path(source_.spec.path).value();
        made.name = render::name_of_directory(path);
        made.warnings = std::move(warnings_);
        command run;
        run.name = "jsonnet";
        run.argv = {with.jsonnet};
        run.input = json::serialize(asked);
        made.commands.push_back(std::move(run));
        return made;
    }

    render::source_tree& tree_;
    const build_source& source_;
    const build_facts& facts_;
    render::collected into_;
    std::vector<taken> taken_;
    std::vector<std::string> libraries_;
    std::vector<variable> external_;
    std::vector<variable> arguments_;
    std::vector<std::string> warnings_;
};

} // namespace

render::directory_options directory_of(const crds::application_source& source) {
    render::directory_options options;
    options.path = source.path;
    if (source.directory) {
        options.recurse = source.directory->recurse;
        options.include = source.directory->include;
        options.exclude = source.directory->exclude;
        options.disable_extension_filter = source.directory->disable_extension_filter;
    }
    return options;
}

render::render_result<std::optional<build_plan>>
plan_jsonnet(const build_source& source, const build_facts& facts, const programs& with) {
    auto reader = source.at.read();
    if (!reader) return render::as_errors(reader.error());
    const auto tree = render::make_file_tree(std::move(*reader), source.spec.repo_url);
    return planner{*tree, source, facts}.run(with);
}

render::render_result<std::map<std::string, std::string>> read_evaluated(std::string_view output) {
    json::error_code failed;
    json::parse_options options;
    options.allow_invalid_utf8 = true; // where it is, its reader says in which file
    const json::value answer = json::parse({output.data(), output.size()}, failed, {}, options);
    const auto* const whole = answer.if_object();
    const auto* const results = whole == nullptr ? nullptr : whole->if_contains("results");
    const auto* const errors = whole == nullptr ? nullptr : whole->if_contains("errors");
    const auto broken = [] {
        return render::as_errors(internal_error("the output of holdfast-jsonnet cannot be read"));
    };
    if (failed || results == nullptr || !results->is_object() || errors == nullptr || !errors->is_array()) {
        return broken();
    }
    render_errors wrong;
    for (const json::value& one : errors->get_array()) {
        const auto* const e = one.if_object();
        if (e == nullptr) return broken();
        const auto text = [&](std::string_view name) {
            const auto* const value = e->if_contains(name);
            const auto* const string = value == nullptr ? nullptr : value->if_string();
            return string == nullptr ? std::string{} : std::string{string->data(), string->size()};
        };
        const auto number = [&](std::string_view name) {
            const auto* const value = e->if_contains(name);
            const auto* const integer = value == nullptr ? nullptr : value->if_int64();
            return integer == nullptr ? 0 : static_cast<int>(*integer);
        };
        wrong.all.push_back(
            {.file = text("file"),
             .line = number("line"),
             .column = number("column"),
             .message = text("message")}
        );
    }
    if (!wrong.all.empty()) return wrong;
    std::map<std::string, std::string> evaluated;
    for (const auto& [path, text] : results->get_object()) {
        const auto* const string = text.if_string();
        if (string == nullptr) return broken();
        evaluated.emplace(std::string{path}, std::string{string->data(), string->size()});
    }
    return evaluated;
}

render::build_key with_jsonnet(const render::build_key& directory, const render::build_key& jsonnet) {
    return hasher{}.add("directory with jsonnet").add(to_hex(directory)).add(to_hex(jsonnet)).finish();
}

} // namespace holdfast::builders
