// PreDelete and PostDelete hooks against a cluster that is a map; D3 to D5 are the observed cases of Argo CD.
#include "sync/deletion_hooks.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

namespace holdfast::sync {
namespace {

using lines = std::vector<std::string>;
const application_ref shop{"argo", "shop"};
const std::string uid{"0ff1ce"};

json::object job(const std::string& name, const std::string& annotations) {
    return json::parse(
               R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":")" + name +
               R"(","namespace":"shop","annotations":{)" + annotations + "}}}"
    )
        .as_object();
}

desired_object desired(json::object manifest) {
    return make_desired(
               std::move(manifest), {.application = shop, .installation = "holdfast", .names = holdfast_dev()}
    )
        .value();
}

const object_id the_job{"batch", "Job", "shop", "j"};

// Takes the steps of a phase until one waits, as the operator does.
struct cluster {
    std::vector<deletion_hook> hooks;
    std::map<object_id, live_record> live;
    lines log;
    int uids = 0;
    bool is_retry_due = false;

    explicit cluster(const std::string& type) {
        const std::vector objects{desired(job("j", R"("holdfast.dev/hook":")" + type + "\""))};
        hooks = read_deletion_hooks(to_text(deletion_hooks_of(objects))).value();
    }
    live_record& put(std::uint32_t run, health_status status) {
        live_record made;
        made.uid = std::to_string(++uids);
        made.owner = shop;
        made.status = status;
        made.hook = true;
        made.hook_run = run;
        made.has_hook_finalizer = run != 0;
        return live.insert_or_assign(the_job, made).first->second;
    }
    std::string run(phase during) {
        for (int i = 0; i < 10; ++i) {
            const auto plan = next_deletion_hooks(
                {.application = shop,
                 .uid = uid,
                 .during = during,
                 .hooks = hooks,
                 .live = live,
                 .is_retry_due = is_retry_due}
            );
            for (const auto* hook : plan.to_make) {
                log.push_back("run " + hook->id.name);
                put(run_key(deletion_run(uid, during)), health_status::progressing);
            }
            for (const auto& action : plan.to_clear) {
                log.push_back("clear " + action.id.name);
                live.erase(action.id);
                is_retry_due = false;
            }
            if (!plan.to_make.empty() || !plan.to_clear.empty()) continue;
            if (!plan.failure.empty()) return (plan.is_to_retry ? "to retry: " : "failed: ") + plan.failure;
            return plan.waiting.empty() ? "done" : plan.waiting;
        }
        return "without end";
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(hooks_of_deletions)

BOOST_AUTO_TEST_CASE(case_D3_a_hook_that_fails_is_run_again) {
    cluster c{"PreDelete"};
    BOOST_TEST(c.run(phase::pre_delete) == "waiting for completion of PreDelete hook: Job \"shop/j\"");
    // Killed here, the next one finds it.
    BOOST_TEST(c.run(phase::pre_delete) == "waiting for completion of PreDelete hook: Job \"shop/j\"");
    c.live.at(the_job).status = health_status::degraded;
    c.live.at(the_job).health_message = "no disk";
    const std::string failed{"to retry: PreDelete hook failed: Job \"shop/j\" (no disk)"};
    BOOST_TEST(c.run(phase::pre_delete) == failed);
    BOOST_TEST(c.run(phase::pre_delete) == failed); // its log can be read
    BOOST_TEST((c.log == lines{"run j"}));
    c.is_retry_due = true;
    BOOST_TEST(c.run(phase::pre_delete) == "waiting for completion of PreDelete hook: Job \"shop/j\"");
    BOOST_TEST((c.log == lines{"run j", "clear j", "run j"}));
    c.live.at(the_job).status = health_status::healthy;
    BOOST_TEST(c.run(phase::pre_delete) == "done");
    BOOST_TEST(c.run(phase::pre_delete) == "done"); // killed here, it does not run again
    BOOST_TEST(c.log.size() == 3U);
}

BOOST_AUTO_TEST_CASE(case_D4_a_post_delete_hook_runs_in_its_phase_only) {
    cluster c{"PostDelete"};
    BOOST_TEST(c.run(phase::pre_delete) == "done");
    BOOST_TEST(c.log.empty());
    BOOST_TEST(c.run(phase::post_delete) == "waiting for completion of PostDelete hook: Job \"shop/j\"");
    c.live.at(the_job).status = health_status::healthy;
    BOOST_TEST(c.run(phase::post_delete) == "done");
    BOOST_TEST(c.live.contains(the_job)); // no policy says that it goes
    BOOST_TEST((c.log == lines{"run j"}));
}

BOOST_AUTO_TEST_CASE(what_is_there_under_its_name_already) {
    struct row {
        std::string name;
        void (*change)(live_record&);
        std::string says;
        lines log;
    };
    const std::string waits{"waiting for completion of PreDelete hook: Job \"shop/j\""};
    const std::vector<row> rows{
        {"of an application of this name that is gone",
         [](auto& l) { l.hook_run = 7; },
         waits,
         {"clear j", "run j"}},
        {"of a sync", [](auto& l) { l.hook_run = 0; }, waits, {"clear j", "run j"}},
        {"of another application",
         [](auto& l) { l.owner = {"argo", "other"}; },
         "failed: PreDelete hook failed: Job \"shop/j\": it belongs to the application argo/other",
         {}},
        {"nobody's",
         [](auto& l) { l.owner = {}; },
         "failed: PreDelete hook failed: Job \"shop/j\": there is one that is no application's",
         {}},
        {"on its way out",
         [](auto& l) {
             l.deleting = true;
             l.has_hook_finalizer = false;
         },
         "waiting for the deletion of Job \"shop/j\" to end before the hook runs again",
         {}},
        {"deleted by somebody while it ran",
         [](auto& l) {
             l.deleting = true;
             l.has_hook_finalizer = true;
         },
         "to retry: PreDelete hook failed: Job \"shop/j\" (it was deleted before it was complete)",
         {}},
        {"deleted by somebody when it was complete",
         [](auto& l) {
             l.deleting = true;
             l.status = health_status::healthy;
         },
         "done",
         {}},
    };
    for (const auto& one : rows) {
        cluster c{"PreDelete"};
        one.change(c.put(run_key(deletion_run(uid, phase::pre_delete)), health_status::progressing));
        BOOST_TEST(c.run(phase::pre_delete) == one.says, one.name);
        BOOST_TEST((c.log == one.log), one.name);
    }
}

BOOST_AUTO_TEST_CASE(they_are_kept_with_their_phases_and_read_again) {
    const std::vector objects{
        desired(job("both", R"("argocd.argoproj.io/hook":"PreDelete,PostDelete")")),
        desired(job("a-sync", R"("argocd.argoproj.io/hook":"PreSync")")),
        desired(job("helm", R"("helm.sh/hook":"pre-install,post-delete")")),
        desired(job("skipped", R"("argocd.argoproj.io/hook":"Skip")")),
        desired(job("plain", "")),
    };
    const auto hooks = deletion_hooks_of(objects);
    const auto read = read_deletion_hooks(to_text(hooks)).value();
    lines names;
    for (const auto& hook : read) {
        names.push_back(std::string{to_string(hook.during)} + " " + hook.id.name);
        BOOST_TEST(hook.kind.api_version() == "batch/v1");
        BOOST_TEST(hook.id.namespace_ == "shop");
    }
    BOOST_TEST((names == lines{"PreDelete both", "PostDelete both", "PostDelete helm"}));
    BOOST_TEST(to_text(read) == to_text(hooks));
    for (const auto* wrong :
         {"", "{", "{}", "[1]", R"([{"during":"PreDelete"}])", R"([{"during":"PreSync","manifest":{}}])",
          R"([{"during":"PreDelete","manifest":{"kind":"Job"}}])"}) {
        BOOST_TEST(!read_deletion_hooks(wrong), wrong);
    }
    BOOST_TEST(deletion_run("1", phase::pre_delete) != deletion_run("1", phase::post_delete));
    BOOST_TEST(deletion_run("1", phase::pre_delete) != deletion_run("2", phase::pre_delete));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::sync
