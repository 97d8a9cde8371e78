// Whatever is put in the place of any part of an object, reading it ends with a problem or with a value that
// comes back.
#include "crds/application.hpp"
#include "crds/application_set.hpp"
#include "crds/project.hpp"
#include "crds/repository.hpp"
#include "examples.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

namespace holdfast::crds {
namespace {

using namespace test;

/// The paths of all values within a value, as the keys and indices that lead there.
void collect_places(
    const json::value& value, std::vector<std::string> path, std::vector<std::vector<std::string>>& places
) {
    places.push_back(path);
    path.emplace_back();
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            path.back() = member.key();
            collect_places(member.value(), path, places);
        }
    } else if (const auto* array = value.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) {
            path.back() = std::to_string(i);
            collect_places((*array)[i], path, places);
        }
    }
}

json::value& place(json::value& value, const std::vector<std::string>& path) {
    auto* at = &value;
    for (const auto& step : path) {
        at = at->is_object() ? &at->as_object().at(step) : &at->as_array().at(std::stoul(step));
    }
    return *at;
}

template <class Read>
void try_every_change(const json::object& object, Read read) {
    const json::array strangers{
        nullptr,
        true,
        5,
        -1,
        1e300,
        "",
        "x",
        "\xC3\xA4",
        std::string(5000, 'y'),
        json::array{},
        json::object{},
        json::array{nullptr},
        json::object{{"name", 1}}
    };
    std::vector<std::vector<std::string>> places;
    collect_places(object, {}, places);
    BOOST_TEST(places.size() > 50U);
    for (const auto& path : places) {
        if (path.empty()) continue;
        for (const auto& stranger : strangers) {
            json::value changed(object);
            place(changed, path) = stranger;
            const auto first = read(changed.as_object());
            check(first.value
            ); // Says what it says: it has to cope with every value that reading lets through.
            if (!first.problems.empty()) continue;
            const auto again = read(write(first.value));
            if (!again.problems.empty() || !(again.value == first.value)) {
                BOOST_ERROR(
                    "does not come back: " << json::serialize(changed) << ": " << join(again.problems)
                );
            }
            // A template is kept as somebody wrote it.
            const bool is_in_template = std::ranges::all_of(again.unknown_fields, [](const problem& one) {
                return one.path.find("template.spec.") != std::string::npos;
            });
            BOOST_TEST_REQUIRE(is_in_template);
        }
    }
}

BOOST_AUTO_TEST_SUITE(properties_of_kinds)

BOOST_AUTO_TEST_CASE(every_change_of_an_application_is_a_problem_or_comes_back) {
    try_every_change(full_application(), [](const json::object& object) {
        return examine_application(object);
    });
}

BOOST_AUTO_TEST_CASE(every_change_of_a_set_is_a_problem_or_comes_back) {
    try_every_change(full_application_set(), [](const json::object& object) {
        return examine_application_set(object);
    });
}

BOOST_AUTO_TEST_CASE(every_change_of_a_project_is_a_problem_or_comes_back) {
    try_every_change(full_project(), [](const json::object& object) { return examine_project(object); });
}

BOOST_AUTO_TEST_CASE(every_change_of_a_repository_is_a_problem_or_comes_back) {
    try_every_change(full_repository(), [](const json::object& object) {
        return examine_repository(object);
    });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
