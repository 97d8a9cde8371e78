#include "sync/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace holdfast::sync {

namespace {

bool contains(std::string_view text, std::string_view part) {
    const auto equal = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), equal) != text.end();
}

template <std::size_t Count>
bool contains_any(std::string_view text, const std::array<std::string_view, Count>& parts) {
    return std::any_of(parts.begin(), parts.end(), [&](auto part) { return contains(text, part); });
}

} // namespace

std::string without_its_name(const object_id& id, std::string_view message) {
    const auto drop = [&message](std::string_view beginning) {
        if (message.starts_with(beginning)) message.remove_prefix(beginning.size());
    };
    // Ours: "apply apps/Deployment shop/web: ".
    const auto kind = id.group.empty() ? id.kind : id.group + "/" + id.kind;
    const auto name = id.namespace_.empty() ? id.name : id.namespace_ + "/" + id.name;
    if (const auto verb = message.find(' '); verb != std::string_view::npos && verb < message.find(':')) {
        const auto ours = fmt::format("{} {} {}: ", message.substr(0, verb), kind, name);
        drop(ours);
    }
    // The server's: "Deployment.apps "web" is invalid: ", "deployments.apps "web" is forbidden: ".
    const auto quoted = fmt::format(" \"{}\" ", id.name);
    if (const auto at = message.find(quoted); at != std::string_view::npos && at == message.find(' ')) {
        message.remove_prefix(at + quoted.size());
        drop("is ");
    }
    return std::string{message};
}

bool is_immutable_refusal(std::string_view message) {
    constexpr std::array<std::string_view, 7> signs{
        "field is immutable",
        "is immutable after creation",
        "immutable field",
        "is immutable when `immutable` is set",
        "updates to statefulset spec for fields other than",
        "pod updates may not change fields other than",
        "cannot change roleRef",
    };
    return contains_any(message, signs) ||
           (contains(message, "Forbidden") && contains(message, "immutable")) ||
           (contains(message, "is forbidden: only") && contains(message, "can be updated"));
}

bool is_unknown_field_refusal(std::string_view message) {
    constexpr std::array<std::string_view, 2> signs{"field not declared in schema", "unknown field \""};
    return contains_any(message, signs);
}

std::optional<std::string>
explain_refusal(const object_id& id, std::string_view message, const dialect& names) {
    if (is_immutable_refusal(message)) {
        if (id.kind == "CustomResourceDefinition" || id.kind == "Namespace" ||
            id.kind == "PersistentVolumeClaim") {
            return fmt::format(
                "This field of a {0} cannot be changed, and recreating the {0} would delete its contents: put "
                "the old value back, or make a {0} of another name",
                id.kind
            );
        }
        return fmt::format(
            "This field cannot be changed on a living object. Put the old value back, or let Holdfast delete "
            "and recreate it: annotate it with {}: Force=true{}",
            names.sync_options_annotation,
            id.kind == "Job" ? "" : " (Replace=true is not enough, since it changes the object that is there)"
        );
    }
    if (contains(message, "duplicate entries for key")) {
        return "The manifest has an item of this list twice, which server-side apply refuses: remove one of "
               "the "
               "two";
    }
    if (is_unknown_field_refusal(message)) {
        return fmt::format(
            "The server does not know this field: take it out of the manifest, or annotate the object with "
            "{}: "
            "Validate=false to have it left out",
            names.sync_options_annotation
        );
    }
    if (contains(message, "is being terminated") || contains(message, "being deleted")) {
        return "It, or its namespace, is still being deleted; it is tried again when that has ended. Look at "
               "metadata.finalizers if it does not end";
    }
    if (contains(message, "no matches for kind") ||
        contains(message, "the server could not find the requested resource")) {
        return fmt::format(
            "The server does not know the kind {}: its CustomResourceDefinition is missing or has another "
            "version. "
            "Add it to the application, or make the application depend on the one that brings it (dependsOn)",
            id.group.empty() ? id.kind : id.group + "/" + id.kind
        );
    }
    if (contains(message, "namespaces \"") && contains(message, "not found")) {
        return "The namespace does not exist: add it to the application, or set the sync option "
               "CreateNamespace=true";
    }
    if (contains(message, "attempting to grant RBAC permissions not currently held")) {
        return "Kubernetes lets no account grant rights that it does not have itself. Give the rights to the "
               "account that deploys this, by a ClusterRole with the label holdfast.dev/aggregate-to-deploy: "
               "\"true\" if that is Holdfast itself, or all that Argo CD has with "
               "config/components/argocd-rights (docs/installation.md, Rights)";
    }
    if (contains(message, "exceeded quota")) {
        return "A ResourceQuota of the namespace leaves no room for it";
    }
    if (contains(message, "Too long: may not be more than 262144") ||
        contains(message, "request entity too large") ||
        contains(message, "etcdserver: request is too large")) {
        return "The object is larger than the server takes; split it, or move large data out of it";
    }
    return std::nullopt;
}

} // namespace holdfast::sync
