// Git servers, namespaces and people that get in the way: what is affected says so, nothing is pruned, others
// are served, and all is well again without a restart.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/patient.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

std::string repository_condition(const std::string& name, const std::string& field) {
    return world::get().field(
        "repository.holdfast.dev", home, name, ".status.conditions[?(@.type==\"Ready\")]." + field
    );
}

void repository_says(const std::string& name, const std::string& reason, const std::string& text) {
    eventually(
        [&] {
            return repository_condition(name, "reason") == reason &&
                   repository_condition(name, "message").find(text) != std::string::npos;
        },
        "the repository " + name + " says " + reason + ": " + text, 90s,
        [&] { return repository_condition(name, "reason") + ": " + repository_condition(name, "message"); }
    );
}

void set_value(const std::string& ns, const std::string& name, const std::string& value) {
    world::get().kubectl(
        {"patch", "configmap", name, "-n", ns, "--type=merge", "-p",
         R"({"data": {"value": ")" + value + R"("}})"}
    );
}

void delete_application(const std::string& name) {
    world::get().kubectl({"delete", "application.holdfast.dev", name, "-n", home, "--wait=false"});
}

std::string deployment(const std::string& name, int replicas) {
    return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name +
           "}\nspec:\n  replicas: " + std::to_string(replicas) + "\n  selector: {matchLabels: {app: " + name +
           "}}\n  template:\n    metadata: {labels: {app: " + name +
           "}}\n    spec: {containers: [{name: c, image: nowhere.example/none}]}\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(while_git_cannot_be_reached_what_was_deployed_is_still_held) {
    patient s{"git-away"};
    s.repository().vanish();
    repository_says("git-away", "Unreachable", s.repository().url().substr(7, 12));
    s.require_untouched();
    set_value("git-away", "good", "by hand");
    eventually(
        [&] { return world::get().field("configmap", "git-away", "good", ".data.value") == "1"; },
        "an edit by hand is taken back without Git"
    );
    others_are_served();
    s.repository().write("good.yaml", config_map("good", "value", "2"));
    const auto pushed = s.repository().push("In the meantime");
    s.repository().serve();
    await_synced("git-away", pushed);
    s.require_untouched();
    repository_says("git-away", "Reached", "");
}

// Gone for good, unlike a server that is away: each application that reads from it says so, and keeps what it
// has.
BOOST_AUTO_TEST_CASE(a_repository_that_is_gone_is_said_on_its_applications_and_what_it_gave_stays) {
    patient s{"git-gone"};
    auto& w = world::get();
    s.repository().serve({"--status", "404"});
    const auto seen = await_condition(
        s.name(), "RepositoryError",
        {s.repository().url(), "no such repository", "the last revision that was read stays in use"}
    );
    BOOST_TEST(seen.get("RepositoryError").reason == "NotFound");
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(seen.get("ComparisonError").status == "");
    BOOST_TEST(seen.sync == "Synced"); // with what was read last
    s.require_untouched();
    set_value("git-gone", "good", "by hand");
    eventually(
        [&] { return w.field("configmap", "git-gone", "good", ".data.value") == "1"; },
        "an edit by hand is taken back without the repository"
    );
    others_are_served();
    // It refuses, which is another reason.
    s.repository().serve({"--basic", "somebody:else"});
    eventually(
        [&] { return view(s.name()).get("RepositoryError").reason == "Unauthorised"; },
        "the application says that it is not let in", 60s, [&] { return view(s.name()).describe(); }
    );
    s.require_untouched();
    s.repository().write("good.yaml", config_map("good", "value", "2"));
    const auto pushed = s.repository().push("Back");
    s.repository().serve();
    await_synced(s.name(), pushed);
    BOOST_TEST(view(s.name()).get("RepositoryError").status == "");
    s.require_untouched();
    const auto told = events_of(s.name());
    BOOST_TEST(std::ranges::any_of(told, [](const auto& one) { return one.starts_with("RepositoryError: "); })
    );
}

// The credentials go with the Repository object.
BOOST_AUTO_TEST_CASE(a_repository_object_that_is_deleted_is_said_on_its_applications_and_nothing_is_pruned) {
    patient s{"git-undeclared"};
    auto& w = world::get();
    w.kubectl(
        {"create", "secret", "generic", "git-undeclared", "-n", home, "--from-literal=username=somebody",
         "--from-literal=password=secret", "--from-literal=insecure=true"}
    );
    s.repository().serve({"--basic", "somebody:secret"});
    s.repository().declare({{"secretRef", {{"name", "git-undeclared"}}}});
    s.repository().write("more.yaml", config_map("more", "value", "1"));
    await_synced(s.name(), s.repository().push("With credentials"));
    w.kubectl({"delete", "repository.holdfast.dev", s.name(), "-n", home});
    const auto seen = await_condition(s.name(), "ComparisonError", {s.repository().url()});
    BOOST_TEST(seen.get("Ready").status == "False", seen.describe());
    s.require_untouched();
    BOOST_TEST(w.exists("configmap", s.name(), "more"));
    s.repository().declare({{"secretRef", {{"name", "git-undeclared"}}}});
    s.repository().write("good.yaml", config_map("good", "value", "2"));
    await_synced(s.name(), s.repository().push("Declared again"));
    s.require_untouched();
}

// rm -rf of all that is in the cache directory, twice in a row, while the operator runs.
BOOST_AUTO_TEST_CASE(an_emptied_cache_directory_is_filled_again_without_a_restart) {
    patient s{"cache-gone"};
    s.repository().write("kustomize/kustomization.yaml", "resources: [a.yaml]\n");
    s.repository().write("kustomize/a.yaml", config_map("built", "value", "1"));
    s.repository().push("A kustomization");
    auto& w = world::get();
    w.apply(application(
        "cache-gone-built", {.url = s.repository().url(), .path = "kustomize", .into = "cache-gone"}
    ));
    await_synced("cache-gone-built");
    for (const auto* value : {"2", "3"}) {
        for (const auto& entry : std::filesystem::directory_iterator{w.shared_operator().cache()}) {
            std::filesystem::remove_all(entry.path());
        }
        s.repository().write("good.yaml", config_map("good", "value", value));
        s.repository().write("kustomize/a.yaml", config_map("built", "value", value));
        const auto pushed = s.repository().push("After the cache was emptied");
        await_synced(s.name(), pushed);
        await_synced("cache-gone-built", pushed);
        BOOST_TEST(w.field("configmap", "cache-gone", "good", ".data.value") == value);
        BOOST_TEST(w.field("configmap", "cache-gone", "built", ".data.value") == value);
        others_are_served();
    }
    // What has to be built again, and was read before: by who asks for it.
    for (const auto& entry : std::filesystem::directory_iterator{w.shared_operator().cache()}) {
        std::filesystem::remove_all(entry.path());
    }
    w.kubectl(
        {"annotate", "application.holdfast.dev", "cache-gone-built", "-n", home, "holdfast.dev/refresh=hard"}
    );
    set_value("cache-gone", "built", "by hand");
    eventually(
        [&] { return w.field("configmap", "cache-gone", "built", ".data.value") == "3"; },
        "an edit by hand is taken back with an emptied cache"
    );
    await_synced("cache-gone-built");
    s.require_untouched();
    delete_application("cache-gone-built");
}

BOOST_AUTO_TEST_CASE(an_application_can_be_deleted_while_git_cannot_be_reached) {
    patient s{"git-lost"};
    s.repository().vanish();
    delete_application("git-lost");
    eventually([] { return !view("git-lost").exists; }, "the application is gone");
    BOOST_TEST(s.uid("good").empty());
}

BOOST_AUTO_TEST_CASE(a_repository_that_was_never_reached_says_so_and_is_followed_when_it_is_there) {
    auto& w = world::with_operator();
    w.create_namespace("git-late");
    git_repository repository{"git-late"};
    repository.write("good.yaml", config_map("good", "value", "1"));
    const auto pushed = repository.push("Something good");
    repository.vanish();
    repository.declare();
    w.apply(application("git-late", {.url = repository.url(), .into = "git-late"}));
    const auto seen = await_condition("git-late", "ComparisonError", {"git-late.git"});
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(seen.get("Stalled").status.empty(), "time may help: " << seen.describe());
    others_are_served();
    repository.serve();
    await_synced("git-late", pushed);
    delete_application("git-late");
}

BOOST_AUTO_TEST_CASE(unauthorised_access_is_said_without_the_password_and_a_new_secret_is_taken_up) {
    auto& w = world::with_operator();
    w.create_namespace("git-locked");
    git_repository repository{"git-locked", {"--basic", "me:first-password"}};
    repository.write("good.yaml", config_map("good", "value", "1"));
    const auto pushed = repository.push("Something good");
    repository.declare();
    w.apply(application("git-locked", {.url = repository.url(), .into = "git-locked"}));
    const auto seen = await_condition("git-locked", "ComparisonError", {"git-locked.git"});
    BOOST_TEST(seen.get("Ready").status == "False");
    repository_says("git-locked", "Unauthorised", "git-locked.git");
    others_are_served();

    const auto secret = [&](const std::string& password) {
        w.apply(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: git-locked, namespace: holdfast}\n"
            // Without "insecure" no password goes over plain HTTP.
            "stringData: {username: me, insecure: \"true\", password: " +
            password + "}\n"
        );
    };
    secret("wrong-password");
    repository.declare({{"secretRef", {{"name", "git-locked"}}}});
    repository_says("git-locked", "Unauthorised", "git-locked.git");
    secret("first-password");
    await_synced("git-locked", pushed);
    const auto uid = w.field("configmap", "git-locked", "good", ".metadata.uid");

    // The password changes on the server first, as it does in life.
    repository.serve({"--basic", "me:second-password"});
    repository_says("git-locked", "Unauthorised", "git-locked.git");
    BOOST_TEST(w.field("configmap", "git-locked", "good", ".metadata.uid") == uid);
    secret("second-password");
    repository.write("good.yaml", config_map("good", "value", "2"));
    await_synced("git-locked", repository.push("With the new password"));
    BOOST_TEST(w.field("configmap", "git-locked", "good", ".metadata.uid") == uid);

    for (const auto* password : {"first-password", "second-password", "wrong-password"}) {
        BOOST_TEST(w.shared_operator().logged(password) == 0u);
        BOOST_TEST(view("git-locked").describe().find(password) == std::string::npos);
    }
    delete_application("git-locked");
}

BOOST_AUTO_TEST_CASE(git_servers_that_take_connections_and_never_answer_hold_up_nobody_else) {
    patient s{"git-hangs"};
    auto& w = world::get();
    s.repository().hang();
    // Ten more of them: whatever is shared between repositories must not be used up.
    for (int i = 0; i < 10; ++i) {
        const auto n = std::to_string(i);
        auto url = s.repository().url();
        url.insert(url.size() - 4, n);
        w.apply(application("git-hangs-" + n, {.url = url, .into = "git-hangs"}));
    }
    others_are_served();
    s.require_untouched();
    set_value("git-hangs", "good", "by hand");
    eventually(
        [&] { return w.field("configmap", "git-hangs", "good", ".data.value") == "1"; },
        "an edit by hand is taken back meanwhile"
    );
    others_are_served();
    repository_says("git-hangs", "Unreachable", "git-hangs.git");
    for (int i = 0; i < 10; ++i) {
        await_condition(
            "git-hangs-" + std::to_string(i), "ComparisonError", {"git-hangs" + std::to_string(i)}
        );
    }
    others_are_served();
    s.repository().write("good.yaml", config_map("good", "value", "2"));
    const auto pushed = s.repository().push("In the meantime");
    s.repository().serve();
    await_synced("git-hangs", pushed);
    s.require_untouched();
    for (int i = 0; i < 10; ++i) {
        delete_application("git-hangs-" + std::to_string(i));
    }
}

BOOST_AUTO_TEST_CASE(an_application_deleted_in_the_middle_of_its_sync_goes_with_all_it_made) {
    auto& w = world::with_operator();
    w.create_namespace("mid-sync");
    git_repository repository{"mid-sync"};
    for (int i = 0; i < 20; ++i) {
        const auto n = std::to_string(i);
        repository.write("first/" + n + ".yaml", config_map("first-" + n, "value", n));
    }
    // Without nodes it never becomes healthy, so that what comes after it waits for ever.
    repository.write("first/never.yaml", deployment("never", 1));
    repository.write(
        "second/after.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: after\n  annotations: "
                             "{holdfast.dev/sync-wave: \"1\"}\n"
    );
    repository.push("Twenty, and one that never is ready");
    repository.declare();
    w.apply(application(
        "mid-sync", {.url = repository.url(),
                     .into = "mid-sync",
                     .spec = {{"source", {{"directory", {{"recurse", true}}}}}}}
    ));
    eventually(
        [&] { return w.names("configmap", "mid-sync").size() == 20 && view("mid-sync").phase == "Running"; },
        "the first wave is there, and the sync goes on", 60s, [] { return view("mid-sync").describe(); }
    );
    BOOST_TEST(w.field("configmap", "mid-sync", "after", ".metadata.name").empty());
    delete_application("mid-sync");
    eventually(
        [] { return !view("mid-sync").exists; }, "the application is gone", 60s,
        [] { return view("mid-sync").describe(); }
    );
    BOOST_TEST(w.names("configmap", "mid-sync").empty());
    BOOST_TEST(w.names("deployment", "mid-sync").empty());
    others_are_served();
}

BOOST_AUTO_TEST_CASE(a_namespace_that_is_being_terminated_is_named_and_filled_again_when_it_is_back) {
    patient s{
        "terminating",
        {.spec =
             {{"syncPolicy",
               {{"retry", {{"limit", -1}, {"backoff", {{"duration", "1s"}, {"maxDuration", "2s"}}}}}}}}}
    };
    auto& w = world::get();
    // Somebody's finalizer keeps the namespace from going.
    w.apply("apiVersion: v1\nkind: ConfigMap\n"
            "metadata: {name: held, namespace: terminating, finalizers: [example.com/hold]}\n");
    w.kubectl({"delete", "namespace", "terminating", "--wait=false"});
    eventually(
        [&] {
            const auto seen = view("terminating");
            return seen.get("Ready").status == "False" &&
                   seen.describe().find("terminated") != std::string::npos;
        },
        "the application says that the namespace is being terminated", 60s,
        [] { return view("terminating").describe(); }
    );
    others_are_served();
    w.kubectl(
        {"patch", "configmap", "held", "-n", "terminating", "--type=merge", "-p",
         R"({"metadata": {"finalizers": null}})"}
    );
    eventually([&] { return !w.exists("namespace", "", "terminating"); }, "the namespace is gone");
    w.create_namespace("terminating");
    await_synced("terminating");
    BOOST_TEST(w.field("configmap", "terminating", "good", ".data.value") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
