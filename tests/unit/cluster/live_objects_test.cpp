#include "cluster/live_objects.hpp"

#include "../kube/fixture.hpp"

#include "kube/resource.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

namespace holdfast::cluster {
namespace {

using namespace std::chrono_literals;
using test::answer_json;
using test::answer_stream;

const sync::application_ref shop{"holdfast", "shop"};
const sync::application_ref other{"holdfast", "other"};

/// A ConfigMap of ours, as a server says it. `owned` is the value of the one field that we own.
std::string config_map(
    std::string_view name, std::string_view version, std::string_view owned = "1",
    const sync::application_ref& owner = shop
) {
    const auto text = [](std::string_view s) { return '"' + std::string{s} + '"'; };
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"n","name":)" + text(name) +
           R"(,"uid":)" + text("uid-" + std::string{name}) + R"(,"resourceVersion":)" + text(version) +
           R"(,"labels":{"holdfast.dev/installation":"holdfast"},"annotations":{"holdfast.dev/tracking-id":)" +
           text(to_string(owner) + ":/ConfigMap:n/" + std::string{name}) +
           R"(},"managedFields":[{"manager":"holdfast","operation":"Apply","apiVersion":"v1",)"
           R"("fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:value":{}}}}]},"data":{"value":)" +
           text(owned) + "}}";
}

std::string list(std::string_view version, const std::vector<std::string>& items) {
    std::string text = R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":")" +
                       std::string{version} + R"("},"items":[)";
    for (std::size_t i = 0; i < items.size(); ++i) {
        text += (i == 0 ? "" : ",") + items[i];
    }
    return text + "]}";
}

std::string event(std::string_view type, std::string_view object) {
    return R"({"type":")" + std::string{type} + R"(","object":)" + std::string{object} + "}\n";
}

/// A server without streaming lists, and what is known of its ConfigMaps.
struct known : kube::fixture {
    kube::resource kind = kube::resources::config_maps();
    kube::group_version_kind gvk = kind.gvk();
    std::vector<std::string> told;
    int ready = 0;
    live_objects live{
        context.get_executor(),
        api,
        {.names = sync::holdfast_dev(),
         .installation = "holdfast",
         .is_foundation = [](const sync::object_id& id) { return id.name == "stood-on"; },
         .within = {}},
        [this](const sync::application_ref& owner) { told.push_back(owner.name); },
        [this] { ++ready; }
    };

    known() {
        server.when("GET", "/api/v1/configmaps", "sendInitialEvents")
            .always(answer_json(422, kube::status_text(422, "Invalid", "no streaming lists")));
    }
    test::imposter::rule on_watch() { return server.when("GET", "/api/v1/configmaps", "watch=1"); }
    test::imposter::rule on_list() { return server.when("GET", "/api/v1/configmaps"); }

    const sync::live_record* find(const std::string& name) const { return live.find(gvk, "n", name); }
    std::string version(const std::string& name) const {
        const auto* record = find(name);
        return record == nullptr ? std::string{} : record->resource_version;
    }
    void note(const std::string& object) { live.note(gvk, json::parse(object).as_object()); }

    /// Watches the kind until `done`, which may do things on the way.
    void until(std::function<bool()> done) {
        live.watch(kind);
        run_until([](known* self) -> asio::awaitable<void> { co_await self->idle(); }(this), std::move(done));
        run([](known* self) -> asio::awaitable<bool> {
            co_await self->live.stop();
            co_return true;
        }(this));
    }

    /// Has these known as somebody's own once they are listed, and then lets go of "events", until the last of
    /// them has come.
    void remember_and_open(const std::vector<std::string>& names) {
        bool opened = false;
        until([&] {
            if (live.ready(gvk) && !opened) {
                opened = true;
                for (const auto& name : names) {
                    live.remember(gvk, {"", "ConfigMap", "n", name});
                }
                server.open("events");
            }
            return !version("last").empty();
        });
    }

private:
    static asio::awaitable<void> idle() {
        for (;;) {
            co_await sleep_for(1s);
        }
    }
};

/// A watch that has expired, and a server whose store is not as far as the version that is asked for then.
void set_back(known& k, std::string_view version, const std::vector<std::string>& items) {
    k.on_watch()
        .then(answer_stream()
                  .chunk(event("ERROR", kube::status_text(410, "Expired", "too old resource version")))
                  .last_chunk())
        .always(answer_stream().stall());
    k.on_list()
        .then(answer_json(200, list("1000", {config_map("a", "900", "new"), config_map("b", "950")})))
        .then(answer_json(
            504, R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Timeout","code":504,)"
                 R"("message":"Too large resource version: 1000, current: 500","details":{"causes":)"
                 R"([{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}})"
        ))
        .then(answer_json(200, list(version, items)));
}

BOOST_FIXTURE_TEST_SUITE(live_objects_suite, known)

BOOST_AUTO_TEST_CASE(what_the_operator_stands_on_is_never_to_be_deleted) {
    on_watch().always(answer_stream().stall());
    on_list().always(answer_json(200, list("1000", {config_map("a", "900"), config_map("stood-on", "910")})));
    until([&] { return live.ready(gvk); });
    BOOST_TEST(!find("a")->prune.has_value());
    BOOST_TEST((find("stood-on")->prune == sync::removal::foundation));
    BOOST_TEST((find("stood-on")->remove == sync::removal::foundation));
}

BOOST_AUTO_TEST_CASE(what_is_ours_goes_by_the_names_that_were_given) {
    static constexpr sync::dialect others{
        .tracking_annotation = "deploy.example.com/tracking-id",
        .installation_label = "deploy.example.com/installation",
        .release_annotation = "deploy.example.com/release-to",
        .sync_options_annotation = "deploy.example.com/sync-options",
        .field_manager = "deployer",
        .namespace_manager_prefix = "deployer-namespace:"
    };
    auto theirs = config_map("theirs", "910");
    for (const auto* name : {"holdfast.dev/installation", "holdfast.dev/tracking-id"}) {
        theirs.replace(theirs.find(name), std::string{"holdfast.dev"}.size(), "deploy.example.com");
    }
    on_watch().always(answer_stream().stall());
    on_list().always(answer_json(200, list("1000", {config_map("ours", "900"), theirs})));
    live_objects seen{
        context.get_executor(),
        api,
        {.names = others, .installation = "main", .within = {}},
        [](const sync::application_ref&) {},
        [] {}
    };
    seen.watch(kind);
    until([&] { return seen.ready(gvk); });
    BOOST_TEST(seen.size() == 2U); // whatever the server lists
    BOOST_REQUIRE(seen.owned_by(shop).size() == 1U);
    BOOST_TEST(seen.owned_by(shop).front().id.name == "theirs");
    const auto targets = this->targets();
    BOOST_TEST(std::ranges::any_of(targets, [](const std::string& target) {
        return target.find("labelSelector=deploy.example.com%2Finstallation%3Dmain") != std::string::npos;
    }));
    run([](live_objects& all) -> asio::awaitable<bool> {
        co_await all.stop();
        co_return true;
    }(seen));
}

/// Judges ConfigMaps of one application by the value that they have.
struct checks_of_shop {
    std::string script = "the script";
    std::vector<std::string> run_on;

    health_checks made() {
        return {
            .of =
                [this](
                    const std::string& cluster, const sync::application_ref& owner, const kube::group_kind& of
                ) {
                    return cluster == "here" && owner == shop && of.kind == "ConfigMap" && !script.empty()
                               ? &script
                               : nullptr;
                },
            .run = [this](
                       std::string text, std::shared_ptr<const json::object> object
                   ) { return run(this, std::move(text), std::move(object)); }
        };
    }

private:
    static asio::awaitable<checked_health>
    run(checks_of_shop* self, std::string text, std::shared_ptr<const json::object> object) {
        const std::string value{kube::find_text(*object, {"data", "value"})};
        self->run_on.push_back(std::string{kube::name_of(*object)} + "=" + value);
        co_await sleep_for(1ms);
        co_return checked_health{{sync::health_status::suspended, text + " says " + value}};
    }
};

BOOST_AUTO_TEST_CASE(an_application_judges_its_own_objects_by_its_own_check) {
    on_watch().always(answer_stream().chunk(event("MODIFIED", config_map("a", "1001", "2"))).stall());
    on_list().always(
        answer_json(200, list("1000", {config_map("a", "900"), config_map("b", "910", "1", other)}))
    );
    server.when("GET", "/api/v1/namespaces/n/configmaps/a")
        .always(answer_json(200, config_map("a", "1001", "2")));
    checks_of_shop checks;
    std::vector<std::string> changed;
    live_objects seen{
        context.get_executor(),
        api,
        {.names = sync::holdfast_dev(),
         .installation = "holdfast",
         .within = {},
         .cluster = "here",
         .checks = checks.made()},
        [&](const sync::application_ref& owner) { changed.push_back(owner.name); },
        [] {}
    };
    const auto told_of = [&](const std::string& name) {
        const auto* record = seen.find(gvk, "n", name);
        if (record == nullptr) return std::string{"not there"};
        return (record->status ? std::string{to_string(*record->status)} : "none") + " " +
               record->health_message;
    };
    seen.watch(kind);
    bool was_waiting = false;
    until([&] {
        was_waiting = was_waiting || told_of("a") == "Progressing Waiting for its health check";
        return told_of("a") == "Suspended the script says 2";
    });
    BOOST_TEST(was_waiting);
    BOOST_TEST(told_of("b") == "none ");
    BOOST_TEST(checks.run_on.back() == "a=2");
    BOOST_TEST(std::ranges::count(changed, "shop") > 0);

    // Another script, and then none: the object has not changed, so it is read.
    checks.script = "another";
    seen.recheck(shop);
    until([&] { return told_of("a") == "Suspended another says 2"; });
    checks.script.clear();
    seen.recheck(shop);
    until([&] { return told_of("a") == "none "; });
    run([](live_objects& all) -> asio::awaitable<bool> {
        co_await all.stop();
        co_return true;
    }(seen));
}

// The server does not select by annotations.
BOOST_AUTO_TEST_CASE(of_argo_cds_objects_those_of_others_are_passed_over_as_long_as_they_are) {
    const sync::argocd_marks marks{
        .application_namespace = "argocd", .how = sync::marking::by_annotation, .installation = {}
    };
    const auto names = sync::argoproj_io(marks);
    const auto marked = [](std::string_view name, std::string_view version, std::string_view id) {
        return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"n","name":")" +
               std::string{name} + R"(","uid":"uid-)" + std::string{name} + R"(","resourceVersion":")" +
               std::string{version} + R"(","annotations":{"argocd.argoproj.io/tracking-id":")" +
               std::string{id} + R"("}}})";
    };
    on_watch().always(answer_stream()
                          .chunk(event("MODIFIED", marked("taken-away", "1001", "")))
                          .chunk(event("MODIFIED", marked("given", "1002", "shop:/ConfigMap:n/given")))
                          .stall());
    on_list().always(answer_json(
        200, list(
                 "1000", {marked("ours", "900", "shop:/ConfigMap:n/ours"),
                          marked("copied", "901", "shop:/ConfigMap:n/ours"),
                          marked("taken-away", "902", "shop:/ConfigMap:n/taken-away"),
                          marked("given", "903", "elsewhere_shop:/ConfigMap:n/given"),
                          config_map("of-holdfast", "904")}
             )
    ));
    live_objects seen{
        context.get_executor(),
        api,
        {.names = names, .installation = "holdfast", .within = {}},
        [](const sync::application_ref&) {},
        [] {}
    };
    seen.watch(kind);
    const auto named = [&] {
        std::string all;
        for (const auto& one : seen.owned_by({"argocd", "shop"})) {
            all += one.id.name + " ";
        }
        return all;
    };
    until([&] { return named() == "given ours "; });
    BOOST_TEST(seen.size() == 2U);
    run([](live_objects& all) -> asio::awaitable<bool> {
        co_await all.stop();
        co_return true;
    }(seen));
}

BOOST_AUTO_TEST_CASE(what_argo_cd_does_not_mark_is_whose_it_is_said_to_be_and_goes_with_nobody) {
    const sync::argocd_marks marks{
        .application_namespace = "argocd", .how = sync::marking::by_label, .installation = {}
    };
    const auto names = sync::argoproj_io(marks);
    const kube::resource definitions{
        .group = "apiextensions.k8s.io",
        .version = "v1",
        .plural = "customresourcedefinitions",
        .kind = "CustomResourceDefinition",
        .namespaced = false
    };
    const std::string things =
        R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{)"
        R"("name":"things.example.com","uid":"u","resourceVersion":"900"}})";
    const auto path = kube::collection_path(definitions, {});
    on_watch().always(answer_stream().stall());
    on_list().always(answer_json(200, list("1000", {})));
    server.when("GET", path, "sendInitialEvents")
        .always(answer_json(422, kube::status_text(422, "Invalid", "no streaming lists")));
    server.when("GET", path, "watch=1").always(answer_stream().stall());
    server.when("GET", path).always(answer_json(200, list("1000", {things})));
    live_objects seen{
        context.get_executor(),
        api,
        {.names = names, .installation = "holdfast", .within = {}},
        [](const sync::application_ref&) {},
        [] {}
    };
    seen.watch(definitions);
    const auto gvk_of = definitions.gvk();
    until([&] { return seen.ready(gvk_of); });
    const sync::application_ref first{"argocd", "shop"};
    const auto* record = seen.find(gvk_of, "", "things.example.com");
    BOOST_REQUIRE(record != nullptr);
    BOOST_TEST(record->owner.name == "");
    BOOST_TEST((record->remove == sync::removal::never));
    const sync::object_id id{"apiextensions.k8s.io", "CustomResourceDefinition", "", "things.example.com"};
    seen.claim(gvk_of, id, first);
    seen.claim(gvk_of, id, {"argocd", "later"});
    record = seen.find(gvk_of, "", "things.example.com");
    BOOST_TEST((record->owner == first));
    BOOST_TEST(record->in_inventory);
    BOOST_TEST(seen.owned_by(first).empty());
    run([](live_objects& all) -> asio::awaitable<bool> {
        co_await all.stop();
        co_return true;
    }(seen));
}

BOOST_AUTO_TEST_CASE(what_stays_as_bad_as_it_is_degrades_by_time_alone_and_its_owner_is_told) {
    // Not ready for so long that it is about to be too long, and for longer than that.
    const auto not_ready = [](std::string_view name, std::chrono::seconds ago) {
        auto text = config_map(name, "900");
        const auto since = format_time(wall_clock::now() - ago);
        return text.insert(
            text.size() - 1, R"(,"status":{"conditions":[{"type":"Ready","status":"False",)"
                             R"("lastTransitionTime":")" +
                                 since + R"("}]})"
        );
    };
    on_watch().always(answer_stream().stall());
    on_list().always(answer_json(
        200, list("1000", {not_ready("soon", 297s), not_ready("long", 400s), config_map("x", "9")})
    ));
    std::optional<sync::health_status> at_first;
    until([&] {
        if (live.ready(gvk) && !at_first) at_first = find("soon")->status;
        return live.ready(gvk) && find("soon")->status == sync::health_status::degraded;
    });
    BOOST_TEST((at_first == sync::health_status::progressing));
    BOOST_TEST((find("long")->status == sync::health_status::degraded));
    BOOST_TEST(!find("x")->status.has_value());
    BOOST_TEST(told == (std::vector<std::string>{"shop"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_list_replaces_what_was_known_though_its_versions_are_lower) {
    set_back(*this, "500", {config_map("a", "400", "old"), config_map("c", "410")});
    until([&] { return version("c") == "410"; });
    BOOST_TEST(version("a") == "400");
    BOOST_TEST(version("b").empty());
    // What changed, what has gone and what has come back.
    BOOST_TEST(told == (std::vector<std::string>{"shop", "shop", "shop"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_list_that_brings_nothing_new_tells_nobody_and_one_cut_short_takes_nothing_away) {
    on_watch()
        .then(answer_stream()
                  .chunk(event("ERROR", kube::status_text(410, "Expired", "too old resource version")))
                  .last_chunk())
        .always(answer_stream().chunk(event("ADDED", config_map("last", "1201", "1", other))).stall());
    std::string first_page = list("1100", {config_map("b", "901")});
    const std::string mark = R"("resourceVersion":"1100")";
    first_page.replace(first_page.find(mark), mark.size(), mark + R"(,"continue":"two")");
    server.when("GET", "/api/v1/configmaps", "continue=two").then(answer_json(500, "broken"));
    on_list()
        .then(answer_json(200, list("1000", {config_map("a", "900"), config_map("b", "901")})))
        .then(answer_json(200, first_page))
        .then(answer_json(200, list("1200", {config_map("a", "900"), config_map("b", "901")})));
    until([&] { return !version("last").empty(); });
    BOOST_TEST(version("a") == "900");
    BOOST_TEST(version("b") == "901");
    BOOST_TEST(told == std::vector<std::string>{"other"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(after_a_store_was_set_back_answers_from_before_are_void_and_later_ones_are_believed) {
    set_back(*this, "500", {config_map("a", "400", "old")});
    bool noted = false;
    until([&] {
        if (live.ready(gvk) && !noted) {
            noted = true;
            note(config_map("a", "1100", "newer")); // the last write before
            note(config_map("lost", "1101"));
        }
        if (version("a") == "400" && version("made").empty()) {
            note(config_map("made", "510")); // the first after
        }
        return !version("made").empty();
    });
    BOOST_TEST(version("a") == "400");
    BOOST_TEST(version("lost").empty());
    BOOST_TEST(version("made") == "510");
}

BOOST_AUTO_TEST_CASE(the_answer_to_a_write_is_newer_than_a_list_of_before) {
    on_watch()
        .then(answer_stream()
                  .chunk(event("ERROR", kube::status_text(410, "Expired", "too old resource version")))
                  .last_chunk())
        .always(answer_stream().stall());
    on_list()
        .then(answer_json(200, list("1000", {config_map("a", "900", "1")})))
        .then(test::script{}.hold("list").send(answer_json(
                                                   200, list(
                                                            "1050", {config_map("a", "900", "1"),
                                                                     config_map("d", "1040", "theirs"),
                                                                     config_map("last", "1045")}
                                                        )
        )
                                                   .steps()
                                                   .front()
                                                   .text));
    bool noted = false;
    until([&] {
        if (live.ready(gvk) && !noted) {
            noted = true;
            note(config_map("a", "1100", "2"));    // changed,
            note(config_map("made", "1101"));      // made,
            note(config_map("d", "1030", "ours")); // and changed again by somebody before the list was made
            server.open("list");
        }
        return !version("last").empty();
    });
    BOOST_TEST(version("a") == "1100");
    BOOST_TEST(version("made") == "1101");
    BOOST_TEST(version("d") == "1040");
}

BOOST_AUTO_TEST_CASE(an_event_of_before_a_write_does_not_undo_its_answer) {
    on_watch().always(answer_stream()
                          .hold("events")
                          .chunk(event("MODIFIED", config_map("a", "1010", "theirs")))
                          .chunk(event("DELETED", config_map("b", "1015")))
                          .chunk(event("MODIFIED", config_map("c", "1030", "theirs")))
                          .chunk(event("ADDED", config_map("last", "1031")))
                          .stall());
    on_list().then(answer_json(
        200, list("1000", {config_map("a", "900", "1"), config_map("b", "901"), config_map("c", "902")})
    ));
    bool noted = false;
    until([&] {
        if (live.ready(gvk) && !noted) {
            noted = true;
            note(config_map("a", "1020", "ours"));
            note(config_map("b", "1021")); // made anew
            note(config_map("c", "1022", "ours"));
            server.open("events");
        }
        return !version("last").empty();
    });
    BOOST_TEST(version("a") == "1020");
    BOOST_TEST(version("b") == "1021");
    BOOST_TEST(version("c") == "1030");
}

BOOST_AUTO_TEST_CASE(what_a_list_said_counts_when_the_answer_that_overtook_it_is_void) {
    set_back(*this, "500", {config_map("a", "400", "old"), config_map("b", "450", "old", other)});
    bool noted = false;
    until([&] {
        if (live.ready(gvk) && !noted) {
            noted = true;
            note(config_map("a", "1100", "newer"));
            note(config_map("b", "1101", "newer"));
        }
        return version("a") == "400";
    });
    BOOST_TEST(version("b") == "450");
    BOOST_REQUIRE(find("b") != nullptr);
    BOOST_TEST(find("b")->owner.name == "other");
    // Both lost what they had, and the other one has what he did not have.
    std::sort(told.begin(), told.end());
    BOOST_TEST(told == (std::vector<std::string>{"other", "shop", "shop"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_owner_that_loses_an_object_before_the_first_list_is_told) {
    on_watch().always(answer_stream().stall());
    on_list().then(test::script{}.hold("list").send(
        answer_json(200, list("1000", {config_map("a", "910", "1", other)})).steps().front().text
    ));
    bool noted = false;
    until([&] {
        if (!noted && server.requests().size() > 1) {
            noted = true;
            note(config_map("a", "900", "1", shop)); // and then, in another process, the other one's
            server.open("list");
        }
        return live.ready(gvk);
    });
    BOOST_REQUIRE(find("a") != nullptr);
    BOOST_TEST(find("a")->owner.name == "other");
    BOOST_TEST(told.front() == "shop");
}

BOOST_AUTO_TEST_CASE(an_owner_that_loses_an_object_to_a_write_of_ours_is_told_at_once) {
    on_watch().always(answer_stream().stall());
    on_list().then(answer_json(200, list("1000", {})));
    until([&] {
        if (live.ready(gvk) && find("a") == nullptr) {
            note(config_map("a", "1010", "1", shop));
            BOOST_TEST(told.empty());
            note(config_map("a", "1011", "1", other));
        }
        return live.ready(gvk);
    });
    BOOST_TEST(told == std::vector<std::string>{"shop"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_known_to_be_ones_own_stays_so_whatever_others_write_on_it) {
    on_watch().always(answer_stream()
                          .hold("events")
                          .chunk(event("MODIFIED", config_map("a", "1010", "1", other)))
                          .chunk(event("MODIFIED", config_map("b", "1011", "1", other)))
                          .chunk(event("ADDED", config_map("last", "1031")))
                          .stall());
    on_list().then(answer_json(200, list("1000", {config_map("a", "900"), config_map("b", "901")})));
    remember_and_open({"a"});
    BOOST_REQUIRE(find("a") != nullptr);
    BOOST_TEST(find("a")->owner.name == "shop");
    BOOST_TEST(find("a")->is_remarked);
    BOOST_TEST(live.owned_by(shop).size() == 2U); // and "last"
    // What nobody knows to be anybody's is whose it says.
    BOOST_TEST(find("b")->owner.name == "other");
    BOOST_TEST(!find("b")->is_remarked);
    // Our own write ends it, for whomever it was.
    note(config_map("a", "1040", "1", shop));
    BOOST_TEST(!find("a")->is_remarked);
    note(config_map("a", "1041", "1", other));
    BOOST_TEST(find("a")->owner.name == "other");
    BOOST_TEST(!find("a")->is_remarked);
}

BOOST_AUTO_TEST_CASE(who_takes_our_label_away_and_has_the_object_applied_for_another_one_gets_nothing) {
    on_watch().always(answer_stream()
                          .hold("events")
                          .chunk(event("DELETED", config_map("a", "1010")))
                          .chunk(event("DELETED", config_map("b", "1011")))
                          .chunk(event("ADDED", config_map("last", "1012")))
                          .stall());
    on_list().then(answer_json(200, list("1000", {config_map("a", "900"), config_map("b", "901")})));
    remember_and_open({"a", "b"});
    BOOST_TEST(find("a") == nullptr);
    note(config_map("a", "1020", "1", other));
    BOOST_REQUIRE(find("a") != nullptr);
    BOOST_TEST(find("a")->owner.name == "shop");
    BOOST_TEST(find("a")->is_remarked);
    // One of that name that was made anew is another object.
    auto anew = config_map("b", "1021", "1", other);
    anew.replace(anew.find("uid-b"), 5, "uid-2");
    note(anew);
    BOOST_REQUIRE(find("b") != nullptr);
    BOOST_TEST(find("b")->owner.name == "other");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
