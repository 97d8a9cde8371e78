#include "base/bounded_text.hpp"
#include "crds/described.hpp"
#include "crds/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

namespace holdfast::crds {

namespace {

/// What stands for a required word that cannot be kept.
constexpr std::string_view unknown = "Unknown";

class bounder {
public:
    /// Each of these gives false for what cannot be made to fit.
    bool structure(const type_description& type, json::object& object, bool verbatim) {
        std::vector<std::string> strangers;
        for (const auto& member : object) {
            if (!type.open && type.find(member.key()) == nullptr) strangers.emplace_back(member.key());
        }
        for (const auto& name : strangers)
            object.erase(name);
        for (const auto& field : type.fields) {
            const auto found = object.find(field.name);
            const bool inner_verbatim = verbatim || !field.facts.documented_at.empty();
            if (found != object.end() && value(*field.type, found->value(), field.facts, inner_verbatim)) {
                continue;
            }
            if (field.facts.required || (verbatim && found != object.end())) return false;
            if (found != object.end()) object.erase(found);
        }
        return true;
    }

private:
    bool value(const type_description& type, json::value& at, const field& facts, bool verbatim) {
        switch (type.shape) {
        case shape::text: return at.is_string() && text(at.get_string(), facts, verbatim);
        case shape::boolean: return at.is_bool();
        case shape::integer: return integer(at, facts, verbatim);
        case shape::duration: return at.is_string() && duration_text(at.get_string(), facts);
        case shape::time: return at.is_string() && parse_time(at.get_string()).has_value();
        case shape::int_or_text:
            return at.is_string() ? text(at.get_string(), facts, verbatim) : integer(at, facts, verbatim);
        case shape::any_object: return at.is_object();
        case shape::choice:
            return at.is_string() && std::ranges::any_of(type.choices, [&](const auto& one) {
                       return !one.text.empty() && one.text == std::string_view{at.get_string()};
                   });
        case shape::structure: return at.is_object() && structure(type, at.get_object(), verbatim);
        case shape::list: return at.is_array() && list(type, at.get_array(), facts, verbatim);
        case shape::map: return at.is_object() && map(type, at.get_object(), facts, verbatim);
        case shape::optional: return value(*type.element, at, facts, verbatim);
        }
        return false;
    }

    static bool fits(std::string_view text, const field& facts) {
        const auto length = static_cast<std::int64_t>(character_count(text));
        return length >= facts.min_length && length <= facts.max_length &&
               (facts.pattern.empty() || matches(text, facts.pattern));
    }

    static bool text(json::string& at, const field& facts, bool verbatim) {
        auto made = valid_utf8(at);
        if (!verbatim) {
            const auto limit = static_cast<std::size_t>(facts.max_length);
            if (facts.pattern.empty()) {
                made = cut_to_characters(made, limit);
            } else if (!fits(made, facts)) {
                made = word(made, facts);
            }
        }
        if (!fits(made, facts)) return false;
        at = made;
        return true;
    }

    /// Of a text that has a pattern: one that programs go by, like the reason of a condition.
    static std::string word(std::string_view text, const field& facts) {
        auto made = first_bytes(text, static_cast<std::size_t>(facts.max_length));
        std::ranges::replace_if(made, [](char c) { return !is_of_a_word(c); }, '_');
        return fits(made, facts) ? made : std::string{unknown};
    }

    static bool is_of_a_word(char c) noexcept {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == ',' || c == ':';
    }

    static bool integer(json::value& at, const field& facts, bool verbatim) {
        const auto* number = at.if_int64();
        if (number == nullptr) return false;
        const auto least = facts.minimum.value_or(*number);
        const auto most = facts.maximum.value_or(*number);
        if (verbatim) return *number >= least && *number <= most;
        at = std::max(least, std::min(most, *number));
        return true;
    }

    static bool duration_text(std::string_view text, const field& facts) {
        return text.size() <= static_cast<std::size_t>(duration_length) &&
               matches(text, facts.lenient_duration ? lenient_duration_pattern : duration_pattern);
    }

    bool list(const type_description& type, json::array& items, const field& facts, bool verbatim) {
        json::array kept;
        std::set<std::string> seen;
        for (auto& item : items) {
            const bool stays = value(*type.element, item, facts, verbatim) && is_first(item, facts, seen);
            if (!stays && verbatim) return false;
            if (stays) kept.push_back(std::move(item));
        }
        items = std::move(kept);
        const auto most = static_cast<std::size_t>(facts.max_items);
        if (items.size() > most) {
            if (verbatim) return false;
            const auto surplus = items.size() - most;
            if (facts.newest_last) {
                items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(surplus));
            } else {
                items.erase(items.begin() + static_cast<std::ptrdiff_t>(most), items.end());
                say_what_was_cut(*type.element, items, facts, surplus);
            }
        }
        return static_cast<std::int64_t>(items.size()) >= facts.min_items;
    }

    /// Lists of objects have their count beside them; a list of texts has room for a sentence.
    static void say_what_was_cut(
        const type_description& element, json::array& items, const field& facts, std::size_t surplus
    ) {
        if (element.shape != shape::text || !facts.pattern.empty() || items.empty()) return;
        const auto said = fmt::format("… (cut: {} more)", surplus + 1);
        if (static_cast<std::int64_t>(character_count(said)) <= facts.max_length) items.back() = said;
    }

    static bool is_first(const json::value& item, const field& facts, std::set<std::string>& seen) {
        const json::value* told = nullptr;
        if (facts.merge == list_merge::set) {
            told = &item;
        } else if (facts.merge == list_merge::map && item.is_object()) {
            told = item.get_object().if_contains(facts.key);
        }
        return told == nullptr || !told->is_string() || seen.emplace(told->get_string()).second;
    }

    bool map(const type_description& type, json::object& entries, const field& facts, bool verbatim) {
        std::vector<std::string> gone;
        std::int64_t kept = 0;
        for (auto& entry : entries) {
            const bool stays =
                kept < facts.max_properties && value(*type.element, entry.value(), facts, verbatim);
            if (!stays && verbatim) return false;
            if (stays) {
                ++kept;
            } else {
                gone.emplace_back(entry.key());
            }
        }
        for (const auto& key : gone)
            entries.erase(key);
        return true;
    }
};

} // namespace

json::object bounded(const type_description& type, json::object object) {
    bounder{}.structure(type, object, /*verbatim=*/false);
    return object;
}

} // namespace holdfast::crds
