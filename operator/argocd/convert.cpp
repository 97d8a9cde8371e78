#include "argocd/convert.hpp"

#include "base/base64.hpp"
#include "base/trim.hpp"
#include "cluster/cluster_secret.hpp"
#include "crds/types.hpp"
#include "kube/object.hpp"
#include "match/finalizer.hpp"

#include <algorithm>
#include <array>

namespace holdfast::argocd {

namespace {

// What kubectl and Argo CD note for themselves, and requests that were meant for Argo CD.
constexpr std::array<std::string_view, 6> notes{
    "kubectl.kubernetes.io/last-applied-configuration",
    "argocd.argoproj.io/refresh",
    "argocd.argoproj.io/hydrate",
    "argocd.argoproj.io/skip-reconcile",
    "argocd.argoproj.io/tracking-id",
    "argocd.argoproj.io/installation-id",
};

bool is_note(std::string_view annotation) {
    return std::ranges::find(notes, annotation) != notes.end() ||
           annotation.starts_with("notified.notifications.argoproj.io");
}

json::array finalizers_for(const json::object& application) {
    json::array kept;
    for (const auto name : kube::finalizers_of(application)) {
        if (!match::is_resources_finalizer(name)) {
            continue; // its hooks' and others' belong to the object that they are on
        }
        switch (match::ending_of({std::string{name}})) {
        case match::ending::others: break;
        case match::ending::orphan: kept.emplace_back("holdfast.dev/resources-finalizer-orphan"); break;
        case match::ending::foreground: kept.emplace_back("holdfast.dev/resources-finalizer"); break;
        case match::ending::background:
            kept.emplace_back("holdfast.dev/resources-finalizer-background");
            break;
        }
    }
    return kept;
}

// Both may be there in Argo CD, which then looks at the list alone; and it writes an empty server or name beside
// the other.
void tidy(json::object& application_spec) {
    if (const auto* several = application_spec.if_contains("sources"); several && several->is_array()) {
        application_spec.erase(several->get_array().empty() ? "sources" : "source");
    }
    const auto erase_if_empty = [](json::object& of, std::string_view field) {
        if (const auto* text = of.if_contains(field);
            text && text->is_string() && text->get_string().empty()) {
            of.erase(field);
        }
    };
    erase_if_empty(application_spec, "project"); // "default", in both
    if (auto* destination = application_spec.if_contains("destination");
        destination && destination->is_object()) {
        erase_if_empty(destination->get_object(), "server");
        erase_if_empty(destination->get_object(), "name");
    }
}

} // namespace

json::object as_holdfast(const json::object& object, std::string_view namespace_) {
    json::object metadata{{"name", kube::name_of(object)}, {"namespace", namespace_}};
    if (const auto* labels = kube::find_object(object, {"metadata", "labels"}); labels && !labels->empty()) {
        metadata["labels"] = *labels;
    }
    json::object annotations;
    if (const auto* all = kube::find_object(object, {"metadata", "annotations"})) {
        for (const auto& [name, value] : *all) {
            if (!is_note(name)) {
                annotations[name] = value;
            }
        }
    }
    if (!annotations.empty()) {
        metadata["annotations"] = std::move(annotations);
    }
    json::object spec;
    if (const auto* written = kube::find_object(object, {"spec"})) {
        spec = *written;
    }
    auto kind = kube::kind_of(object);
    if (kind == "Application") {
        if (auto finalizers = finalizers_for(object); !finalizers.empty()) {
            metadata["finalizers"] = std::move(finalizers);
        }
        tidy(spec);
    } else if (kind == "AppProject") {
        kind = "Project";
    }
    return {
        {"apiVersion", crds::api_version},
        {"kind", kind},
        {"metadata", std::move(metadata)},
        {"spec", std::move(spec)}
    };
}

std::optional<json::object> as_repository(const json::object& secret, std::string_view namespace_) {
    const auto type = kube::label(secret, cluster::secret_type_label).value_or("");
    const auto url = base64_decode(kube::find_text(secret, {"data", "url"}));
    if ((type != "repository" && type != "repo-creds") || !url || trimmed(*url).empty()) {
        return std::nullopt;
    }
    const std::string address{trimmed(*url)};
    const auto name = kube::name_of(secret);
    json::object spec{{"url", address}};
    // A public repository has nothing that it would need a Secret for.
    const auto* data = kube::find_object(secret, {"data"});
    const auto is_credential = [](const auto& one) {
        return one.key() != "url" && one.key() != "type" && one.key() != "name" && one.key() != "project";
    };
    if (std::ranges::any_of(*data, is_credential)) {
        spec["secretRef"] = json::object{{"name", name}};
    }
    const auto at = address.rfind('@');
    const auto scheme = address.find("://");
    const bool has_password =
        at != std::string::npos && scheme != std::string::npos && address.find(':', scheme + 3) < at;
    if (has_password) {
        spec["url"] = address.substr(0, scheme + 3) + address.substr(at + 1);
    }
    return json::object{
        {"apiVersion", crds::api_version},
        {"kind", "Repository"},
        {"metadata", {{"name", name}, {"namespace", namespace_}}},
        {"spec", std::move(spec)}
    };
}

} // namespace holdfast::argocd
