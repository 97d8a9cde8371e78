#pragma once

// What builds may take in memory while their manifests are read. How many of them there are at a time is in
// builder::settings.

#include "render/directory.hpp"

#include <cstddef>

namespace holdfast::sources {

/// What one build may take, and what has to be free for it.
struct build_allowance {
    render::directory_limits limits;
    /// Of memory, in MiB: the text, the values made of it, and the finished build.
    std::size_t mebibytes = 0;
};

/// Enough for nearly every build: many of them are read side by side.
build_allowance ordinary_allowance();
/// The most that a source may take. Few are read at a time, each after it turned out to be larger than
/// ordinary.
build_allowance largest_allowance();

/// What has to be free for an application whose unpacked objects take so many bytes, in MiB: they are there
/// twice while secrets are put in. None where they are small.
std::size_t mebibytes_for_objects(std::size_t unpacked_bytes) noexcept;

} // namespace holdfast::sources
