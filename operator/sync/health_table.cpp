#include "sync/health_rule.hpp"
#include "sync/shipped_health_rules.hpp"

#include "match/glob.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace holdfast::sync {

namespace {

class table {
public:
    table() {
        for (const auto& [file, text] : shipped_health_rule_files) {
            std::ranges::move(read_health_rules(file, text), std::back_inserter(rules_));
        }
        for (const auto& rule : rules_) {
            if (rule.name.find('*') == std::string::npos) {
                exact_.emplace(rule.name, &rule);
            } else {
                // Shipped, so it is a glob.
                globs_.emplace_back(
                    match::glob::compile(match::glob_dialect::gobwas, rule.name).value(), &rule
                );
            }
        }
        // Of several that match the one that says most.
        std::ranges::stable_sort(globs_, [](const auto& a, const auto& b) {
            return a.first.pattern().size() > b.first.pattern().size();
        });
    }

    [[nodiscard]] const health_rule* find(std::string_view group, std::string_view kind) const {
        const auto name = std::string{group} + '/' + std::string{kind};
        if (const auto found = exact_.find(name); found != exact_.end()) return found->second;
        const auto found =
            std::ranges::find_if(globs_, [&](const auto& one) { return one.first.matches(name); });
        return found != globs_.end() ? found->second : nullptr;
    }

    [[nodiscard]] const std::vector<health_rule>& rules() const { return rules_; }

private:
    std::vector<health_rule> rules_;
    std::map<std::string, const health_rule*, std::less<>> exact_;
    std::vector<std::pair<match::glob, const health_rule*>> globs_;
};

const table& shipped() {
    static const table all;
    return all;
}

} // namespace

const health_rule* find_health_rule(std::string_view group, std::string_view kind) {
    return shipped().find(group, kind);
}

const std::vector<health_rule>& shipped_health_rules() {
    return shipped().rules();
}

} // namespace holdfast::sync
