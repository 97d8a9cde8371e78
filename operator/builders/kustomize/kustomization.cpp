#include "builders/kustomize/kustomization.hpp"

#include "base/json_as_yaml.hpp"
#include "base/json_pointer.hpp"
#include "crds/words.hpp"
#include "match/words.hpp"
#include "render/links.hpp"
#include "render/yaml.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_file = std::size_t{1} << 20U;

// types.Kustomization of kustomize 5.7.
constexpr std::string_view fields[] = {
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
};

// The letters that Go's encoding/json takes for the same: those of ASCII in either case, and the two beyond
// it that have an ASCII letter as their other case (U+017F and U+212A).
std::string folded(std::string_view name) {
    std::string made;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name.substr(i).starts_with("\xC5\xBF")) {
            made += 's';
            i += 1;
        } else if (name.substr(i).starts_with("\xE2\x84\xAA")) {
            made += 'k';
            i += 2;
        } else {
            made += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
        }
    }
    return made;
}

// What is at the name of a kustomization: a file in or below the directory, as kustomize demands it.
result<bool> is_file_below(render::source_tree& tree, const std::string& directory, std::string_view name) {
    const auto path = render::join_path(directory, name);
    const auto entry = tree.find(path);
    if (!entry) return entry.error();
    if (!*entry) return false;
    if ((*entry)->kind == render::entry_kind::file) return true;
    if ((*entry)->kind != render::entry_kind::symlink) return false;
    const auto end = render::follow(tree, path);
    if (!end) {
        if (end.error().kind() == error_kind::not_found || end.error().kind() == error_kind::user)
            return false;
        return end.error();
    }
    return end->entry.kind == render::entry_kind::file && render::is_within(end->path, directory);
}

result<std::vector<std::string>> names_in(render::source_tree& tree, const std::string& directory) {
    std::vector<std::string> found;
    for (const auto name : kustomization_names) {
        const auto there = is_file_below(tree, directory, name);
        if (!there) return there.error();
        if (*there) found.emplace_back(name);
    }
    return found;
}

result<std::string> text_of(render::source_tree& tree, const std::string& path) {
    const auto end = render::follow(tree, path);
    if (!end) return end.error();
    return tree.read(end->entry, max_file);
}

// Gives every field its own name.
void take_fields(json::object& from, kustomization& k, render::render_errors& errors) {
    for (auto& [name, value] : from) {
        if (errors.all.size() >= max_errors) return;
        const auto known = std::ranges::find_if(fields, [&, like = folded(name)](std::string_view each) {
            return folded(each) == like;
        });
        const auto pointer = "/" + pointer_token(name);
        if (known == std::end(fields)) {
            const auto meant = match::nearest(name, fields);
            errors.all.push_back(error_at(
                k, pointer, {},
                fmt::format(
                    "kustomize knows no field {}{}", crds::quoted(name),
                    meant.empty() ? "" : fmt::format("; did you mean {}?", meant)
                )
            ));
            continue;
        }
        if (k.value.contains(*known)) {
            errors.all.push_back(error_at(k, pointer, {}, fmt::format("{} is there twice", *known)));
            continue;
        }
        if (*known != name) k.spellings.emplace(*known, name);
        k.value.emplace(*known, std::move(value));
    }
}

} // namespace

render::render_result<kustomization> read_kustomization(
    render::source_tree& tree, const std::string& directory, const std::string& shown,
    std::vector<std::string>& warnings
) {
    render::render_errors errors;
    const auto fail = [&](error e) {
        errors.all.push_back(
            {.kind = e.kind(), .file = render::name_of_directory(shown), .message = e.message()}
        );
        return errors;
    };
    const auto names = names_in(tree, directory);
    if (!names) return fail(names.error());
    if (names->empty()) {
        return fail(user_error(fmt::format(
            "there is no kustomization in this directory in {}: a file kustomization.yaml, kustomization.yml "
            "or "
            "Kustomization",
            tree.describe()
        )));
    }
    if (names->size() > 1) {
        return fail(user_error(fmt::format(
            "there are {} and {} in this directory; kustomize takes a directory with one of them",
            (*names)[0], (*names)[1]
        )));
    }
    kustomization k;
    k.directory = directory;
    k.name = names->front();
    k.shown = render::join_path(shown, k.name);
    auto text = text_of(tree, render::join_path(directory, k.name));
    if (!text) {
        errors.all.push_back({.kind = text.error().kind(), .file = k.shown, .message = text.error().message()}
        );
        return errors;
    }
    k.text = std::move(*text);
    auto documents = render::read_yaml(k.text, render::configuration_limits());
    if (!documents) {
        const auto& e = documents.error();
        errors.all.push_back({
            .file = k.shown,
            .document = e.document,
            .line = e.where.line,
            .column = e.where.column,
            .message = e.message,
        });
        return errors;
    }
    // kustomize looks at the first document, even where that is empty.
    if (documents->empty() || documents->front().index != 1) {
        errors.all.push_back({.file = k.shown, .message = "the kustomization is empty"});
        return errors;
    }
    if (documents->size() > 1) {
        warnings.push_back(
            fmt::format("{} has {} documents; kustomize reads only the first", k.shown, documents->size())
        );
    }
    auto& first = documents->front().value;
    if (!first.is_object()) {
        errors.all.push_back(
            error_at(k, "", {}, "a kustomization is a mapping, this is " + crds::named(first))
        );
        return errors;
    }
    take_fields(first.get_object(), k, errors);
    if (!errors.all.empty()) return errors;
    return k;
}

json::object::value_type* member(json::object& object, std::string_view name) {
    if (const auto exact = object.find(name); exact != object.end()) return &*exact;
    const auto like = folded(name);
    const auto found =
        std::ranges::find_if(object, [&](const auto& each) { return folded(each.key()) == like; });
    return found == object.end() ? nullptr : &*found;
}

const json::object::value_type* member(const json::object& object, std::string_view name) {
    return member(const_cast<json::object&>(object), name); // NOLINT: it is not changed
}

std::string_view text_member(const json::object& object, std::string_view name) {
    const auto* found = member(object, name);
    return found != nullptr && found->value().is_string() ? std::string_view{found->value().get_string()}
                                                          : std::string_view{};
}

render::render_error error_at(
    const kustomization& k, std::string_view pointer, std::string_view shown, std::string message,
    error_kind kind
) {
    // What the Application added is not in the file.
    for (auto above = pointer; !above.empty(); above = above.substr(0, above.rfind('/'))) {
        if (const auto from = k.added.find(above); from != k.added.end()) {
            const auto below = pointer.substr(above.size());
            auto called = from->second;
            if (!below.empty()) called += "." + std::string{below.substr(1)};
            return {.kind = kind, .message = called + ": " + std::move(message)};
        }
    }
    render::render_error e{.kind = kind, .file = k.shown};
    if (const auto where = render::locate(k.text, 1, pointer)) {
        e.document = 1;
        e.line = where->line;
        e.column = where->column;
    }
    e.message = shown.empty() ? std::move(message) : fmt::format("{}: {}", shown, message);
    return e;
}

std::string to_yaml(const json::object& value) {
    return json_as_yaml(json::serialize(value)) + "\n";
}

} // namespace holdfast::builders
