// An Application's own health checks.

#include "e2e/applications.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast::test;

namespace {

json::object with_check(const std::string& script) {
    return {{"healthChecks", json::array{json::object{{"kind", "ConfigMap"}, {"check", script}}}}};
}

constexpr const char* by_value =
    "if obj.data.value == 'bad' then return {status = 'Degraded', message = 'it is ' .. obj.data.value} end "
    "return {status = 'Healthy'}";

/// What the status says of an object's health: "Degraded: why".
std::string health_of(const application_view& seen, const std::string& called) {
    const auto entry = resource_of(seen, "ConfigMap", called);
    const auto* health = entry.if_contains("health");
    if (health == nullptr || !health->is_object()) return "none";
    const auto& of = health->get_object();
    const auto text = [&](const char* name) {
        const auto* value = of.if_contains(name);
        return value != nullptr ? std::string{value->as_string()} : std::string{};
    };
    return text("status") + ": " + text("message");
}

} // namespace

BOOST_AUTO_TEST_SUITE(own_health_checks)

BOOST_AUTO_TEST_CASE(an_object_fares_as_the_applications_script_says) {
    scene s{"judged"};
    s.config_map("a", "bad");
    s.repository.push("It is bad");
    application_options options;
    options.spec = with_check(by_value);
    s.follow(options);
    const auto bad = s.until(
        [](const application_view& v) { return v.synced() && v.health == "Degraded"; },
        "the script's verdict is its own"
    );
    BOOST_TEST(health_of(bad, "a") == "Degraded: it is bad", bad.describe());

    s.config_map("a", "good");
    s.repository.push("It is good");
    s.until(
        [](const application_view& v) { return v.synced() && v.health == "Healthy"; },
        "what changed is looked at again"
    );

    // Another script, though no object changes; and none: a ConfigMap has no health then.
    s.patch({{"spec", with_check("return {status = 'Suspended', message = obj.metadata.name}")}});
    s.until(
        [](const application_view& v) { return health_of(v, "a") == "Suspended: a"; },
        "the other script is run"
    );
    s.patch({{"spec", json::object{{"healthChecks", nullptr}}}});
    s.until(
        [](const application_view& v) { return v.health == "Healthy" && health_of(v, "a") == "none"; },
        "nothing is said any more"
    );
}

BOOST_AUTO_TEST_CASE(a_script_that_fails_or_never_ends_harms_its_own_application_alone) {
    scene endless{"endless"};
    endless.config_map("a", "1").config_map("b", "1").config_map("c", "1");
    endless.repository.push("Three objects");
    application_options options;
    options.spec = with_check("while true do end");
    endless.follow(options);
    const auto stuck = endless.until(
        [](const application_view& v) { return v.synced() && v.health == "Unknown"; },
        "what never ends is ended"
    );
    BOOST_TEST(
        health_of(stuck, "a")
            .starts_with("Unknown: Its health check failed: it ran for longer than a second"),
        stuck.describe()
    );

    scene other{"beside"};
    other.config_map("a", "1");
    other.repository.push("One");
    options.spec = with_check(by_value);
    other.follow(options);
    await_synced(other.name);

    endless.patch({{"spec", with_check("return obj.no.such")}});
    endless.until(
        [](const application_view& v) {
            return health_of(v, "a") ==
                   "Unknown: Its health check failed: check:1: attempt to index a nil value (field 'no')";
        },
        "the error is told"
    );
}

BOOST_AUTO_TEST_SUITE_END()
