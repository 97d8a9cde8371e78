#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The ValidatingWebhookConfiguration by which an API server knows of the webhook. Pure.
namespace holdfast::admission {

namespace json = boost::json;

/// The names and addresses that a configuration reaches us by: services' and URLs' hosts.
[[nodiscard]] std::vector<std::string> names_in(const json::object& configuration);

/// The host of "https://HOST[:PORT][/PATH]"; nothing when it is no such URL.
[[nodiscard]] std::optional<std::string> host_of(std::string_view url);

/// A configuration of our own, for an operator that no Service leads to. When the operator is away, objects
/// are taken unjudged (failurePolicy Ignore): it may well be somebody's laptop.
[[nodiscard]] json::object
configuration_for(const std::string& name, const std::string& url, const std::string& bundle);

/// What is to be applied to a configuration that others made, so that its webhooks trust a bundle; nothing
/// when there is nothing to do: it does so already, somebody else says whom it trusts (cert-manager's
/// cainjector), or none of its webhooks is ours.
[[nodiscard]] std::optional<json::object>
with_bundle(const json::object& configuration, const std::string& bundle);

/// The authorities that all of a configuration's webhooks that are ours trust, PEM, one by one. Nothing where
/// that is not ours to say: somebody else does (cert-manager's cainjector), or none of its webhooks is ours.
[[nodiscard]] std::optional<std::vector<std::string>> trusted_by(const json::object& configuration);

/// Whether `live` has everything that `wanted` says, whatever else it has.
[[nodiscard]] bool has_all(const json::value& live, const json::value& wanted);

} // namespace holdfast::admission
