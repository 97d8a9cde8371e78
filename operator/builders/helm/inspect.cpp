#include "builders/helm/inspect.hpp"

#include "builders/paths.hpp"
#include "render/links.hpp"

#include <algorithm>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_pointer = 1024; // of a pointer into LFS, by its specification
constexpr std::size_t max_scanned = std::size_t{1} << 20U;

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_template(std::string_view path) {
    return path.starts_with("templates/") ||
           (path.starts_with("charts/") && path.find("/templates/") != std::string_view::npos);
}

/// The end of the text that starts at `at` with its quotation mark.
std::size_t end_of_string(std::string_view text, std::size_t at) {
    const char quote = text[at];
    for (++at; at < text.size() && text[at] != quote; ++at) {
        if (text[at] == '\\' && quote != '`') ++at;
    }
    return std::min(at + 1, text.size());
}

/// Calls `found` with the place of each call in the action from `at` on; gives where it ends.
template <class Found>
std::size_t scan_action(std::string_view text, std::size_t at, const Found& found) {
    const auto body = text.substr(at);
    if (const auto trimmed = body.substr(body.starts_with("- ") ? 2 : 0); trimmed.starts_with("/*")) {
        const auto end = text.find("*/", at);
        return end == std::string_view::npos ? text.size() : end + 2;
    }
    constexpr std::string_view name = "lookup";
    while (at < text.size() && !text.substr(at).starts_with("}}")) {
        const char c = text[at];
        if (c == '"' || c == '`' || c == '\'') {
            at = end_of_string(text, at);
        } else if (is_word(c) || c == '.' || c == '$') {
            const auto start = at;
            while (at < text.size() && (is_word(text[at]) || text[at] == '.' || text[at] == '$')) {
                ++at;
            }
            if (text.substr(start, at - start) == name) found(start);
        } else {
            ++at;
        }
    }
    return at;
}

} // namespace

std::vector<int> lookups_in(std::string_view text) {
    std::vector<int> lines;
    int line = 1;
    std::size_t counted = 0;
    const auto found = [&](std::size_t at) {
        line += static_cast<int>(std::count(
            text.begin() + static_cast<std::ptrdiff_t>(counted),
            text.begin() + static_cast<std::ptrdiff_t>(at), '\n'
        ));
        counted = at;
        if (lines.empty() || lines.back() != line) lines.push_back(line);
    };
    for (auto at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
        at = scan_action(text, at + 2, found);
    }
    return lines;
}

bool is_read_by_helm(std::string_view path) noexcept {
    const auto name = base_of(path);
    return is_template(path) || path.starts_with("crds/") || path.starts_with("charts/") ||
           path == "values.yaml" || path == "values.schema.json" || name == "Chart.yaml";
}

void inspect_chart(helm_work& work, const helm_chart& chart) {
    auto& reader = *work.repository->reader;
    const auto root = work.repository->find(chart.path);
    if (!root) return work.fail(root.error());
    const auto entries = reader.list(root->id, {.recursive = true, .max_entries = 20'000});
    if (!entries) return work.fail(entries.error(), chart.path);
    for (const auto& entry : *entries) {
        if (chart.ignored.covers(entry.name, /*is_directory=*/false)) continue;
        const auto path = render::join_path(chart.path, entry.name);
        if (entry.mode == files::entry_mode::submodule) {
            work.warn(
                fmt::format("{} is a submodule: the chart is built as if it were an empty directory", path)
            );
            continue;
        }
        if (entry.mode == files::entry_mode::symlink) continue;
        const auto size = reader.blob_size(entry.id);
        if (!size) {
            work.fail(size.error(), path);
            continue;
        }
        if (*size > max_helm_file) {
            work.fail(
                path, 0,
                fmt::format(
                    "has {} MiB, and helm reads no file of a chart that has more than {}: move it, or name "
                    "it in "
                    ".helmignore",
                    *size >> 20U, max_helm_file >> 20U
                )
            );
            continue;
        }
        if ((*size > max_pointer && !is_template(entry.name)) || *size > max_scanned) continue;
        const auto text = reader.blob(entry.id, max_scanned);
        if (!text) {
            work.fail(text.error(), path);
        } else if (files::is_lfs_pointer(*text)) {
            if (is_read_by_helm(entry.name)) {
                work.fail(path, 1, "is a pointer to a file in Git LFS, not the file: commit the file itself");
            } else {
                work.warn(
                    fmt::format("{} is a pointer to a file in Git LFS: that is what .Files.Get gives", path)
                );
            }
        } else if (is_template(entry.name)) {
            for (const int line : lookups_in(*text)) {
                work.warn(fmt::format(
                    "{}:{}: lookup gives nothing here: charts are rendered without a cluster", path, line
                ));
            }
        }
    }
}

} // namespace holdfast::builders
