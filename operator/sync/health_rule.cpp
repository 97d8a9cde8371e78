#include "sync/health_rule.hpp"

#include "sync/health_kinds.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace holdfast::sync {

namespace {

using check = health_rule::check;
using path = health_rule::path;

/// What a check is looked up in: the object, or an item of one of its lists.
struct place {
    const json::object& whole;
    const json::object& here;
    /// Where the conditions are: `status` of the object, or the item itself.
    const json::object* conditions_in;
};

const json::value* child(const json::value& value, std::string_view step) {
    const auto* object = value.if_object();
    return object != nullptr ? object->if_contains(step) : nullptr;
}

/// Null where it is missing or null.
const json::value* value_at(const place& p, const path& where) {
    const json::object* from = where.is_from_object ? &p.whole : &p.here;
    const json::value* value = nullptr;
    for (const auto& step : where.steps) {
        value = value == nullptr ? from->if_contains(step) : child(*value, step);
        if (value == nullptr || value->is_null()) return nullptr;
    }
    return value;
}

std::string text_of(const json::value& value) {
    if (const auto* text = value.if_string()) return std::string{*text};
    return json::serialize(value);
}

/// All values that a path stands for.
std::vector<const json::value*> values_at(const json::object& from, std::span<const std::string> steps) {
    std::vector<const json::value*> level;
    if (const auto* first = from.if_contains(steps.front())) level.push_back(first);
    for (const auto& step : steps.subspan(1)) {
        std::vector<const json::value*> next;
        for (const auto* value : level) {
            if (const auto* list = step == "[]" ? value->if_array() : nullptr) {
                for (const auto& item : *list)
                    next.push_back(&item);
            } else if (const auto* map = step == "*" ? value->if_object() : nullptr) {
                for (const auto& [key, item] : *map)
                    next.push_back(&item);
            } else if (const auto* one = child(*value, step)) {
                next.push_back(one);
            }
        }
        level = std::move(next);
    }
    return level;
}

/// A list and a map count as many as they have.
double count_of(const json::value& value) {
    if (const auto* n = value.if_int64()) return static_cast<double>(*n);
    if (const auto* n = value.if_uint64()) return static_cast<double>(*n);
    if (const auto* n = value.if_double()) return *n;
    if (const auto* list = value.if_array()) return static_cast<double>(list->size());
    if (const auto* map = value.if_object()) return static_cast<double>(map->size());
    return 0;
}

/// The sum of all that the path stands for. What is missing is nothing: Kubernetes leaves zeros out.
double count_at(const place& p, const path& where) {
    double sum = 0;
    for (const auto* value : values_at(where.is_from_object ? p.whole : p.here, where.steps))
        sum += count_of(*value);
    return sum;
}

bool is_one_of(const std::vector<std::string>& words, std::string_view text) {
    return std::ranges::find(words, text) != words.end();
}

bool matches(const check& c, const condition& found, std::int64_t generation) {
    if (c.types.front() != "*" && !is_one_of(c.types, found.type)) return false;
    const bool is_stale = found.observed_generation < generation;
    if (c.is_current && (is_stale || found.observed_generation < 0)) return false;
    if (c.is_stale && !(is_stale && found.observed_generation >= 0)) return false;
    if (!c.reasons.empty() && is_one_of(c.reasons, found.reason) == c.is_other_reason) return false;
    if (c.how == check::test::is) return is_one_of(c.words, found.status);
    if (c.how == check::test::is_not) return !is_one_of(c.words, found.status);
    return true;
}

std::string described(const condition& c) {
    if (!c.message.empty()) return std::string{c.message};
    if (!c.reason.empty()) return std::string{c.reason};
    return c.is_true() ? std::string{} : fmt::format("{} is {}", c.type, c.status);
}

/// Whether a check holds, and what there is to say then.
struct finding {
    bool holds = false;
    std::string message;
    /// Whether the message is the object's own, and not ours about one of its fields.
    bool is_own = false;
};

finding look_at_conditions(const check& c, const place& p) {
    const auto* list = p.conditions_in != nullptr ? p.conditions_in->if_contains("conditions") : nullptr;
    // Its texts are the object's.
    static const json::array none;
    const auto* conditions = list != nullptr ? list->if_array() : nullptr;
    std::optional<condition> found;
    for (const auto& item : conditions != nullptr ? *conditions : none) {
        const auto one = condition_of(item);
        if (!one) continue;
        if (c.is_last) found.reset();
        if (!found && matches(c, *one, kube::generation_of(p.whole))) found = one;
    }
    if (c.how == check::test::missing) return {!found, {}};
    return {found.has_value(), found ? described(*found) : std::string{}, found.has_value()};
}

bool compare(check::test how, double left, double right) {
    switch (how) {
    case check::test::less: return left < right;
    case check::test::less_or_equal: return left <= right;
    case check::test::more: return left > right;
    case check::test::more_or_equal: return left >= right;
    case check::test::equal: return left == right;
    default: return left != right;
    }
}

bool is_empty(const json::value& value) {
    if (const auto* text = value.if_string()) return text->empty();
    if (const auto* list = value.if_array()) return list->empty();
    const auto* map = value.if_object();
    return map != nullptr && map->empty();
}

finding look_at_value(const check& c, const place& p) {
    const auto* value = value_at(p, c.left);
    const auto name = std::string_view{c.left.text}.substr(1);
    switch (c.how) {
    case check::test::absent: return {value == nullptr, {}};
    case check::test::missing:
        return {value == nullptr || is_empty(*value), fmt::format("{} is missing", name)};
    case check::test::present: return {value != nullptr && !is_empty(*value), {}};
    case check::test::is:
    case check::test::is_not: {
        const auto text = value != nullptr ? text_of(*value) : std::string{};
        const bool is = value != nullptr && is_one_of(c.words, text);
        return {
            is == (c.how == check::test::is), value != nullptr ? fmt::format("{} is {}", name, text) : ""
        };
    }
    default: break;
    }
    const auto* other = c.right ? value_at(p, *c.right) : nullptr;
    if (value != nullptr && value->is_string() && other != nullptr && other->is_string()) {
        return {
            (*value == *other) == (c.how == check::test::equal),
            fmt::format("{} is {}, {} is {}", name, text_of(*value), c.right->text.substr(1), text_of(*other))
        };
    }
    const auto left = count_at(p, c.left);
    const auto right = (c.right ? count_at(p, *c.right) : c.number) - (c.less ? count_at(p, *c.less) : 0);
    return {
        compare(c.how, left, right),
        c.right ? fmt::format("{} is {}, {} is {}", name, left, c.right->text.substr(1), right)
                : fmt::format("{} is {}", name, left)
    };
}

/// Whether all hold. What the first of them has to say is said.
finding look(std::span<const check> checks, const place& p) {
    finding all{true, {}};
    for (const auto& c : checks) {
        auto one = c.of == check::subject::condition ? look_at_conditions(c, p) : look_at_value(c, p);
        if (!one.holds) return {};
        if (all.message.empty() || (one.is_own && !all.is_own)) {
            all.message = std::move(one.message);
            all.is_own = one.is_own;
        }
    }
    return all;
}

finding look_at_items(const health_rule::of_items& items, const json::object& live) {
    using quantity = health_rule::of_items::quantity;
    std::size_t count = 0;
    finding last;
    for (const auto* item : values_at(live, items.items.steps)) {
        // What is no object has no fields.
        const static json::object empty;
        const auto* object = item->if_object();
        auto one = look(items.checks, {live, object != nullptr ? *object : empty, object});
        ++count;
        if (items.of == quantity::any && one.holds) return one;
        if (items.of == quantity::none && one.holds) return {};
        if (items.of == quantity::every && !one.holds) return {};
        last = std::move(one);
    }
    if (items.of == quantity::any) return {};
    if (items.of == quantity::every) return {count > 0, std::move(last.message), last.is_own};
    return {true, {}};
}

finding look(const health_rule::step& s, const json::object& live) {
    auto found = look(s.checks, {live, live, kube::find_object(live, {"status"})});
    if (!found.holds || !s.items) return found;
    auto in_items = look_at_items(*s.items, live);
    return in_items.holds && in_items.message.empty() ? found : in_items;
}

/// What an object says of itself where a rule has nothing to say.
std::string own_words(const json::object& live) {
    for (const auto* type : {"Ready", "Available"}) {
        if (const auto c = find_condition(live, type)) return described(*c);
    }
    if (const auto text = kube::find_text(live, {"status", "message"}); !text.empty())
        return std::string{text};
    return std::string{kube::find_text(live, {"status", "reason"})};
}

/// What the object says itself says more than "status.phase is Failed".
std::string message_of(health_status verdict, const json::object& live, finding found) {
    if (found.is_own && !found.message.empty()) return std::move(found.message);
    if (auto own = own_words(live); !own.empty()) return own;
    if (verdict == health_status::healthy) return {};
    if (!found.message.empty()) return std::move(found.message);
    return verdict == health_status::progressing ? "Waiting for its controller" : std::string{};
}

} // namespace

health_rule::decision health_rule::decide(const json::object& live) const {
    for (const auto& s : steps) {
        auto found = look(s, live);
        if (!found.holds) continue;
        if (!s.verdict) return {std::nullopt, s.text};
        return {health{*s.verdict, message_of(*s.verdict, live, std::move(found))}, s.text};
    }
    return {std::nullopt, {}};
}

} // namespace holdfast::sync
