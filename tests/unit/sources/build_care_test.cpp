// Builds that ended the operator: who is built with care, and who not any more.
#include "sources/build_care.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <set>
#include <string>

namespace holdfast::sources {

static std::ostream& boost_test_print_type(std::ostream& to, build_care::how said) {
    return to
           << (said == build_care::how::freely  ? "freely"
               : said == build_care::how::noted ? "noted"
                                                : "not at all");
}

namespace {

using how = build_care::how;
using step = build_care::step;

/// Lives of an operator, one after the other.
struct lives {
    std::string left;
    int count = 0;
    build_care care;

    /// Another process begins to lead; the one before ended as it should, or not.
    build_care& next(bool uncleanly, const std::set<std::string>& due = {"a/one", "a/two", "a/three"}) {
        const auto process = "process-" + std::to_string(++count);
        care =
            build_care{{.left = left, .uncleanly = uncleanly, .process = process, .now = "12:00", .due = due}
            };
        left = care.text();
        return care;
    }
    /// Begins a build, as far as it is allowed; it is noted where that was asked for.
    how begin(const std::string& application, const std::string& what, step which = step::building) {
        const auto said = care.ask(application, what);
        if (said == how::noted) {
            care.begin(application, what, which);
            left = care.text();
        }
        return said;
    }
    void end() {
        care.end();
        left = care.text();
    }
};

BOOST_AUTO_TEST_SUITE(building_with_care)

BOOST_AUTO_TEST_CASE(after_a_clean_end_everything_is_built_freely) {
    lives l;
    BOOST_TEST(!l.next(false).is_on_guard());
    BOOST_TEST(l.begin("a/one", "x") == how::freely);
    // Whatever is noted: it was let go of.
    l.left = R"({"process":"other","building":{"application":"a/one","build":"x"}})";
    BOOST_TEST(!l.next(false).is_on_guard());
}

BOOST_AUTO_TEST_CASE(after_an_unclean_end_it_is_careful_until_everyone_was_looked_at) {
    lives l;
    l.next(true);
    BOOST_TEST(l.care.is_careful());
    BOOST_TEST(l.begin("a/one", "x") == how::noted);
    l.end();
    BOOST_TEST(!l.care.looked_at("a/one"));
    BOOST_TEST(!l.care.looked_at("a/one"));
    BOOST_TEST(!l.care.looked_at("a/new"));
    l.care.forget("a/two");
    BOOST_TEST(l.care.is_careful());
    BOOST_TEST(l.care.looked_at("a/three"));
    BOOST_TEST(!l.care.is_on_guard());
    BOOST_TEST(l.begin("a/one", "x") == how::freely);
    BOOST_TEST(!l.next(true, {}).is_careful()); // there is nothing to be careful about
}

BOOST_AUTO_TEST_CASE(the_second_end_during_one_build_sets_its_application_aside) {
    lives l;
    l.next(true); // nobody knows what did it
    BOOST_TEST(l.begin("a/one", "x") == how::noted);
    l.next(true);
    BOOST_TEST(l.care.is_suspected("a/one"));
    BOOST_TEST(!l.care.is_set_aside("a/one"));
    BOOST_TEST(l.begin("a/two", "y") == how::noted);
    l.end();
    BOOST_TEST(l.begin("a/one", "x") == how::noted);
    l.next(true);
    BOOST_TEST(l.care.is_set_aside("a/one"));
    BOOST_TEST(l.begin("a/one", "x") == how::not_at_all);
    BOOST_TEST(l.begin("a/two", "y") == how::noted); // the others are worked on
    l.end();
    const auto why = l.care.why("a/one");
    BOOST_TEST(why.find("ended the operator 2 times") != std::string::npos, why);
    BOOST_TEST(why.find("-n a one holdfast.dev/refresh=hard") != std::string::npos, why);
    // Also after everyone was looked at, and after a clean end.
    for (const auto* each : {"a/one", "a/two", "a/three"})
        l.care.looked_at(each);
    BOOST_TEST(l.begin("a/one", "x") == how::not_at_all);
    BOOST_TEST(l.begin("a/two", "z") == how::freely);
    l.next(false);
    BOOST_TEST(l.begin("a/one", "x") == how::not_at_all);
}

struct set_aside : lives {
    set_aside() {
        next(true);
        begin("a/one", "x");
        next(true);
        begin("a/one", "x");
        next(true);
        BOOST_TEST_REQUIRE(care.is_set_aside("a/one"));
    }
};

BOOST_FIXTURE_TEST_CASE(another_build_is_one_more_chance, set_aside) {
    BOOST_TEST(begin("a/one", "new") == how::noted);
    next(true);
    BOOST_TEST(begin("a/one", "new") == how::not_at_all);
    BOOST_TEST(begin("a/one", "newer") == how::noted);
    end(); // whatever came of it: the operator is there
    BOOST_TEST(!care.is_suspected("a/one"));
    next(false);
    BOOST_TEST(begin("a/one", "x") == how::freely);
}

BOOST_FIXTURE_TEST_CASE(so_is_being_asked_for, set_aside) {
    care.retry("a/one");
    BOOST_TEST(begin("a/one", "x") == how::noted);
    next(true);
    BOOST_TEST(begin("a/one", "x") == how::not_at_all);
    care.retry("a/two"); // nobody suspects it
    BOOST_TEST(!care.is_suspected("a/two"));
}

BOOST_FIXTURE_TEST_CASE(what_is_deleted_is_forgotten, set_aside) {
    care.forget("a/one");
    BOOST_TEST(!care.is_suspected("a/one"));
    BOOST_TEST(care.text().find("a/one") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(that_it_could_be_planned_says_nothing_of_its_build) {
    lives l;
    for (int i = 0; i < 2; ++i) {
        l.next(true);
        BOOST_TEST(l.begin("a/one", "x", step::planning) == how::noted);
        l.end();
        BOOST_TEST(l.begin("a/one", "x") == how::noted);
    }
    l.next(true);
    BOOST_TEST(l.begin("a/one", "x", step::planning) == how::not_at_all);
}

BOOST_AUTO_TEST_CASE(what_ends_the_operator_while_it_is_planned_is_set_aside_too) {
    lives l;
    l.next(true);
    l.begin("a/one", "x", step::planning);
    l.next(true);
    BOOST_TEST(l.begin("a/one", "x", step::planning) == how::noted);
    l.next(true);
    BOOST_TEST(l.begin("a/one", "x", step::planning) == how::not_at_all);
    // Once it can be planned, it is as good as others.
    l = {};
    l.next(true);
    l.begin("a/one", "x", step::planning);
    l.next(true);
    BOOST_TEST(l.begin("a/one", "x", step::planning) == how::noted);
    l.end();
    BOOST_TEST(!l.care.is_suspected("a/one"));
}

BOOST_AUTO_TEST_CASE(a_process_that_lost_the_lease_and_has_it_again_did_not_end) {
    lives l;
    l.next(true);
    l.begin("a/one", "x");
    build_care again{{.left = l.left, .uncleanly = true, .process = "process-1", .now = "", .due = {"a/one"}}
    };
    BOOST_TEST(!again.is_careful());
    BOOST_TEST(!again.is_suspected("a/one"));
}

BOOST_AUTO_TEST_CASE(whatever_was_left_is_read_and_kept_small) {
    for (const auto* left :
         {"", "{", "[]", "5", R"({"suspects":5,"building":[],"process":7})",
          R"({"suspects":[5,{},{"application":7},{"application":"a/x","ends":-5},{"application":"a/x"}]})",
          R"({"building":{"application":"","build":"x"}})"}) {
        build_care care{{.left = left, .uncleanly = true, .process = "p", .now = "n", .due = {"a/one"}}};
        BOOST_TEST(care.is_careful());
        BOOST_TEST(!care.is_set_aside("a/x"));
    }
    lives l;
    for (int i = 0; i < 100; ++i) {
        l.next(true);
        l.begin("a/" + std::string(250, 'n') + std::to_string(i), std::string(40, 'k'));
    }
    BOOST_TEST(l.left.size() < 8000U);
    l.next(true);
    BOOST_TEST(l.care.is_suspected("a/" + std::string(250, 'n') + "99"));
    BOOST_TEST(!l.care.is_suspected("a/" + std::string(250, 'n') + "1"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
