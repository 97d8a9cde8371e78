#include "cluster/cluster_register.hpp"

#include "base/counted_list.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::cluster {

namespace {

constexpr std::size_t most_named = 5;

} // namespace

declared_cluster declared_by(const boost::json::object& secret) {
    return {read_cluster_names(secret), read_cluster_secret(secret)};
}

void cluster_register::set(std::vector<declared_cluster> all) {
    std::ranges::sort(all, {}, [](const declared_cluster& one) { return one.names.secret; });
    all_ = std::move(all);
    is_known_ = true;
}

std::vector<const declared_cluster*> cluster_register::with_server(std::string_view server) const {
    std::vector<const declared_cluster*> some;
    for (const auto& one : all_) {
        if (!one.names.server.empty() && one.names.server == server) some.push_back(&one);
    }
    return some;
}

std::string cluster_register::listed(const std::vector<const declared_cluster*>& all) const {
    counted_list names{most_named, ", "};
    for (const auto* one : all) {
        names.add(namespace_ + "/" + one->names.secret);
    }
    return names.text();
}

cluster_register::found cluster_register::only(
    const std::vector<const declared_cluster*>& all, std::string_view what, std::string_view value
) const {
    if (all.empty()) {
        return {
            .id = {},
            .problem = "there are no clusters with this " + std::string{what} + ": " + std::string{value} +
                       " (it takes a Secret in the namespace " + namespace_ + " with the label " +
                       std::string{secret_type_label} + "=" + std::string{secret_type_cluster} + ")"
        };
    }
    if (all.size() > 1) {
        return {
            .id = {},
            .problem = "there are " + std::to_string(all.size()) + " clusters with the same " +
                       std::string{what} + ": " + std::string{value} + " (Secrets " + listed(all) +
                       "); leave one of them",
            .is_ambiguous = true
        };
    }
    const auto& one = *all.front();
    if (!one.read) {
        return {.id = {}, .problem = one.read.error().message()};
    }
    if (one.names.server == match::own_cluster_server) {
        return {};
    }
    // The server is what a cluster is known by: two Secrets for it are two ways to reach the same objects.
    if (const auto same = with_server(one.names.server); same.size() > 1) {
        return only(same, "server", one.names.server);
    }
    return {.id = one.names.server, .problem = {}};
}

cluster_register::found cluster_register::find(std::string_view server, std::string_view name) const {
    const auto wanted = without_slash(server);
    if (wanted == match::own_cluster_server || (wanted.empty() && name == match::own_cluster_name)) {
        return {};
    }
    if (!wanted.empty()) {
        return only(with_server(wanted), "server", wanted);
    }
    std::vector<const declared_cluster*> some;
    for (const auto& one : all_) {
        if (!name.empty() && one.names.name == name) some.push_back(&one);
    }
    return only(some, "name", name);
}

const cluster_secret* cluster_register::declaration(std::string_view id) const {
    const auto some = with_server(id);
    return some.size() == 1 && some.front()->read ? &*some.front()->read : nullptr;
}

std::vector<cluster_facts> cluster_register::facts() const {
    std::vector<cluster_facts> all;
    bool has_home = false;
    for (const auto& one : all_) {
        const auto* usable = declaration(one.names.server);
        if (usable == nullptr) {
            continue; // a Secret that is wrong is no cluster
        }
        has_home = has_home || usable->is_home();
        all.push_back(
            {.secret = usable->secret,
             .name = usable->name,
             .server = usable->server,
             .project = usable->project,
             .labels = usable->labels,
             .annotations = usable->annotations}
        );
    }
    if (!has_home) {
        cluster_facts own;
        own.name = match::own_cluster_name;
        own.server = match::own_cluster_server;
        all.push_back(std::move(own));
    }
    std::ranges::sort(all, {}, &cluster_facts::server);
    return all;
}

} // namespace holdfast::cluster
