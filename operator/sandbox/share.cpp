#include "sandbox/share.hpp"

#include <algorithm>

namespace holdfast::sandbox {

share share_of(unsigned processors, std::optional<std::uint64_t> memory_of_all) noexcept {
    constexpr std::uint64_t most = std::uint64_t{1} << 30U;
    // kustomize and helm need some 100 MiB for what is ordinary.
    constexpr std::uint64_t least = std::uint64_t{192} << 20U;
    share made{.concurrency = std::clamp(processors, 2U, 16U), .memory = most};
    if (memory_of_all) {
        made.memory = std::clamp(*memory_of_all / 2, least, most);
        made.concurrency = std::clamp<std::size_t>(*memory_of_all / made.memory, 1, made.concurrency);
    }
    return made;
}

} // namespace holdfast::sandbox
