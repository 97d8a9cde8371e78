#include "sources/build_memory.hpp"

namespace holdfast::sources {

namespace {
constexpr std::size_t mebibyte = std::size_t{1} << 20U;
} // namespace

build_allowance ordinary_allowance() {
    build_allowance made;
    made.limits.max_total_bytes = 4 * mebibyte;
    made.limits.max_memory = 8 * mebibyte;
    made.limits.max_output_bytes = 4 * mebibyte;
    // A file that is looked at may be larger; a list that grows is there almost twice.
    made.mebibytes = 10 + 2 * 8 + 4;
    return made;
}

build_allowance largest_allowance() {
    build_allowance made; // the limits that are documented
    made.mebibytes = 288;
    return made;
}

std::size_t mebibytes_for_objects(std::size_t unpacked_bytes) noexcept {
    return unpacked_bytes < mebibyte ? 0 : 2 * unpacked_bytes / mebibyte;
}

} // namespace holdfast::sources
