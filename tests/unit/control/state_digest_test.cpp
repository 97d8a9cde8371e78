// What a status tells of values: nothing that a reader could try a guess with.

#include "control/status_report.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::control {

BOOST_AUTO_TEST_SUITE(state_digests)

BOOST_AUTO_TEST_CASE(it_takes_the_key_to_make_one_and_without_a_key_there_is_none) {
    sync::live_record record;
    record.owned_hash = sha256("the fields with the value");
    std::vector<cluster::live_objects::found> owned;
    owned.push_back({{"", "v1", "Secret"}, {"", "Secret", "shop", "db"}, &record});
    const std::string key(32, 'k');
    const auto digest = applied_state_of(owned, key);
    BOOST_TEST(digest.size() == 40U);
    BOOST_TEST(applied_state_of(owned, key) == digest);
    BOOST_TEST(applied_state_of(owned, std::string(32, 'l')) != digest);
    BOOST_TEST(applied_state_of(owned, {}).empty());
    record.owned_hash = sha256("the fields with another value");
    BOOST_TEST(applied_state_of(owned, key) != digest);
    // What was told before is what anybody can make.
    hasher unkeyed;
    unkeyed.add(sync::to_string(owned.front().id)).add(to_hex(record.owned_hash));
    BOOST_TEST(applied_state_of(owned, key) != to_hex(unkeyed.finish()).substr(0, 40));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::control
