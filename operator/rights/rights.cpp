#include "rights/rights.hpp"

#include "kube/object.hpp"
#include "rights/shipped.hpp"

#include <boost/json/array.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace holdfast::rights {

namespace json = boost::json;

namespace {

std::vector<std::string> texts_of(const YAML::Node& list) {
    std::vector<std::string> made;
    for (const auto& one : list) {
        made.push_back(one.as<std::string>());
    }
    return made;
}

void add_rule(const YAML::Node& rule, bool in_own_namespace, std::vector<right>& to) {
    auto names = texts_of(rule["resourceNames"]);
    if (names.empty()) {
        names.emplace_back();
    }
    for (const auto& group : texts_of(rule["apiGroups"])) {
        for (const auto& resource : texts_of(rule["resources"])) {
            for (const auto& name : names) {
                for (const auto& verb : texts_of(rule["verbs"])) {
                    to.push_back({group, resource, name, verb, in_own_namespace});
                }
            }
        }
    }
}

bool has(const json::object& rule, std::string_view list, std::string_view text) {
    const auto* all = rule.if_contains(list);
    const auto* array = all != nullptr ? all->if_array() : nullptr;
    return array != nullptr && std::ranges::any_of(*array, [&](const json::value& one) {
               return one.is_string() && (one.get_string() == text || one.get_string() == "*");
           });
}

bool gives(const json::object& rule, const right& one) {
    const auto* names = rule.if_contains("resourceNames");
    const bool is_for_some = names != nullptr && names->is_array() && !names->get_array().empty();
    const auto slash = one.resource.find('/');
    const bool is_resource =
        has(rule, "resources", one.resource) ||
        (slash != std::string::npos && has(rule, "resources", "*" + one.resource.substr(slash)));
    return is_resource && has(rule, "apiGroups", one.group) && has(rule, "verbs", one.verb) &&
           (!is_for_some || (!one.name.empty() && has(rule, "resourceNames", one.name)));
}

const json::array* rules_in(const json::object& review) {
    const auto* status = review.if_contains("status");
    const auto* rules = status != nullptr && status->is_object()
                            ? status->get_object().if_contains("resourceRules")
                            : nullptr;
    return rules != nullptr ? rules->if_array() : nullptr;
}

bool is_incomplete(const json::object& review) {
    const auto* said = kube::find_path(review, {"status", "incomplete"});
    return rules_in(review) == nullptr || (said != nullptr && said->is_bool() && said->get_bool());
}

bool review_gives(const json::object& review, const right& one) {
    return std::ranges::any_of(*rules_in(review), [&](const json::value& rule) {
        return rule.is_object() && gives(rule.get_object(), one);
    });
}

} // namespace

std::string describe(const right& one) {
    const auto slash = one.resource.find('/');
    auto text = one.verb + " " + one.resource.substr(0, slash);
    if (!one.group.empty()) {
        text += "." + one.group;
    }
    if (slash != std::string::npos) {
        text += one.resource.substr(slash);
    }
    if (!one.name.empty()) {
        text += " named " + one.name;
    }
    if (one.in_own_namespace) {
        text += " in its namespace";
    }
    return text;
}

result<std::vector<right>> read_rules(std::string_view yaml, std::string_view name) {
    std::vector<right> made;
    try {
        for (const auto& document : YAML::LoadAll(std::string{yaml})) {
            const auto kind = document["kind"].as<std::string>("");
            if ((kind != "Role" && kind != "ClusterRole") ||
                document["metadata"]["name"].as<std::string>("") != name) {
                continue;
            }
            for (const auto& rule : document["rules"]) {
                add_rule(rule, kind == "Role", made);
            }
        }
    } catch (const YAML::Exception& e) {
        return user_error("the rules of " + std::string{name} + " cannot be read: " + e.what());
    }
    return made;
}

std::vector<right> needed(const wanted& what) {
    std::vector<right> all;
    const auto add = [&](std::string_view yaml, std::string_view name) {
        auto read = read_rules(yaml, name).value(); // they are part of the program
        all.insert(all.end(), read.begin(), read.end());
    };
    if (what.one_namespace) {
        add(shipped::one_namespace, "holdfast-one-namespace");
    } else {
        add(shipped::cluster, "holdfast");
    }
    add(shipped::own_namespace, "holdfast");
    if (what.webhook) {
        add(shipped::webhook, "holdfast-webhook");
    }
    if (what.page) {
        add(shipped::page, "holdfast-page");
    }
    if (!what.election) {
        std::erase_if(all, [](const right& one) { return one.resource == "leases"; });
    }
    std::ranges::sort(all);
    const auto twice = std::ranges::unique(all);
    all.erase(twice.begin(), twice.end());
    return all;
}

std::vector<right> missing(
    const std::vector<right>& needed, const json::object& everywhere, const json::object& in_own_namespace
) {
    if (is_incomplete(everywhere) || is_incomplete(in_own_namespace)) {
        return {};
    }
    std::vector<right> lacking;
    for (const auto& one : needed) {
        if (!review_gives(one.in_own_namespace ? in_own_namespace : everywhere, one)) {
            lacking.push_back(one);
        }
    }
    return lacking;
}

json::object review_of(std::string_view namespace_) {
    return {
        {"apiVersion", "authorization.k8s.io/v1"},
        {"kind", "SelfSubjectRulesReview"},
        {"spec", {{"namespace", namespace_}}}
    };
}

} // namespace holdfast::rights
