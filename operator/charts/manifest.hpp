#pragma once

// What a registry says of a chart. Pure.

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::charts {

inline constexpr std::string_view manifest_type = "application/vnd.oci.image.manifest.v1+json";

/// Where a chart's archive is.
struct chart_layer {
    /// 64 hexadecimal digits.
    std::string digest;
    std::uint64_t size = 0;
};

/// Reads an OCI image manifest of a chart (config application/vnd.cncf.helm.config.v1+json, one layer
/// application/vnd.cncf.helm.chart.content.v1.tar+gzip). A user error for every other.
result<chart_layer> read_manifest(std::string_view body);

/// The 64 digits of "sha256:…" in small letters; nothing for what is none.
std::optional<std::string> sha256_of(std::string_view digest);

struct tag_page {
    std::vector<std::string> tags;
    /// What follows, as its Link header says; empty at the end.
    std::string next;
};

/// One page of tags/list; `link` is its Link header. Transient when it is none.
result<tag_page> read_tags(std::string_view body, std::string_view link);

} // namespace holdfast::charts
