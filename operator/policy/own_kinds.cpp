#include "policy/own_kinds.hpp"

#include "crds/types.hpp"

namespace holdfast::policy {

namespace {

kube::resource own_kind(std::string kind, std::string plural) {
    return {
        .group = std::string{crds::group},
        .version = std::string{crds::version},
        .plural = std::move(plural),
        .kind = std::move(kind),
        .namespaced = true,
        .verbs = {},
        .subresources = {}
    };
}

} // namespace

const kube::resource& application_kind() {
    static const auto kind = own_kind("Application", "applications");
    return kind;
}

const kube::resource& project_kind() {
    static const auto kind = own_kind("Project", "projects");
    return kind;
}

const kube::resource& repository_kind() {
    static const auto kind = own_kind("Repository", "repositories");
    return kind;
}

const kube::resource& application_set_kind() {
    static const auto kind = own_kind("ApplicationSet", "applicationsets");
    return kind;
}

} // namespace holdfast::policy
