#pragma once

// From the documents of a file to the objects in it. For the builders.

#include "render/directory.hpp"
#include "render/manifest.hpp"

#include <string>
#include <string_view>

namespace holdfast::render {

/// What files add up to while a source is read.
struct collected {
    explicit collected(const directory_limits& limits = {}) noexcept : memory{limits.max_memory} {}

    render_output output;
    render_errors errors;
    /// SHA-256 of each object in its canonical form, beside output.objects.
    std::vector<sha256_digest> digests;
    /// What the values of all files take.
    memory_budget memory;
    /// Of the objects as JSON.
    std::size_t output_bytes = 0;

    /// Adds an error; false when there are enough of them and reading shall stop.
    bool fail(const directory_limits& limits, render_error e);
};

/// Reads the objects of one file, YAML or JSON, and adds what it gives. False when reading shall stop.
bool collect(const std::string& file, std::string_view text, const directory_limits& limits, collected& into);

/// The same for a file that was found in a directory, where other files may lie: YAML in which there is no
/// object, and nothing that looks as if it was to be one (Argo CD's rule: apiVersion, kind and metadata are
/// in its text; and where a document has two of them), is passed over with a warning.
bool collect_found(
    const std::string& file, std::string_view text, const directory_limits& limits, collected& into
);

/// The same for what a program says instead of the file: JSON, one object or an array of them; null is
/// nothing. Errors name the file and which object it is, without a line: the text is not the file's.
bool collect_evaluated(
    const std::string& file, std::string_view text, const directory_limits& limits, collected& into
);

} // namespace holdfast::render
