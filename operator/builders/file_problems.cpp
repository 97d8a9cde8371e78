#include "builders/file_problems.hpp"

#include "base/json_pointer.hpp"
#include "render/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::builders {

namespace {

/// RFC 6901 of "helm.valueFiles[0]". Where a key has a '.' in it the place is that of what is above.
std::string pointer_to(std::string_view path) {
    std::string pointer = path.empty() ? "" : "/";
    for (const char c : path) {
        if (c == '.' || c == '[') {
            pointer += '/';
        } else if (c != ']') {
            pointer += pointer_token({&c, 1});
        }
    }
    return pointer;
}

} // namespace

std::vector<std::string>
placed(std::string_view file, std::string_view text, const std::vector<crds::problem>& problems) {
    std::vector<std::string> sentences;
    for (const auto& problem : problems) {
        const auto where = render::locate(text, 1, pointer_to(problem.path));
        const int line = where ? where->line : 1;
        sentences.push_back(
            file.empty() ? fmt::format("line {}: {}", line, problem.text())
                         : fmt::format("{}:{}: {}", file, line, problem.text())
        );
    }
    return sentences;
}

error all_of(const std::vector<std::string>& sentences, error_kind kind) {
    constexpr std::size_t most = 20;
    std::string all;
    for (std::size_t i = 0; i < std::min(sentences.size(), most); ++i) {
        all += (i == 0 ? "" : "; ") + sentences[i];
    }
    if (sentences.size() > most) all += fmt::format("; and {} more", sentences.size() - most);
    return {kind, std::move(all)};
}

} // namespace holdfast::builders
