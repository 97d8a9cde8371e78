#pragma once

#include "kube/object.hpp"

#include <array>
#include <cstdint>
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

/// How an object says whose it is.
enum class marking : std::uint8_t {
    /// The label has the installation's id, the annotation `<namespace>/<app>:<group>/<kind>:<namespace>/<name>`.
    by_installation,
    /// As Argo CD does: the label has the application's name.
    by_label,
    /// As Argo CD does: the annotation has `<app>:<group>/<kind>:<namespace>/<name>`.
    by_annotation,
    /// As Argo CD does: the annotation says it, and the label has as much of the name as it can have.
    by_annotation_and_label,
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

    marking marks = marking::by_installation;
    /// Of Argo CD's ways: the namespace of all Applications, which marks leave out.
    std::string_view application_namespace = {};
    /// Of Argo CD's ways: which installation of it an object with an annotation belongs to; empty: to the one that
    /// has no id.
    std::string_view argocd_installation = {};
    /// Whether a status keeps which build was applied, for who comes back to it.
    bool keeps_applied_build = true;

    /// By which field managers people and other deployers write: what they own of an object that is ours
    /// becomes ours (sync/takeover.hpp). A "*" at the end stands for any rest.
    std::span<const std::string_view> former_managers = usual_former_managers;

    /// Whether `former_managers` name it.
    [[nodiscard]] bool is_former_manager(std::string_view manager) const noexcept;
    /// What lists and watches of an installation's objects ask for.
    [[nodiscard]] std::string selector_of(std::string_view installation) const;
    /// Whether that selects no others' objects.
    [[nodiscard]] bool is_selected_by_server() const noexcept { return marks == marking::by_installation; }
    /// Whether objects of a kind are not marked, whoever applies them: Argo CD's rule for definitions, which it
    /// never prunes.
    [[nodiscard]] bool leaves_unmarked(std::string_view group, std::string_view kind) const noexcept;
    /// Whether the label, or the annotation, is written.
    [[nodiscard]] bool writes_label() const noexcept { return marks != marking::by_annotation; }
    [[nodiscard]] bool writes_annotation() const noexcept { return marks != marking::by_label; }
    /// Whether an object says that it is of this installation.
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

/// How an installation of Argo CD marks what it deploys.
struct argocd_marks {
    std::string application_namespace;
    std::string instance_label{"app.kubernetes.io/instance"};
    marking how = marking::by_annotation;
    std::string installation;

    friend bool operator==(const argocd_marks&, const argocd_marks&) = default;
};

/// The annotation with `argocd_marks::installation`.
inline constexpr std::string_view argocd_installation_annotation = "argocd.argoproj.io/installation-id";

/// That of Argo CD's Applications. `marks` outlives it.
[[nodiscard]] dialect argoproj_io(const argocd_marks& marks) noexcept;

} // namespace holdfast::sync
