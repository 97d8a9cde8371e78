// Which hosts are declared, and for whom: what is read from others may be at a public address.

#include "sources/repositories_state.hpp"

#include <array>
#include <optional>

namespace holdfast::sources {

namespace {

struct place {
    std::string host;
    std::uint16_t port = 0;
};

std::uint16_t port_of(const git::url& url) {
    switch (url.kind()) {
    case git::transport::https: return url.port().value_or(443);
    case git::transport::http: return url.port().value_or(80);
    case git::transport::ssh: return url.port().value_or(22);
    case git::transport::file: return 0;
    }
    return 0;
}

// Of an address of Git, a chart repository, a file or a registry ("oci://host/path", "host/path").
std::optional<place> place_of(const std::string& text) {
    constexpr std::string_view oci = "oci://";
    auto url = git::url::parse_prefix(text);
    if (!url || text.starts_with(oci)) {
        const auto rest = text.starts_with(oci) ? std::string_view{text}.substr(oci.size()) : text;
        url = git::url::parse_prefix("https://" + std::string{rest});
    }
    if (!url || url->kind() == git::transport::file) {
        return std::nullopt;
    }
    return place{url->host(), port_of(*url)};
}

std::string key_of_place(std::string_view host, std::uint16_t port) {
    return std::string{host} + " " + std::to_string(port);
}

} // namespace

// With http goes https on its own port, where servers lead to.
std::vector<std::string> places_declared_by(const std::string& url) {
    std::vector<std::string> keys;
    if (const auto at = place_of(url)) {
        keys.push_back(key_of_place(at->host, at->port));
        if (at->port == 80) {
            keys.push_back(key_of_place(at->host, 443));
        }
    }
    return keys;
}

std::string repositories::state::viewer_of(
    const std::shared_ptr<declared_repository>& d, const std::string& namespace_
) const {
    if (d) {
        const auto& owner = d->object.metadata.namespace_;
        return owner == config.own_namespace ? std::string{} : owner;
    }
    return namespace_ == config.own_namespace ? namespace_ : std::string{};
}

http::reach
repositories::state::reach_of(const std::string& viewer, std::string_view host, std::uint16_t port) const {
    const auto key = key_of_place(host, port);
    auto found = http::reach::public_addresses;
    for (const auto& name : hosts.of(key)) {
        if (name.namespace_ == config.own_namespace) {
            return http::reach::all_addresses;
        }
        if (name.namespace_ == viewer) {
            found = http::reach::private_addresses;
        }
    }
    if (viewer == config.own_namespace && !hosts_in_specs.of(key).empty()) {
        return http::reach::all_addresses;
    }
    return found;
}

std::shared_ptr<const http::reachable>
repositories::state::reachable_for(const std::string& viewer, const std::shared_ptr<declared_repository>& d) {
    if (!config.addresses) {
        return nullptr;
    }
    auto made = std::make_shared<http::reachable>();
    made->key = viewer;
    made->rules = config.addresses;
    if (d) {
        const bool is_the_operators = d->object.metadata.namespace_ == config.own_namespace;
        made->named = is_the_operators ? http::reach::all_addresses : http::reach::private_addresses;
    }
    // Stores keep it for longer than this may live.
    made->of = [weak = weak_from_this(), viewer](std::string_view host, std::uint16_t port) {
        const auto self = weak.lock();
        return self ? self->reach_of(viewer, host, port) : http::reach::public_addresses;
    };
    return made;
}

void repositories::state::note_hosts(
    const std::string& application, const std::vector<repository_use>& read, bool there
) {
    for (const auto& one : read) {
        if (!one.named_in_spec || one.namespace_ != config.own_namespace) {
            continue;
        }
        for (const auto& key : places_declared_by(one.url)) {
            there ? hosts_in_specs.add(key, application) : hosts_in_specs.remove(key, application);
        }
    }
}

} // namespace holdfast::sources
