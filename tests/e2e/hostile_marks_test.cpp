// What anybody can write on objects of his own, or on those that are deployed into his namespace: whose they
// are. It changes nothing for those who deploy.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* tracking = "holdfast.dev/tracking-id";

std::string mark(const std::string& application, const std::string& ns, const std::string& name) {
    return application + ":/ConfigMap:" + ns + "/" + name;
}

/// A ConfigMap that says that it is an application's.
json::object forged(
    const std::string& application, const std::string& ns, const std::string& name,
    const json::object& annotations = {}, bool is_held = false
) {
    json::object all{{tracking, mark(application, ns, name)}};
    for (const auto& [key, value] : annotations) {
        all[key] = value;
    }
    json::object metadata{
        {"name", name},
        {"namespace", ns},
        {"labels", {{"holdfast.dev/installation", "holdfast"}}},
        {"annotations", std::move(all)}
    };
    if (is_held) {
        metadata["finalizers"] = json::array{"example.com/never"};
    }
    return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", std::move(metadata)}};
}

/// As the operator's own field manager, which anybody can say of himself.
void apply_as_holdfast(world& w, const json::array& items) {
    w.kubectl(
        {"apply", "--server-side", "--field-manager=holdfast", "-f", "-"},
        json::serialize(json::object{{"apiVersion", "v1"}, {"kind", "List"}, {"items", items}})
    );
}

std::string annotation(world& w, const std::string& ns, const std::string& name) {
    const auto live = w.get_json("configmap", ns, name);
    return live ? text_at(*live, {"metadata", "annotations", tracking}) : std::string{};
}

/// Whoever acts as "default" in the namespace may do everything there, and nothing elsewhere.
void let_default_do_all(world& w, const std::string& ns) {
    w.kubectl({"create", "role", "everything", "-n", ns, "--verb=*", "--resource=*.*"});
    w.kubectl(
        {"create", "rolebinding", "everything", "-n", ns, "--role=everything",
         "--serviceaccount=" + ns + ":default"}
    );
}

void remove_and_await(world& w, const std::string& name, const std::string& ns) {
    w.kubectl({"delete", "application.holdfast.dev", name, "-n", ns, "--wait=false"});
    eventually([&] { return !view(name, ns).exists; }, "the application " + ns + "/" + name + " goes");
}

/// Takes the finalizers away, for the namespace's sake.
void let_go(world& w, const std::string& ns, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        w.kubectl(
            {"patch", "configmap", name, "-n", ns, "--type=merge", "-p", R"({"metadata":{"finalizers":null}})"
            }
        );
    }
}

bool has_event(const std::string& name, const std::string& text) {
    const auto events = events_of(name);
    return std::ranges::any_of(events, [&](const auto& e) { return e.find(text) != std::string::npos; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(hostile_marks)

BOOST_AUTO_TEST_CASE(forged_marks_neither_hold_up_nor_block_nor_count) {
    scene s{"marks-forged"};
    s.config_map("kept", "1").config_map("dropped", "1");
    s.repository.push("Two");
    s.follow();
    await_synced(s.name);

    // More than the limit of deletions; some ask for a confirmation, and none can be deleted.
    constexpr int many = 30;
    json::array items;
    std::vector<std::string> names;
    for (int i = 0; i < many; ++i) {
        names.push_back("forged-" + std::to_string(i));
        items.push_back(forged(
            "holdfast/" + s.name, s.name, names.back(),
            i % 2 == 0 ? json::object{}
                       : json::object{{"holdfast.dev/sync-options", "Prune=confirm,Delete=confirm"}},
            /*is_held=*/true
        ));
    }
    apply_as_holdfast(s.w, items);
    const auto told = await_condition(s.name, "OwnershipWarning", {"never deployed by it", "forged-"});
    BOOST_TEST(told.synced());
    BOOST_TEST(told.get("Ready").status == "True");

    s.repository.remove("dropped.yaml");
    const auto pushed = s.repository.push("One less");
    await_synced(s.name, pushed);
    eventually([&] { return !s.has("dropped"); }, "what is not wanted any more is pruned");
    BOOST_TEST(s.look().phase == "Succeeded");
    BOOST_TEST(!waits_for_confirmation(s.look()));
    for (const auto& name : names) {
        BOOST_TEST(s.w.field("configmap", s.name, name, ".metadata.deletionTimestamp").empty());
    }

    // After a restart nobody remembers what was applied, and the status tells it.
    s.w.shared_operator().restart();
    s.config_map("another", "1");
    await_synced(s.name, s.repository.push("One more"));
    BOOST_TEST(s.has("another"));
    BOOST_TEST(s.has(names.front()));

    remove_and_await(s.w, s.name, home);
    BOOST_TEST(!s.has("kept"));
    BOOST_TEST(!s.has("another"));
    for (const auto& name : names) {
        BOOST_TEST(s.w.field("configmap", s.name, name, ".metadata.deletionTimestamp").empty());
    }
    let_go(s.w, s.name, names);
}

BOOST_AUTO_TEST_CASE(a_person_who_takes_them_in_has_them_deleted) {
    scene s{"marks-adopted"};
    s.config_map("kept", "1");
    s.repository.push("One");
    s.follow();
    await_synced(s.name);
    s.w.apply(json::serialize(forged("holdfast/" + s.name, s.name, "left-over")));
    const auto told = await_condition(s.name, "OwnershipWarning", {"left-over", "confirm-prune="});
    const auto& message = told.get("OwnershipWarning").message;
    const auto token = message.substr(message.rfind('=') + 1);
    // Another answer is none.
    s.annotate("holdfast.dev/confirm-prune=0123456789abcdef");
    throughout(2s, [&] { return s.has("left-over"); }, "a wrong answer deletes nothing");
    s.annotate("holdfast.dev/confirm-prune=" + token);
    eventually([&] { return !s.has("left-over"); }, "what a person has taken in is pruned");
    await_synced(s.name);
    BOOST_TEST(s.has("kept"));
    eventually([&] { return s.look().get("OwnershipWarning").status.empty(); }, "and no more is said");
}

BOOST_AUTO_TEST_CASE(what_a_confined_application_could_not_have_made_is_not_its_own) {
    scene mine{"marks-mine"};
    scene theirs{"marks-theirs"};
    let_default_do_all(mine.w, mine.name);
    mine.config_map("own", "1");
    mine.repository.push("One");
    mine.w.apply(application("confined", {.url = mine.repository.url(), .into = mine.name, .ns = mine.name}));
    await_synced("confined", {}, mine.name);
    apply_as_holdfast(mine.w, {forged(mine.name + "/confined", theirs.name, "far", {}, /*is_held=*/true)});
    mine.config_map("more", "1");
    await_synced("confined", mine.repository.push("Two"), mine.name);
    const auto seen = view("confined", mine.name);
    BOOST_TEST(seen.phase == "Succeeded");
    BOOST_TEST(seen.get("OwnershipWarning").status.empty()); // not even a question
    remove_and_await(mine.w, "confined", mine.name);
    BOOST_TEST(!mine.has("own"));
    BOOST_TEST(theirs.has("far"));
    let_go(mine.w, theirs.name, {"far"});
}

BOOST_AUTO_TEST_CASE(who_marks_what_is_deployed_as_his_does_not_get_it) {
    scene s{"marks-stolen"};
    let_default_do_all(s.w, s.name);
    s.config_map("guard", "platform");
    s.repository.push("The platform's");
    s.follow();
    await_synced(s.name);
    // An Application of a tenant, which wants it too.
    scene thief{"marks-thief"};
    thief.repository.write("guard.yaml", config_map("guard", "value", "stolen"));
    thief.repository.push("The tenant's");
    s.w.apply(application(
        "thief", {.url = thief.repository.url(), .into = s.name, .finalizer = false, .ns = s.name}
    ));
    await_condition("thief", "SyncError", {"belongs to the application holdfast/" + s.name}, s.name);
    const auto own = mark("holdfast/" + s.name, s.name, "guard");
    const auto is_held = [&] {
        return annotation(s.w, s.name, "guard") == own && s.value("guard") == "platform";
    };
    BOOST_REQUIRE(is_held());

    const auto attempt = [&](const std::string& how, const std::vector<std::string>& args) {
        BOOST_TEST_CONTEXT(how) {
            auto command = args;
            command.insert(command.end(), {"-n", s.name});
            s.w.kubectl(command);
            s.w.kubectl(
                {"patch", "configmap", "guard", "-n", s.name, "--type=merge", "-p",
                 R"({"data":{"value":"cut"}})"}
            );
            eventually(is_held, "it stays the platform's: " + how);
            throughout(1s, is_held, "and is not taken again: " + how);
        }
    };
    const auto stolen = std::string{tracking} + "=" + mark(s.name + "/thief", s.name, "guard");
    attempt("its mark", {"annotate", "--overwrite", "configmap", "guard", stolen});
    eventually([&] { return has_event(s.name, "OwnershipWarning"); }, "an event tells of it");
    attempt("no mark", {"annotate", "configmap", "guard", std::string{tracking} + "-"});
    attempt("no label", {"label", "configmap", "guard", "holdfast.dev/installation-"});
    attempt(
        "a release",
        {"annotate", "--overwrite", "configmap", "guard", "holdfast.dev/release-to=" + s.name + "/thief"}
    );
    // While nobody looks.
    s.w.shared_operator().stop();
    s.w.kubectl({"annotate", "--overwrite", "configmap", "guard", stolen, "-n", s.name});
    s.w.shared_operator().start();
    eventually(is_held, "after a restart too");
    await_synced(s.name);
    s.w.kubectl({"delete", "application.holdfast.dev", "thief", "-n", s.name});
    BOOST_TEST(is_held());
}

BOOST_AUTO_TEST_CASE(a_tenants_older_claim_does_not_stop_the_platform) {
    scene s{"marks-claims"};
    let_default_do_all(s.w, s.name);
    s.config_map("wanted", "1");
    s.repository.push("One");
    // The tenant was first, and has it.
    s.w.apply(
        application("first", {.url = s.repository.url(), .into = s.name, .finalizer = false, .ns = s.name})
    );
    await_synced("first", {}, s.name);
    s.follow();
    await_synced(s.name);
    BOOST_TEST(annotation(s.w, s.name, "wanted") == mark("holdfast/" + s.name, s.name, "wanted"));
    // It is the tenant who is told.
    await_condition("first", "InvalidSpecError", {s.name}, s.name);
    s.w.kubectl({"delete", "application.holdfast.dev", "first", "-n", s.name});
    BOOST_TEST(s.has("wanted"));
}

BOOST_AUTO_TEST_SUITE_END()
