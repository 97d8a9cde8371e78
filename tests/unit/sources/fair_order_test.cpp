#include "sources/fair_order.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sources {
namespace {

std::string shown(const std::vector<kube::object_name>& names) {
    std::string text;
    for (const auto& name : names) {
        text += name.namespace_ + "/" + name.name + " ";
    }
    return text;
}

BOOST_AUTO_TEST_SUITE(order_of_those_who_are_asked)

BOOST_AUTO_TEST_CASE(namespaces_take_turns_after_the_operators_own) {
    const std::vector<kube::object_name> all{{"a", "1"}, {"a", "2"},   {"own", "x"}, {"b", "1"},
                                             {"a", "3"}, {"own", "y"}, {"b", "2"}};
    BOOST_TEST(shown(fair_order(all, "own", 100)) == "own/x own/y a/1 b/1 a/2 b/2 a/3 ");
    BOOST_TEST(shown(fair_order(all, "own", 4)) == "own/x own/y a/1 b/1 ");
    BOOST_TEST(fair_order({}, "own", 4).empty());
}

// Whatever its name and its Repositories' names are.
BOOST_AUTO_TEST_CASE(one_with_very_many_keeps_out_nobody) {
    std::vector<kube::object_name> all;
    for (int i = 0; i < 2'000; ++i) {
        all.emplace_back(kube::object_name{"a", std::to_string(i)});
    }
    all.emplace_back(kube::object_name{"z", "only"});
    all.emplace_back(kube::object_name{"own", "only"});
    const auto chosen = fair_order(all, "own", 500);
    BOOST_TEST(chosen.size() == 500U);
    BOOST_TEST(shown({chosen[0]}) == "own/only ");
    BOOST_TEST(shown({chosen[2]}) == "z/only ");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
