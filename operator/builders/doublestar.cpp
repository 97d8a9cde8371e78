#include "builders/doublestar.hpp"

#include "match/glob.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_looked_at = 50'000;
constexpr std::size_t max_matches = 1000;
constexpr std::size_t max_alternatives = 64;
constexpr std::size_t max_pattern = 4096;
constexpr int max_depth = 32;

/// "a{b,c{d,e}}" as "ab", "acd", "ace". What has no closing '}' stays as it is.
result<std::vector<std::string>> alternatives(const std::string& pattern) {
    std::vector<std::string> ahead{pattern};
    std::vector<std::string> done;
    while (!ahead.empty()) {
        std::string one = std::move(ahead.back());
        ahead.pop_back();
        std::size_t open = std::string::npos;
        std::size_t close = std::string::npos;
        std::vector<std::size_t> cuts;
        int nested = 0;
        for (std::size_t i = 0; i < one.size() && close == std::string::npos; ++i) {
            if (one[i] == '\\') {
                ++i;
            } else if (one[i] == '{') {
                if (nested++ == 0) open = i;
            } else if (one[i] == ',' && nested == 1) {
                cuts.push_back(i);
            } else if (one[i] == '}' && nested > 0 && --nested == 0) {
                close = i;
            }
        }
        if (close == std::string::npos) {
            done.push_back(std::move(one));
            continue;
        }
        cuts.push_back(close);
        if (ahead.size() + done.size() + cuts.size() > max_alternatives) {
            return user_error(
                fmt::format("the pattern \"{}\" has more than {} alternatives", pattern, max_alternatives)
            );
        }
        for (std::size_t from = open + 1; const std::size_t cut : cuts) {
            ahead.push_back(one.substr(0, open) + one.substr(from, cut - from) + one.substr(close + 1));
            from = cut + 1;
        }
    }
    return done;
}

/// True when alternatives reach over several directories: "{a,b/c}".
bool has_slash_in_braces(std::string_view pattern) noexcept {
    int nested = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            ++i;
        } else if (pattern[i] == '{') {
            ++nested;
        } else if (pattern[i] == '}' && nested > 0) {
            --nested;
        } else if (pattern[i] == '/' && nested > 0) {
            return true;
        }
    }
    return false;
}

/// Directory by directory: "a/x" before "a-b/x".
bool is_before(std::string_view a, std::string_view b) noexcept {
    const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
    return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

/// What a pattern is matched against.
struct directory_entry {
    std::string name;
    bool is_directory = false;
};
using lister = std::function<result<std::vector<directory_entry>>(const std::string& directory)>;

/// One step of a path.
struct step {
    bool is_any_depth = false;
    match::glob name;
};

result<std::vector<step>> steps_of(std::string_view pattern) {
    std::vector<step> steps;
    while (!pattern.empty()) {
        const auto part = pattern.substr(0, pattern.find('/'));
        pattern.remove_prefix(std::min(part.size() + 1, pattern.size()));
        step one{.is_any_depth = part == "**"};
        if (!one.is_any_depth) {
            auto compiled = match::glob::compile(match::glob_dialect::doublestar, part);
            if (!compiled) return compiled.error();
            one.name = std::move(*compiled);
        }
        steps.push_back(std::move(one));
    }
    return steps;
}

/// One run of one pattern, whose alternatives are inside of names.
class expansion {
public:
    expansion(const lister& list, std::string_view pattern) : list_{list}, pattern_{pattern} {}

    result<std::vector<std::string>> run() {
        const auto steps = steps_of(pattern_);
        if (!steps) return steps.error();
        std::vector<std::string> found{""};
        for (const auto& step : *steps) {
            is_last_ = &step == &steps->back();
            std::vector<std::string> next;
            for (const auto& directory : found) {
                if (auto done =
                        step.is_any_depth ? below(directory, next, 0) : matching(directory, step.name, next);
                    !done) {
                    return done.error();
                }
            }
            found = std::move(next);
        }
        return found;
    }

private:
    result<std::vector<directory_entry>> entries(const std::string& directory) {
        auto listed = list_(directory);
        if (listed && (looked_at_ += listed->size()) > max_looked_at) {
            return user_error(
                fmt::format("the pattern \"{}\" looks at more than {} files", pattern_, max_looked_at)
            );
        }
        return listed;
    }

    result<void> take(std::string path, std::vector<std::string>& into) {
        if (is_last_ && into.size() == max_matches) {
            return user_error(
                fmt::format("the pattern \"{}\" matches more than {} files", pattern_, max_matches)
            );
        }
        into.push_back(std::move(path));
        return {};
    }

    result<void>
    matching(const std::string& directory, const match::glob& name, std::vector<std::string>& into) {
        const auto listed = entries(directory);
        if (!listed) return listed.error();
        for (const auto& entry : *listed) {
            if (entry.is_directory == is_last_ || !name.matches(entry.name)) continue;
            if (auto taken = take(render::join_path(directory, entry.name), into); !taken) return taken;
        }
        return {};
    }

    result<void> below(const std::string& directory, std::vector<std::string>& into, int depth) {
        if (depth > max_depth) {
            return user_error(fmt::format("the pattern \"{}\" goes too deep at {}", pattern_, directory));
        }
        const auto listed = entries(directory);
        if (!listed) return listed.error();
        if (!is_last_) into.push_back(directory);
        for (const auto& entry : *listed) {
            const auto path = render::join_path(directory, entry.name);
            if (entry.is_directory) {
                if (auto done = below(path, into, depth + 1); !done) return done;
            } else if (is_last_) {
                if (auto taken = take(path, into); !taken) return taken;
            }
        }
        return {};
    }

    const lister& list_;
    std::string_view pattern_;
    std::size_t looked_at_ = 0;
    bool is_last_ = false;
};

result<std::vector<std::string>> expand(const lister& list, std::string_view pattern) {
    if (pattern.size() > max_pattern) {
        return user_error(fmt::format("a pattern of {} bytes is longer than {}", pattern.size(), max_pattern)
        );
    }
    const auto all = has_slash_in_braces(pattern) ? alternatives(std::string{pattern})
                                                  : result<std::vector<std::string>>{{std::string{pattern}}};
    if (!all) return all.error();
    std::vector<std::string> found;
    for (const auto& one : *all) {
        auto some = expansion{list, one}.run();
        if (!some) return some.error();
        found.insert(found.end(), some->begin(), some->end());
    }
    if (all->size() > 1) {
        std::ranges::sort(found, is_before);
        found.erase(std::unique(found.begin(), found.end()), found.end());
    }
    return found;
}

} // namespace

bool has_wildcard(std::string_view path) noexcept {
    return path.find_first_of("*?[") != std::string_view::npos;
}

result<std::vector<std::string>> expand_pattern(const source_view& view, std::string_view pattern) {
    const lister list = [&](const std::string& directory) -> result<std::vector<directory_entry>> {
        std::vector<directory_entry> entries;
        const auto at = view.find(directory);
        if (!at && at.error().kind() != error_kind::not_found) return at.error();
        if (!at || at->mode != files::entry_mode::tree) return entries;
        const auto listed = view.reader->list(at->id);
        if (!listed) return listed.error();
        for (const auto& entry : *listed) {
            directory_entry one{.name = entry.name, .is_directory = entry.mode == files::entry_mode::tree};
            if (entry.mode == files::entry_mode::symlink) {
                const auto end = view.find(render::join_path(directory, entry.name));
                // One that leads out is kept: it is an error for whoever reads it.
                one.is_directory = end && end->mode == files::entry_mode::tree;
            } else if (entry.mode == files::entry_mode::submodule) {
                continue;
            }
            entries.push_back(std::move(one));
        }
        std::ranges::sort(entries, {}, &directory_entry::name);
        return entries;
    };
    return expand(list, pattern);
}

result<std::vector<std::string>>
expand_pattern(const std::vector<std::string>& files, std::string_view pattern) {
    const lister list = [&](const std::string& directory) -> result<std::vector<directory_entry>> {
        std::vector<directory_entry> entries;
        for (const auto& file : files) {
            if (!render::is_within(file, directory) || file == directory) continue;
            const auto rest = std::string_view{file}.substr(directory.empty() ? 0 : directory.size() + 1);
            const auto name = rest.substr(0, rest.find('/'));
            if (entries.empty() || entries.back().name != name) {
                entries.push_back({.name = std::string{name}, .is_directory = name.size() != rest.size()});
            }
        }
        std::ranges::sort(entries, {}, &directory_entry::name);
        const auto same = [](const auto& a, const auto& b) { return a.name == b.name; };
        entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
        return entries;
    };
    return expand(list, pattern);
}

} // namespace holdfast::builders
