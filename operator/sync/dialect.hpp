#pragma once

#include "kube/object.hpp"

#include <array>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::sync {

/// kubectl, Helm, Argo CD, Flux, and what a server makes up for objects that nobody is known to have applied.
inline constexpr std::array<std::string_view, 9> usual_former_managers{
    "kubectl*",           // -client-side-apply, -create, -replace, -edit, -patch, -set, …
    "before-first-apply", // where managedFields were cleared
    "helm",
    "argocd-controller",
    "argocd-application-controller",
    "argocd-server",
    "kustomize-controller",
    "helm-controller",
    "flux"
};

/// The names by which one API of Applications marks what it deploys: by them its objects are found, told from
/// others' and written. It is handed down from where Applications are read; nobody asks which one it has. All
/// texts live as long as whoever made it, those of `holdfast_dev` for ever.
struct dialect {
    /// The annotation that says whose an object is (tracking_id).
    std::string_view tracking_annotation;
    /// The label with the installation's id, by which watches are filtered on the server.
    std::string_view installation_label;
    /// On a live object, `<namespace>/<name>` of the application that may take it over from its owner.
    std::string_view release_annotation;
    /// Where people put an object's sync options, as messages tell them. All that read_directives knows
    /// count.
    std::string_view sync_options_annotation;
    /// The field manager of everything that is applied for an application.
    std::string_view field_manager;
    /// The kind of Applications as kubectl takes it: plural and group.
    std::string_view application_resource;
    /// What the field managers of managedNamespaceMetadata begin with; the application's name follows.
    std::string_view namespace_manager_prefix;

    /// By which field managers people and other deployers write: what they own of an object that is ours
    /// becomes ours (sync/takeover.hpp). A "*" at the end stands for any rest.
    std::span<const std::string_view> former_managers = usual_former_managers;

    /// Whether `former_managers` name it.
    [[nodiscard]] bool is_former_manager(std::string_view manager) const noexcept;
    /// What lists and watches of an installation's objects ask for.
    [[nodiscard]] std::string selector_of(std::string_view installation) const;
    /// Whether an object bears the installation's label.
    [[nodiscard]] bool is_marked(const json::object& live, std::string_view installation) const;
    /// Whether an Application is for this installation to work on, going by its label. One without the label
    /// is for default_installation.
    [[nodiscard]] bool is_for(const json::object& application, std::string_view installation) const;
    /// The command by which a person sets an annotation on an Application.
    [[nodiscard]] std::string
    annotate_command(std::string_view namespace_, std::string_view name, std::string_view annotation) const;
};

/// The installation that an Application without the label is for.
inline constexpr std::string_view default_installation = "holdfast";

/// For structs that hold one: there is no dialect without a name.
using dialect_ref = std::reference_wrapper<const dialect>;

/// That of our own kinds. Lives for ever.
[[nodiscard]] const dialect& holdfast_dev() noexcept;

} // namespace holdfast::sync
