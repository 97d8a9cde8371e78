#include "sync/deletion_hooks.hpp"

#include "sync/phases.hpp"
#include "sync/planner_sentences.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace holdfast::sync {

std::vector<deletion_hook> deletion_hooks_of(std::span<const desired_object> objects) {
    std::vector<deletion_hook> hooks;
    for (const auto& object : objects) {
        if (!object.orders.is_run()) continue;
        for (const auto during : object.orders.hook_phases) {
            if (is_of_deletion(during)) {
                hooks.push_back(
                    {during, object.id, kube::make_gvk(object.api_version, object.id.kind), object.manifest}
                );
            }
        }
    }
    std::ranges::sort(hooks, {}, [](const deletion_hook& hook) { return std::pair{hook.id, hook.during}; });
    return hooks;
}

std::string to_text(std::span<const deletion_hook> hooks) {
    json::array all;
    for (const auto& hook : hooks) {
        json::object one;
        one["during"] = to_string(hook.during);
        one["manifest"] = hook.manifest;
        all.push_back(std::move(one));
    }
    return canonical_json(all);
}

result<std::vector<deletion_hook>> read_deletion_hooks(std::string_view text) {
    boost::system::error_code failed;
    const auto read = json::parse(text, failed);
    if (failed || !read.is_array()) {
        return user_error("it is not a list of hooks in JSON");
    }
    std::vector<deletion_hook> hooks;
    for (std::size_t i = 0; i < read.get_array().size(); ++i) {
        const auto* one = read.get_array()[i].if_object();
        const auto* during = one == nullptr ? nullptr : one->if_contains("during");
        const auto* manifest = one == nullptr ? nullptr : one->if_contains("manifest");
        if (during == nullptr || !during->is_string() || manifest == nullptr || !manifest->is_object()) {
            return user_error(fmt::format("[{}] is no hook with the fields \"during\" and \"manifest\"", i));
        }
        deletion_hook hook;
        const std::string_view name{during->get_string()};
        if (name == to_string(phase::post_delete)) {
            hook.during = phase::post_delete;
        } else if (name != to_string(phase::pre_delete)) {
            return user_error(fmt::format("[{}].during is neither PreDelete nor PostDelete", i));
        }
        hook.manifest = manifest->get_object();
        hook.id = kube::key_of(hook.manifest);
        hook.kind = kube::make_gvk(
            kube::find_text(hook.manifest, {"apiVersion"}), kube::find_text(hook.manifest, {"kind"})
        );
        if (hook.id.kind.empty() || hook.id.name.empty() || hook.kind.version.empty()) {
            return user_error(fmt::format("[{}].manifest has no apiVersion, kind or metadata.name", i));
        }
        hooks.push_back(std::move(hook));
    }
    return hooks;
}

std::string deletion_run(std::string_view application_uid, phase during) {
    return hook_run(fmt::format("deletion-{}", application_uid), during);
}

deletion_hook_plan next_deletion_hooks(const deletion_hook_input& input) {
    deletion_hook_plan result;
    const auto run = run_key(deletion_run(input.uid, input.during));
    std::vector<std::string> running;
    std::vector<std::string> failed;
    std::vector<prune_action> failed_objects;
    std::vector<object_id> leaving;
    for (const auto& hook : input.hooks) {
        if (hook.during != input.during) continue;
        const auto found = input.live.find(hook.id);
        if (found == input.live.end()) {
            result.to_make.push_back(&hook);
            continue;
        }
        const auto& live = found->second;
        const auto dependents = live.prune_propagation.value_or(propagation::foreground);
        if (live.owner != input.application) {
            failed.push_back(
                describe(hook.id) + (live.owner.name.empty()
                                         ? ": there is one that is no application's"
                                         : ": it belongs to the application " + to_string(live.owner))
            );
        } else if (live.hook_run != run) { // of a sync, or of an application of this name that is gone
            if (live.deleting && !live.has_hook_finalizer) {
                leaving.push_back(hook.id);
            } else {
                result.to_clear.push_back({hook.id, live.uid, dependents});
            }
        } else if (live.deleting && !live.has_hook_finalizer) {
            leaving.push_back(hook.id);
        } else if (const auto attempt = judge_hook(live); attempt.state == hook_state::running) {
            running.push_back(with_reason(hook.id, attempt.message));
        } else if (attempt.state == hook_state::failed) {
            failed.push_back(with_reason(hook.id, attempt.message));
            failed_objects.push_back({hook.id, live.uid, dependents});
        }
    }
    if (!result.to_clear.empty() || !result.to_make.empty()) return result;
    if (!running.empty()) {
        result.waiting = fmt::format(
            "waiting for completion of {} {}: {}", to_string(input.during),
            running.size() == 1 ? "hook" : "hooks", enumerate_texts(running, ", ")
        );
    } else if (!failed.empty()) {
        result.failure = fmt::format(
            "{} {} failed: {}", to_string(input.during), failed.size() == 1 ? "hook" : "hooks",
            enumerate_texts(failed, "; ")
        );
        result.is_to_retry = !failed_objects.empty();
        if (input.is_retry_due) result.to_clear = std::move(failed_objects);
    } else if (!leaving.empty()) {
        result.waiting = fmt::format(
            "waiting for the deletion of {} to end before {} again", enumerate(leaving),
            leaving.size() == 1 ? "the hook runs" : "the hooks run"
        );
    }
    return result;
}

} // namespace holdfast::sync
