#include "sync/owned_fields.hpp"

#include "sync/canonical.hpp"
#include "sync/field_path.hpp"

#include <utility>

namespace holdfast::sync {

namespace {

/// What other managers own at one place.
using claims = std::vector<const json::object*>;

claims claims_below(const claims& here, std::string_view key) {
    claims below;
    for (const auto* node : here) {
        const auto* child = node->if_contains(key);
        if (child != nullptr && child->is_object() && !child->get_object().empty()) {
            below.push_back(&child->get_object());
        }
    }
    return below;
}

bool is_field_claimed(const claims& here, std::string_view name) {
    const std::string key = "f:" + std::string{name};
    for (const auto* node : here) {
        if (node->contains(key)) return true;
    }
    return false;
}

bool is_item_claimed(const claims& here, const json::value& list, const json::value& item) {
    for (const auto* node : here) {
        for (const auto& member : *node) {
            const auto element = parse_element(member.key());
            if (!element || element->what == path_element::kind::self) continue;
            if (child_of(&list, *element) == &item) return true;
        }
    }
    return false;
}

/// What Holdfast owns of a value that it owns as a whole: all of it, or, where others own members (so it is
/// no atomic value, but was empty when it was applied), what nobody else claims.
json::value unclaimed(const json::value& value, const claims& others) {
    if (others.empty() || (!value.is_object() && !value.is_array())) return value;
    if (const auto* object = value.if_object()) {
        json::object rest;
        for (const auto& member : *object) {
            if (!is_field_claimed(others, member.key())) rest.insert(member);
        }
        return rest;
    }
    json::array rest;
    for (const auto& item : value.get_array()) {
        if (!is_item_claimed(others, value, item)) rest.push_back(item);
    }
    return rest;
}

class hashing {
public:
    /// `Value` is json::object for the whole object and json::value below.
    template <class Value>
    void walk(const json::object& fields, const Value* value, const claims& others) {
        for (const auto* member : sorted_members(fields)) {
            const std::string_view key = member->key();
            const auto element = parse_element(key);
            if (!element) continue;
            append_quoted(buffer_, key);
            const auto* child = child_of(value, *element);
            const auto* below = member->value().if_object();
            if (element->what == path_element::kind::self || element->what == path_element::kind::value) {
                buffer_ += child != nullptr ? '+' : '-';
            } else if (below == nullptr || below->empty()) {
                leaf(child, claims_below(others, key));
            } else {
                buffer_ += '(';
                walk(*below, child, claims_below(others, key));
                buffer_ += ')';
            }
            flush();
        }
    }

    sha256_digest finish() { return hash_.add(buffer_).finish(); }

private:
    void leaf(const json::value* value, const claims& others) {
        if (value == nullptr) {
            buffer_ += '-';
        } else if (others.empty()) {
            write_canonical(*value, buffer_, [this] { flush(); });
        } else {
            write_canonical(unclaimed(*value, others), buffer_, [this] { flush(); });
        }
    }
    void flush() {
        constexpr std::size_t chunk = 4096;
        if (buffer_.size() < chunk) return;
        hash_.add(buffer_);
        buffer_.clear();
    }

    hasher hash_;
    std::string buffer_;
};

const json::array* list_in(const json::object& /*parent*/) {
    return nullptr;
}
const json::array* list_in(const json::value& parent) {
    return parent.if_array();
}

/// `Value` is json::object for the whole object and json::value below.
template <class Value>
void find_beyond(
    const json::object& fields, const Value& desired, const std::string& path, std::vector<std::string>& found
) {
    for (const auto* member : sorted_members(fields)) {
        const auto element = parse_element(member->key());
        if (!element || element->what == path_element::kind::self) continue;
        const json::value* child = nullptr;
        if (const auto* list = list_in(desired);
            list != nullptr && element->what == path_element::kind::key) {
            child = find_item(*list, element->pick.get_object(), true);
        } else {
            child = child_of(&desired, *element);
        }
        std::string below = path;
        append_element(below, *element);
        if (child == nullptr) {
            found.push_back(std::move(below));
        } else if (const auto* deeper = member->value().if_object(); deeper != nullptr) {
            // The key fields of an item may be left to their defaults in what is wanted.
            if (element->what == path_element::kind::key) {
                json::object rest = *deeper;
                for (const auto& key : element->pick.get_object()) {
                    rest.erase("f:" + std::string{key.key()});
                }
                find_beyond(rest, *child, below, found);
            } else {
                find_beyond(*deeper, *child, below, found);
            }
        }
    }
}

} // namespace

std::optional<owned_fields> owned_fields_of(const json::object& live, std::string_view manager) {
    const auto own = find_applied(live, manager);
    if (!own) return std::nullopt;
    claims others;
    for (const auto& entry : managed_entries(live)) {
        if (entry.fields != own->fields && entry.fields != nullptr && entry.api_version == own->api_version) {
            others.push_back(entry.fields);
        }
    }
    owned_fields owned;
    owned.api_version = own->api_version;
    owned.other_version = own->api_version != kube::api_version_of(live);
    hashing walk;
    if (own->fields->contains("f:status")) {
        auto held = *own->fields; // what a controller reports is its own, though we may have begun with it
        held.erase("f:status");
        walk.walk(held, &live, others);
    } else {
        walk.walk(*own->fields, &live, others);
    }
    owned.hash = walk.finish();
    return owned;
}

std::vector<std::string>
owned_beyond(const json::object& live, const json::object& desired, std::string_view manager) {
    std::vector<std::string> found;
    if (const auto own = find_applied(live, manager)) {
        find_beyond(*own->fields, desired, {}, found);
    }
    return found;
}

} // namespace holdfast::sync
