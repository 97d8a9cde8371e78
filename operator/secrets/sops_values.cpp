#include "secrets/sops_values.hpp"

#include "base/base64.hpp"
#include "render/manifest.hpp"
#include "render/normalise.hpp"
#include "secrets/sensitive.hpp"
#include "secrets/sops_metadata.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string.h> // explicit_bzero
#include <string_view>

namespace holdfast::secrets {

namespace {

// Deeper than the reader of YAML lets objects nest, which is what bounds all recursion here.
constexpr std::size_t max_depth = 1024;

void collect(
    const json::value& value, value_path& path, std::vector<value_path>& into
) { // NOLINT(misc-no-recursion)
    if (const auto* map = value.if_object()) {
        for (const auto& [key, each] : *map) {
            path.emplace_back(key);
            collect(each, path, into);
            path.pop_back();
        }
    } else if (const auto* list = value.if_array()) {
        for (std::size_t i = 0; i < list->size(); ++i) {
            path.push_back(std::to_string(i));
            collect((*list)[i], path, into);
            path.pop_back();
        }
    } else {
        into.push_back(path);
    }
}

// A copy of some of the values.
class selection {
public:
    selection(std::size_t first, std::size_t last) : first_{first}, last_{last} {}

    // Nothing for a value that is not selected.
    bool copy(const json::value& from, json::value& to) { // NOLINT(misc-no-recursion)
        if (const auto* map = from.if_object()) {
            auto& made = to.emplace_object();
            for (const auto& [key, each] : *map) {
                json::value one;
                if (copy(each, one)) made.emplace(key, std::move(one));
            }
            return true;
        }
        if (const auto* list = from.if_array()) {
            auto& made = to.emplace_array();
            for (const auto& each : *list) {
                json::value one;
                if (copy(each, one)) made.push_back(std::move(one));
            }
            return true;
        }
        const auto index = next_++;
        if (index < first_ || index >= last_) return false;
        to = from;
        return true;
    }

private:
    std::size_t first_;
    std::size_t last_;
    std::size_t next_ = 0;
};

void wipe_texts(json::value& value) noexcept { // NOLINT(misc-no-recursion)
    if (auto* map = value.if_object()) {
        for (auto& each : *map)
            wipe_texts(each.value());
    } else if (auto* list = value.if_array()) {
        for (auto& each : *list)
            wipe_texts(each);
    } else if (auto* text = value.if_string()) {
        ::explicit_bzero(text->data(), text->capacity());
        text->clear();
    }
}

// Moves values of what sops printed to where they were encrypted.
class merger {
public:
    explicit merger(std::vector<problem_at>& problems) : problems_{problems} {}

    void merge_fields(json::object& into, json::object& plain) { // NOLINT(misc-no-recursion)
        for (auto& each : into) {
            path_.emplace_back(each.key());
            if (auto* same = plain.if_contains(each.key())) {
                merge(each.value(), *same);
            } else {
                fail(other_shape());
            }
            path_.pop_back();
        }
    }

private:
    void merge(json::value& into, json::value& plain) { // NOLINT(misc-no-recursion)
        if (auto* map = into.if_object()) {
            auto* other = plain.if_object();
            return other == nullptr ? fail(other_shape()) : merge_fields(*map, *other);
        }
        if (auto* list = into.if_array()) {
            auto* other = plain.if_array();
            if (other == nullptr || other->size() != list->size()) return fail(other_shape());
            for (std::size_t i = 0; i < list->size(); ++i) {
                path_.push_back(std::to_string(i));
                merge((*list)[i], (*other)[i]);
                path_.pop_back();
            }
            return;
        }
        const auto* text = into.if_string();
        if (text == nullptr || !is_encrypted_text(*text)) return;
        if (plain.is_structured()) return fail(other_shape());
        if (const auto* same = plain.if_string(); same != nullptr && *same == *text) {
            return fail(
                user_error("it is encrypted, but the rule in \"sops\" (encrypted_regex or the like) does "
                           "not name its field, so it stays encrypted: encrypt the file again")
            );
        }
        into.swap(plain);
    }

    static error other_shape() { return internal_error("sops gave an object of another shape"); }

    void fail(error what) { problems_.emplace_back(path_, std::move(what)); }

    std::vector<problem_at>& problems_;
    value_path path_;
};

bool is_secret(const json::object& object) {
    const auto names = render::names_of(object);
    return names.kind == "Secret" && names.group.empty();
}

// Why the API server would refuse a value, in the words of those who encrypt; empty where it would not.
std::string_view wrong_with(const json::value& value, std::string_view field) {
    if (value.is_null()) return {};
    const auto* text = value.if_string();
    if (text == nullptr) {
        return "the encrypted value is a number or a boolean, but a Secret holds only strings: put it in "
               "quotes, and "
               "encrypt the file again";
    }
    if (field == "data" && !base64_decode(*text)) {
        return "the encrypted value is not base64, as \"data\" needs it: encode it, or move it to "
               "\"stringData\", "
               "and encrypt the file again";
    }
    return {};
}

void check_texts(const json::object& secret, std::string_view field, std::vector<problem_at>& problems) {
    const auto* values = secret.if_contains(field);
    if (values == nullptr || !values->is_object()) return;
    for (const auto& each : values->get_object()) {
        const auto wrong = wrong_with(each.value(), field);
        if (wrong.empty()) continue;
        value_path path{std::string{field}, std::string{each.key()}};
        problems.emplace_back(std::move(path), user_error(std::string{wrong}));
    }
}

// render::normalise does the same for plain Secrets, but leaves copies in memory.
void fold_string_data(json::object& secret) {
    auto* plain = secret.if_contains("stringData");
    if (plain == nullptr || !plain->is_object()) return;
    if (auto& data = secret["data"]; !data.is_object())
        data.emplace_object(); // may move what `plain` points to
    for (auto& [key, value] : secret.at("stringData").get_object()) {
        auto* text = value.if_string();
        auto encoded = text == nullptr ? std::string{} : base64_encode(*text);
        secret.at("data").get_object()[key] = std::string_view{encoded};
        wipe(encoded);
        wipe_texts(value);
    }
    secret.stable_erase("stringData");
    if (secret.at("data").get_object().empty()) secret.stable_erase("data");
}

} // namespace

std::vector<value_path> values_of(const json::object& object) {
    std::vector<value_path> all;
    value_path path;
    for (const auto& [key, value] : object) {
        if (key == "sops") continue;
        path.assign(1, std::string{key});
        collect(value, path, all);
    }
    return all;
}

std::string
sops_input(const json::object& object, const json::object& metadata, std::size_t first, std::size_t last) {
    selection some{first, last};
    json::object chosen;
    for (const auto& [key, value] : object) {
        json::value one;
        if (key != "sops" && some.copy(value, one)) chosen.emplace(key, std::move(one));
    }
    chosen.emplace("sops", metadata);
    return json::serialize(chosen);
}

std::vector<problem_at> take_output(json::object& object, std::string& output) {
    boost::system::error_code ec;
    json::parse_options options;
    options.max_depth = max_depth;
    auto plain = json::parse(output, ec, {}, options);
    wipe(output);
    object.stable_erase("sops");
    std::vector<problem_at> problems;
    if (ec || !plain.is_object()) {
        problems.emplace_back(value_path{}, internal_error("sops did not print an object"));
    } else {
        merger{problems}.merge_fields(object, plain.get_object());
    }
    wipe_texts(plain);
    if (problems.empty() && is_secret(object)) {
        check_texts(object, "data", problems);
        check_texts(object, "stringData", problems);
        if (problems.empty()) fold_string_data(object);
    }
    if (problems.empty()) {
        render::normalise(object);
    } else {
        wipe(object);
    }
    return problems;
}

} // namespace holdfast::secrets
