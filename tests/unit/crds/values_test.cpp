#include "crds/application.hpp"
#include "crds/words.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::crds {
namespace {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(values_of_kinds)

condition ready(std::string status, timestamp time, std::string message = {}) {
    return {
        .type = "Ready",
        .status = std::move(status),
        .observed_generation = 1,
        .last_transition_time = time,
        .reason = "R",
        .message = std::move(message)
    };
}

BOOST_AUTO_TEST_CASE(a_condition_keeps_its_time_while_its_status_stays) {
    const timestamp before{1000s};
    const timestamp after{2000s};
    std::vector<condition> conditions;
    BOOST_TEST(set_condition(conditions, ready("False", before)));
    BOOST_TEST(!set_condition(conditions, ready("False", after)));
    BOOST_TEST(set_condition(conditions, ready("False", after, "news")));
    BOOST_TEST((find_condition(conditions, "Ready")->last_transition_time == before));
    BOOST_TEST(set_condition(conditions, ready("True", after)));
    BOOST_TEST((find_condition(conditions, "Ready")->last_transition_time == after));
    BOOST_TEST(conditions.size() == 1U);
    BOOST_TEST(find_condition(conditions, "Stalled") == nullptr);
    BOOST_TEST(!remove_condition(conditions, "Stalled"));
    BOOST_TEST(remove_condition(conditions, "Ready"));
    BOOST_TEST(conditions.empty());
}

BOOST_AUTO_TEST_CASE(the_prune_limit_is_a_count_a_share_or_half_of_the_objects) {
    BOOST_TEST(prune_limit_of({}, 4) == 10);
    BOOST_TEST(prune_limit_of({}, 100) == 50);
    BOOST_TEST(prune_limit_of(int_or_string{std::int64_t{3}}, 100) == 3);
    BOOST_TEST(prune_limit_of(int_or_string{std::int64_t{0}}, 100) == 0);
    BOOST_TEST(prune_limit_of(int_or_string{"25%"}, 100) == 25);
    BOOST_TEST(prune_limit_of(int_or_string{"25%"}, 3) == 1);
    BOOST_TEST(prune_limit_of(int_or_string{"0%"}, 100) == 0);
    BOOST_TEST(prune_limit_of(int_or_string{"100%"}, 7) == 7);
}

BOOST_AUTO_TEST_CASE(commits_are_shortened_and_nothing_else) {
    BOOST_TEST(short_revision("4f0d8c1b2a6e9d7c3b5a1f0e8d6c4b2a09182736") == "4f0d8c1b");
    BOOST_TEST(short_revision(std::string(64, 'a')) == "aaaaaaaa");
    BOOST_TEST(
        short_revision("release-2026-01-31-with-a-long-name-indeed") ==
        "release-2026-01-31-with-a-long-name-indeed"
    );
    BOOST_TEST(short_revision("1.2.3") == "1.2.3");
    BOOST_TEST(short_revision("") == "");
}

BOOST_AUTO_TEST_CASE(the_sources_are_those_of_either_way_to_write_them) {
    application_spec spec;
    BOOST_TEST(spec.all_sources().empty());
    spec.source = application_source{.repo_url = "a"};
    BOOST_TEST(spec.all_sources().at(0).repo_url == "a");
    spec.sources = {application_source{.repo_url = "b"}, application_source{.repo_url = "c"}};
    BOOST_TEST(spec.all_sources().size() == 2U);
}

BOOST_AUTO_TEST_CASE(health_is_ordered_from_best_to_worst) {
    BOOST_TEST((health_code::none < health_code::healthy));
    BOOST_TEST((health_code::healthy < health_code::suspended));
    BOOST_TEST((health_code::suspended < health_code::progressing));
    BOOST_TEST((health_code::progressing < health_code::missing));
    BOOST_TEST((health_code::missing < health_code::degraded));
    BOOST_TEST((health_code::degraded < health_code::unknown));
    BOOST_TEST(to_string(health_code::degraded) == "Degraded");
    BOOST_TEST(to_string(sync_code::out_of_sync) == "OutOfSync");
    BOOST_TEST(to_string(hook_type::none) == "");
}

BOOST_AUTO_TEST_CASE(many_problems_are_counted_rather_than_listed) {
    const std::vector<problem> many(25, problem{"a", "b"});
    const auto text = join(many, 2);
    BOOST_TEST(text == "a: b; a: b; and 23 more");
    BOOST_TEST(join({}) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
