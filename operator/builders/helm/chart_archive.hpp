#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// A chart's archive (.tgz): files below one directory, read as helm reads it, within helm's limits: 5 MiB a
/// file, 100 MiB together.
class chart_archive {
public:
    struct file {
        /// Relative to the chart: "Chart.yaml".
        std::string path;
        std::string content;
    };

    /// `bytes` is the archive. Errors: user for what is no archive of a chart and for what passes a limit.
    static result<chart_archive> read(std::string_view bytes);
    /// The same from disk; transient when it cannot be read.
    static result<chart_archive> open(const std::string& path);

    /// Sorted paths.
    [[nodiscard]] std::vector<std::string> paths() const;
    /// nullptr: there is no such file.
    [[nodiscard]] const std::string* find(std::string_view path) const noexcept;

private:
    std::vector<file> files_;
};

} // namespace holdfast::builders
