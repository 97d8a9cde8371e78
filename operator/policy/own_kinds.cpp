#include "policy/own_kinds.hpp"

#include "crds/types.hpp"

namespace holdfast::policy {

namespace {

kube::resource own_kind(std::string kind, std::string plural, std::string_view group = crds::group) {
    return {
        .group = std::string{group},
        .version = std::string{crds::version},
        .plural = std::move(plural),
        .kind = std::move(kind),
        .namespaced = true,
        .verbs = {},
        .subresources = {}
    };
}

constexpr auto api_of_argo_cd = crds::application_api::argoproj_io;

} // namespace

const kube::resource& application_kind() {
    static const auto kind = own_kind("Application", "applications");
    return kind;
}

const kube::resource& application_kind(crds::application_api api) {
    static const auto of_argo_cd = own_kind("Application", "applications", crds::group_of(api_of_argo_cd));
    return api == api_of_argo_cd ? of_argo_cd : application_kind();
}

const kube::resource& app_project_kind() {
    static const auto kind = own_kind("AppProject", "appprojects", crds::group_of(api_of_argo_cd));
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
