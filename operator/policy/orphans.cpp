#include "policy/orphans.hpp"

#include "base/counted_list.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::policy {

namespace {

constexpr std::size_t most_named = 10;

std::optional<match::glob> glob_of(const std::string& text) {
    auto made = match::glob::compile(match::glob_dialect::gobwas, text);
    return made ? std::optional{std::move(*made)} : std::nullopt;
}

bool is_everywhere(const sync::object_id& id) {
    return id.group.empty() &&
           ((id.kind == "ServiceAccount" && id.name == "default") ||
            (id.kind == "ConfigMap" && id.name == "kube-root-ca.crt") ||
            (id.kind == "Service" && id.name == "kubernetes" && id.namespace_ == "default"));
}

} // namespace

orphans_ignored::orphans_ignored(const crds::orphaned_resources_settings& settings) {
    entries_.reserve(settings.ignore.size());
    for (const auto& one : settings.ignore) {
        auto group = glob_of(one.group);
        auto kind = one.kind.empty() ? std::nullopt : glob_of(one.kind);
        auto name = one.name.empty() ? std::nullopt : glob_of(one.name);
        // What cannot be read fits nothing.
        if (group && (kind || one.kind.empty()) && (name || one.name.empty())) {
            entries_.push_back({std::move(*group), std::move(kind), std::move(name)});
        }
    }
}

bool orphans_ignored::covers(const sync::object_id& id) const {
    return is_everywhere(id) || std::ranges::any_of(entries_, [&](const entry& one) {
               return one.group.matches(id.group) && (!one.kind || one.kind->matches(id.kind)) &&
                      (!one.name || one.name->matches(id.name));
           });
}

std::string orphans_sentence(const std::vector<sync::object_id>& orphans, bool there_are_more) {
    if (orphans.empty()) {
        return {};
    }
    counted_list all{most_named};
    for (const auto& id : orphans) {
        all.add([&] { return sync::describe(id); });
    }
    return "Application has " + std::string{there_are_more ? "at least " : ""} +
           std::to_string(orphans.size()) + " orphaned resource" + (orphans.size() == 1 ? "" : "s") + ": " +
           all.text();
}

} // namespace holdfast::policy
