#pragma once

#include "kube/object.hpp"
#include "sync/dialect.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::sync {

/// Which object of a cluster, whatever version it is spoken of in. From an object: kube::key_of.
using object_id = kube::object_key;

/// As in messages, statuses and tracking ids: "apps/Deployment:shop/web", "/Service:shop/web",
/// "/Namespace:/shop".
std::string to_string(const object_id& id);

/// As in sentences for people: `Deployment "shop/web"`, `Namespace "shop"`.
std::string describe(const object_id& id);

/// Which application: its namespace and name.
struct application_ref {
    std::string namespace_;
    std::string name;

    friend auto operator<=>(const application_ref&, const application_ref&) = default;
    friend bool operator==(const application_ref&, const application_ref&) = default;
};

/// "namespace/name".
std::string to_string(const application_ref& application);

/// What a managed object says about whom it belongs to, the value of dialect::tracking_annotation: `<app
/// namespace>/<app>:<group>/<kind>:<namespace>/<name>`.
struct tracking_id {
    application_ref application;
    object_id object;

    friend bool operator==(const tracking_id&, const tracking_id&) = default;
};

std::string to_string(const tracking_id& id);
/// Nothing where the text has another shape.
std::optional<tracking_id> parse_tracking_id(std::string_view text);

/// The value of Argo CD's annotation: "<app>:<group>/<kind>:<namespace>/<name>". `destination_namespace`: the
/// application's, for what is in no namespace.
std::string
argocd_tracking_id(std::string_view application, const object_id& id, std::string_view destination_namespace);

/// Whom a live object belongs to: its tracking id, if that names the object itself. A copy that somebody made
/// of a managed object carries the id of the original and belongs to nobody.
/// By Argo CD's label it is whoever the label names; what controllers made (it has owners) is nobody's then.
std::optional<tracking_id> owner_of(const json::object& live, const dialect& names);

} // namespace holdfast::sync
