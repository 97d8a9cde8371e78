// What becomes of every sync option that there is: each value has an effect, is what is done anyway, or is
// said not to be served.

#include "control/made_namespaces.hpp"
#include "control/manifest_checks.hpp"
#include "engine/conditions.hpp"
#include "engine/not_served.hpp"
#include "engine/request.hpp"
#include "match/sync_option.hpp"
#include "policy/specification_checks.hpp"
#include "render/manifest_cache.hpp"
#include "sync/planner.hpp"
#include "sync/removal_policy.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

namespace holdfast::control {
namespace {

namespace json = boost::json;

const sync::application_ref shop{"deploy", "shop"};

json::object object_of(std::string text) {
    std::ranges::replace(text, '\'', '"');
    return json::parse(text).as_object();
}

sync::planned_object wanted(const std::string& kind, const std::string& name) {
    sync::planned_object one;
    one.id = {"", kind, "shop", name};
    one.version = "v1";
    one.hash = sha256(name);
    return one;
}

sync::live_record owned_by(const sync::application_ref& owner) {
    sync::live_record record;
    record.uid = "uid";
    record.owner = owner;
    return record;
}

sync::plan plan_of(sync::plan_input input, const sync::sync_options& options) {
    input.settings.application = shop;
    input.settings.options = options;
    input.settings.prune = true;
    input.settings.prune_limit = 10;
    return sync::next_step(input);
}

bool applies_what_is_in_sync(const sync::sync_options& options) {
    sync::plan_input input;
    input.desired.push_back(wanted("ConfigMap", "a"));
    input.desired.back().in_sync = true;
    input.live[input.desired.back().id] = owned_by(shop);
    return std::holds_alternative<sync::apply_step>(plan_of(std::move(input), options).next);
}

// Of two objects one is another application's.
bool applies_nothing_beside_what_is_shared(const sync::sync_options& options) {
    sync::plan_input input;
    input.desired.push_back(wanted("ConfigMap", "ours"));
    input.desired.push_back(wanted("ConfigMap", "theirs"));
    input.live[input.desired.back().id] = owned_by({"deploy", "other"});
    const auto plan = plan_of(std::move(input), options);
    const auto* failed = std::get_if<sync::failed_step>(&plan.next);
    return failed != nullptr && failed->sentence.find("ConfigMap \"shop/theirs\"") != std::string::npos;
}

bool makes_anew_what_cannot_be_changed(const sync::sync_options& options) {
    sync::plan_input input;
    input.desired.push_back(wanted("Service", "a"));
    const auto& one = input.desired.back();
    input.live[one.id] = owned_by(shop);
    input.done[one.id] = {
        .what = sync::outcome::failed, .hash = one.hash, .message = "spec.x: field is immutable"
    };
    const auto plan = plan_of(std::move(input), options);
    const auto* step = std::get_if<sync::prune_step>(&plan.next);
    return step != nullptr && step->to_recreate;
}

bool replaces(const sync::sync_options& options) {
    sync::plan_input input;
    input.desired.push_back(wanted("ConfigMap", "a"));
    const auto plan = plan_of(std::move(input), options);
    return std::get<sync::apply_step>(plan.next).objects.front().mode == sync::apply_mode::replace;
}

std::function<bool(const sync::sync_options&)> prunes_with(sync::propagation dependents) {
    return [dependents](const sync::sync_options& options) {
        sync::plan_input input;
        input.desired.push_back(wanted("ConfigMap", "a"));
        input.desired.back().in_sync = true;
        input.live[input.desired.back().id] = owned_by(shop);
        input.live[{"", "ConfigMap", "shop", "old"}] = owned_by(shop);
        const auto plan = plan_of(std::move(input), options);
        return std::get<sync::prune_step>(plan.next).objects.front().dependents == dependents;
    };
}

bool takes_an_unknown_kind(const sync::sync_options& options) {
    render::render_output output;
    output.objects.push_back(
        {.object = object_of("{'apiVersion': 'example.com/v1', 'kind': 'Widget', 'metadata': {'name': 'w'}}"),
         .from = {}}
    );
    const std::shared_ptr<const render::packed_output> packed = render::pack(output);
    const sources::build_target target{
        .who = {.application = shop, .installation = "holdfast", .names = sync::holdfast_dev()},
        .namespace_ = "shop",
        .options = options,
        .confined_to = {}
    };
    const kube::api_catalog empty;
    auto placed = sources::place_objects({packed}, target, empty);
    if (!placed) {
        return false;
    }
    const auto prepared = sources::prepare_objects(std::move(*placed), target, empty);
    return prepared && (*prepared)->objects.front().has_unknown_kind &&
           (*prepared)->objects.front().id.namespace_ == "shop";
}

bool takes_what_the_schema_has_not(const sync::sync_options& options) {
    const auto definition = object_of(
        "{'spec': {'group': 'example.com', 'names': {'kind': 'Widget'}, 'versions': [{'name': 'v1', "
        "'schema': "
        "{'openAPIV3Schema': {'type': 'object', 'properties': {'spec': {'type': 'object', 'properties': "
        "{'size': {'type': 'integer'}}}}}}}]}}"
    );
    const auto* const one = &definition;
    sync::schema_set served;
    BOOST_REQUIRE(served.add_definitions({&one, 1}).has_value());
    sources::desired_set objects;
    auto made = sync::make_desired(
        object_of("{'apiVersion': 'example.com/v1', 'kind': 'Widget', 'metadata': {'name': 'w', 'namespace': "
                  "'shop'}, 'spec': {'sise': 3}}"),
        {.application = shop, .installation = "holdfast", .names = sync::holdfast_dev()}
    );
    objects.objects.push_back(std::move(*made));
    const std::vector planned{sync::plan_object(objects.objects.front())};
    return schema_problems(planned, objects, options, served, {}).empty();
}

bool makes_the_namespace(const sync::sync_options& options) {
    crds::application_spec spec;
    spec.destination.namespace_ = "shop";
    if (options.create_namespace) {
        spec.sync_policy.sync_options.push_back(fmt::format("CreateNamespace={}", *options.create_namespace));
    }
    return made_namespace_of(spec).has_value();
}

// What is seen with the option, and not without it.
const std::map<std::string, std::function<bool(const sync::sync_options&)>> effects{
    {"ApplyOutOfSyncOnly=false", applies_what_is_in_sync},
    {"ClientSideApplyMigration=false", [](const sync::sync_options& o) { return !sync::takes_over(o, {}); }},
    {"CreateNamespace=true", makes_the_namespace},
    {"Delete=false",
     [](const sync::sync_options& o) { return sync::delete_policy({}, o) == sync::removal::never; }},
    {"Delete=confirm", [](const sync::sync_options& o
                       ) { return sync::delete_policy({}, o) == sync::removal::needs_confirmation; }},
    {"FailOnSharedResource=true", applies_nothing_beside_what_is_shared},
    {"Force=true", makes_anew_what_cannot_be_changed},
    {"Prune=false",
     [](const sync::sync_options& o) { return sync::prune_policy({}, o) == sync::removal::never; }},
    {"Prune=confirm", [](const sync::sync_options& o
                      ) { return sync::prune_policy({}, o) == sync::removal::needs_confirmation; }},
    {"PruneLast=true", [](const sync::sync_options& o) { return sync::is_pruned_last({}, o); }},
    {"PrunePropagationPolicy=background", prunes_with(sync::propagation::background)},
    {"PrunePropagationPolicy=orphan", prunes_with(sync::propagation::orphan)},
    {"Replace=true", replaces},
    {"SkipDryRunOnMissingResource=true", takes_an_unknown_kind},
    {"Validate=false", takes_what_the_schema_has_not},
};

crds::application_spec asking(const std::string& option) {
    crds::application_spec spec;
    spec.sync_policy.sync_options.push_back(option);
    return spec;
}

// The message of Ready=False; empty where it is ready.
std::string why_not_ready(const std::string& not_served) {
    crds::application_status status;
    status.sync.status = crds::sync_code::synced;
    status.health.status = crds::health_code::healthy;
    engine::findings found;
    if (!not_served.empty()) {
        found.problems[std::string{engine::not_served_type}] = not_served;
        found.reason = engine::not_served_type;
    }
    const auto conditions = engine::conditions_of({.status = status, .found = found, .warnings = {}}, {});
    const auto* ready = crds::find_condition(conditions, "Ready");
    return ready->status == "True" ? std::string{} : ready->message;
}

BOOST_AUTO_TEST_SUITE(sync_options_)

BOOST_AUTO_TEST_CASE(each_value_of_each_option_has_an_effect_or_is_said_not_to_be_served) {
    std::size_t seen = 0;
    for (const auto& option : match::sync_options) {
        for (const auto value : match::values_of(option.values)) {
            const auto text = fmt::format("{}={}", option.name, value);
            const auto effect = effects.find(text);
            std::vector<std::string> warnings;
            const auto parsed = sync::parse_sync_options(std::vector{text}, warnings);
            const auto spec = asking(text);
            const auto not_served = engine::not_served(policy::not_served(spec), nullptr, {});
            crds::sync_request request;
            request.sync_options.push_back(text);
            BOOST_TEST_CONTEXT(text) {
                if (option.is_retired) {
                    BOOST_TEST(warnings.size() == 1U);
                    BOOST_TEST((parsed == sync::sync_options{}));
                } else if (value == option.not_served_value) {
                    BOOST_TEST(why_not_ready(not_served)
                                   .starts_with("spec.syncPolicy.syncOptions[0]: " + text + " is not"));
                    BOOST_TEST(
                        engine::not_served(request).starts_with("operation.sync.syncOptions[0]: " + text)
                    );
                } else if (value == option.usual) {
                    BOOST_TEST((effect == effects.end()));
                } else {
                    BOOST_REQUIRE((effect != effects.end()));
                    BOOST_TEST(effect->second(parsed));
                    BOOST_TEST(!effect->second({}), "seen without the option");
                    ++seen;
                }
                if (value != option.not_served_value) BOOST_TEST(why_not_ready(not_served).empty());
            }
        }
    }
    BOOST_TEST(seen == effects.size());
}

BOOST_AUTO_TEST_CASE(what_an_object_asks_for_is_told_as_well) {
    for (const auto& option : match::sync_options) {
        for (const auto value : match::values_of(option.values)) {
            const auto text = fmt::format("{}={}", option.name, value);
            auto one = wanted("ConfigMap", "a");
            one.orders = sync::read_directives(object_of(fmt::format(
                "{{'metadata': {{'annotations': {{'argocd.argoproj.io/sync-options': '{}'}}}}}}", text
            )));
            const bool is_read_here = option.place == match::option_place::everywhere;
            const bool is_not_served = is_read_here && value == option.not_served_value;
            const std::vector all{one};
            const auto not_served = engine::not_served({}, &all, {});
            BOOST_TEST(not_served.empty() == !is_not_served, text);
            if (is_not_served) {
                BOOST_TEST(not_served.starts_with("ConfigMap \"shop/a\": sync-options: " + text), not_served);
            }
            BOOST_TEST(one.orders.warnings.size() == (is_read_here && !option.is_retired ? 0U : 1U), text);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::control
