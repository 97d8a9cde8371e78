#pragma once

// The index.yaml of a chart repository. Pure, any thread.

#include "base/error.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::charts {

/// One version of a chart in an index.
struct index_entry {
    std::string version;
    /// Of the archive: 64 small hexadecimal digits; as it was written where it is something else; empty where
    /// there is none.
    std::string digest;
    /// As written: absolute, or relative to the repository.
    std::vector<std::string> urls;
};

struct index_limits {
    /// What an index may take in memory once it is read.
    std::size_t max_bytes = std::size_t{32} << 20U;
    /// Mappings and sequences inside each other.
    std::size_t max_depth = 100;
};

/// What is kept of an index: which versions there are, and where. Of an index of 30 MB that is about 5.
class chart_index {
public:
    /// Reads YAML or JSON event by event, so that it never takes the memory of the text's tree. Entries that
    /// have no version are passed over, as helm does. User errors say the line.
    static result<chart_index> parse(std::string_view text, const index_limits& limits = {});

    /// Null when there is no such chart. In the order of the index.
    [[nodiscard]] const std::vector<index_entry>* find(std::string_view name) const;
    [[nodiscard]] std::vector<std::string_view> names() const;
    /// About what it takes in memory.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    std::map<std::string, std::vector<index_entry>, std::less<>> charts_;
    std::size_t bytes_ = 0;
};

} // namespace holdfast::charts
