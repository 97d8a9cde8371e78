#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::builders {

/// A chart's archive (.tgz): files below one directory, read as helm reads it, within helm's limits: 5 MiB a
/// file, 100 MiB together. It is unpacked piece by piece, and of its files one is kept at most: a small
/// archive may unpack to very much.
class chart_archive {
public:
    chart_archive(std::vector<std::string> paths, std::optional<std::string> text)
        : paths_{std::move(paths)}, text_{std::move(text)} {}

    /// `bytes` is the archive. Errors: user for what is no archive of a chart and for what passes a limit.
    static result<chart_archive> read(std::string_view bytes, std::string_view wanted = "Chart.yaml");
    /// The same from disk; transient when it cannot be read.
    static result<chart_archive> open(const std::string& path, std::string_view wanted = "Chart.yaml");

    /// The files of one on disk by their paths, at most `most` bytes of them. Errors as those of open.
    static result<std::vector<std::pair<std::string, std::string>>>
    unpack(const std::string& path, std::size_t most);

    /// Paths relative to the chart ("Chart.yaml"), sorted.
    [[nodiscard]] const std::vector<std::string>& paths() const noexcept { return paths_; }
    [[nodiscard]] bool has(std::string_view path) const noexcept;
    /// The content of the wanted file; nothing when there is no such file.
    [[nodiscard]] const std::optional<std::string>& text() const noexcept { return text_; }
    /// The content of a file, of an archive that was opened from disk: reads it again. Errors as those of
    /// open.
    [[nodiscard]] result<std::string> content(const std::string& path) const;

private:
    std::vector<std::string> paths_;
    std::optional<std::string> text_;
    std::string file_;
};

} // namespace holdfast::builders
