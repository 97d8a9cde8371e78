#include "sandbox/share.hpp"

#include "bench.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sandbox {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;

BOOST_AUTO_TEST_SUITE(sandbox_share)

BOOST_AUTO_TEST_CASE(jobs_together_leave_room_for_the_operator) {
    struct {
        unsigned processors;
        std::optional<std::uint64_t> memory;
        std::size_t concurrency;
        std::uint64_t mebibytes;
    } const table[] = {
        {1, std::nullopt, 2, 1024},       {8, std::nullopt, 8, 1024},    {64, std::nullopt, 16, 1024},
        {2, 768 * mebibyte, 2, 384},      {64, 768 * mebibyte, 2, 384},  {8, 384 * mebibyte, 2, 192},
        {8, 192 * mebibyte, 1, 192},      {8, 3072 * mebibyte, 3, 1024}, {2, 24576 * mebibyte, 2, 1024},
        {64, 24576 * mebibyte, 16, 1024}, {8, 1 * mebibyte, 1, 192},
    };
    for (const auto& row : table) {
        const auto made = share_of(row.processors, row.memory);
        BOOST_TEST(made.concurrency == row.concurrency);
        BOOST_TEST(made.memory == row.mebibytes * mebibyte);
    }
}

BOOST_AUTO_TEST_CASE(no_job_gets_more_than_its_share) {
    settings with;
    with.max_memory = 48 * mebibyte;
    bench b{std::move(with)};
    auto j = b.hostile_job({"eat"});
    const auto said = b.run(std::move(j));
    BOOST_REQUIRE(said.has_error());
    BOOST_TEST(said.error().message() == "build was stopped: it took more than 48 MiB of memory");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sandbox
