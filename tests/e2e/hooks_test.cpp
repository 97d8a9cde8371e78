// Hooks: Jobs before, with and after what is applied, and when it fails; wherever the operator is killed each runs once.
// No Pod runs here: the test says what becomes of those of the Jobs.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

std::string job(const std::string& name, const std::string& annotations) {
    return "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: " + name + "\n  annotations: {" +
           annotations +
           "}\nspec:\n  backoffLimit: 0\n  template:\n    spec:\n      restartPolicy: Never\n"
           "      containers: [{name: main, image: example.com/migrate:1}]\n";
}

std::string uid_of(scene& s, const std::string& name) {
    return s.w.exists("job", s.name, name) ? s.w.field("job", s.name, name, ".metadata.uid") : std::string{};
}

bool has_finalizer(scene& s, const std::string& name) {
    return s.w.field("job", s.name, name, ".metadata.finalizers").find("hook-finalizer") != std::string::npos;
}

// Says what a kubelet would say of the Job's Pod; the controller of Jobs does the rest.
void end_job(scene& s, const std::string& name, bool well) {
    std::string pod;
    eventually(
        [&] {
            pod = s.w.kubectl(
                {"get", "pods", "-n", s.name, "-l", "batch.kubernetes.io/controller-uid=" + uid_of(s, name),
                 "-o", "name"}
            );
            while (pod.ends_with('\n')) {
                pod.pop_back();
            }
            return !pod.empty();
        },
        "the Job " + name + " has its Pod"
    );
    s.w.kubectl(
        {"patch", pod, "-n", s.name, "--subresource=status", "--type=merge", "-p",
         std::string{R"({"status":{"phase":")"} + (well ? "Succeeded" : "Failed") + R"("}})"}
    );
}

// Returns its uid, once it is there and the operation waits for it.
std::string await_job(scene& s, const std::string& name) {
    s.until(
        [&](const application_view& v) {
            return v.phase == "Running" && v.phase_message.find("/" + name + "\"") != std::string::npos &&
                   !uid_of(s, name).empty();
        },
        "it waits for the hook " + name
    );
    return uid_of(s, name);
}

std::string row(const application_view& v, const std::string& name) {
    const auto& result = v.object.at("status").at("operationState").at("syncResult").as_object();
    for (const auto& one : result.at("resources").as_array()) {
        const auto& row = one.as_object();
        if (text_of(row.if_contains("name")) == name) {
            return text_of(row.if_contains("hookType")) + " " + text_of(row.if_contains("status")) + " " +
                   text_of(row.if_contains("hookPhase"));
        }
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(hooks)

BOOST_AUTO_TEST_CASE(jobs_run_before_and_after_and_once_wherever_it_is_killed) {
    scene s{"hooked"};
    auto& op = s.w.shared_operator();
    s.config_map("a", "1");
    s.repository.write("before.yaml", job("before", "argocd.argoproj.io/hook: PreSync"));
    s.repository.write(
        "after.yaml", job("after", "helm.sh/hook: post-install, helm.sh/hook-delete-policy: hook-succeeded")
    );
    s.repository.push("With hooks");
    s.follow();
    const auto before = await_job(s, "before");
    BOOST_TEST(!s.has("a"));
    BOOST_TEST(has_finalizer(s, "before"));
    BOOST_TEST(row(s.look(), "before") == "PreSync Synced Running");

    op.kill9();
    op.start();
    throughout(2s, [&] { return uid_of(s, "before") == before && !s.has("a"); }, "it goes on waiting");
    op.kill9();
    end_job(s, "before", true); // nobody looks
    op.start();
    const auto after = await_job(s, "after");
    BOOST_TEST(uid_of(s, "before") == before);
    BOOST_TEST(s.has("a"));
    op.kill9();
    op.start();
    throughout(1s, [&] { return uid_of(s, "after") == after; }, "it runs once");
    end_job(s, "after", true);
    const auto seen = s.until(
        [](const application_view& v) { return v.phase == "Succeeded" && v.get("Ready").status == "True"; },
        "it is done"
    );
    BOOST_TEST(row(seen, "before") == "PreSync Synced Succeeded");
    BOOST_TEST(row(seen, "after") == "PostSync Synced Succeeded");
    eventually(
        [&] { return uid_of(s, "after").empty() && !has_finalizer(s, "before"); },
        "one goes by its policy, the other one loses the finalizer"
    );
    BOOST_TEST(uid_of(s, "before") == before);
    // Hooks are no part of what is in sync, and their objects are not pruned.
    BOOST_TEST(seen.sync == "Synced");

    // The next operation runs them again.
    s.config_map("a", "2");
    s.repository.push("Two");
    const auto again = await_job(s, "before");
    BOOST_TEST(again != before);
    end_job(s, "before", true);
    await_job(s, "after");
    end_job(s, "after", true);
    s.until([](const application_view& v) { return v.phase == "Succeeded"; }, "it is done again");
    // Its end takes what hooks left along.
    s.w.kubectl({"delete", "application.holdfast.dev/" + s.name, "-n", home, "--wait=false"});
    eventually([&] { return uid_of(s, "before").empty(); }, "the hook's object goes with the application");
}

BOOST_AUTO_TEST_CASE(a_hook_that_fails_keeps_all_else_from_being_applied) {
    scene s{"hook-fails"};
    s.config_map("a", "1");
    s.repository.write("before.yaml", job("before", "argocd.argoproj.io/hook: PreSync"));
    s.repository.write(
        "failed.yaml",
        job("failed", "argocd.argoproj.io/hook: SyncFail, argocd.argoproj.io/hook-delete-policy: HookFailed")
    );
    s.repository.push("With hooks");
    s.follow({.automated = false});
    s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it is looked at");
    s.patch({{"operation", {{"sync", json::object{}}}}});
    await_job(s, "before");
    end_job(s, "before", false);
    await_job(s, "failed");
    end_job(s, "failed", true);
    const auto seen = s.until([](const application_view& v) { return v.phase == "Failed"; }, "it has failed");
    BOOST_TEST(
        seen.phase_message.find("PreSync hook failed: Job \"hook-fails/before\"") != std::string::npos,
        seen.phase_message
    );
    BOOST_TEST(row(seen, "before") == "PreSync Synced Failed");
    BOOST_TEST(row(seen, "failed") == "SyncFail Synced Succeeded");
    BOOST_TEST(!s.has("a"));
    eventually(
        [&] { return !has_finalizer(s, "failed") && !has_finalizer(s, "before"); }, "they are let go of"
    );
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_ended_ends_its_hooks_and_a_deleted_one_has_failed) {
    scene s{"hook-ended"};
    s.config_map("a", "1");
    s.repository.write("before.yaml", job("before", "argocd.argoproj.io/hook: PreSync"));
    s.repository.push("With a hook");
    s.follow({.automated = false});
    s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it is looked at");
    s.patch({{"operation", {{"sync", json::object{}}}}});
    await_job(s, "before");
    s.w.kubectl(
        {"patch", "application.holdfast.dev/" + s.name, "-n", home, "--subresource=status", "--type=merge",
         "-p", R"({"status":{"operationState":{"phase":"Terminating"}}})"}
    );
    s.until([](const application_view& v) { return v.phase == "Failed"; }, "it is ended");
    eventually([&] { return uid_of(s, "before").empty(); }, "what ran for it is gone");

    s.patch({{"operation", {{"sync", json::object{}}}}});
    await_job(s, "before");
    s.w.kubectl({"delete", "job", "before", "-n", s.name, "--wait=false"});
    const auto seen = s.until(
        [](const application_view& v) {
            return v.phase == "Failed" && v.phase_message.find("before it was complete") != std::string::npos;
        },
        "a hook that is deleted under it has failed"
    );
    BOOST_TEST(row(seen, "before") == "PreSync Synced Failed");
    eventually([&] { return uid_of(s, "before").empty(); }, "nothing keeps it");
}

BOOST_AUTO_TEST_CASE(hooks_of_the_deletion_run_around_it_once_and_without_a_repository) {
    scene s{"hook-deletion"};
    auto& op = s.w.shared_operator();
    s.config_map("a", "1");
    s.repository.write("before.yaml", job("before", "argocd.argoproj.io/hook: PreDelete"));
    s.repository.write(
        "after.yaml",
        job("after",
            "argocd.argoproj.io/hook: PostDelete, argocd.argoproj.io/hook-delete-policy: HookSucceeded")
    );
    s.repository.write("last.yaml", job("last", "helm.sh/hook: post-delete"));
    s.repository.push("With hooks");
    s.follow();
    auto seen =
        s.until([](const application_view& v) { return v.get("Ready").status == "True"; }, "it is synced");
    BOOST_TEST((uid_of(s, "before") + uid_of(s, "after") + uid_of(s, "last")).empty());
    const auto store =
        "holdfast-deletion-hooks-" + s.w.field("application.holdfast.dev", home, s.name, ".metadata.uid");
    eventually(
        [&] {
            return s.w.exists("secret", home, store) &&
                   s.w.field("application.holdfast.dev", home, s.name, ".metadata.finalizers")
                           .find("holdfast.dev/hook-cleanup-finalizer") != std::string::npos;
        },
        "they are kept"
    );
    const auto version = s.w.field("secret", home, store, ".metadata.resourceVersion");
    s.config_map("a", "2");
    s.repository.push("Two");
    eventually([&] { return s.value("a") == "2"; }, "it is synced again");
    BOOST_TEST(s.w.field("secret", home, store, ".metadata.resourceVersion") == version);

    s.repository.vanish();
    s.w.kubectl({"delete", "application.holdfast.dev/" + s.name, "-n", home, "--wait=false"});
    eventually([&] { return !uid_of(s, "before").empty(); }, "the PreDelete hook runs");
    const auto first = uid_of(s, "before");
    op.kill9();
    op.start();
    throughout(2s, [&] { return uid_of(s, "before") == first && s.has("a"); }, "it goes on waiting");
    end_job(s, "before", false);
    s.until(
        [](const application_view& v) {
            return v.get("DeletionError")
                       .message.find("PreDelete hook failed: Job \"hook-deletion/before\"") !=
                   std::string::npos;
        },
        "it says what failed"
    );
    BOOST_TEST(s.has("a"));
    BOOST_TEST(uid_of(s, "after").empty());
    // It is run again by itself; deleting what failed has it done now.
    s.w.kubectl(
        {"patch", "job", "before", "-n", s.name, "--type=merge", "-p", R"({"metadata":{"finalizers":null}})"}
    );
    s.w.kubectl({"delete", "job", "before", "-n", s.name, "--wait=false"});
    eventually(
        [&] {
            const auto now = uid_of(s, "before");
            return !now.empty() && now != first;
        },
        "it runs again"
    );
    end_job(s, "before", true);
    eventually(
        [&] { return !uid_of(s, "after").empty() && !uid_of(s, "last").empty(); }, "the PostDelete hooks run"
    );
    BOOST_TEST(!s.has("a"));
    BOOST_TEST(uid_of(s, "before").empty()); // it went with the objects
    const auto after = uid_of(s, "after");
    const auto last = uid_of(s, "last");
    op.kill9();
    end_job(s, "after", true); // nobody looks
    op.start();
    throughout(
        2s, [&] { return uid_of(s, "after") == after && uid_of(s, "last") == last; }, "each runs once"
    );
    BOOST_TEST(s.w.exists("application.holdfast.dev", home, s.name));
    end_job(s, "last", true);
    eventually([&] { return !s.w.exists("application.holdfast.dev", home, s.name); }, "the Application goes");
    eventually([&] { return uid_of(s, "after").empty(); }, "by its policy");
    eventually([&] { return !s.w.exists("secret", home, store); }, "what was kept goes with the Application");
    BOOST_TEST(uid_of(s, "last") == last);
    BOOST_TEST(!has_finalizer(s, "last"));
}

BOOST_AUTO_TEST_CASE(hooks_of_the_deletion_that_leave_the_sources_are_kept_no_more) {
    scene s{"hook-leaves"};
    s.config_map("a", "1");
    s.repository.write("after.yaml", job("after", "argocd.argoproj.io/hook: PostDelete"));
    s.repository.push("With a hook");
    s.follow();
    const auto finalizers = [&] {
        return s.w.field("application.holdfast.dev", home, s.name, ".metadata.finalizers");
    };
    eventually([&] { return finalizers().find("post-delete-finalizer") != std::string::npos; }, "it is kept");
    const auto store =
        "holdfast-deletion-hooks-" + s.w.field("application.holdfast.dev", home, s.name, ".metadata.uid");
    BOOST_TEST(s.w.exists("secret", home, store));
    const auto kept = s.w.field("secret", home, store, ".data");
    s.config_map("a", "2");
    s.repository.write(
        "large.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large\n  annotations: {argocd.argoproj.io/hook: PreDelete}\n"
        "data:\n  text: " +
            std::string(600U << 10U, 'x') + "\n"
    );
    s.repository.push("A large one");
    const auto refused = s.until(
        [](const application_view& v) { return !v.get("DeletionError").message.empty(); }, "it is refused"
    );
    BOOST_TEST(
        refused.get("DeletionError").message.find("at most 512 KiB are kept for the deletion") !=
            std::string::npos,
        refused.get("DeletionError").message
    );
    BOOST_TEST(refused.get("Ready").status == "False");
    BOOST_TEST(s.value("a") == "1");
    BOOST_TEST(s.w.field("secret", home, store, ".data") == kept);
    s.repository.remove("large.yaml");
    s.repository.remove("after.yaml");
    s.repository.push("Without");
    eventually([&] { return !s.w.exists("secret", home, store); }, "the Secret goes");
    BOOST_TEST(finalizers() == R"(["holdfast.dev/resources-finalizer"])");
}

BOOST_AUTO_TEST_SUITE_END()
