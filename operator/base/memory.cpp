#include "base/memory.hpp"

#include <fstream>
#include <malloc.h>
#include <sys/resource.h>

namespace holdfast {

std::optional<std::uint64_t> memory_limit(const std::string& root) {
    // Version 2 writes "max" for none, version 1 a number that no machine has.
    for (const auto* name : {"/memory.max", "/memory/memory.limit_in_bytes"}) {
        std::ifstream file{root + name};
        std::uint64_t bytes = 0;
        if (file >> bytes && bytes > 0 && bytes < (std::uint64_t{1} << 60U)) {
            return bytes;
        }
    }
    return std::nullopt;
}

void keep_little_memory() noexcept {
    // The threshold would rise with the largest block that was freed, and such blocks would stay.
    ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
    ::mallopt(M_ARENA_MAX, 4);
}

void dump_no_core() noexcept {
    const rlimit none{};
    ::setrlimit(RLIMIT_CORE, &none);
}

std::unique_lock<std::mutex> turn_for(std::uint64_t bytes) {
    static std::mutex one;
    constexpr std::uint64_t small = std::uint64_t{8} << 20U;
    return bytes > small ? std::unique_lock{one} : std::unique_lock<std::mutex>{};
}

void give_memory_back() noexcept {
    ::malloc_trim(0);
}

} // namespace holdfast
