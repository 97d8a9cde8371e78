#include "render/manifest.hpp"

#include "render/canonical.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace holdfast::render {

namespace {

std::string_view text_at(const json::object& object, std::string_view key) noexcept {
    const auto* value = object.if_contains(key);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
}

} // namespace

std::string to_string(const origin& where) {
    if (where.document == 1) return fmt::format("{}:{}", where.file, where.line);
    return fmt::format("{}:{} (document {})", where.file, where.line, where.document);
}

object_names names_of(const json::object& object) noexcept {
    object_names names;
    const std::string_view api = text_at(object, "apiVersion");
    if (const auto slash = api.find('/'); slash != std::string_view::npos) {
        names.group = api.substr(0, slash);
        names.version = api.substr(slash + 1);
    } else {
        names.version = api;
    }
    names.kind = text_at(object, "kind");
    const auto* metadata = object.if_contains("metadata");
    if (metadata != nullptr && metadata->is_object()) {
        names.namespace_ = text_at(metadata->get_object(), "namespace");
        names.name = text_at(metadata->get_object(), "name");
        names.generate_name = text_at(metadata->get_object(), "generateName");
    }
    return names;
}

std::string describe(const object_names& names) {
    std::string text{names.kind};
    if (!names.group.empty()) text.append(".").append(names.group);
    text += ' ';
    if (!names.namespace_.empty()) text.append(names.namespace_).append("/");
    if (!names.name.empty()) {
        text += names.name;
    } else {
        text.append(names.generate_name).append("*");
    }
    return text;
}

std::string to_string(const render_error& e) {
    std::string text = e.file;
    if (e.line > 0) text += fmt::format(":{}", e.line);
    if (e.line > 0 && e.column > 0) text += fmt::format(":{}", e.column);
    if (e.document > 1) text += fmt::format(" (document {})", e.document);
    if (!text.empty()) text += ": ";
    return text + e.message;
}

render_errors as_errors(const error& e) {
    return {{render_error{.kind = e.kind(), .message = e.message()}}};
}

error render_errors::summary(std::size_t most) const {
    const bool is_transient = !all.empty() && std::all_of(all.begin(), all.end(), [](const render_error& e) {
        return e.kind == error_kind::transient;
    });
    auto kind = is_transient ? error_kind::transient : error_kind::user;
    // What has nothing to do with the text, such as a store that lost an object, is for the caller to act on.
    for (const render_error& e : all) {
        if (e.kind == error_kind::conflict || e.kind == error_kind::internal) kind = e.kind;
    }
    if (all.size() == 1) kind = all.front().kind;
    std::string text;
    for (std::size_t i = 0; i < all.size() && i < most; ++i) {
        if (i > 0) text += "; ";
        text += to_string(all[i]);
    }
    if (all.size() > most) text += fmt::format("; and {} more", all.size() - most);
    return {kind, std::move(text)};
}

void throw_exception_from_error(const render_errors& e, const boost::source_location&) {
    throw std::logic_error{e.summary().message()};
}

sha256_digest hash_of(const std::vector<manifest>& objects) {
    std::vector<sha256_digest> digests;
    digests.reserve(objects.size());
    std::string text;
    for (const manifest& m : objects) {
        text.clear();
        append_canonical(text, m.object);
        digests.push_back(sha256(text));
    }
    return combine(std::move(digests));
}

} // namespace holdfast::render
