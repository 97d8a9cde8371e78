#include "render/build_key.hpp"
#include "render/manifest_cache.hpp"

#include "memory_tree.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace holdfast;
using test::config_map;
using test::memory_tree;
namespace json = boost::json;

namespace {

std::shared_ptr<const render::packed_output> packed_of(const std::string& name, std::size_t size) {
    memory_tree tree;
    tree.file("a.yaml", config_map(name, "data: {x: " + std::string(size, 'x') + "}\n"));
    return render::pack(render::render_directory(tree, {}).value());
}

render::build_key key_of(int number) {
    return sha256(std::to_string(number));
}

} // namespace

BOOST_AUTO_TEST_CASE(the_key_changes_with_everything_that_decides_about_the_build) {
    const render::directory_options options{.path = "app"};
    const render::directory_limits limits;
    std::set<render::build_key> keys;
    keys.insert(render::directory_key("t1", options, limits));
    keys.insert(render::directory_key("t2", options, limits));
    keys.insert(render::directory_key("t1", {.path = "other"}, limits));
    keys.insert(render::directory_key("t1", {.path = "app", .recurse = true}, limits));
    keys.insert(render::directory_key("t1", {.path = "app", .include = "x"}, limits));
    keys.insert(render::directory_key("t1", {.path = "app", .exclude = "x"}, limits));
    keys.insert(render::directory_key("t1", {.path = "app", .disable_extension_filter = true}, limits));
    render::directory_limits small;
    small.max_objects = 1;
    keys.insert(render::directory_key("t1", options, small));
    BOOST_TEST(keys.size() == 8U);
}

BOOST_AUTO_TEST_CASE(the_key_stays_when_nothing_of_that_changes) {
    memory_tree tree;
    tree.file("app/a.yaml", config_map("a")).file("other/b.yaml", config_map("b"));
    const auto before = render::directory_key(tree.id("app"), {.path = "app"}, {});
    tree.file("other/b.yaml", config_map("changed")).file("README.md", "new");
    BOOST_TEST((render::directory_key(tree.id("app"), {.path = "./app/"}, {}) == before));
    tree.file("app/a.yaml", config_map("changed"));
    BOOST_TEST((render::directory_key(tree.id("app"), {.path = "app"}, {}) != before));
}

BOOST_AUTO_TEST_CASE(a_build_that_read_elsewhere_is_current_as_long_as_that_is_the_same) {
    memory_tree tree;
    tree.file("shared/cm.yaml", config_map("s")).link("app/l.yaml", "../shared/cm.yaml");
    const auto output = render::render_directory(tree, {.path = "app"}).value();
    BOOST_TEST(render::still_current(output.outside_reads, tree).value());
    tree.file("shared/other.yaml", config_map("o"));
    BOOST_TEST(render::still_current(output.outside_reads, tree).value());
    tree.file("shared/cm.yaml", config_map("changed"));
    BOOST_TEST(!render::still_current(output.outside_reads, tree).value());
    memory_tree without;
    without.file("README.md", "");
    BOOST_TEST(!render::still_current(output.outside_reads, without).value());
}

BOOST_AUTO_TEST_CASE(a_symlink_that_led_nowhere_is_looked_at_again) {
    memory_tree tree;
    tree.file("app/a.yaml", config_map("a")).link("app/more", "../shared");
    const auto output = render::render_directory(tree, {.path = "app", .recurse = true}).value();
    BOOST_TEST(output.objects.size() == 1U);
    BOOST_TEST(render::still_current(output.outside_reads, tree).value());
    tree.file("shared/cm.yaml", config_map("s"));
    BOOST_TEST(!render::still_current(output.outside_reads, tree).value());
}

BOOST_AUTO_TEST_CASE(a_build_without_reads_elsewhere_asks_nothing) {
    memory_tree tree;
    tree.file("app/a.yaml", config_map("a"));
    const auto output = render::render_directory(tree, {.path = "app"}).value();
    tree.finds = 0;
    BOOST_TEST(render::still_current(output.outside_reads, tree).value());
    BOOST_TEST(tree.finds == 0);
}

BOOST_AUTO_TEST_CASE(packing_keeps_every_value) {
    memory_tree tree;
    tree.file(
        "a/x.yaml", config_map(
                        "x", "data: {n: 0.30000000000000004, i: 18446744073709551615, s: \"\\u0001\\\"ä\", "
                             "f: 123456789.12345678}\n"
                    )
    );
    const auto output = render::render_directory(tree, {.path = "a"}).value();
    const auto packed = render::pack(output);
    const auto back = render::unpack(*packed);
    BOOST_REQUIRE_EQUAL(back.size(), 1U);
    BOOST_TEST((back[0].object == output.objects[0].object));
    BOOST_TEST(back[0].from.file == "a/x.yaml");
    BOOST_TEST((packed->hash == output.hash));
    BOOST_TEST((render::hash_of(back) == output.hash));
}

BOOST_AUTO_TEST_CASE(the_cache_lets_go_of_what_was_not_used_for_the_longest) {
    const std::size_t each = packed_of("a", 1000)->bytes;
    render::manifest_cache cache{each * 3 + each / 2};
    for (int i = 0; i < 3; ++i) {
        cache.insert(key_of(i), packed_of("a", 1000));
    }
    BOOST_TEST(cache.size() == 3U);
    BOOST_TEST(cache.bytes() == each * 3);
    BOOST_TEST(cache.find(key_of(0)) != nullptr); // now 1 is the oldest
    cache.insert(key_of(3), packed_of("a", 1000));
    BOOST_TEST(cache.size() == 3U);
    BOOST_TEST(cache.find(key_of(1)) == nullptr);
    BOOST_TEST(cache.find(key_of(0)) != nullptr);
    BOOST_TEST(cache.find(key_of(3)) != nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_larger_than_the_whole_cache_is_not_kept_and_displaces_nothing) {
    const auto small = packed_of("a", 100);
    render::manifest_cache cache{small->bytes * 2};
    cache.insert(key_of(1), small);
    cache.insert(key_of(2), packed_of("b", 100'000));
    BOOST_TEST(cache.find(key_of(1)) == small);
    BOOST_TEST(cache.find(key_of(2)) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_inserted_again_is_replaced_and_one_erased_is_gone) {
    render::manifest_cache cache{1 << 20};
    cache.insert(key_of(1), packed_of("a", 100));
    const auto newer = packed_of("b", 200);
    cache.insert(key_of(1), newer);
    BOOST_TEST(cache.size() == 1U);
    BOOST_TEST(cache.bytes() == newer->bytes);
    BOOST_TEST(cache.find(key_of(1)) == newer);
    cache.erase(key_of(1));
    cache.erase(key_of(1));
    BOOST_TEST(cache.size() == 0U);
    BOOST_TEST(cache.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(who_has_a_build_keeps_it_when_the_cache_lets_go) {
    render::manifest_cache cache{packed_of("a", 1000)->bytes};
    cache.insert(key_of(1), packed_of("a", 1000));
    const auto held = cache.find(key_of(1));
    cache.insert(key_of(2), packed_of("b", 1000));
    BOOST_TEST(cache.find(key_of(1)) == nullptr);
    BOOST_TEST(held->objects.size() == 1U);
}
