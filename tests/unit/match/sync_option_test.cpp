#include "match/sync_option.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <string>

namespace holdfast::match {
namespace {

std::string read(std::string_view text) {
    const auto given = read_sync_option(text);
    return given ? fmt::format("{}={}", given->option->name, given->value) : given.error().message();
}

BOOST_AUTO_TEST_SUITE(sync_options_)

BOOST_AUTO_TEST_CASE(options_are_read_or_it_is_said_what_is_wrong) {
    const struct {
        std::string_view text;
        std::string_view expected;
    } table[] = {
        {"CreateNamespace=true", "CreateNamespace=true"},
        {"Prune=confirm", "Prune=confirm"},
        {"Delete=false", "Delete=false"},
        {"PrunePropagationPolicy=orphan", "PrunePropagationPolicy=orphan"},
        // Admission refused what the operator took. An annotation that protects an object is not to stop
        // doing so for a blank.
        {" Prune = false ", "Prune=false"},
        {"Forse=true", R"(unknown option "Forse=true"; did you mean "Force=true"?)"},
        {"prunelast=true", R"(unknown option "prunelast=true"; did you mean "PruneLast=true"?)"},
        {"Teleport=true", R"(unknown option "Teleport=true")"},
        {"PruneLast", R"(must be a name and a value such as CreateNamespace=true, is "PruneLast")"},
        {"", R"(must be a name and a value such as CreateNamespace=true, is "")"},
        {"=true", R"(unknown option "=true")"},
        {"Replace=", R"(Replace must be true or false, is "")"},
        {"Replace=yes", R"(Replace must be true or false, is "yes")"},
        {"Replace=confirm", R"(Replace must be true or false, is "confirm")"},
        {"Prune=maybe", R"(Prune must be true, false or confirm, is "maybe")"},
        {"PrunePropagationPolicy=Foreground",
         R"(PrunePropagationPolicy must be foreground, background or orphan, is "Foreground")"},
        {"Replace=true=true", R"(Replace must be true or false, is "true=true")"},
    };
    for (const auto& [text, expected] : table) {
        BOOST_TEST(read(text) == expected);
    }
}

BOOST_AUTO_TEST_CASE(each_option_takes_each_of_its_values) {
    for (const auto& option : sync_options) {
        for (const auto value : values_of(option.values)) {
            const auto text = fmt::format("{}={}", option.name, value);
            BOOST_TEST(read(text) == text);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_served_or_no_more_says_so_by_name) {
    const auto not_served = [](std::string_view text) { return read_sync_option(text)->not_served(); };
    BOOST_TEST(
        not_served("ServerSideApply=false") == "ServerSideApply=false is not served by this version: "
                                               "everything is applied by the server, field by field"
    );
    BOOST_TEST(not_served("ServerSideApply=true").empty());
    BOOST_TEST(
        not_served("RespectIgnoreDifferences=false").starts_with("RespectIgnoreDifferences=false is not")
    );
    BOOST_TEST(not_served("FailOnSharedResource=true").empty());
    BOOST_TEST(
        read_sync_option("ServerDryRun=true")->retired() == "ServerDryRun has no effect any more; take it out"
    );
    BOOST_TEST(read_sync_option("Validate=false")->retired().empty());
    // Nobody is led to it.
    BOOST_TEST(
        read("ServerDryRum=true").find("did you mean") == std::string::npos, read("ServerDryRum=true")
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::match
