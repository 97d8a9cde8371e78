// What is decided about a review, and the route that API servers ask.

#include "admission/validator.hpp"

#include "base/task_group.hpp"
#include "support/coroutine.hpp"
#include "unit/policy/fake_surroundings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::admission {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using holdfast::test::run;
using policy::test::application;
using policy::test::application_object;
using policy::test::fake_surroundings;
using texts = std::vector<std::string>;

review of(json::object object, const std::string& operation = "CREATE", json::object old = {}) {
    review r;
    r.uid = "1";
    r.operation = operation;
    r.group = "holdfast.dev";
    r.version = "v1alpha1";
    r.kind = object.empty() ? "Application" : std::string{object.at("kind").as_string()};
    r.namespace_ = "holdfast";
    r.name = "shop";
    r.object = std::move(object);
    r.old_object = std::move(old);
    return r;
}

const std::string two_wrongs =
    R"({"spec": {"destination": {"name": "a", "server": "https://a"},
        "syncPolicy": {"syncOptions": ["Prunelast=true"]}}})";
const std::string one_wrong = R"({"spec": {"destination": {"name": "a", "server": "https://a"}}})";
const std::string not_the_cluster = "spec.destination: exactly one of server and name must be set";

decision decided(const review& r, const fake_surroundings& around = {}) {
    return decide(r, around, "holdfast");
}

std::string body_of(const review& r) {
    json::object request{
        {"uid", r.uid},
        {"operation", r.operation},
        {"kind", {{"group", r.group}, {"version", r.version}, {"kind", r.kind}}},
        {"namespace", r.namespace_},
        {"name", r.name},
        {"dryRun", true},
        {"object", r.object}
    };
    if (!r.old_object.empty()) {
        request["oldObject"] = r.old_object;
    }
    return json::serialize(
        json::object{{"apiVersion", "admission.k8s.io/v1"}, {"kind", "AdmissionReview"}, {"request", request}}
    );
}

asio::awaitable<std::string> talk(std::uint16_t port, std::string bytes) {
    tcp::socket socket{co_await asio::this_coro::executor};
    const tcp::endpoint at{asio::ip::address_v4::loopback(), port};
    co_await socket.async_connect(at, asio::use_awaitable);
    boost::system::error_code ec;
    co_await asio::async_write(socket, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
    std::string all;
    co_await asio::async_read(
        socket, asio::dynamic_buffer(all), asio::redirect_error(asio::use_awaitable, ec)
    );
    co_return all;
}

struct answering {
    asio::io_context context;
    worker_pool pool{1};
    fake_surroundings around;
    observe::metrics counters;
    std::unique_ptr<http::server> server;

    answering() { listen({.installation = "holdfast", .told = audience::api_server}); }
    ~answering() { stop(); }
    answering(const answering&) = delete;
    answering& operator=(const answering&) = delete;

    void stop() {
        if (server) {
            run(context, server->stop(0ms));
            server.reset();
        }
    }
    void listen(const validator_settings& settings) {
        stop();
        server = http::listen(
                     context.get_executor(), listen_options("127.0.0.1:0", settings),
                     http::make_router(make_routes(context.get_executor(), around, counters, pool, settings))
        )
                     .value();
    }
    std::string post(const std::string& body, const std::string& type = "application/json") {
        return run(
            context,
            talk(
                server->port(),
                "POST /validate?timeout=5s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: " +
                    type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body
            )
        );
    }
    json::object response_to(const review& r) {
        const auto answer = post(body_of(r));
        BOOST_TEST_REQUIRE(answer.starts_with("HTTP/1.1 200 "), answer);
        return json::parse(answer.substr(answer.find("\r\n\r\n") + 4)).at("response").as_object();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(admission_decide)

BOOST_AUTO_TEST_CASE(projects_are_judged_and_what_falls_out_of_one_is_a_warning) {
    fake_surroundings around;
    around.applications = {application(R"({"spec": {"project": "shop"}})")};
    const auto object_of = [](const std::string& spec) {
        return json::parse(
                   R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Project",
            "metadata": {"name": "shop", "namespace": "holdfast"}, "spec": )" +
                   spec + "}"
        )
            .as_object();
    };
    const auto open =
        object_of(R"({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]})");
    const auto closed =
        object_of(R"({"sourceRepos": ["https://x/*"], "destinations": [{"server": "*", "namespace": "*"}]})");
    around.known.put(crds::examine_project(open).value);
    BOOST_TEST(decided(of(open, "UPDATE", open), around).allowed);
    const auto narrowed = decided(of(closed, "UPDATE", open), around);
    BOOST_TEST(narrowed.allowed);
    BOOST_TEST_REQUIRE(narrowed.warnings.size() == 1U);
    BOOST_TEST(narrowed.warnings.front().find("holdfast/shop") != std::string::npos);
    const auto wrong = decided(of(object_of(R"({"sourceRepos": ["!*"]})")), around);
    BOOST_TEST(!wrong.allowed);
    BOOST_TEST(wrong.message.starts_with("spec.sourceRepos[0]: must not be"), wrong.message);
    BOOST_TEST(!decided(of(object_of(R"({"sourceRepo": ["*"]})")), around).allowed);
}

BOOST_AUTO_TEST_CASE(a_project_in_use_may_be_deleted_and_a_warning_names_who_uses_it) {
    fake_surroundings around;
    around.applications = {application(R"({"spec": {"project": "shop"}})")};
    auto deletion = of({}, "DELETE", {});
    deletion.kind = "Project";
    const auto used = decided(deletion, around);
    BOOST_TEST(used.allowed);
    BOOST_TEST_REQUIRE(used.warnings.size() == 1U);
    BOOST_TEST(
        used.warnings.front().find("nothing is synced or deleted for holdfast/shop") != std::string::npos
    );
    deletion.name = "unused";
    BOOST_TEST(decided(deletion, around).warnings.empty());
    // Elsewhere none counts.
    deletion.name = "shop";
    deletion.namespace_ = "team";
    BOOST_TEST(decided(deletion, around).warnings.empty());
    deletion.namespace_ = "holdfast";
    deletion.kind = "Repository";
    BOOST_TEST(decided(deletion, around).warnings.empty());
}

BOOST_AUTO_TEST_CASE(what_is_right_is_allowed) {
    const auto said = decided(of(application_object()));
    BOOST_TEST(said.allowed);
    BOOST_TEST(said.warnings.empty());
}

BOOST_AUTO_TEST_CASE(all_that_is_wrong_is_told_at_once) {
    const auto said = decided(of(application_object(two_wrongs)));
    BOOST_TEST(!said.allowed);
    BOOST_TEST(
        said.message ==
        "Application holdfast/shop has 2 problems:\n  " + not_the_cluster +
            "\n  spec.syncPolicy.syncOptions[0]: unknown option \"Prunelast=true\"; did you mean "
            "\"PruneLast=true\"?"
    );
    BOOST_TEST_REQUIRE(said.causes.size() == 2U);
    BOOST_TEST(said.causes[0].first == "spec.destination");
    const auto unknown = decided(of(application_object(R"({"spec": {"sorce": {}}})")));
    BOOST_TEST(!unknown.allowed);
    BOOST_TEST(unknown.message.find("sorce") != std::string::npos, unknown.message);
    BOOST_TEST(decided(of(application_object(one_wrong))).message == not_the_cluster);
}

BOOST_AUTO_TEST_CASE(what_was_wrong_before_is_no_reason_to_refuse_an_update) {
    const auto wrong = application_object(one_wrong);
    auto repaired_a_bit = wrong;
    repaired_a_bit["metadata"].as_object()["labels"] = {{"team", "shop"}};
    auto said = decided(of(repaired_a_bit, "UPDATE", wrong));
    BOOST_TEST(said.allowed);
    BOOST_TEST(said.warnings == texts{not_the_cluster}, boost::test_tools::per_element());
    // What is added to it is.
    said = decided(of(application_object(two_wrongs), "UPDATE", wrong));
    BOOST_TEST(!said.allowed);
    BOOST_TEST(said.causes.size() == 1U);
    BOOST_TEST(said.warnings == texts{not_the_cluster}, boost::test_tools::per_element());
    BOOST_TEST(!decided(of(wrong, "UPDATE", application_object())).allowed);
}

BOOST_AUTO_TEST_CASE(advice_comes_with_the_spec_and_not_with_every_annotation) {
    fake_surroundings around;
    around.branches["https://git.example.com/team/deploy"] = {"main"};
    const auto written = application_object();
    BOOST_TEST(decided(of(written), around).warnings.size() == 1U); // there is no v1 (yet)
    auto annotated = written;
    annotated["metadata"].as_object()["annotations"] = {{"example.com/note", "x"}};
    BOOST_TEST(decided(of(annotated, "UPDATE", written), around).warnings.empty());
    auto changed = annotated;
    changed["spec"].as_object()["suspend"] = true;
    BOOST_TEST(decided(of(changed, "UPDATE", annotated), around).warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_an_older_version_admitted_can_still_be_changed_and_is_told_of) {
    // Its own copies of these rules took all of this.
    for (const auto* const source :
         {R"({"targetRevision": "@"})", R"({"targetRevision": "a/.b"})", R"({"targetRevision": "a.lock/b"})",
          R"({"directory": {"include": "[z-a]"}})", R"({"directory": {"exclude": "[^a]*"}})",
          R"({"helm": {"valueFiles": ["env/{a*"]}})"}) {
        const auto stored = application_object(R"({"spec": {"source": )" + std::string{source} + "}}");
        BOOST_TEST(!decided(of(stored)).allowed, source);
        auto labelled = stored;
        labelled["metadata"].as_object()["labels"] = {{"team", "shop"}};
        const auto said = decided(of(labelled, "UPDATE", stored));
        BOOST_TEST(said.allowed, source << ": " << said.message);
        BOOST_TEST(said.warnings.size() == 1U, source);
    }
}

BOOST_AUTO_TEST_CASE(what_is_going_is_let_go) {
    auto going = application_object(one_wrong);
    going["metadata"].as_object()["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    BOOST_TEST(decided(of(going, "UPDATE", application_object())).allowed);
    BOOST_TEST(decided(of({}, "DELETE", application_object(one_wrong))).allowed);
}

BOOST_AUTO_TEST_CASE(what_is_none_of_ours_is_let_through) {
    auto other = of(application_object(one_wrong));
    other.group = "argoproj.io";
    BOOST_TEST(decided(other).allowed);
    other = of(application_object(one_wrong));
    other.version = "v2";
    BOOST_TEST(decided(other).allowed);
    other = of(application_object(one_wrong));
    other.subresource = "status";
    BOOST_TEST(decided(other).allowed);
    other = of(application_object(one_wrong), "CONNECT");
    BOOST_TEST(decided(other).allowed);
    const auto labelled =
        application_object(R"({"metadata": {"labels": {"holdfast.dev/installation": "second"}},
            "spec": {"destination": {"name": "elsewhere"}}})");
    BOOST_TEST(decided(of(labelled)).allowed);
    BOOST_TEST(!decide(of(labelled), fake_surroundings{}, "second").allowed);
}

BOOST_AUTO_TEST_CASE(an_object_without_a_name_or_namespace_of_its_own_is_judged_with_the_requests) {
    auto object =
        application_object(R"({"metadata": {"namespace": null, "name": null, "generateName": "shop-"},
        "spec": {"destination": {"namespace": "other"}}})");
    auto r = of(object);
    r.namespace_ = "team";
    const auto said = decided(r);
    BOOST_TEST(!said.allowed);
    BOOST_TEST(said.message.find("must be \"team\"") != std::string::npos, said.message);
}

BOOST_AUTO_TEST_CASE(a_repository_is_judged_too) {
    const auto said = decided(
        of(json::parse(
               R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Repository", "metadata": {"name": "team"},
            "spec": {"url": "https://me:secret@git.example.com/"}})"
        )
               .as_object())
    );
    BOOST_TEST(!said.allowed);
    BOOST_TEST(said.message.find("secret@") == std::string::npos, said.message);
}

BOOST_AUTO_TEST_CASE(a_set_is_judged_with_what_its_lists_and_templates_come_to) {
    const auto set = [](const std::string& generator, const std::string& more = {}) {
        return json::parse(
                   R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "shop",
                       "namespace": "holdfast"}, "spec": {"generators": [)" +
                   generator +
                   R"(], "template": {"metadata": {"name": "a-{{x}}"}, "spec": {"project": "{{x}}"}})" +
                   more + "}}"
        )
            .as_object();
    };
    const std::string right = R"({"list": {"elements": [{"x": "1"}]}})";
    BOOST_TEST(decided(of(set(right))).allowed);
    struct row {
        json::object object;
        std::string said;
    };
    const row rows[] = {
        // What is not served, by its name.
        {set(R"({"pullRequest": {}})"),
         "spec.generators[0].pullRequest: the generator pullRequest is not served"},
        {set(right, R"(, "strategy": {"type": "RollingSync"})"), "RollingSync"},
        {set(R"({"matrix": {"generators": [)" + right + "]}}"), "Matrix support only two"},
        // What comes to nothing whatever there is elsewhere.
        {set(R"({"list": {"elements": [{"x": 1}]}})"), "spec.generators[0].list"},
        {set(right, R"(, "templatePatch": "spec: [")"), "templatePatch"},
        {set(R"({"merge": {"mergeKeys": ["x"], "generators": [{"list": {"elements": [{"x": "1"}, {"x": "1"}]}}, )" +
             right + "]}}"),
         "not unique"},
    };
    for (const auto& [object, said] : rows) {
        const auto answer = decided(of(object));
        BOOST_TEST(!answer.allowed);
        BOOST_TEST(answer.message.find(said) != std::string::npos, answer.message);
        // What was wrong already is no reason to refuse an update of something else.
        auto changed = object;
        changed["metadata"].as_object()["annotations"] = {{"a", "b"}};
        BOOST_TEST(decided(of(changed, "UPDATE", object)).allowed);
    }
    // What surprises is said, and let through.
    const auto answer = decided(of(set(right, R"(, "goTemplate": true)")));
    BOOST_TEST(answer.allowed);
    BOOST_REQUIRE(answer.warnings.size() == 1U);
    BOOST_TEST(answer.warnings.front().find("missingkey=error") != std::string::npos);
    // Of another installation.
    auto other = set(R"({"pullRequest": {}})");
    other["metadata"].as_object()["labels"] = {{"holdfast.dev/installation", "other"}};
    BOOST_TEST(decided(of(other)).allowed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(admission_route, answering)

BOOST_AUTO_TEST_CASE(a_review_is_answered) {
    BOOST_TEST(response_to(of(application_object())).at("allowed").as_bool());
    const auto refused = response_to(of(application_object(one_wrong)));
    BOOST_TEST(!refused.at("allowed").as_bool());
    BOOST_TEST(refused.at("status").at("message").as_string() == not_the_cluster);
    const auto counted = counters.text();
    BOOST_TEST(
        counted.find("holdfast_admission_duration_seconds_count{kind=\"Application\",operation=\"CREATE\"") !=
            std::string::npos,
        counted
    );
}

BOOST_AUTO_TEST_CASE(what_the_fetched_commits_do_not_have_is_a_warning_where_the_sources_are_new) {
    around.in_sources = {{"spec.source.path", "there is no shop at v1"}};
    const auto said = response_to(of(application_object()));
    BOOST_TEST(said.at("allowed").as_bool());
    BOOST_TEST((said.at("warnings") == json::array{"spec.source.path: there is no shop at v1"}));
    BOOST_TEST(around.looks_into_sources == 1);
    BOOST_TEST(!response_to(of(application_object(), "UPDATE", application_object())).contains("warnings"));
    BOOST_TEST(!response_to(of(application_object(one_wrong))).contains("warnings"));
    BOOST_TEST(around.looks_into_sources == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_review_is_refused_and_never_allowed) {
    BOOST_TEST(post("{}").starts_with("HTTP/1.1 400 "));
    BOOST_TEST(post("").starts_with("HTTP/1.1 400 "));
    BOOST_TEST(post("[[[[").starts_with("HTTP/1.1 400 "));
    BOOST_TEST(post(std::string(200'000, '[')).starts_with("HTTP/1.1 400 ")); // on the pool
    BOOST_TEST(post(body_of(of(application_object())), "application/yaml").starts_with("HTTP/1.1 415 "));
    BOOST_TEST(post(body_of(of(application_object())), "application/json; charset=utf-8")
                   .starts_with("HTTP/1.1 200 "));
    const auto large =
        run(context,
            talk(
                server->port(),
                "POST /validate HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
                "5000000\r\n\r\n"
            ));
    BOOST_TEST(large.starts_with("HTTP/1.1 413 "));
    BOOST_TEST(run(context,
                   talk(server->port(), "GET /validate HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
                   .starts_with("HTTP/1.1 405 "));
}

BOOST_AUTO_TEST_CASE(a_large_object_is_judged_like_a_small_one) {
    auto object = application_object(one_wrong);
    object["metadata"].as_object()["annotations"] = {{"note", std::string(200'000, 'x')}};
    const auto refused = response_to(of(object));
    BOOST_TEST(!refused.at("allowed").as_bool());
    BOOST_TEST(refused.at("status").at("message").as_string() == not_the_cluster);
}

// What a review made of nothing but wrong fields takes, in whoever's name it comes.
std::string hostile_body(std::size_t bytes) {
    auto object = application_object();
    auto& spec = object["spec"].as_object();
    for (std::size_t i = 0; i * 12 < bytes / 2; ++i) {
        spec["f" + std::to_string(1'000'000 + i)] = 1;
    }
    auto r = of(object, "UPDATE", object);
    r.old_object["metadata"].as_object()["labels"] = {{"a", "b"}};
    return body_of(r);
}

BOOST_AUTO_TEST_CASE(the_loop_goes_on_while_a_long_review_is_read) {
    const auto body = hostile_body(2'000'000);
    BOOST_TEST_REQUIRE(body.size() < longest_review);
    BOOST_TEST_REQUIRE(body.size() > longest_review / 2);
    auto longest = steady_clock::duration{};
    bool answered = false;
    task_group group{context.get_executor()};
    group.spawn("look at the clock", [](bool* over, steady_clock::duration* into) -> asio::awaitable<void> {
        for (auto last = steady_clock::now(); !*over;) {
            co_await sleep_for(1ms);
            const auto now = steady_clock::now();
            *into = std::max(*into, now - last);
            last = now;
        }
    }(&answered, &longest));
    const auto answer = post(body);
    answered = true;
    run(context, group.join());
    BOOST_TEST_REQUIRE(answer.starts_with("HTTP/1.1 200 "), answer.substr(0, 200));
    const auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
    BOOST_TEST_MESSAGE("the longest silence of the loop: " << silence << " ms");
    // On the loop it takes seconds.
    BOOST_TEST(silence < 500);
    // An answer that somebody may read.
    BOOST_TEST(answer.size() < 100'000u);
}

BOOST_AUTO_TEST_CASE(a_review_takes_no_more_memory_than_an_object_that_can_be_stored) {
    std::string brackets = "[]";
    while (brackets.size() < 3'900'000)
        brackets += ",[]";
    auto object = application_object();
    object["spec"].as_object()["x"] = "BRACKETS";
    auto body = body_of(of(object));
    body.replace(body.find("\"BRACKETS\""), 10, "[" + brackets + "]");
    const auto answer = post(body);
    BOOST_TEST(answer.starts_with("HTTP/1.1 400 "), answer.substr(0, 200));
    BOOST_TEST(answer.find("more memory") != std::string::npos, answer);
    body = body_of(of(object));
    body.replace(body.find("\"BRACKETS\""), 10, "{\"a\": [" + brackets.substr(0, 299'999) + "]}");
    BOOST_TEST(post(body).starts_with("HTTP/1.1 200 "));
}

BOOST_AUTO_TEST_CASE(names_that_are_none_are_refused_before_they_are_repeated) {
    auto r = of(application_object());
    r.name = std::string(300, 'x');
    BOOST_TEST(post(body_of(r)).starts_with("HTTP/1.1 400 "));
}

BOOST_AUTO_TEST_CASE(an_object_of_another_namespace_than_the_requests_is_refused) {
    auto r = of(application_object());
    r.namespace_ = "team";
    const auto said = response_to(r);
    BOOST_TEST(!said.at("allowed").as_bool());
    BOOST_TEST(
        said.at("status").at("message").as_string() ==
        "metadata.namespace: must be the request's, which is \"team\""
    );
    BOOST_TEST(around.looks_into_sources == 0);
}

BOOST_AUTO_TEST_CASE(who_shows_no_certificate_is_told_nothing_that_took_a_credential_to_know) {
    const std::string url = "https://git.example.com/team/deploy";
    around.branches[url] = {"main"};
    around.in_sources = {{"spec.source.path", "there is no shop at v1"}};
    around.secrets["holdfast/half"] = {"username"};
    const auto application = of(application_object());
    auto lacking = of(
        json::parse(
            R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Repository", "metadata": {"name": "shop", "namespace": "holdfast"},
            "spec": {"url": "https://git.example.com/", "secretRef": {"name": "half"}, "webhook": {"secretRef": {"name": "half"}}}})"
        )
            .as_object()
    );
    const json::array all{
        "spec.source.targetRevision: there is no \"v1\" among the refs of " + url + " (yet)",
        "spec.source.path: there is no shop at v1"
    };
    // What everybody can fetch is told to everybody.
    BOOST_TEST((response_to(application).at("warnings") == all));
    listen({.installation = "holdfast", .told = audience::anyone});
    BOOST_TEST((response_to(application).at("warnings") == all));
    BOOST_TEST(around.looked_at == texts{"shop"}, boost::test_tools::per_element());
    // What a Secret opens is not.
    around.repositories = {policy::test::repository(
        R"({"url": "https://git.example.com/", "secretRef": {"name": "half"}})", R"({"name": "team"})"
    )};
    around.in_sources.clear();
    BOOST_TEST(!response_to(application).contains("warnings"));
    BOOST_TEST(around.looked_at == texts{""}, boost::test_tools::per_element());
    around.repositories.clear();
    BOOST_TEST(response_to(lacking).at("allowed").as_bool());

    listen({.installation = "holdfast", .told = audience::api_server});
    const auto refused = response_to(lacking);
    BOOST_TEST(!refused.at("allowed").as_bool());
    BOOST_TEST(refused.at("status").at("message").as_string().find("lacks the key") != json::string::npos);
}

BOOST_AUTO_TEST_CASE(who_has_too_much_to_do_says_so_at_once) {
    listen({.installation = "holdfast", .most_at_once = 0});
    BOOST_TEST(post(body_of(of(application_object()))).starts_with("HTTP/1.1 503 "));
    listen({.installation = "holdfast", .most_at_once = 1});
    BOOST_TEST(post(body_of(of(application_object()))).starts_with("HTTP/1.1 200 "));
    BOOST_TEST(post(body_of(of(application_object()))).starts_with("HTTP/1.1 200 "));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::admission
