#include "builders/helm/ignore.hpp"

#include "base/trim.hpp"
#include "builders/paths.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_rules = 1000;

} // namespace

helm_ignore::helm_ignore() {
    static const auto hidden = match::glob::compile(match::glob_dialect::go_path, "templates/.?*").value();
    rules_.push_back({.pattern = hidden, .by_path = true});
}

result<helm_ignore> helm_ignore::parse(std::string_view text) {
    helm_ignore made;
    std::vector<rule> rules;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (int number = 1; !text.empty(); ++number) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        line = trimmed(line, " \t\r\v\f");
        if (line.empty() || line.starts_with('#')) continue;
        if (line.find("**") != std::string_view::npos) {
            return user_error(fmt::format(".helmignore:{}: helm does not know \"**\"", number));
        }
        if (rules.size() == max_rules) {
            return user_error(fmt::format(".helmignore:{}: more than {} patterns", number, max_rules));
        }
        rule one;
        if (line.starts_with('!')) {
            one.negated = true;
            line.remove_prefix(1);
        }
        if (line.ends_with('/')) {
            one.only_directories = true;
            line.remove_suffix(1);
        }
        one.by_path = line.find('/') != std::string_view::npos;
        if (line.starts_with('/')) line.remove_prefix(1);
        auto compiled = match::glob::compile(match::glob_dialect::go_path, line);
        if (!compiled) return compiled.error().within(fmt::format(".helmignore:{}", number));
        one.pattern = std::move(*compiled);
        rules.push_back(std::move(one));
    }
    rules.insert(rules.end(), made.rules_.begin(), made.rules_.end());
    made.rules_ = std::move(rules);
    return made;
}

bool helm_ignore::matches(std::string_view path, bool is_directory) const {
    for (const auto& rule : rules_) {
        const bool fits = rule.pattern.matches(rule.by_path ? path : base_of(path));
        // As helm has it: a negated rule hides all that it does not match.
        if (rule.negated) {
            if ((rule.only_directories && !is_directory) || !fits) return true;
            continue;
        }
        if (rule.only_directories && !is_directory) continue;
        if (fits) return true;
    }
    return false;
}

bool helm_ignore::covers(std::string_view path, bool is_directory) const {
    for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
        if (matches(path.substr(0, slash), /*is_directory=*/true)) return true;
    }
    return matches(path, is_directory);
}

} // namespace holdfast::builders
