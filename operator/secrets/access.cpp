#include "secrets/access.hpp"

#include "base/hash.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace holdfast::secrets {

namespace {

bool any_matches(const std::vector<match::glob>& globs, std::string_view text) {
    return std::any_of(globs.begin(), globs.end(), [text](const auto& glob) { return glob.matches(text); });
}

result<std::vector<match::glob>>
compile_all(const std::vector<std::string>& patterns, const std::string& field) {
    std::vector<match::glob> globs;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        auto glob = match::glob::compile(match::glob_dialect::gobwas, patterns[i]);
        if (glob.has_error()) return glob.error().within(field + '[' + std::to_string(i) + ']');
        globs.push_back(std::move(*glob));
    }
    return globs;
}

std::string
identity_of(const std::string& store_namespace, const std::optional<std::vector<access_rule>>& allow) {
    hasher h;
    h.add(store_namespace).add(allow ? std::to_string(allow->size()) : "no rules");
    if (!allow) return to_hex(h.finish());
    for (const auto& rule : *allow) {
        for (const auto* const globs : {&rule.entries, &rule.namespaces, &rule.applications}) {
            h.add(std::to_string(globs->size()));
            for (const auto& glob : *globs)
                h.add(glob);
        }
    }
    return to_hex(h.finish());
}

} // namespace

access_rules access_rules::everything() {
    access_rules rules;
    rules.everything_ = true;
    rules.identity_ = "everything";
    return rules;
}

result<access_rules>
access_rules::compile(std::string store_namespace, const std::optional<std::vector<access_rule>>& allow) {
    access_rules rules;
    rules.identity_ = identity_of(store_namespace, allow);
    rules.store_namespace_ = std::move(store_namespace);
    rules.own_namespace_ = !allow.has_value();
    std::vector<compiled> all;
    for (std::size_t i = 0; allow && i < allow->size(); ++i) {
        const auto& rule = (*allow)[i];
        const auto name = "allow[" + std::to_string(i) + "].";
        auto entries = compile_all(rule.entries, name + "entries");
        if (entries.has_error()) return entries.error();
        auto namespaces = compile_all(rule.namespaces, name + "namespaces");
        if (namespaces.has_error()) return namespaces.error();
        auto applications = compile_all(rule.applications, name + "applications");
        if (applications.has_error()) return applications.error();
        all.push_back({std::move(*entries), std::move(*namespaces), std::move(*applications)});
    }
    rules.rules_ = std::make_shared<const std::vector<compiled>>(std::move(all));
    return rules;
}

bool access_rules::compiled::concerns(const requester& who, std::string_view store_namespace) const {
    const bool here =
        namespaces.empty() ? who.namespace_ == store_namespace : any_matches(namespaces, who.namespace_);
    return here && (applications.empty() || any_matches(applications, who.name));
}

bool access_rules::may_read(const requester& who, std::string_view entry) const {
    if (everything_) return true;
    if (own_namespace_) return who.namespace_ == store_namespace_;
    return rules_ != nullptr && std::any_of(rules_->begin(), rules_->end(), [&](const compiled& rule) {
               return rule.concerns(who, store_namespace_) &&
                      (rule.entries.empty() || any_matches(rule.entries, entry));
           });
}

bool access_rules::may_read_some(const requester& who) const {
    if (everything_) return true;
    if (own_namespace_) return who.namespace_ == store_namespace_;
    return rules_ != nullptr && std::any_of(rules_->begin(), rules_->end(), [&](const compiled& rule) {
               return rule.concerns(who, store_namespace_);
           });
}

} // namespace holdfast::secrets
