// How much memory git gets for a repository: little at first, more for one that needs it.
#include "servers.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <random>

namespace holdfast::git::test {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;

struct with_large_file {
    temporary_directory directory;
    std::string root = directory / "root";
    origin shop{root, "shop"};

    // Git takes a file of less than 32 MiB into memory as a whole, and noise does not get smaller in a pack.
    std::string commit_large() {
        std::mt19937_64 noise{1}; // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in each run
        std::string large(24 * mebibyte, '\0');
        for (auto& c : large) {
            c = static_cast<char>(noise());
        }
        return shop.commit("large.bin", large);
    }
};

store_manager_options with_memory(std::size_t processes, std::uint64_t each) {
    store_manager_options options;
    options.max_processes = processes;
    options.process_memory = each;
    return options;
}

BOOST_FIXTURE_TEST_SUITE(git_store_memory, with_large_file)

BOOST_AUTO_TEST_CASE(a_repository_that_needs_more_memory_gets_that_of_several_places) {
    const auto sha = commit_large();
    const http_server server{root, {}};
    world w{with_memory(8, 24 * mebibyte)};
    const auto s = w.open(server.url("shop.git"));
    const auto got = w.get(s, "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    BOOST_TEST(got->commit().hex() == sha);
    BOOST_TEST(s->exchanges() == 3U); // the listing, the fetch that was not enough, the fetch
    // It is known from then on.
    shop.commit("large.bin", commit_large() + "another");
    BOOST_REQUIRE(w.get(s, "main").has_value());
    BOOST_TEST(s->exchanges() == 5U);
}

BOOST_AUTO_TEST_CASE(one_that_needs_more_than_there_is_says_so_and_leaves_the_others_alone) {
    commit_large();
    origin small{root, "small"};
    small.commit("a.yaml", "a: 1\n");
    const http_server server{root, {}};
    world w{with_memory(3, 24 * mebibyte)};
    const auto s = w.open(server.url("shop.git"));
    const auto got = w.get(s, "main");
    BOOST_REQUIRE(!got.has_value());
    BOOST_TEST((got.error().kind() == error_kind::user), got.error().message());
    BOOST_TEST(
        got.error().message().find("git needs more than the 24 MiB of memory") != std::string::npos,
        got.error().message()
    );
    const auto other = w.open(server.url("small.git"));
    BOOST_TEST(w.get(other, "main").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git::test
