#pragma once

// What is in a chart's archive, before anything else reads it. For the pool; any thread.

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::charts {

struct archive_limits {
    std::size_t max_entries = 20'000;
    /// Unpacked, all files together: what helm itself takes.
    std::uint64_t max_inflated = std::uint64_t{100} << 20U;
    std::size_t max_chart_yaml = std::size_t{1} << 20U;
};

struct archive_facts {
    /// As Chart.yaml says them.
    std::string name;
    std::string version;
};

/// Reads a .tgz through. User errors: no gzip or no tar; more than `limits`; no Chart.yaml in its one
/// directory; an entry that is absolute, goes up, lies beside that directory, leads out of it as a link, or
/// is neither file, directory nor link.
result<archive_facts> inspect_archive(std::string_view bytes, const archive_limits& limits = {});

/// A user error unless the archive is of that chart. Versions are the same when they mean the same
/// ("v1.2.3").
result<void> check_is(const archive_facts& facts, std::string_view name, std::string_view version);

} // namespace holdfast::charts
