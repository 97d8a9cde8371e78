#include "e2e/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <vector>

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

namespace {

/// Takes a name from the front of a path: what is before the next '.' or '[' that no '\\' precedes.
std::string take_name(std::string_view& path) {
    std::string name;
    while (!path.empty() && path.front() != '.' && path.front() != '[') {
        if (path.front() == '\\' && path.size() > 1) path.remove_prefix(1);
        name += path.front();
        path.remove_prefix(1);
    }
    return name;
}

/// Takes "0]" or "*]" from the front of a path and what it means from `values`; false when it is neither.
bool take_index(std::string_view& path, std::vector<const json::value*>& values) {
    const auto end = path.find(']');
    if (end == std::string_view::npos) return false;
    const auto index = path.substr(0, end);
    path.remove_prefix(end + 1);
    std::size_t at = 0;
    if (index != "*") {
        const auto [rest, fault] = std::from_chars(index.data(), index.data() + index.size(), at);
        if (fault != std::errc{} || rest != index.data() + index.size()) return false;
    }
    std::vector<const json::value*> inner;
    for (const auto* each : values) {
        const auto* list = each->if_array();
        if (list == nullptr) continue;
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (index == "*" || i == at) inner.push_back(&(*list)[i]);
        }
    }
    values = std::move(inner);
    return true;
}

} // namespace

std::optional<std::string> printed_at(const json::object& object, std::string_view path) {
    const json::value whole(object); // in braces it would be a list
    std::vector<const json::value*> values{&whole};
    while (!path.empty()) {
        const char what = path.front();
        path.remove_prefix(1);
        if (what == '[') {
            if (!take_index(path, values)) return {};
            continue;
        }
        if (what != '.') return {};
        const auto name = take_name(path);
        if (name.empty() || name == "*") return {};
        std::vector<const json::value*> inner;
        for (const auto* each : values) {
            const auto* fields = each->if_object();
            const auto* found = fields != nullptr ? fields->if_contains(name) : nullptr;
            if (found != nullptr) inner.push_back(found);
        }
        values = std::move(inner);
    }
    std::string printed;
    for (const auto* each : values) {
        if (each->is_object() || each->is_array()) return {};
        if (!printed.empty()) printed += ' ';
        if (!each->is_null()) printed += text_at({{"value", *each}}, {"value"});
    }
    return printed;
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
