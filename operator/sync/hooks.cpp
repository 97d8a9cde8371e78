#include "sync/hooks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::sync {

std::string hook_run(std::string_view operation, phase during) {
    return fmt::format("{}/{}", operation, to_string(during));
}

void mark_hook(json::object& manifest, std::string_view run) {
    auto& metadata = manifest["metadata"];
    if (!metadata.is_object()) metadata.emplace_object();
    auto& annotations = metadata.get_object()["annotations"];
    if (!annotations.is_object()) annotations.emplace_object();
    annotations.get_object()[run_annotation] = run;
    auto& finalizers = metadata.get_object()["finalizers"];
    if (!finalizers.is_array()) finalizers.emplace_array();
    auto& all = finalizers.get_array();
    const bool is_there = std::ranges::any_of(all, [](const json::value& one) {
        return one.is_string() && one.get_string() == hook_finalizer;
    });
    if (!is_there) all.emplace_back(hook_finalizer);
}

hook_attempt judge_hook(const live_record& live) {
    const auto verdict =
        live.ignore_healthcheck ? health_status::healthy : live.status.value_or(health_status::healthy);
    switch (verdict) {
    case health_status::healthy:
    case health_status::missing: return {.state = hook_state::succeeded, .message = live.health_message};
    case health_status::degraded:
    case health_status::unknown: return {.state = hook_state::failed, .message = live.health_message};
    case health_status::progressing:
    case health_status::suspended: break;
    }
    if (live.deleting) {
        return {.state = hook_state::failed, .message = "it was deleted before it was complete"};
    }
    return {.state = hook_state::running, .message = live.health_message};
}

hook_rest rest_of(const live_record& live, const hook_attempt* attempt, bool is_of_it) {
    const auto kept = live.has_hook_finalizer ? hook_rest::freed : hook_rest::stays;
    if (live.deleting || !is_of_it) return kept;
    const auto state = attempt != nullptr ? attempt->state : hook_state::running;
    const bool runs_on = judge_hook(live).state == hook_state::running;
    const bool goes = (state == hook_state::succeeded && live.hook_goes_on_success) ||
                      (state == hook_state::failed && live.hook_goes_on_failure) || runs_on;
    return goes ? hook_rest::deleted : kept;
}

} // namespace holdfast::sync
