#include "base/open_files.hpp"

#include <algorithm>
#include <atomic>
#include <sys/resource.h>

namespace holdfast {

namespace {

constexpr rlim_t enough = 65'536;

// 0: nothing was raised.
std::atomic<std::uint64_t> at_start{0};

} // namespace

open_file_limit raise_open_file_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return {};
    }
    open_file_limit told{.before = limit.rlim_cur, .now = limit.rlim_cur};
    const auto wanted = std::min(limit.rlim_max, enough);
    if (wanted > limit.rlim_cur) {
        limit.rlim_cur = wanted;
        if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) {
            at_start = told.before;
            told.now = wanted;
        }
    }
    return told;
}

std::optional<std::uint64_t> open_files_for_children() noexcept {
    const auto files = at_start.load();
    return files == 0 ? std::nullopt : std::optional{files};
}

} // namespace holdfast
