#pragma once

#include "render/build_key.hpp"
#include "render/manifest_cache.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace holdfast::render {

/// Finished builds on disk, so that a restart builds nothing that did not change. What is kept has references
/// in place of secrets. Every file is checked against the hash that it begins with; one that does not fit, as
/// after a crash or from another version, is removed and was never there. Blocking: for the pool, where any
/// number of threads may use it. A disk that fails makes it slower, never wrong: nothing here is an error.
class manifest_disk_cache {
public:
    /// Below `directory` everything is ours; it is made when something is kept first. Beyond `max_bytes` what
    /// was not asked for the longest goes, at trim().
    manifest_disk_cache(std::string directory, std::uint64_t max_bytes);

    /// The build, or null.
    [[nodiscard]] std::shared_ptr<const packed_output> load(const build_key& key) const;
    /// About what it would take to load it, in bytes of its file; 0 where there is none.
    [[nodiscard]] std::size_t size_of(const build_key& key) const;
    void save(const build_key& key, const packed_output& output) const;
    /// Removes what is over the bound, and what a crash left behind.
    void trim() const;

private:
    [[nodiscard]] std::string path_of(const build_key& key) const;

    std::string directory_;
    std::uint64_t max_bytes_;
};

} // namespace holdfast::render
