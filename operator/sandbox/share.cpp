#include "sandbox/share.hpp"

#include <algorithm>

namespace holdfast::sandbox {

share share_of(unsigned processors, std::optional<std::uint64_t> memory_limit) noexcept {
    constexpr std::uint64_t most = std::uint64_t{1} << 30U;
    // kustomize and helm need some 100 MiB for what is ordinary.
    constexpr std::uint64_t least = std::uint64_t{192} << 20U;
    share made{.concurrency = std::clamp(processors, 2U, 16U), .memory = most};
    if (memory_limit) {
        const std::uint64_t all = *memory_limit / 8 * 3;
        made.memory = std::clamp(all / 2, least, most);
        made.concurrency = std::clamp<std::size_t>(all / made.memory, 1, made.concurrency);
    }
    return made;
}

} // namespace holdfast::sandbox
