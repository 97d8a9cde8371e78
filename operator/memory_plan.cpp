#include "memory_plan.hpp"

#include "sandbox/share.hpp"
#include "sources/build_memory.hpp"

#include <algorithm>

namespace holdfast {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
constexpr std::uint64_t output_bytes = 64 * mebibyte;

std::size_t mebibytes_of(std::uint64_t bytes) noexcept {
    return static_cast<std::size_t>(bytes / mebibyte);
}

} // namespace

std::uint64_t memory_plan::most() const noexcept {
    return jobs * job_bytes + outputs * output_bytes + (reading_mebibytes + objects_mebibytes) * mebibyte +
           git_processes * git_bytes;
}

memory_plan plan_memory(unsigned processors, std::optional<std::uint64_t> limit) noexcept {
    // Of 2 GiB, which the installation gives, a part is 64 MiB.
    const auto part = limit.value_or(2048 * mebibyte) / 32;
    const auto jobs =
        sandbox::share_of(processors, limit ? std::optional<std::uint64_t>{10 * part} : std::nullopt);
    memory_plan made;
    made.jobs = jobs.concurrency;
    made.job_bytes = jobs.memory;
    made.outputs = limit ? std::clamp<std::size_t>(3 * part / output_bytes, 1, jobs.concurrency + 2)
                         : jobs.concurrency + 2; // some are read while others run
    made.reading_mebibytes = std::clamp<std::size_t>(
        mebibytes_of(7 * part), sources::largest_allowance().mebibytes, std::size_t{2048}
    );
    made.objects_mebibytes = std::clamp<std::size_t>(mebibytes_of(4 * part), 128, 1024);
    made.git_processes = 8;
    made.git_bytes =
        limit ? std::clamp(5 * part / made.git_processes, 32 * mebibyte, 128 * mebibyte) : 128 * mebibyte;
    return made;
}

} // namespace holdfast
