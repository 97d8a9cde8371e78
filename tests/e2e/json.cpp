#include "e2e/json.hpp"

#include <boost/json/serialize.hpp>

namespace holdfast::test {

std::string text_of(const json::value* value) {
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string{*text} : std::string{};
}

std::string text_at(const json::object& object, std::initializer_list<std::string_view> path) {
    const json::object* at = &object;
    const json::value* found = nullptr;
    for (const auto key : path) {
        if (at == nullptr) {
            return {};
        }
        found = at->if_contains(key);
        at = found != nullptr ? found->if_object() : nullptr;
    }
    if (found == nullptr) {
        return {};
    }
    return found->is_string() ? std::string{found->get_string()} : json::serialize(*found);
}

void merge(json::object& into, const json::object& from) {
    for (const auto& [key, value] : from) {
        auto* inner = into.if_contains(key);
        if (inner != nullptr && inner->is_object() && value.is_object()) {
            merge(inner->get_object(), value.get_object());
        } else {
            into[key] = value;
        }
    }
}

} // namespace holdfast::test
