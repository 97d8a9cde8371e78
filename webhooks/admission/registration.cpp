#include "admission/registration.hpp"

#include "admission/authority.hpp"
#include "base/base64.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace holdfast::admission {

namespace {

constexpr std::string_view api_version = "admissionregistration.k8s.io/v1";
constexpr std::string_view kind = "ValidatingWebhookConfiguration";
constexpr std::string_view our_suffix = ".holdfast.dev";
constexpr std::string_view injected_by_others = "cert-manager.io/inject-";
constexpr int seconds_to_answer = 5;

const json::object* object_in(const json::object& of, std::string_view key) {
    const auto* found = of.if_contains(key);
    return found == nullptr ? nullptr : found->if_object();
}

std::string text_in(const json::object& of, std::string_view key) {
    const auto* found = of.if_contains(key);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string{} : std::string{*text};
}

std::vector<const json::object*> webhooks_of(const json::object& configuration) {
    std::vector<const json::object*> all;
    const auto* list = configuration.if_contains("webhooks");
    if (list == nullptr || !list->is_array()) {
        return all;
    }
    for (const auto& one : list->get_array()) {
        if (const auto* webhook = one.if_object();
            webhook != nullptr && text_in(*webhook, "name").ends_with(our_suffix)) {
            all.push_back(webhook);
        }
    }
    return all;
}

bool is_filled_by_others(const json::object& configuration) {
    const auto* metadata = object_in(configuration, "metadata");
    const auto* annotations = metadata == nullptr ? nullptr : object_in(*metadata, "annotations");
    return annotations != nullptr && std::ranges::any_of(*annotations, [](const auto& one) {
               return one.key().starts_with(injected_by_others);
           });
}

json::object webhook_for(
    std::string_view name, const json::object& rule, const std::string& url, const std::string& bundle
) {
    auto of = rule;
    if (!of.contains("operations")) {
        of["operations"] = json::array{"CREATE", "UPDATE"};
    }
    of["scope"] = "Namespaced";
    return {
        {"name", std::string{name} + std::string{our_suffix}},
        {"clientConfig", {{"url", url}, {"caBundle", base64_encode(bundle)}}},
        {"rules", json::array{std::move(of)}},
        {"failurePolicy", "Ignore"},
        {"matchPolicy", "Equivalent"},
        {"sideEffects", "None"},
        {"timeoutSeconds", seconds_to_answer},
        {"admissionReviewVersions", json::array{"v1"}}
    };
}

json::object rule_of_ours(std::string_view plural) {
    json::object rule{
        {"apiGroups", json::array{"holdfast.dev"}},
        {"apiVersions", json::array{"v1alpha1"}},
        {"resources", json::array{plural}}
    };
    if (plural == "projects") { // whoever deletes one is told whose it is
        rule["operations"] = json::array{"CREATE", "UPDATE", "DELETE"};
    }
    return rule;
}

// ConfigMaps with an operator's options: no others are asked about.
json::object webhook_for_options(const std::string& url, const std::string& bundle) {
    auto webhook = webhook_for(
        "options",
        {{"apiGroups", json::array{""}},
         {"apiVersions", json::array{"v1"}},
         {"resources", json::array{"configmaps"}}},
        url, bundle
    );
    webhook["objectSelector"] = json::object{{"matchLabels", {{"holdfast.dev/options", "true"}}}};
    return webhook;
}

} // namespace

std::optional<std::string> host_of(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    if (!url.starts_with(scheme)) {
        return std::nullopt;
    }
    url.remove_prefix(scheme.size());
    auto host = url.substr(0, url.find_first_of("/?#"));
    if (host.find('@') != std::string_view::npos) {
        return std::nullopt;
    }
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        host = host.substr(1, end - 1);
    } else {
        host = host.substr(0, host.find(':'));
    }
    std::string name{host};
    return can_be_named(name) ? std::optional{std::move(name)} : std::nullopt;
}

std::vector<std::string> names_in(const json::object& configuration) {
    std::vector<std::string> names;
    for (const auto* webhook : webhooks_of(configuration)) {
        const auto* client = object_in(*webhook, "clientConfig");
        if (client == nullptr) {
            continue;
        }
        if (const auto* service = object_in(*client, "service")) {
            // The server takes any text for these two.
            auto name = text_in(*service, "name") + "." + text_in(*service, "namespace") + ".svc";
            if (can_be_named(name)) {
                names.push_back(std::move(name));
            }
        } else if (auto host = host_of(text_in(*client, "url"))) {
            names.push_back(std::move(*host));
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

json::object configuration_for(const std::string& name, const std::string& url, const std::string& bundle) {
    return {
        {"apiVersion", api_version},
        {"kind", kind},
        {"metadata", {{"name", name}, {"labels", {{"app.kubernetes.io/managed-by", "holdfast"}}}}},
        {"webhooks",
         json::array{
             webhook_for("applications", rule_of_ours("applications"), url, bundle),
             webhook_for("applicationsets", rule_of_ours("applicationsets"), url, bundle),
             webhook_for("projects", rule_of_ours("projects"), url, bundle),
             webhook_for("repositories", rule_of_ours("repositories"), url, bundle),
             webhook_for_options(url, bundle)
         }}
    };
}

std::optional<json::object> with_bundle(const json::object& configuration, const std::string& bundle) {
    const auto* metadata = object_in(configuration, "metadata");
    if (metadata == nullptr || bundle.empty() || is_filled_by_others(configuration)) {
        return std::nullopt;
    }
    const auto encoded = base64_encode(bundle);
    json::array webhooks;
    bool differs = false;
    for (const auto* webhook : webhooks_of(configuration)) {
        const auto* client = object_in(*webhook, "clientConfig");
        differs = differs || client == nullptr || text_in(*client, "caBundle") != encoded;
        webhooks.push_back(
            json::object{{"name", text_in(*webhook, "name")}, {"clientConfig", {{"caBundle", encoded}}}}
        );
    }
    if (!differs) {
        return std::nullopt;
    }
    return json::object{
        {"apiVersion", api_version},
        {"kind", kind},
        {"metadata", {{"name", text_in(*metadata, "name")}}},
        {"webhooks", std::move(webhooks)}
    };
}

std::optional<std::vector<std::string>> trusted_by(const json::object& configuration) {
    const auto all = webhooks_of(configuration);
    if (all.empty() || is_filled_by_others(configuration)) {
        return std::nullopt;
    }
    std::optional<std::vector<std::string>> common;
    for (const auto* webhook : all) {
        const auto* client = object_in(*webhook, "clientConfig");
        const auto bundle = client == nullptr ? std::nullopt : base64_decode(text_in(*client, "caBundle"));
        const auto here = certificates_in(bundle.value_or(""));
        if (!common) {
            common = here;
        } else {
            std::erase_if(*common, [&](const std::string& one) {
                return std::ranges::find(here, one) == here.end();
            });
        }
    }
    return common;
}

bool has_all(const json::value& live, const json::value& wanted) {
    if (const auto* object = wanted.if_object()) {
        const auto* other = live.if_object();
        return other != nullptr && std::all_of(object->begin(), object->end(), [&](const auto& member) {
                   const auto* there = other->if_contains(member.key());
                   return there != nullptr && has_all(*there, member.value());
               });
    }
    if (const auto* list = wanted.if_array()) {
        const auto* other = live.if_array();
        return other != nullptr && std::equal(
                                       other->begin(), other->end(), list->begin(), list->end(),
                                       [](const auto& a, const auto& b) { return has_all(a, b); }
                                   );
    }
    return live == wanted;
}

} // namespace holdfast::admission
