// Objects that move from one application to another: they are handed over, not deleted and made anew.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr auto claim = R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
)";

// Two applications that read from one repository: NAME from "from", NAME-next from "to".
class pair_of {
public:
    explicit pair_of(std::string called) : s{std::move(called)} {
        s.repository.write("from/data.yaml", claim)
            .write("from/a.yaml", config_map("a", "value", "1"))
            .write("from/goes.yaml", config_map("goes", "value", "1"))
            .write("to/b.yaml", config_map("b", "value", "1"));
    }
    ~pair_of() {
        s.w.cluster().kubectl(
            {"delete", "application.holdfast.dev/" + next(), "-n", home, "--wait=false", "--ignore-not-found"}
        );
    }
    pair_of(const pair_of&) = delete;
    pair_of& operator=(const pair_of&) = delete;

    scene s;

    [[nodiscard]] std::string next() const { return s.name + "-next"; }

    // Whoever is built by kustomize comes later: it takes a program.
    void build_by_kustomize(const std::string& folder, const std::string& resources) {
        s.repository.write(folder + "/kustomization.yaml", "resources: [" + resources + "]\n");
    }

    void follow() {
        s.repository.push("Two folders");
        s.follow({.path = "from"});
        s.w.apply(application(next(), {.url = s.repository.url(), .path = "to", .into = s.name}));
        eventually([&] { return s.look().synced() && view(next()).synced(); }, "both are synced");
        uid = uid_now();
        BOOST_TEST(!uid.empty());
    }

    std::string move() {
        s.repository.remove("from/data.yaml").remove("from/goes.yaml");
        s.repository.write("to/data.yaml", claim);
        return s.repository.push("Moved");
    }

    void await_moved(const std::string& revision) {
        eventually(
            [&] {
                const auto now = s.look();
                const auto then = view(next());
                return now.synced() && then.synced() && now.revision == revision && then.revision == revision;
            },
            "both are synced again", 90s, [&] { return s.look().describe() + "\n" + view(next()).describe(); }
        );
        BOOST_TEST(uid_now() == uid);
        BOOST_TEST(s.w.field("pvc", s.name, "data", ".metadata.deletionTimestamp").empty());
        const auto owner =
            s.w.field("pvc", s.name, "data", ".metadata.annotations.holdfast\\.dev/tracking-id");
        BOOST_TEST(owner.find(home + std::string{"/"} + next() + ":") == 0U, owner);
    }

    std::string uid_now() { return s.w.field("pvc", s.name, "data", ".metadata.uid"); }

    std::string uid;
};

} // namespace

BOOST_AUTO_TEST_SUITE(handover)

BOOST_AUTO_TEST_CASE(a_claim_that_moves_is_the_same_one_where_its_old_application_comes_first) {
    pair_of p{"move-old-first"};
    p.build_by_kustomize("to", "b.yaml");
    p.follow();
    p.build_by_kustomize("to", "b.yaml, data.yaml");
    p.await_moved(p.move());
    BOOST_TEST(!p.s.has("goes")); // what nobody wants is deleted all the same
}

BOOST_AUTO_TEST_CASE(a_claim_that_moves_is_the_same_one_where_its_new_application_comes_first) {
    pair_of p{"move-new-first"};
    p.build_by_kustomize("from", "a.yaml, data.yaml, goes.yaml");
    p.follow();
    p.build_by_kustomize("from", "a.yaml");
    p.await_moved(p.move());
    BOOST_TEST(!p.s.has("goes"));
}

BOOST_AUTO_TEST_CASE(it_is_the_same_one_where_the_operator_was_away_meanwhile) {
    pair_of p{"move-restart"};
    p.follow();
    p.s.w.shared_operator().kill9();
    const auto revision = p.move();
    p.s.w.shared_operator().start();
    p.await_moved(revision);
    BOOST_TEST(!p.s.has("goes"));
}

BOOST_AUTO_TEST_CASE(it_is_the_same_one_where_it_comes_before_it_goes) {
    pair_of p{"move-two-pushes"};
    p.follow();
    p.s.repository.write("to/data.yaml", claim);
    p.s.repository.push("Wanted by both");
    await_condition(p.next(), "SyncError", {"belongs to the application"});
    BOOST_TEST(p.uid_now() == p.uid);
    p.await_moved(p.move());
}

BOOST_AUTO_TEST_CASE(an_application_that_is_deleted_leaves_what_another_wants) {
    pair_of p{"move-deleted"};
    p.follow();
    p.s.repository.write("to/data.yaml", claim);
    p.s.repository.push("Wanted by both");
    await_condition(p.next(), "SyncError", {"belongs to the application"});
    p.s.w.kubectl({"delete", "application.holdfast.dev", p.s.name, "-n", home, "--wait=false"});
    eventually([&] { return !p.s.look().exists; }, "the old one goes");
    eventually(
        [&] { return view(p.next()).synced(); }, "the new one has it", 90s,
        [&] { return view(p.next()).describe(); }
    );
    BOOST_TEST(p.uid_now() == p.uid);
    BOOST_TEST(!p.s.has("goes"));
}

// A tenant must not be able to keep what is taken away from him.
BOOST_AUTO_TEST_CASE(what_an_application_with_other_rights_wants_is_deleted_all_the_same) {
    scene s{"move-tenant"};
    s.repository.write("from/grant.yaml", config_map("grant", "value", "1"))
        .write("from/a.yaml", config_map("a", "value", "1"))
        .write("to/grant.yaml", config_map("grant", "value", "1"));
    s.repository.push("Both want it");
    s.follow({.path = "from"});
    await_synced(s.name);
    s.w.apply(application(
        "tenant", {.url = s.repository.url(), .path = "to", .into = s.name, .finalizer = false, .ns = s.name}
    ));
    eventually(
        [&] { return !view("tenant", s.name).phase.empty(); }, "the tenant's is tried", 60s,
        [&] { return view("tenant", s.name).describe(); }
    );
    s.repository.remove("from/grant.yaml");
    s.repository.push("Taken away");
    eventually([&] { return !s.has("grant"); }, "it is deleted");
}

BOOST_AUTO_TEST_SUITE_END()
