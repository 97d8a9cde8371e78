#pragma once

#include <span>
#include <string_view>

namespace holdfast::ui {

/// A file of the page, as it was built (tools/page/build).
struct page_file {
    /// "/assets/index-iqXZdOIr.js".
    std::string_view path;
    std::string_view type;
    /// As the ETag header has it.
    std::string_view tag;
    std::string_view plain;
    /// The same by gzip.
    std::string_view packed;
};

[[nodiscard]] std::span<const page_file> page_files();

} // namespace holdfast::ui
