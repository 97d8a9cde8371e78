#include "api/row.hpp"

#include "fixture.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::api {

BOOST_AUTO_TEST_SUITE(api_row)

BOOST_AUTO_TEST_CASE(what_needs_a_person_is_told_from_what_does_not) {
    using crds::health_code;
    using crds::operation_phase;
    using crds::sync_code;
    const struct {
        std::string_view what;
        sync_code sync;
        health_code health;
        std::optional<operation_phase> phase;
        std::string condition;
        urgency urgent;
    } table[] = {
        {"as it should be", sync_code::synced, health_code::healthy, operation_phase::succeeded, "",
         urgency::fine},
        {"degraded", sync_code::synced, health_code::degraded, {}, "", urgency::broken},
        {"a failed sync", sync_code::out_of_sync, health_code::healthy, operation_phase::failed, "",
         urgency::broken},
        {"an error", sync_code::out_of_sync, health_code::healthy, operation_phase::error, "", urgency::broken
        },
        {"failed before, right now", sync_code::synced, health_code::healthy, operation_phase::failed, "",
         urgency::fine},
        {"a wrong spec", sync_code::synced, health_code::healthy, {}, "InvalidSpecError", urgency::broken},
        {"a note", sync_code::synced, health_code::healthy, {}, "Warning", urgency::fine},
        {"unknown", sync_code::unknown, health_code::healthy, {}, "", urgency::uncertain},
        {"missing", sync_code::out_of_sync, health_code::missing, {}, "", urgency::uncertain},
        {"out of sync", sync_code::out_of_sync, health_code::healthy, {}, "", urgency::differs},
        {"syncing", sync_code::out_of_sync, health_code::healthy, operation_phase::running, "", urgency::busy
        },
        {"starting", sync_code::synced, health_code::progressing, {}, "", urgency::busy},
        {"suspended", sync_code::synced, health_code::suspended, {}, "", urgency::fine},
    };
    for (const auto& one : table) {
        auto it = application("shop", "web");
        it.status.sync.status = one.sync;
        it.status.health.status = one.health;
        if (one.phase) {
            it.status.operation_state.emplace().phase = *one.phase;
        }
        if (!one.condition.empty()) {
            it.status.conditions.push_back(
                {.type = one.condition,
                 .status = "True",
                 .observed_generation = 1,
                 .last_transition_time = {},
                 .reason = "R",
                 .message = "m"}
            );
        }
        BOOST_TEST(static_cast<int>(urgency_of(it)) == static_cast<int>(one.urgent), one.what);
    }
    auto asks = application("shop", "web");
    asks.status.pending_prune.emplace();
    BOOST_TEST((urgency_of(asks) == urgency::broken));
}

BOOST_AUTO_TEST_CASE(a_row_says_why_it_is_not_ready_and_no_password) {
    auto one = application("shop", "web");
    one.spec.source->repo_url = "https://me:secret@git.example/deploy.git";
    one.status.conditions.push_back(
        {.type = "Ready",
         .status = "False",
         .observed_generation = 1,
         .last_transition_time = {},
         .reason = "Degraded",
         .message = "Deployment \"shop/web\" has no replicas"}
    );
    one.status.sync.short_revision = "abc12345";
    const auto text = crds::json::serialize(write(row_of(one)));
    BOOST_TEST(
        text == R"({"namespace":"shop","name":"web","project":"default","sync":"Synced","health":"Healthy",)"
                R"("urgency":4,"revision":"abc12345","repoURL":"https://…@git.example/deploy.git",)"
                R"("path":"apps/web","cluster":"https://kubernetes.default.svc","reason":"Degraded",)"
                R"("message":"Deployment \"shop/web\" has no replicas"})"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::api
