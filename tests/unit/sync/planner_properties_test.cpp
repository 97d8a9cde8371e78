#include "planner_support.hpp"

#include <algorithm>
#include <random>
#include <set>

// Random operations, checked for what must hold in all of them. A failure names its seed.

namespace holdfast::sync {
namespace {

class random_world : public world {
public:
    explicit random_world(unsigned seed) : random_{seed} {
        constexpr const char* kinds[] = {"ConfigMap", "Secret", "Deployment",
                                         "Service",   "Widget", "Namespace"};
        const auto objects = pick(25);
        for (std::size_t i = 0; i < objects; ++i) {
            const char* kind = kinds[pick(6)];
            const auto o = id(kind, "o" + std::to_string(i), chance(3) ? "o0" : "ns");
            const auto wave = static_cast<std::int32_t>(pick(4)) - 1;
            if (chance(2)) {
                auto& wanted = want(o, wave);
                wanted.orders.is_hook = chance(10);
                wanted.orders.options.force = chance(5);
                wanted.orders.options.replace = chance(5);
            }
            if (chance(2)) {
                auto& record = have(o, wave, chance(5) ? application_ref{"deploy", "other"} : shop);
                if (chance(8)) record.owner = {};
                record.prune_last = chance(6);
                record.hook = chance(10);
                record.deleting = chance(10);
                if (chance(8)) record.prune = removal::never;
                if (chance(8)) record.prune = removal::needs_confirmation;
                if (chance(8)) record.prune = removal::allowed;
                if (chance(12)) input.heirs[o] = {"deploy", "heir"};
                record.status = chance(2) ? std::optional{health_status::healthy} : std::nullopt;
            }
        }
        if (chance(2)) want_definition("widgets.example.com", static_cast<std::int32_t>(pick(4)) - 1);
        input.settings.prune = !chance(4);
        confirms_ = chance(3);
        input.settings.allow_empty = chance(3);
        if (chance(3)) input.settings.prune_limit = pick(6);
        deletions_take_time = chance(2);
        watch_is_late = chance(3);
        if (chance(4))
            input.settings.options.prune = pick(2) == 0 ? removal::never : removal::needs_confirmation;
        if (chance(4)) input.settings.too_early = "waiting for others";
        inspect = [this](const object_id&) -> goes_along {
            switch (pick(6)) {
            case 0:
                return {.count = 1, .named = {"Widget x/y"}, .unlisted = {}, .failure = {}, .defines = {}};
            case 1: return {.named = {}, .unlisted = {}, .failure = "timed out", .defines = {}};
            default: return {};
            }
        };
        const bool refuses = chance(3);
        refuse = [this, refuses](const object_id&) {
            return refuses && chance(6) ? (chance(2) ? "field is immutable" : "refused") : "";
        };
        health_after_apply = [this](const object_id& o) -> std::optional<health_status> {
            if (o.kind == "CustomResourceDefinition") return health_status::progressing;
            switch (pick(8)) {
            case 0: return health_status::degraded;
            case 1: return std::nullopt;
            case 2: return health_status::healthy;
            default: return health_status::progressing;
            }
        };
        before_ = input.live;
        removable_ = static_cast<std::size_t>(std::count_if(
            input.live.begin(), input.live.end(),
            [](const auto& entry) { return entry.second.owner == shop && !entry.second.hook; }
        ));
    }

    /// One step, checked; false at the end.
    bool step_once() {
        const auto p = look();
        check_apply(p);
        check_prune(p);
        if (take(p.next)) return true;
        if (const auto* wait = std::get_if<wait_step>(&p.next)) {
            BOOST_TEST(!wait->on.empty());
            BOOST_TEST(!wait->sentence.empty());
            if (wait->reason == wait_reason::applications) {
                input.settings.too_early.clear();
            } else {
                settle(*wait);
            }
            return true;
        }
        const auto* blocked = std::get_if<blocked_step>(&p.next);
        if (blocked != nullptr && confirms_ && input.settings.confirmed != blocked->token) {
            // Another operation, which finds what this one found.
            input.done.clear();
            input.ruling.reset();
            input.settings.confirmed = blocked->token;
            asked_ = {blocked->objects.begin(), blocked->objects.end()};
            return true;
        }
        return false;
    }

private:
    void check_apply(const plan& p) {
        const auto* apply = std::get_if<apply_step>(&p.next);
        if (apply == nullptr) return;
        BOOST_TEST(!apply->objects.empty());
        for (const auto& action : apply->objects) {
            const auto* wanted = find(action.id);
            BOOST_TEST_REQUIRE(wanted != nullptr);
            BOOST_TEST(!wanted->orders.is_hook, to_string(action.id));
            if (const auto live = input.live.find(action.id); live != input.live.end()) {
                BOOST_TEST(
                    (live->second.owner == shop || live->second.owner == application_ref{}),
                    to_string(action.id)
                );
            }
            // No wave before all objects of the waves before it are applied, and say nothing bad.
            for (const auto& other : input.desired) {
                if (other.orders.is_hook || other.orders.wave >= wave_of(*wanted) ||
                    wave_of(other) >= wave_of(*wanted))
                    continue;
                const auto done = input.done.find(other.id);
                BOOST_TEST(
                    (done != input.done.end() && done->second.what == outcome::applied),
                    to_string(action.id) << " before " << to_string(other.id)
                );
                const auto record = input.live.find(other.id);
                BOOST_TEST(
                    (record != input.live.end() &&
                     record->second.status.value_or(health_status::healthy) == health_status::healthy),
                    to_string(action.id) << " before " << to_string(other.id) << " is healthy"
                );
            }
        }
    }

    void check_prune(const plan& p) {
        const auto* prune = std::get_if<prune_step>(&p.next);
        if (prune == nullptr) return;
        BOOST_TEST(!prune->objects.empty());
        for (const auto& action : prune->objects) {
            const auto& live = input.live.at(action.id);
            BOOST_TEST(action.uid == live.uid);
            if (prune->to_recreate) {
                BOOST_TEST((find(action.id) != nullptr && live.owner != application_ref{"deploy", "other"}));
                continue;
            }
            ++pruned_;
            BOOST_TEST(find(action.id) == nullptr, "pruned what is wanted: " << to_string(action.id));
            BOOST_TEST((live.owner == shop), "pruned what is not ours: " << to_string(action.id));
            BOOST_TEST((prune_policy(live, input.settings.options) != removal::never && !live.hook));
            BOOST_TEST(!input.heirs.contains(action.id));
            BOOST_TEST(
                (prune_policy(live, input.settings.options) == removal::allowed || asked_.contains(action.id))
            );
            if (takes_others_along(action.id)) {
                BOOST_TEST((input.along.at(action.id).nothing() || asked_.contains(action.id)));
                BOOST_TEST(input.along.at(action.id).failure.empty());
            }
            BOOST_TEST(input.settings.too_early.empty());
        }
        if (prune->to_recreate) return;
        BOOST_TEST(input.settings.prune);
        BOOST_TEST((!input.desired.empty() || input.settings.allow_empty));
        if (asked_.empty()) {
            // Of what there was when the operation began.
            const auto limit = input.settings.prune_limit.value_or(std::max<std::size_t>(10, removable_ / 2));
            BOOST_TEST(pruned_ <= limit);
        }
    }

    const planned_object* find(const object_id& o) const {
        for (const auto& wanted : input.desired) {
            if (wanted.id == o) return &wanted;
        }
        return nullptr;
    }

    /// After Namespaces and definitions were brought forward.
    std::int32_t wave_of(const planned_object& wanted) const {
        auto wave = wanted.orders.wave;
        for (const auto& other : input.desired) {
            if (other.orders.is_hook) continue;
            const bool inside = wanted.id.kind == "Namespace" && other.id.namespace_ == wanted.id.name;
            const bool instance = wanted.defines && other.id.kind == "Widget";
            if (inside || instance) wave = std::min(wave, other.orders.wave);
        }
        // A definition that was brought forward may bring its Namespace along; both are cluster-scoped here.
        return wave;
    }

    bool chance(std::size_t one_in) { return pick(one_in) == 0; }
    std::size_t pick(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_);
    }

    std::mt19937 random_;
    std::map<object_id, live_record> before_;
    /// What a person was asked about, and confirmed.
    std::set<object_id> asked_;
    bool confirms_ = false;
    std::size_t removable_ = 0;
    std::size_t pruned_ = 0;
};

BOOST_AUTO_TEST_SUITE(planner_properties)

BOOST_AUTO_TEST_CASE(whatever_happens_it_ends_in_order_and_touches_only_what_it_may) {
    std::set<std::size_t> ends;
    for (unsigned seed = 0; seed < 2000; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            random_world w{seed};
            int steps = 0;
            while (w.step_once()) {
                BOOST_TEST_REQUIRE(++steps < 500);
            }
            ends.insert(w.look().next.index());
        }
    }
    BOOST_TEST(ends.size() == 3U, "done, blocked and failed should all have been seen");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
