#include "engine/request.hpp"

#include "match/glob.hpp"

#include <algorithm>

namespace holdfast::engine {

const crds::sync_request& request_of(const crds::operation& operation) noexcept {
    static const crds::sync_request nothing;
    return operation.sync ? *operation.sync : nothing;
}

sync::sync_options sync_options_of(const crds::application_spec& spec) {
    std::vector<std::string> ignored;
    return sync::parse_sync_options(spec.sync_policy.sync_options, ignored);
}

sync::sync_options sync_options_of(const crds::application_spec& spec, const crds::sync_request& asked) {
    std::vector<std::string> ignored;
    auto options = sync::merged(sync_options_of(spec), sync::parse_sync_options(asked.sync_options, ignored));
    const auto& strategy = asked.sync_strategy;
    if (strategy &&
        ((strategy->apply && strategy->apply->force) || (strategy->hook && strategy->hook->force))) {
        options.force = true;
    }
    return options;
}

bool runs_hooks(const crds::sync_request& asked) noexcept {
    const bool applies_only = asked.sync_strategy && asked.sync_strategy->apply;
    return asked.resources.empty() && !applies_only && !asked.dry_run && asked.auto_heal_attempts_count == 0;
}

bool is_automated(const crds::operation& operation) noexcept {
    return operation.initiated_by && operation.initiated_by->automated;
}

bool is_operating(const crds::application_status& status) noexcept {
    const auto& state = status.operation_state;
    return state && (state->phase == crds::operation_phase::running ||
                     state->phase == crds::operation_phase::terminating);
}

std::vector<sync::ignore_rule> ignore_rules(const crds::application_spec& spec) {
    std::vector<sync::ignore_rule> rules;
    const auto compiled = [](const std::string& pattern) {
        return match::glob::compile(match::glob_dialect::gobwas, pattern);
    };
    for (const auto& d : spec.ignore_differences) {
        auto group = compiled(d.group);
        auto kind = compiled(d.kind);
        if (!group || !kind) continue; // crds::check says so, and nothing is applied with such a spec
        rules.push_back(
            {.group = std::move(*group),
             .kind = std::move(*kind),
             .name = d.name,
             .namespace_ = d.namespace_,
             .json_pointers = d.json_pointers,
             .managed_fields_managers = d.managed_fields_managers,
             .fields = {}}
        );
    }
    std::erase_if(rules, [](const sync::ignore_rule& rule) {
        return rule.json_pointers.empty() && rule.managed_fields_managers.empty();
    });
    return rules;
}

} // namespace holdfast::engine
