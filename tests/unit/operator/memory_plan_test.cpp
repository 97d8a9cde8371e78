#include "memory_plan.hpp"

#include "sources/build_memory.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;

BOOST_AUTO_TEST_SUITE(memory_planning)

BOOST_AUTO_TEST_CASE(the_installation_has_these_parts) {
    const memory_plan expected{
        .jobs = 2,
        .job_bytes = 320 * mebibyte,
        .outputs = 3,
        .reading_mebibytes = 448,
        .objects_mebibytes = 256,
        .git_processes = 8,
        .git_bytes = 40 * mebibyte
    };
    BOOST_TEST((plan_memory(2, 2048 * mebibyte) == expected));
    BOOST_TEST((plan_memory(64, 2048 * mebibyte) == expected)); // more processors do not make more memory
}

BOOST_AUTO_TEST_CASE(all_of_it_fits_beside_the_operator) {
    for (std::uint64_t limit = 1792; limit <= 65536; limit += 64) {
        for (const unsigned processors : {1U, 2U, 8U, 64U}) {
            const auto plan = plan_memory(processors, limit * mebibyte);
            BOOST_TEST(
                plan.most() + own_memory <= limit * mebibyte,
                limit << " MiB, " << processors << " processors: " << plan.most() / mebibyte
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(ordinary_work_goes_on_in_a_small_container_and_no_part_is_without_bound_in_a_large_one) {
    for (const auto limit : {std::uint64_t{1}, 256 * mebibyte, 65536 * mebibyte, 1048576 * mebibyte}) {
        const auto plan = plan_memory(64, limit);
        BOOST_TEST(plan.jobs >= 1U);
        BOOST_TEST(plan.jobs <= 16U);
        BOOST_TEST(plan.job_bytes >= 192 * mebibyte);
        BOOST_TEST(plan.outputs >= 1U);
        BOOST_TEST(plan.reading_mebibytes >= sources::largest_allowance().mebibytes);
        BOOST_TEST(plan.reading_mebibytes <= 2048U);
        BOOST_TEST(plan.objects_mebibytes >= 128U);
        BOOST_TEST(plan.objects_mebibytes <= 1024U);
        BOOST_TEST(plan.git_bytes >= 32 * mebibyte);
        BOOST_TEST(plan.git_bytes <= 128 * mebibyte);
    }
}

BOOST_AUTO_TEST_CASE(without_a_limit_processors_decide_how_many_builds_run) {
    BOOST_TEST(plan_memory(1, std::nullopt).jobs == 2U);
    BOOST_TEST(plan_memory(64, std::nullopt).jobs == 16U);
    BOOST_TEST(plan_memory(8, std::nullopt).job_bytes == 1024 * mebibyte);
    BOOST_TEST(plan_memory(8, std::nullopt).git_bytes == 128 * mebibyte);
}

BOOST_AUTO_TEST_CASE(a_large_source_leaves_room_for_ordinary_ones) {
    const auto plan = plan_memory(2, 2048 * mebibyte);
    BOOST_TEST(
        plan.reading_mebibytes >=
        sources::largest_allowance().mebibytes + 4 * sources::ordinary_allowance().mebibytes
    );
    BOOST_TEST(
        sources::mebibytes_for_objects(render::directory_limits{}.max_memory) <= plan.objects_mebibytes
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
