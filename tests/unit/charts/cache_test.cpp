// Archives on disk: restarts, damage, limits.
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <optional>

namespace holdfast::charts::test {
namespace {

struct with_archives : fixture {
    std::optional<imposter> server{std::in_place};
    std::string url = server->url();
    std::vector<std::string> archives;

    with_archives() {
        std::vector<std::string> entries;
        for (int i = 0; i < 4; ++i) {
            const auto version = "1.0." + std::to_string(i);
            // Noise, so that they do not shrink to nothing.
            std::string noise;
            unsigned state = 1 + static_cast<unsigned>(i);
            for (int n = 0; n < 100'000; ++n) {
                state = state * 1664525U + 1013904223U;
                noise += static_cast<char>(state >> 24U);
            }
            archives.push_back(chart_tgz("web", version, noise));
            entries.push_back(index_entry(version, digest_of(archives.back()), {version + ".tgz"}));
            server->when("GET", "/" + version + ".tgz").always(answer(200, archives.back()));
        }
        server->when("GET", "/index.yaml").always(answer(200, index_of("web", entries)));
    }

    result<chart> get(int i) { return fetch(request(url, "web", "1.0." + std::to_string(i))); }
    [[nodiscard]] std::size_t downloads() const {
        std::size_t count = 0;
        for (const auto& r : server->requests()) {
            count += r.target.ends_with(".tgz") ? 1U : 0U;
        }
        return count;
    }
    [[nodiscard]] bool has(int i) const {
        return std::filesystem::exists(
            directory / ("charts/sha256/" + digest_of(archives[static_cast<std::size_t>(i)]) + ".tgz")
        );
    }
};

BOOST_FIXTURE_TEST_SUITE(charts_cache, with_archives)

BOOST_AUTO_TEST_CASE(a_restart_needs_no_network_for_what_is_there) {
    REQUIRE_OK(get(0));
    open();
    server.reset();
    const auto c = get(0);
    REQUIRE_OK(c);
    BOOST_TEST(read_file(c->file) == archives[0]);
    BOOST_TEST(c->digest == "sha256:" + digest_of(archives[0]));
    BOOST_TEST(get(1).has_error());
}

BOOST_AUTO_TEST_CASE(a_damaged_archive_is_noticed_and_fetched_again) {
    const auto file = get(0)->file;
    open();
    auto damaged = archives[0];
    damaged[50] = static_cast<char>(damaged[50] ^ 1);
    std::ofstream{file, std::ios::binary} << damaged;
    const auto c = get(0);
    REQUIRE_OK(c);
    BOOST_TEST(read_file(c->file) == archives[0]);
    BOOST_TEST(downloads() == 2U);
    std::ofstream{file, std::ios::binary} << "cut";
    REQUIRE_OK(get(0)); // of another size: noticed without a restart
    std::filesystem::remove(file);
    REQUIRE_OK(get(0));
    BOOST_TEST(downloads() == 4U);
    BOOST_TEST(read_file(file) == archives[0]);
}

BOOST_AUTO_TEST_CASE(an_emptied_cache_directory_is_filled_again) {
    REQUIRE_OK(get(0));
    for (int i = 0; i < 2; ++i) {
        std::filesystem::remove_all(directory / "charts");
        const auto c = get(0);
        REQUIRE_OK(c);
        BOOST_TEST(read_file(c->file) == archives[0]);
        REQUIRE_OK(get(1 + i)); // that it never had
    }
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_goes) {
    REQUIRE_OK(get(0));
    store.reset();
    settle();
    std::ofstream{directory / "charts/temporary/half"} << "x";
    std::ofstream{directory / "charts/sha256/none-of-ours"} << "x";
    std::ofstream{directory / ("charts/known/" + std::string(64, 'a'))} << std::string(64, 'b');
    open();
    BOOST_TEST(files_in(directory / "charts/temporary").empty());
    BOOST_TEST(files_in(directory / "charts/sha256").size() == 1U);
    BOOST_TEST(files_in(directory / "charts/known").size() == 2U);
    REQUIRE_OK(get(0));
    BOOST_TEST(downloads() == 1U);
}

BOOST_AUTO_TEST_CASE(those_unused_longest_go_but_for_those_in_use) {
    limits.max_total_bytes = archives[0].size() * 5 / 2; // two fit
    auto first = get(0);
    REQUIRE_OK(first);
    REQUIRE_OK(get(1));
    REQUIRE_OK(get(2)); // 0 is older, and held
    BOOST_TEST(has(0));
    BOOST_TEST(!has(1));
    BOOST_TEST(has(2));
    first->held.reset();
    REQUIRE_OK(get(1));
    BOOST_TEST(!has(0));
    REQUIRE_OK(get(2)); // now it is the one used last
    REQUIRE_OK(get(3));
    BOOST_TEST(!has(1));
    BOOST_TEST(has(2));
    BOOST_TEST(has(3));
    BOOST_TEST(downloads() == 5U);
    REQUIRE_OK(get(0));
    housekeeping();
    BOOST_TEST(files_in(directory / "charts/sha256").size() == 2U);
    BOOST_TEST(files_in(directory / "charts/known").size() == 4U); // two notes each
}

BOOST_AUTO_TEST_CASE(when_all_is_in_use_there_is_no_room) {
    limits.max_total_bytes = archives[0].size() * 5 / 2;
    const auto first = get(0);
    const auto second = get(1);
    REQUIRE_OK(second);
    REQUIRE_ERROR(get(2), error_kind::transient, "in use");
    BOOST_TEST(has(0));
    BOOST_TEST(has(1));
    BOOST_TEST(files_in(directory / "charts/temporary").empty());
}

BOOST_AUTO_TEST_CASE(a_smaller_limit_after_a_restart_holds) {
    for (int i = 0; i < 4; ++i) {
        REQUIRE_OK(get(i));
    }
    limits.max_total_bytes = archives[0].size() * 3 / 2;
    open();
    housekeeping();
    BOOST_TEST(files_in(directory / "charts/sha256").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_directory_belongs_to_one_process) {
    open();
    chart_store_options options;
    options.directory = directory / "charts";
    const auto second = make_chart_store(context.get_executor(), pool, options);
    REQUIRE_ERROR(second, error_kind::transient, "in use by another process");
    options.directory = "/proc/nothing";
    REQUIRE_ERROR(
        make_chart_store(context.get_executor(), pool, options), error_kind::transient, "/proc/nothing"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::charts::test
