#pragma once

// The files of archive_cache. For the pool: they block.

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::charts::archive_files {

struct found_file {
    std::string name;
    std::uint64_t size = 0;
    /// Seconds since 1970 when it was changed last.
    std::int64_t time = 0;
};

/// Makes the directory itself, for the lock.
result<void> make_directory(const std::string& directory);
/// Makes the directories below, and removes what is in `temporary`.
result<void> prepare(const std::string& directory);
/// Regular files, without links.
std::vector<found_file> list(const std::string& directory);
/// Whether the file has that size, and (when `whole`) that digest. Says by its time that it was used.
bool check(const std::string& path, std::uint64_t size, std::string_view digest, bool whole);
/// Through `temporary`: it is there wholly or not at all.
result<void> write(const std::string& temporary, const std::string& path, std::string_view bytes);
void remove(const std::string& path);
/// Up to `most` bytes of it; empty when there is none.
std::string read(const std::string& path, std::size_t most);

} // namespace holdfast::charts::archive_files
