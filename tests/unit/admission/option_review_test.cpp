#include "admission/option_review.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::admission {
namespace {

review of(json::object data, std::string label = "true") {
    review made;
    made.operation = "UPDATE";
    made.version = "v1";
    made.kind = "ConfigMap";
    made.namespace_ = "holdfast";
    made.name = "holdfast-options";
    made.object = {
        {"metadata", {{"name", "holdfast-options"}, {"labels", {{"holdfast.dev/options", std::move(label)}}}}
        },
        {"data", std::move(data)}
    };
    return made;
}

result<void> only_good(std::string_view text) {
    if (text == "good") {
        return {};
    }
    return user_error("options.yaml, line 1: it is bad");
}

BOOST_AUTO_TEST_SUITE(option_reviews)

BOOST_AUTO_TEST_CASE(config_maps_with_the_label_are_of_options_and_others_are_not) {
    BOOST_TEST(is_of_options(of({})));
    BOOST_TEST(!is_of_options(of({}, "false")));
    auto other = of({});
    other.kind = "Secret";
    BOOST_TEST(!is_of_options(other));
    other = of({});
    other.operation = "DELETE";
    BOOST_TEST(!is_of_options(other));
    other = of({});
    other.object["metadata"] = "nonsense";
    BOOST_TEST(!is_of_options(other));
    // The server asks about whoever has the label or loses it.
    other.old_object = of({}).object;
    BOOST_TEST(is_of_options(other));
    other.old_object = of({}, "false").object;
    BOOST_TEST(!is_of_options(other));
}

BOOST_AUTO_TEST_CASE(good_options_are_let_through) {
    BOOST_TEST(decide_options(of({{"options.yaml", "good"}}), only_good).allowed);
}

BOOST_AUTO_TEST_CASE(bad_options_are_refused_with_what_is_wrong) {
    const auto said = decide_options(of({{"options.yaml", "bad"}}), only_good);
    BOOST_TEST(!said.allowed);
    BOOST_TEST(said.message == "options.yaml, line 1: it is bad");
    BOOST_REQUIRE_EQUAL(said.causes.size(), 1U);
    BOOST_TEST(said.causes.front().first == "data[options.yaml]");
}

BOOST_AUTO_TEST_CASE(options_under_another_key_would_not_be_found) {
    BOOST_TEST(!decide_options(of({{"options.yml", "good"}}), only_good).allowed);
    BOOST_TEST(!decide_options(of({{"options.yaml", 1}}), only_good).allowed);
    auto without = of({});
    without.object.erase("data");
    BOOST_TEST(!decide_options(without, only_good).allowed);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::admission
