// etcd is restored from a backup: everything that was known of the cluster is of a time that is no more, and
// versions begin again at lower numbers.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr int objects = 20;

std::string called(int i) {
    return "object-" + std::to_string(i);
}

void write_all(scene& s, const std::string& value) {
    for (int i = 0; i < objects; ++i) {
        s.config_map(called(i), value);
    }
}

/// How many of them are as Git has them.
int count_right(scene& s, const std::string& value) {
    const auto listed = s.w.cluster().kubectl(
        {"get", "configmaps", "-n", s.name, "-o",
         "jsonpath={range .items[*]}{.metadata.name}={.data.value};{end}"}
    );
    int right = 0;
    for (int i = 0; i < objects; ++i) {
        right += listed.out.find(called(i) + "=" + value + ";") != std::string::npos ? 1 : 0;
    }
    return right;
}

/// Everything that Git changed since the backup is made again, by the process that knew it all before.
void restore_and_expect_all_of_it(scene& s) {
    auto& op = s.w.shared_operator();
    write_all(s, "1");
    s.config_map("only-before", "1");
    const auto first = s.repository.push("One");
    // In the background, since the garbage collector of this control plane is not begun anew by a restore.
    s.follow({.sync_options = {"PrunePropagationPolicy=background"}});
    await_synced(s.name, first);
    s.w.cluster().save_store();
    // The operator is over the outage: it sees Applications and objects again, and renews its Lease.
    const auto lease = [&] { return s.w.field("lease", home, "holdfast", ".metadata.resourceVersion"); };
    const auto of_backup = lease();
    s.patch({{"spec", {{"revisionHistoryLimit", 7}}}});
    eventually(
        [&] {
            const auto seen = s.look().object;
            return text_at(seen, {"status", "observedGeneration"}) ==
                       text_at(seen, {"metadata", "generation"}) &&
                   (of_backup.empty() || lease() != of_backup);
        },
        "it sees that the Application changed, and renews its Lease", 120s
    );
    s.config_map("marker", "1");
    await_synced(s.name, s.repository.push("A marker"), home, 120s);

    write_all(s, "2");
    s.config_map("only-after", "2");
    s.repository.remove("only-before.yaml");
    const auto second = s.repository.push("Two");
    await_synced(s.name, second);
    BOOST_TEST(count_right(s, "2") == objects);
    const auto pid = op.pid();

    s.w.cluster().restore_store();
    eventually(
        [&] { return count_right(s, "2") == objects && s.has("only-after") && !s.has("only-before"); },
        "everything is as Git has it", 180s,
        [&] { return std::to_string(count_right(s, "2")) + " are right; " + s.look().describe(); }
    );
    await_synced(s.name, second, home, 120s);
    BOOST_TEST(op.logged("restored to an older state") > 0U);
    // And it follows as before.
    write_all(s, "3");
    await_synced(s.name, s.repository.push("Three"), home, 120s);
    BOOST_TEST(count_right(s, "3") == objects);
    BOOST_TEST(op.pid() == pid);
}

} // namespace

BOOST_AUTO_TEST_SUITE(restored)

BOOST_AUTO_TEST_CASE(what_git_changed_since_the_backup_is_made_again) {
    scene s{"restored"};
    restore_and_expect_all_of_it(s);
}

BOOST_AUTO_TEST_CASE(a_leader_does_so_as_well) {
    auto& w = world::get();
    auto& op = w.shared_operator();
    if (op.running()) {
        op.stop();
    }
    op.start({"--leader-elect"});
    {
        scene s{"restored-leader"};
        restore_and_expect_all_of_it(s);
    }
    op.stop();
}

BOOST_AUTO_TEST_SUITE_END()
