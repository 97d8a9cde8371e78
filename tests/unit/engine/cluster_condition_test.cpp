#include "engine/cluster_condition.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::engine {
namespace {

const wall_clock::time_point now{std::chrono::hours{1000}};

crds::application deployed(int objects) {
    crds::application a;
    a.metadata.generation = 3;
    a.status.observed_generation = 3;
    a.status.resources_count = objects;
    for (int i = 0; i < objects; ++i) {
        crds::resource_status one;
        one.kind = "ConfigMap";
        one.namespace_ = "shop";
        one.name = "m" + std::to_string(i);
        a.status.resources.push_back(std::move(one));
    }
    return a;
}

BOOST_AUTO_TEST_SUITE(cluster_conditions)

BOOST_AUTO_TEST_CASE(the_cluster_is_written_down_and_read_again) {
    crds::application fresh;
    BOOST_TEST(!cluster_of(fresh.status).has_value());
    BOOST_TEST(cluster_of(deployed(1).status).value() == ""); // as versions before this one left it
    auto a = deployed(1);
    note_cluster(a.status, "https://east:6443", 3, now);
    BOOST_TEST(cluster_of(a.status).value() == "https://east:6443");
    note_cluster_away(
        a.status, "ClusterUnreachable", "the cluster https://east:6443 cannot be reached: why", 3, now
    );
    BOOST_TEST(cluster_of(a.status).value() == "https://east:6443");
    const auto* said = crds::find_condition(a.status.conditions, cluster_type);
    BOOST_TEST(said->status == "False");
    BOOST_TEST(said->message.ends_with("why"));
    note_cluster(a.status, {}, 3, now);
    BOOST_TEST(a.status.conditions.empty());
    note_cluster_away(a.status, "ClusterUnknown", "why", 3, now); // it is not there yet
    BOOST_TEST(a.status.conditions.empty());
}

BOOST_AUTO_TEST_CASE(what_stays_in_another_cluster_is_said_until_it_is_at_home_again) {
    auto a = deployed(7);
    note_move(a, "", "https://east", now);
    const auto* left = crds::find_condition(a.status.conditions, left_behind_type);
    BOOST_REQUIRE(left != nullptr);
    for (const auto* part :
         {"the operator's own cluster still has 7 objects", "ConfigMap shop/m0", "and 2 more",
          "holdfast.dev/forget-left-behind"}) {
        BOOST_TEST(left->message.find(part) != std::string::npos, left->message);
    }
    a.status.resources_count = 0;
    note_move(a, "https://east", "", now);
    BOOST_TEST(crds::find_condition(a.status.conditions, left_behind_type) == nullptr);

    auto none = deployed(0);
    note_move(none, "https://east", "https://west", now);
    BOOST_TEST(none.status.conditions.empty());
    auto same = deployed(2);
    note_move(same, "https://east", "https://east", now);
    BOOST_TEST(same.status.conditions.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::engine
