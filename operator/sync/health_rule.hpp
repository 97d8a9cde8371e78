#pragma once

#include "sync/health.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

/// How objects of custom kinds fare, as health_rules/*.rules say it; health_rules/README.md has the words. Read once,
/// then only looked at: any thread.
struct health_rule {
    /// The way to a value: `.status.phase`, `.metadata.labels[a.b/c]`, from the object or from an item of a list;
    /// `$.metadata.generation` always from the object. `[]` stands for all items of a list, `*` for all values of a map.
    struct path {
        bool is_from_object = false;
        std::vector<std::string> steps;
        /// As it is written.
        std::string text;
    };

    /// One thing that holds of an object, or not.
    struct check {
        enum class subject : std::uint8_t { condition, value };
        enum class test : std::uint8_t {
            is,
            is_not,
            absent,
            missing,
            present,
            less,
            less_or_equal,
            more,
            more_or_equal,
            equal,
            not_equal
        };
        subject of = subject::value;
        test how = test::is;
        /// What the condition's type is one of; "*": any.
        std::vector<std::string> types;
        /// What the condition's status, or the value, is one of.
        std::vector<std::string> words;
        /// What the condition's reason is one of, or none of; any where there is none.
        std::vector<std::string> reasons;
        bool is_other_reason = false;
        /// Only a condition that was said of the object's generation counts, or only one of an older generation.
        bool is_current = false;
        bool is_stale = false;
        /// Only the condition that is the last in the list counts.
        bool is_last = false;
        path left;
        /// What a count is compared with, and what is taken away from that.
        std::optional<path> right;
        std::optional<path> less;
        double number = 0;
    };

    /// Whether all of `checks` hold of the items of a list, or of the values of a map.
    struct of_items {
        enum class quantity : std::uint8_t { any, every, none };
        quantity of = quantity::any;
        path items;
        std::vector<check> checks;
    };

    struct step {
        /// Nothing: no health.
        std::optional<health_status> verdict;
        std::vector<check> checks;
        std::optional<of_items> items;
        /// As it is written, for people.
        std::string text;
    };

    /// What is said of an object, and the step that said it.
    struct decision {
        std::optional<health> verdict;
        std::string_view because;
    };

    /// "cert-manager.io/Certificate", "*.crossplane.io/*".
    std::string name;
    /// The first that holds decides. The last one always holds.
    std::vector<step> steps;

    /// Needs no status and no field to be there, or to be of its type. The text is the rule's.
    [[nodiscard]] decision decide(const json::object& live) const;
};

/// Reads one file of rules. They are shipped, so what is wrong with one is a defect: throws std::invalid_argument, which
/// names the line and what is wrong with it.
[[nodiscard]] std::vector<health_rule> read_health_rules(std::string_view file, std::string_view text);

/// The shipped rule for a kind: one for just this kind, or else the one with the longest pattern that matches. Null
/// where there is none. Lives for ever.
[[nodiscard]] const health_rule* find_health_rule(std::string_view group, std::string_view kind);

/// All shipped rules, in the order of their files.
[[nodiscard]] const std::vector<health_rule>& shipped_health_rules();

} // namespace holdfast::sync
