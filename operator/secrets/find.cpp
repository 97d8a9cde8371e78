#include "secrets/find.hpp"

#include "base/base64.hpp"
#include "secrets/sensitive.hpp"
#include "secrets/utf8.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast::secrets {

namespace json = boost::json;

namespace {

bool is_secret(const json::object& object) {
    const auto names = render::names_of(object);
    return names.kind == "Secret" && names.group.empty();
}

// Whose texts are not ours to resolve.
bool is_left_alone(const json::object& object) {
    const auto names = render::names_of(object);
    if (names.group == "apiextensions.k8s.io") return true;
    return (names.group == "holdfast.dev" || names.group == "argoproj.io") &&
           (names.kind == "Application" || names.kind == "ApplicationSet");
}

// What a value of a Secret's `data` says: the text itself where that has references (it is no base64 then),
// or what it encodes where that has.
std::optional<std::string> text_in_data(const json::string& value) {
    if (mentions_reference(value)) return std::string{value};
    auto bytes = base64_decode(value);
    if (bytes && mentions_reference(*bytes)) return bytes;
    return std::nullopt;
}

class search {
public:
    search(const render::manifest& manifest, std::size_t index, places where)
        : manifest_{manifest}, index_{index}, where_{where} {}

    void run(std::vector<found_text>& found, render::render_errors& errors) {
        found_ = &found;
        errors_ = &errors;
        if (is_left_alone(manifest_.object)) return;
        const bool secret = is_secret(manifest_.object);
        for (const auto& [key, value] : manifest_.object) {
            path_.assign(1, std::string{key});
            if (secret && (key == "data" || key == "stringData") && value.is_object()) {
                look_into_values(value.get_object(), key == "data");
            } else {
                look_into(value);
            }
        }
    }

private:
    void fail(const error& what) { errors_->all.push_back(error_at(manifest_, path_, what)); }

    void add(std::string_view text) {
        auto pieces = take_apart(text);
        if (pieces.has_error()) return fail(pieces.error());
        found_->push_back({index_, path_, std::move(*pieces)});
    }

    void check_key(std::string_view key) {
        if (mentions_reference(key)) fail(user_error("a reference cannot stand in a key"));
    }

    void look_into_values(const json::object& values, bool encoded) {
        for (const auto& [key, value] : values) {
            path_.emplace_back(key);
            check_key(key);
            if (const auto* text = value.if_string()) {
                if (const auto meant = encoded ? text_in_data(*text) : std::optional{std::string{*text}}) {
                    if (mentions_reference(*meant)) add(*meant);
                }
            }
            path_.pop_back();
        }
    }

    // As deep as the reader of YAML lets objects nest.
    void look_into(const json::value& value) { // NOLINT(misc-no-recursion)
        if (const auto* map = value.if_object()) {
            for (const auto& [key, each] : *map) {
                path_.emplace_back(key);
                check_key(key);
                look_into(each);
                path_.pop_back();
            }
        } else if (const auto* list = value.if_array()) {
            for (std::size_t i = 0; i < list->size(); ++i) {
                path_.push_back(std::to_string(i));
                look_into((*list)[i]);
                path_.pop_back();
            }
        } else if (const auto* text = value.if_string(); text != nullptr && mentions_reference(*text)) {
            if (where_ == places::everywhere) return add(*text);
            fail(user_error("a reference to a secret stands outside of a Secret's data, where everybody who "
                            "may see the object "
                            "could read the value; put it into a Secret and refer to that"));
        }
    }

    const render::manifest& manifest_;
    std::size_t index_;
    places where_;
    std::vector<std::string> path_;
    std::vector<found_text>* found_ = nullptr;
    render::render_errors* errors_ = nullptr;
};

json::value* value_at(json::object& object, const std::vector<std::string>& path) {
    json::value* at = object.if_contains(path.front());
    for (std::size_t i = 1; at != nullptr && i < path.size(); ++i) {
        if (auto* map = at->if_object()) {
            at = map->if_contains(path[i]);
        } else if (auto* list = at->if_array()) {
            std::size_t index = list->size();
            std::from_chars(path[i].data(), path[i].data() + path[i].size(), index);
            at = index < list->size() ? &(*list)[index] : nullptr;
        } else {
            at = nullptr;
        }
    }
    return at;
}

void put_into_secret(json::object& secret, const std::vector<std::string>& path, std::string_view bytes) {
    auto encoded = base64_encode(bytes);
    auto& data = secret["data"];
    if (!data.is_object()) data.emplace_object();
    data.get_object()[path[1]] = std::string_view{encoded};
    wipe(encoded);
    if (path[0] == "data") return;
    auto& plain = secret.at("stringData").get_object();
    plain.erase(path[1]);
    if (plain.empty()) secret.erase("stringData");
}

} // namespace

std::string place_of(const render::manifest& manifest, const std::vector<std::string>& path) {
    auto text = render::describe(render::names_of(manifest.object));
    std::string_view before = ", ";
    for (const auto& each : path) {
        text.append(before).append(each);
        before = ".";
    }
    return text;
}

render::render_error
error_at(const render::manifest& manifest, const std::vector<std::string>& path, const error& what) {
    return {
        .kind = what.kind(),
        .file = manifest.from.file,
        .document = manifest.from.document,
        .line = manifest.from.line,
        .message = place_of(manifest, path) + ": " + what.message()
    };
}

render::render_result<std::vector<found_text>>
find_references(const std::vector<render::manifest>& objects, places where) {
    std::vector<found_text> found;
    render::render_errors errors;
    for (std::size_t i = 0; i < objects.size(); ++i)
        search{objects[i], i, where}.run(found, errors);
    if (!errors.all.empty()) return errors;
    return found;
}

bool has_references(const json::object& object) {
    std::vector<render::manifest> one(1);
    one.front().object = object;
    const auto found = find_references(one, places::everywhere);
    return found.has_error() || !found->empty();
}

render::render_result<void>
put_in(std::vector<render::manifest>& objects, const std::vector<found_text>& found, const value_of& values) {
    render::render_errors errors;
    for (const auto& each : found) {
        auto& manifest = objects[each.object];
        sensitive text;
        for (const auto& one : each.pieces) {
            if (const auto* plain = std::get_if<std::string>(&one)) {
                text.append(*plain);
            } else {
                text.append(values(std::get<reference>(one)));
            }
        }
        const bool in_data =
            each.path.size() == 2 && (each.path[0] == "data" || each.path[0] == "stringData");
        if (in_data && is_secret(manifest.object)) {
            put_into_secret(manifest.object, each.path, text.view());
        } else if (!is_utf8(text.view())) {
            errors.all.push_back(error_at(
                manifest, each.path,
                user_error("the value is not UTF-8, and only a Secret's data can hold other bytes")
            ));
        } else if (auto* value = value_at(manifest.object, each.path)) {
            *value = text.view();
        }
    }
    if (!errors.all.empty()) return errors;
    return {};
}

} // namespace holdfast::secrets
