#include "base/merge_patch.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

json::object object(const char* text) {
    return json::parse(text).as_object();
}

// RFC 7386, section 2.
json::value applied(json::value target, const json::value& patch) {
    if (!patch.is_object()) {
        return patch;
    }
    if (!target.is_object()) {
        target = json::object{};
    }
    for (const auto& [key, value] : patch.get_object()) {
        if (value.is_null()) {
            target.get_object().erase(key);
        } else {
            target.get_object()[key] = applied(target.get_object()[key], value);
        }
    }
    return target;
}

BOOST_AUTO_TEST_SUITE(merge_patches)

BOOST_AUTO_TEST_CASE(equal_objects_need_no_patch) {
    const auto same = object(R"({"a":1,"b":{"c":[1,2]}})");
    BOOST_TEST(merge_patch(same, same).empty());
}

BOOST_AUTO_TEST_CASE(a_patch_says_what_changed_and_nothing_else) {
    const auto before =
        object(R"({"keep":1,"gone":2,"deep":{"keep":1,"gone":{"x":1},"new":1},"list":[1,2]})");
    const auto after = object(R"({"keep":1,"deep":{"keep":1,"new":2},"list":[1],"added":{"y":1}})");
    BOOST_TEST(
        merge_patch(before, after) ==
        object(R"({"gone":null,"deep":{"gone":null,"new":2},"list":[1],"added":{"y":1}})")
    );
}

BOOST_AUTO_TEST_CASE(a_patch_makes_the_one_of_the_other) {
    const char* const texts[] = {R"({})",
                                 R"({"a":1})",
                                 R"({"a":{"b":1}})",
                                 R"({"a":{"b":{"c":[]}},"d":"x"})",
                                 R"({"a":[{"b":1}]})",
                                 R"({"a":{}})"};
    for (const auto* before : texts) {
        for (const auto* after : texts) {
            const auto patch = merge_patch(object(before), object(after));
            BOOST_TEST(
                applied(object(before), patch) == json::value(object(after)), before << " → " << after
            );
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
