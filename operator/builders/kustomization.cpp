#include "builders/kustomization.hpp"

#include "crds/words.hpp"
#include "render/links.hpp"
#include "render/yaml.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_file = std::size_t{4} << 20U;

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

std::string escaped(std::string_view token) {
    std::string made;
    for (const char c : token) {
        if (c == '~') {
            made += "~0";
        } else if (c == '/') {
            made += "~1";
        } else {
            made += c;
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
        const auto pointer = "/" + escaped(name);
        if (known == std::end(fields)) {
            const auto meant = crds::nearest(name, fields);
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

class reference_finder {
public:
    reference_finder(kustomization& k, std::vector<render::render_error>& errors) : k_{k}, errors_{errors} {}

    std::vector<reference> run() {
        list(k_.value, "resources", reference::kind::resource);
        list(k_.value, "bases", reference::kind::resource);
        list(k_.value, "configurations", reference::kind::file);
        list(k_.value, "crds", reference::kind::file);
        for (const auto name : {"configMapGenerator", "secretGenerator"}) {
            each_object(name, [&](json::object& generator, const reference& at) {
                list(generator, "files", reference::kind::source, &at);
                list(generator, "envs", reference::kind::file, &at);
                one(generator, "env", reference::kind::file, &at);
            });
        }
        list(k_.value, "generators", reference::kind::function);
        list(k_.value, "components", reference::kind::component);
        list(k_.value, "patchesStrategicMerge", reference::kind::patch);
        for (const auto name : {"patches", "patchesJson6902", "replacements"}) {
            each_object(name, [&](json::object& entry, const reference& at) {
                one(entry, "path", reference::kind::file, &at);
            });
        }
        list(k_.value, "transformers", reference::kind::function);
        list(k_.value, "validators", reference::kind::function);
        if (auto* openapi = k_.value.if_contains("openapi"); openapi != nullptr && openapi->is_object()) {
            const auto at = field(k_.value, "openapi", nullptr);
            one(openapi->get_object(), "path", reference::kind::file, &at);
        }
        return std::move(found_);
    }

private:
    // Where a member is, and how it is called.
    reference field(json::object& in, std::string_view name, const reference* above) {
        auto* const found = member(in, name);
        if (found == nullptr) return {};
        std::string_view written = found->key();
        if (above == nullptr) {
            if (const auto spelled = k_.spellings.find(name); spelled != k_.spellings.end())
                written = spelled->second;
        }
        return {
            .value = &found->value(),
            .pointer = (above == nullptr ? "" : above->pointer) + "/" + escaped(written),
            .shown = above == nullptr ? std::string{name} : above->shown + "." + std::string{name},
        };
    }

    static reference item(const reference& list, std::size_t i) {
        return {
            .value = &list.value->get_array()[i],
            .pointer = fmt::format("{}/{}", list.pointer, i),
            .shown = fmt::format("{}[{}]", list.shown, i),
        };
    }

    bool is_list(const reference& at) {
        if (at.value == nullptr || at.value->is_null()) return false;
        if (at.value->is_array()) return true;
        if (errors_.size() >= max_errors) return false;
        errors_.push_back(error_at(
            k_, at.pointer, at.shown,
            at.value->is_string() ? "has to be a list, is a text"
                                  : "has to be a list, is " + crds::named(*at.value)
        ));
        return false;
    }

    void add(reference at, reference::kind what) {
        if (!at.value->is_string() || at.value->get_string().empty()) {
            if (errors_.size() >= max_errors) return;
            errors_.push_back(error_at(
                k_, at.pointer, at.shown,
                at.value->is_string() || at.value->is_null()
                    ? "is empty"
                    : "has to be a text, is " + crds::named(*at.value)
            ));
            return;
        }
        at.what = what;
        found_.push_back(std::move(at));
    }

    void
    list(json::object& in, std::string_view name, reference::kind what, const reference* above = nullptr) {
        const auto at = field(in, name, above);
        if (!is_list(at)) return;
        for (std::size_t i = 0; i < at.value->get_array().size(); ++i) {
            add(item(at, i), what);
        }
    }

    void one(json::object& in, std::string_view name, reference::kind what, const reference* above) {
        auto at = field(in, name, above);
        if (at.value == nullptr || at.value->is_null()) return;
        if (at.value->is_string() && at.value->get_string().empty()) return;
        add(std::move(at), what);
    }

    template <class F>
    void each_object(std::string_view name, F then) {
        const auto at = field(k_.value, name, nullptr);
        if (!is_list(at)) return;
        for (std::size_t i = 0; i < at.value->get_array().size(); ++i) {
            const auto each = item(at, i);
            if (each.value->is_object()) then(each.value->get_object(), each); // else kustomize says so
        }
    }

    kustomization& k_;
    std::vector<render::render_error>& errors_;
    std::vector<reference> found_;
};

} // namespace

render::render_result<kustomization> read_kustomization(
    render::source_tree& tree, const std::string& directory, const std::string& shown,
    std::vector<std::string>& warnings
) {
    render::render_errors errors;
    const auto fail = [&](error e) {
        errors.all.push_back({.kind = e.kind(), .file = shown, .message = e.message()});
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
    k.shown = shown == "." ? k.name : render::join_path(shown, k.name);
    auto text = text_of(tree, render::join_path(directory, k.name));
    if (!text) {
        errors.all.push_back({.kind = text.error().kind(), .file = k.shown, .message = text.error().message()}
        );
        return errors;
    }
    k.text = std::move(*text);
    auto documents = render::read_yaml(k.text);
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

std::vector<reference> references_of(kustomization& k, std::vector<render::render_error>& errors) {
    return reference_finder{k, errors}.run();
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
    const auto plain = json::serialize(value);
    std::string made;
    made.reserve(plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
        const std::string_view rest = std::string_view{plain}.substr(i);
        const auto byte = static_cast<unsigned char>(plain[i]);
        if (byte == 0x7F) {
            made += "\\u007f";
        } else if (byte == 0xC2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA0) {
            made += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(rest[1])));
            i += 1;
        } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
            made += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else if (rest.starts_with("\xEF\xBB\xBF")) {
            made += "\\ufeff";
            i += 2;
        } else if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
            made += rest[2] == '\xBE' ? "\\ufffe" : "\\uffff";
            i += 2;
        } else {
            made += plain[i];
        }
    }
    made += '\n';
    return made;
}

} // namespace holdfast::builders
