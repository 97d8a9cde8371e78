// What of a set decides what it writes.

#include "policy/set_checks.hpp"
#include "sets_control/set_controller_state.hpp"

namespace holdfast::sets_control {

namespace {

std::string annotation_of(const crds::application_set& set, std::string_view name) {
    const auto found = set.metadata.annotations.find(std::string{name});
    return found == set.metadata.annotations.end() ? std::string{} : found->second;
}

permissions permissions_of(crds::applications_sync value) {
    switch (value) {
    case crds::applications_sync::sync: return {.update = true, .remove = true};
    case crds::applications_sync::create_update: return {.update = true, .remove = false};
    case crds::applications_sync::create_delete: return {.update = false, .remove = true};
    case crds::applications_sync::create_only: return {.update = false, .remove = false};
    }
    return {.update = false, .remove = false};
}

} // namespace

set_rules rules_of(const crds::application_set& set) {
    set_rules rules;
    rules.namespace_ = set.metadata.namespace_;
    rules.name = set.metadata.name;
    rules.uid = set.metadata.uid;
    rules.may = permissions_of(set.spec.sync_policy.applications_sync);
    rules.adopts = annotation_of(set, adopt_annotation) == "true";
    rules.confirmed = annotation_of(set, confirm_annotation);
    const auto& preserved = set.spec.preserved_fields;
    rules.preserved_labels = {preserved.labels.begin(), preserved.labels.end()};
    rules.preserved_annotations = {preserved.annotations.begin(), preserved.annotations.end()};
    for (const auto& one : set.spec.ignore_application_differences) {
        ignored_fields made{.application = one.name, .pointers = one.json_pointers};
        for (const auto& expression : one.jq_path_expressions) {
            if (auto pointer = policy::pointer_of_jq(expression)) {
                made.pointers.push_back(std::move(*pointer));
            }
        }
        rules.ignored.push_back(std::move(made));
    }
    return rules;
}

kube::object_reference reference_to(const crds::application_set& set) {
    return {
        .api_version = std::string{crds::api_version},
        .kind = "ApplicationSet",
        .namespace_ = set.metadata.namespace_,
        .name = set.metadata.name,
        .uid = set.metadata.uid,
        .resource_version = {}
    };
}

} // namespace holdfast::sets_control
