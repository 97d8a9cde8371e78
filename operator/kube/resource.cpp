#include "kube/resource.hpp"

#include <algorithm>

namespace holdfast::kube {

std::string resource::api_version() const {
    return group.empty() ? version : group + '/' + version;
}

bool resource::supports(std::string_view verb) const noexcept {
    return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
}

bool resource::has_subresource(std::string_view name) const noexcept {
    return std::find(subresources.begin(), subresources.end(), name) != subresources.end();
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4U];
            out += digits[byte & 0xFU];
        }
    }
    // "." and ".." would be steps of the path, not names.
    if (out == "." || out == "..") {
        return out == "." ? "%2E" : "%2E%2E";
    }
    return out;
}

std::string collection_path(const resource& kind, std::string_view namespace_) {
    std::string path = kind.group.empty() ? "/api/" : "/apis/" + percent_encode(kind.group) + '/';
    path += percent_encode(kind.version);
    if (kind.namespaced && !namespace_.empty()) {
        path += "/namespaces/" + percent_encode(namespace_);
    }
    return path + '/' + percent_encode(kind.plural);
}

std::string object_path(
    const resource& kind, std::string_view namespace_, std::string_view name, std::string_view subresource
) {
    auto path = collection_path(kind, namespace_) + '/' + percent_encode(name);
    if (!subresource.empty()) {
        path += '/' + percent_encode(subresource);
    }
    return path;
}

query& query::add(std::string_view key, std::string_view value) {
    text_ += text_.empty() ? '?' : '&';
    text_ += key;
    text_ += '=';
    text_ += percent_encode(value);
    return *this;
}

query& query::add_if(std::string_view key, std::string_view value) {
    return value.empty() ? *this : add(key, value);
}

std::string query::on(std::string path) const {
    return path + text_;
}

namespace resources {
namespace {

resource make(std::string group, std::string version, std::string plural, std::string kind, bool namespaced) {
    return {
        .group = std::move(group),
        .version = std::move(version),
        .plural = std::move(plural),
        .kind = std::move(kind),
        .namespaced = namespaced,
        .verbs = {},
        .subresources = {}
    };
}

} // namespace

resource namespaces() {
    return make("", "v1", "namespaces", "Namespace", false);
}

resource secrets() {
    return make("", "v1", "secrets", "Secret", true);
}

resource config_maps() {
    return make("", "v1", "configmaps", "ConfigMap", true);
}

resource events() {
    return make("events.k8s.io", "v1", "events", "Event", true);
}

resource leases() {
    return make("coordination.k8s.io", "v1", "leases", "Lease", true);
}

resource custom_resource_definitions() {
    return make("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false);
}

} // namespace resources
} // namespace holdfast::kube
