#include "sync/planner.hpp"

#include "sync/order.hpp"
#include "sync/planner_hooks.hpp"
#include "sync/planner_sentences.hpp"
#include "sync/planner_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace holdfast::sync {

namespace {

/// Plans one step. Everything it points to is in the input.
class planning {
public:
    explicit planning(const plan_input& input)
        : settings_{input.settings}, state_{input, result_}, hooks_{input} {}

    plan run() {
        if (!state_.to_inspect.empty()) {
            result_.next = inspect_step{state_.to_inspect};
            report();
            return std::move(result_);
        }
        if (auto shared = refuse_shared()) {
            result_.next = std::move(*shared);
            report();
            return std::move(result_);
        }
        auto next = settings_.failed_by.empty() ? run_phases() : step{failed_step{settings_.failed_by}};
        if (const auto* failed = std::get_if<failed_step>(&next)) next = after_failure(failed->sentence);
        result_.next = std::move(next);
        result_.hooks = hooks_.begun();
        report();
        return std::move(result_);
    }

private:
    enum class readiness {
        ready,
        recreate,
        waits_for_definition,
        waits_for_kind,
        waits_for_deletion,
        waits_for_owner,
        no
    };

    // ---- phases

    step run_phases() {
        if (auto next = apply_needed(phase::pre_sync)) return std::move(*next);
        if (auto next = run_hooks(phase::pre_sync)) return std::move(*next);
        const auto waves = all_waves();
        const bool is_one_group =
            waves.size() <= 1 && !hooks_.has(phase::pre_sync) && !hooks_.has(phase::post_sync);
        const bool waits_for_health = !is_one_group && !settings_.dry_run;
        for (std::size_t i = 0; i < waves.size(); ++i) {
            if (auto next = run_wave(waves[i], waits_for_health, i + 1 == waves.size()))
                return std::move(*next);
        }
        if (auto next = await_held()) return std::move(*next);
        if (auto next = run_hooks(phase::post_sync)) return std::move(*next);
        return finish();
    }

    /// What the hooks of a phase stand on goes before them, whatever its own wave.
    std::optional<step> apply_needed(phase during) {
        apply_step apply;
        std::vector<object_id> waiting;
        std::vector<std::string> failures;
        for (auto& t : state_.tasks) {
            if (!hooks_.need(during, *t.wanted)) continue;
            const auto readiness = judge_readiness(t);
            const bool is_definition = t.wanted->defines.has_value();
            if (t.has_failed()) {
                failures.push_back(describe(t.wanted->id) + ": " + t.message);
            } else if (readiness == readiness::ready) {
                apply.objects.push_back({t.wanted->id});
            } else if (!t.is_synced() || (is_definition && !is_established(t))) {
                waiting.push_back(t.wanted->id);
            }
        }
        if (!apply.objects.empty()) return apply;
        if (!failures.empty()) {
            return failed_step{fmt::format(
                "{} could not be applied: {}", count_of(failures.size(), "object"),
                enumerate_texts(failures, "; ")
            )};
        }
        if (waiting.empty()) return std::nullopt;
        auto sentence = fmt::format("waiting for {} before the hooks run", enumerate(waiting));
        return wait_step{wait_reason::custom_resource_definition, std::move(waiting), std::move(sentence)};
    }

    static bool is_established(const task& definition) {
        return definition.is_fresh() && definition.live->status == health_status::healthy;
    }

    /// One wave after the other.
    std::optional<step> run_hooks(phase during) {
        for (const auto wave : hooks_.waves(during)) {
            if (auto next = hooks_.begin(during, wave)) return next;
            if (auto next = hooks_.await(during, wave)) return next;
        }
        return std::nullopt;
    }

    /// The SyncFail hooks run, all at once. From then on the operation has failed, whatever becomes well again.
    step after_failure(const std::string& why) {
        if (!hooks_.has(phase::sync_fail)) return failed_step{why};
        result_.failed_by = why;
        if (auto next = hooks_.begin(phase::sync_fail, std::nullopt)) return std::move(*next);
        auto next = hooks_.await(phase::sync_fail, std::nullopt);
        if (!next) return failed_step{why};
        if (const auto* failed = std::get_if<failed_step>(&*next)) {
            return failed_step{fmt::format("{}. {}", why, failed->sentence)};
        }
        return std::move(*next);
    }

    /// FailOnSharedResource: nothing at all is applied where something belongs to another application.
    [[nodiscard]] std::optional<step> refuse_shared() const {
        if (!settings_.options.fail_on_shared_resource.value_or(false)) return std::nullopt;
        std::vector<std::string> shared;
        for (const auto& t : state_.tasks) {
            if (t.is_shared) shared.push_back(describe(t.wanted->id) + " " + t.message);
        }
        if (shared.empty()) return std::nullopt;
        return failed_step{fmt::format(
            "nothing was applied, for FailOnSharedResource=true is set: {}", enumerate_texts(shared, "; ")
        )};
    }

    readiness judge_readiness(task& t) {
        if (t.state != standing::pending) return readiness::no;
        if (const auto* n = state_.namespace_of(t); n != nullptr && n != &t) {
            if (n->has_failed()) {
                t.fail(fmt::format("not tried: {} could not be applied", describe(n->wanted->id)));
                return readiness::no;
            }
            if (!n->is_synced()) return readiness::no;
            if (settings_.dry_run && n->live == nullptr) return skip_dry_run(t, *n);
            if (n->live != nullptr && n->live->deleting) return readiness::waits_for_deletion;
        }
        if (const auto* d = state_.definition_of(t); d != nullptr) {
            if (d->has_failed()) {
                t.fail(fmt::format("not tried: {} could not be applied", describe(d->wanted->id)));
                return readiness::no;
            }
            if (!d->is_synced()) return readiness::no;
            const bool established = is_established(*d);
            if (!established && settings_.dry_run) return skip_dry_run(t, *d);
            if (!established && d->is_fresh() && d->live->status == health_status::degraded) {
                t.fail(fmt::format("not tried: {}: {}", describe(d->wanted->id), d->live->health_message));
                return readiness::no;
            }
            if (!established) return readiness::waits_for_definition;
        }
        // What is to bring the kind is applied already, or goes along with this object; the server takes its
        // time.
        if (state_.brings_kind_of(t) && !state_.is_kind_served(t)) {
            if (settings_.dry_run) return skip_dry_run(t);
            return readiness::waits_for_kind;
        }
        if (t.waits_for_owner) return readiness::waits_for_owner;
        if (t.live != nullptr && t.live->deleting) return readiness::waits_for_deletion;
        if (t.tried != nullptr && t.tried->what == outcome::removed && t.live != nullptr &&
            t.live->uid == t.tried->uid) {
            return readiness::waits_for_deletion;
        }
        return state_.must_recreate(t) ? readiness::recreate : readiness::ready;
    }

    static readiness skip_dry_run(task& t, const task& provider) {
        t.state = standing::synced;
        t.message = fmt::format("cannot be tried before {} is there", describe(provider.wanted->id));
        return readiness::no;
    }
    static readiness skip_dry_run(task& t) {
        t.state = standing::synced;
        t.message = "cannot be tried before the server has its kind";
        return readiness::no;
    }

    // ---- one wave

    [[nodiscard]] std::vector<std::int32_t> all_waves() const {
        std::set<std::int32_t> waves;
        for (const auto& t : state_.tasks) {
            waves.insert(t.place.wave);
        }
        for (const auto& t : state_.unwanted) {
            if (t.makes_wave()) waves.insert(t.wave);
        }
        waves.merge(hooks_.waves(phase::sync));
        return {waves.begin(), waves.end()};
    }

    std::optional<step> run_wave(std::int32_t wave, bool waits_for_health, bool is_last) {
        if (auto next = apply_wave(wave)) return next;
        if (auto next = fail_wave(wave)) return next;
        if (auto next = hooks_.begin(phase::sync, wave)) return next;
        // Before waiting: what is new may need what the old one holds (a volume, a port).
        if (auto next = prune_wave(wave)) return next;
        const bool has_followers = !is_last || hooks_.has(phase::post_sync);
        if (waits_for_health && (has_followers || settings_.rules.awaits_last_wave)) {
            if (auto next = await_health(wave)) return next;
        }
        if (auto next = hooks_.await(phase::sync, wave)) return next;
        return is_last || settings_.dry_run ? std::nullopt : await_deletions();
    }

    std::optional<step> apply_wave(std::int32_t wave) {
        std::vector<object_id> definitions;
        std::vector<object_id> kinds;
        std::vector<object_id> deletions;
        std::vector<object_id> owned_by_others;
        apply_step apply;
        prune_step recreate;
        recreate.to_recreate = true;
        std::optional<std::size_t> rank;
        for (auto& t : state_.tasks) {
            if (t.place.wave != wave) continue;
            // The tasks are in the order of their kinds: the first that can go says whose turn it is.
            const auto own_rank = kind_rank(t.wanted->id.kind);
            if (rank && own_rank > *rank) break;
            switch (judge_readiness(t)) {
            case readiness::no: break;
            case readiness::waits_for_definition:
                definitions.push_back(state_.definition_of(t)->wanted->id);
                break;
            case readiness::waits_for_kind: kinds.push_back(t.wanted->id); break;
            case readiness::waits_for_deletion: deletions.push_back(t.wanted->id); break;
            case readiness::waits_for_owner: owned_by_others.push_back(t.wanted->id); break;
            case readiness::recreate:
                rank = own_rank;
                recreate.objects.push_back(
                    {t.wanted->id, t.live->uid, t.options.prune_propagation.value_or(propagation::foreground)}
                );
                break;
            case readiness::ready:
                rank = own_rank;
                apply.objects.push_back(
                    {t.wanted->id, t.options.replace.value_or(false) ? apply_mode::replace : apply_mode::apply
                    }
                );
                break;
            }
        }
        if (!apply.objects.empty()) return apply;
        if (!recreate.objects.empty()) return recreate;
        if (!definitions.empty()) {
            std::sort(definitions.begin(), definitions.end());
            definitions.erase(std::unique(definitions.begin(), definitions.end()), definitions.end());
            auto sentence = "waiting for the server to serve " + enumerate(definitions);
            return wait_step{
                wait_reason::custom_resource_definition, std::move(definitions), std::move(sentence)
            };
        }
        if (!kinds.empty()) {
            auto sentence = "waiting for the server to have the kind of " + enumerate(kinds);
            return wait_step{wait_reason::custom_resource_definition, std::move(kinds), std::move(sentence)};
        }
        if (!deletions.empty()) {
            auto sentence =
                "waiting for the deletion of " + enumerate(deletions) + " to end before making it anew";
            return wait_step{wait_reason::deletion, std::move(deletions), std::move(sentence)};
        }
        if (!owned_by_others.empty()) {
            auto sentence = "waiting to hear whether the applications that own them still want " +
                            enumerate(owned_by_others);
            return wait_step{wait_reason::applications, std::move(owned_by_others), std::move(sentence)};
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<step> fail_wave(std::int32_t wave) const {
        std::vector<std::string> failures;
        for (const auto& t : state_.tasks) {
            if (t.place.wave == wave && t.has_failed())
                failures.push_back(describe(t.wanted->id) + ": " + t.message);
        }
        if (failures.empty()) return std::nullopt;
        return failed_step{fmt::format(
            "{} could not be applied: {}", count_of(failures.size(), "object"),
            enumerate_texts(failures, "; ")
        )};
    }

    /// A claim may get its volume only when a Pod uses it, which a later wave may bring; and a Pod waits for
    /// its claims by itself.
    static bool is_awaited_by_pods(const task& t) {
        const auto& id = t.wanted->id;
        return id.kind == "PersistentVolumeClaim" && id.group.empty() && t.live != nullptr && t.is_fresh() &&
               t.live->status == health_status::progressing && !t.live->deleting;
    }

    [[nodiscard]] std::optional<step> await_health(std::int32_t wave) const {
        std::vector<object_id> waiting;
        std::vector<std::string> reasons;
        std::vector<std::string> failures;
        for (const auto& t : state_.tasks) {
            if (t.place.wave != wave || is_awaited_by_pods(t)) continue;
            const auto& id = t.wanted->id;
            if (t.live == nullptr) {
                failures.push_back(describe(id) + ": it was deleted while it was waited for");
            } else if (!t.is_fresh()) {
                waiting.push_back(id);
                reasons.push_back(describe(id));
            } else if (t.live->status == health_status::degraded) {
                failures.push_back(with_reason(id, t.live->health_message));
            } else if (t.live->status && t.live->status != health_status::healthy) {
                waiting.push_back(id);
                reasons.push_back(with_reason(id, t.live->health_message));
            }
        }
        // As in Argo CD, what is still on its way may end first: all failures are told at once.
        if (!waiting.empty()) {
            return wait_step{
                wait_reason::health, std::move(waiting),
                fmt::format("waiting for wave {} to become healthy: {}", wave, enumerate_texts(reasons, ", "))
            };
        }
        if (failures.empty()) return std::nullopt;
        return failed_step{
            fmt::format("wave {} did not become healthy: {}", wave, enumerate_texts(failures, "; "))
        };
    }

    std::optional<step> prune_wave(std::int32_t wave) {
        std::vector<std::string> failures;
        std::vector<object_id> due;
        std::vector<object_id> leaving;
        std::size_t highest = 0;
        for (const auto& t : state_.unwanted) {
            if (t.leaving && t.wave < wave) leaving.push_back(t.id);
            if (!t.due || t.wave != wave) continue;
            if (t.has_failed()) {
                failures.push_back(describe(t.id) + ": " + t.tried->message);
                continue;
            }
            due.push_back(t.id);
            highest = std::max(highest, kind_rank(t.id.kind));
        }
        if (!due.empty() && (state_.is_too_early || !leaving.empty())) {
            // An earlier operation asked for the deletion of what is leaving, which may need what is next.
            // What is applied in the waves to come waits for neither: it may be what they need to go.
            (state_.is_too_early ? early_ : held_) = std::move(state_.is_too_early ? due : leaving);
            return std::nullopt;
        }
        const bool any = !due.empty();
        if (any) {
            prune_step prune;
            for (const auto& t : state_.unwanted) {
                if (!t.due || t.wave != wave || t.has_failed() || kind_rank(t.id.kind) != highest) continue;
                const auto own = t.live->prune_propagation;
                prune.objects.push_back(
                    {t.id, t.live->uid,
                     own.value_or(settings_.options.prune_propagation.value_or(propagation::foreground))}
                );
            }
            return prune;
        }
        if (!failures.empty()) {
            return failed_step{fmt::format(
                "{} could not be deleted: {}", count_of(failures.size(), "object"),
                enumerate_texts(failures, "; ")
            )};
        }
        return std::nullopt;
    }

    /// The next wave may count on this one's deletions.
    [[nodiscard]] std::optional<step> await_deletions() const {
        std::vector<object_id> leaving;
        for (const auto& t : state_.unwanted) {
            if (t.is_requested()) leaving.push_back(t.id);
        }
        if (leaving.empty()) return std::nullopt;
        auto sentence = "waiting for the deletion of " + enumerate(leaving) + " to end";
        return wait_step{wait_reason::deletion, std::move(leaving), std::move(sentence)};
    }

    /// Deletions that were put off.
    [[nodiscard]] std::optional<step> await_held() const {
        if (!early_.empty()) return wait_step{wait_reason::applications, early_, settings_.too_early};
        if (held_.empty() || settings_.dry_run) return std::nullopt;
        return wait_step{
            wait_reason::deletion, held_, "waiting for the deletion of " + enumerate(held_) + " to end"
        };
    }

    // ---- the end

    [[nodiscard]] step finish() const {
        if (state_.ruling != nullptr && !state_.ruling->trouble.empty()) {
            return failed_step{state_.ruling->trouble};
        }
        if (state_.ruling != nullptr && state_.ruling->asked) {
            const auto& asked = *state_.ruling->asked;
            return blocked_step{asked.reason, asked.objects, asked.sentence, asked.token};
        }
        std::size_t applied = 0;
        for (const auto& t : state_.tasks) {
            applied += t.tried != nullptr ? 1U : 0U;
        }
        return done_step{fmt::format(
            "{} applied, {} unchanged, {} pruned{}", applied, state_.tasks.size() - applied, state_.pruned,
            settings_.dry_run ? " (dry run)" : ""
        )};
    }

    void report() {
        for (auto& t : state_.tasks) {
            result_.objects.push_back({t.wanted->id, t.state, std::move(t.message)});
        }
        for (auto& t : state_.unwanted) {
            if (t.due && t.has_failed()) {
                t.state = standing::sync_failed;
                t.message = t.tried->message;
            }
            result_.objects.push_back({t.id, t.state, std::move(t.message)});
        }
        for (auto& t : state_.gone) {
            result_.objects.push_back({t.id, t.state, std::move(t.message)});
        }
    }

    const plan_settings& settings_;
    plan result_;
    plan_state state_;
    hook_planning hooks_;
    /// What is being deleted, that deletions of later waves wait for.
    std::vector<object_id> held_;
    /// What it is too early to delete.
    std::vector<object_id> early_;
};

} // namespace

std::string_view to_string(standing s) noexcept {
    switch (s) {
    case standing::pending: return "Pending";
    case standing::synced: return "Synced";
    case standing::sync_failed: return "SyncFailed";
    case standing::pruned: return "Pruned";
    case standing::prune_skipped: return "PruneSkipped";
    }
    return "Pending";
}

planned_object plan_object(const desired_object& desired, bool in_sync) {
    planned_object planned;
    planned.id = desired.id;
    planned.version = kube::make_gvk(desired.api_version, desired.id.kind).version;
    planned.hash = desired.hash;
    planned.orders = desired.orders;
    planned.defines = defined_kind(desired.manifest);
    planned.in_sync = in_sync;
    planned.has_unknown_kind = desired.has_unknown_kind;
    return planned;
}

std::string ownership_conflict(const plan_settings& settings, const object_id& id, const live_record& live) {
    if (!settings.rules.refuses_shared) return {};
    if (live.owner == application_ref{} || live.owner == settings.application) return {};
    if (live.released_to == release_key(settings.application)) return {};
    if (settings.given_up.contains(id)) return {};
    const auto& gone = settings.gone_owners;
    if (std::find(gone.begin(), gone.end(), live.owner) != gone.end()) return {};
    return fmt::format(
        "belongs to the application {}: take it out of one of the two, or hand it over by annotating it with "
        "{}: {}",
        to_string(live.owner), settings.names.get().release_annotation, to_string(settings.application)
    );
}

plan next_step(const plan_input& input) {
    return planning{input}.run();
}

} // namespace holdfast::sync
