#include "sync/compare.hpp"

#include "base/counted_list.hpp"
#include "sync/canonical.hpp"
#include "sync/field_path.hpp"
#include "sync/owned_fields.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace holdfast::sync {

namespace {

constexpr std::size_t longest_value = 80;
/// A message names a few; nobody reads more.
constexpr std::size_t most_differences = 50;

/// Fields that hold quantities or maps of them, whatever they are in.
constexpr std::array<std::string_view, 8> quantity_fields{"limits",   "requests",  "hard",    "capacity",
                                                          "overhead", "sizeLimit", "divisor", "allocatable"};

struct place {
    std::string path;
    /// Values here are quantities.
    bool quantity = false;
    /// Values here must not be shown.
    bool hidden = false;
};

std::string shown(const json::value* value, bool hidden) {
    if (value == nullptr) return "(none)";
    if (hidden) return "(hidden)";
    std::string text;
    write_canonical(*value, text, [] {});
    return shortened(text, longest_value);
}

bool is_secret(const json::object& object) {
    return kube::kind_of(object) == "Secret" && kube::api_version_of(object) == "v1";
}

place field_of(const place& parent, std::string_view name, bool secret) {
    place child = parent;
    append_field(child.path, name);
    child.quantity = parent.quantity ||
                     std::find(quantity_fields.begin(), quantity_fields.end(), name) != quantity_fields.end();
    if (secret && parent.path.empty() && (name == "data" || name == "stringData")) child.hidden = true;
    if (secret && name == "kubectl.kubernetes.io/last-applied-configuration") child.hidden = true;
    return child;
}

/// True for "", 0 and false, which the server leaves out of many kinds.
bool is_zero(const json::value& value) {
    if (const auto* text = value.if_string()) return text->empty();
    if (value.is_bool()) return !value.get_bool();
    return value.is_number() && canonical_number(value) == "0";
}

const json::object* fields_below(const json::object* fields, std::string_view key) {
    if (fields == nullptr) return nullptr;
    const auto* child = fields->if_contains(key);
    return child != nullptr ? child->if_object() : nullptr;
}

class comparing {
public:
    explicit comparing(bool secret) : secret_{secret} {}

    void objects(
        const json::object& desired, const json::object& live, const json::object* fields, const place& at
    ) {
        for (const auto& member : desired) {
            const std::string_view name = member.key();
            if (at.path.empty() && name == "status") continue;
            const place below = field_of(at, name, secret_);
            const auto* owned = fields_below(fields, "f:" + std::string{name});
            const auto* other = live.if_contains(name);
            if (other != nullptr) {
                values(member.value(), *other, owned, below);
            } else if (!is_hollow(member.value()) && !(is_zero(member.value()) && owned != nullptr)) {
                note(&member.value(), nullptr, below);
            }
        }
    }

    std::vector<difference> found;

private:
    void
    values(const json::value& desired, const json::value& live, const json::object* fields, const place& at) {
        if (desired.is_object() && live.is_object()) {
            objects(desired.get_object(), live.get_object(), fields, at);
        } else if (desired.is_array() && live.is_array()) {
            lists(desired.get_array(), live.get_array(), fields, at);
        } else if (!(at.quantity && same_quantity(desired, live)) && !same_value(desired, live) &&
                   !(is_hollow(desired) && is_hollow(live))) {
            note(&desired, &live, at);
        }
    }

    void
    lists(const json::array& desired, const json::array& live, const json::object* fields, const place& at) {
        const auto first = first_element(fields);
        if (first && first->what == path_element::kind::key) {
            keyed(desired, live, *fields, first->pick.get_object(), at);
        } else if (first && first->what == path_element::kind::value) {
            for (const auto& item : desired) {
                const bool there =
                    std::any_of(live.begin(), live.end(), [&](const auto& l) { return same_value(item, l); });
                if (!there) note(&item, nullptr, at);
            }
        } else if (desired.size() != live.size()) {
            const json::value a(desired);
            const json::value b(live);
            note(&a, &b, at);
        } else {
            for (std::size_t i = 0; i < desired.size(); ++i) {
                place item = at;
                append_index(item.path, i);
                values(desired[i], live[i], nullptr, item);
            }
        }
    }

    void keyed(
        const json::array& desired, const json::array& live, const json::object& fields,
        const json::object& keys, const place& at
    ) {
        for (const auto& item : desired) {
            const auto* object = item.if_object();
            if (object == nullptr) {
                note(&item, nullptr, at);
                continue;
            }
            json::object own_keys;
            for (const auto& key : keys) {
                if (const auto* value = object->if_contains(key.key())) own_keys[key.key()] = *value;
            }
            path_element element;
            element.what = path_element::kind::key;
            element.pick = own_keys;
            place below = at;
            append_element(below.path, element);
            const auto [owned, full_keys] = owned_item(fields, item, own_keys);
            const auto* other = find_item(live, full_keys, false);
            if (other == nullptr) {
                note(&item, nullptr, below);
            } else {
                values(item, *other, owned, below);
            }
        }
    }

    /// The owned fields of the item that has these keys, and the keys with the server's defaults.
    static std::pair<const json::object*, json::object>
    owned_item(const json::object& fields, const json::value& item, const json::object& own_keys) {
        for (const auto& member : fields) {
            const auto element = parse_element(member.key());
            if (!element || element->what != path_element::kind::key) continue;
            const json::array one{item};
            // An item without the defaulted key must not be taken for its sibling with another value there.
            const auto& keys = element->pick.get_object();
            if (find_item(one, keys, own_keys.size() < keys.size()) != nullptr) {
                return {member.value().if_object(), keys};
            }
        }
        return {nullptr, own_keys};
    }

    static std::optional<path_element> first_element(const json::object* fields) {
        if (fields == nullptr) return std::nullopt;
        for (const auto& member : *fields) {
            auto element = parse_element(member.key());
            if (element && element->what != path_element::kind::self) return element;
        }
        return std::nullopt;
    }

    void note(const json::value* desired, const json::value* live, const place& at) {
        if (found.size() >= most_differences) return;
        found.push_back({at.path, shown(desired, at.hidden), shown(live, at.hidden)});
    }

    bool secret_;
};

/// Nothing rewrites these on the way in: where one of them is not as wanted, an apply changes it.
bool is_surely_ours(std::string_view path) {
    return path.starts_with("metadata.labels") || path.starts_with("metadata.annotations");
}

void compare_everything(
    const json::value* a, const json::value* b, const place& at, bool secret, std::vector<difference>& found
);

void compare_members(
    const json::object& a, const json::object& b, const place& at, bool secret, std::vector<difference>& found
) {
    const auto is_bookkeeping = [&](std::string_view name) {
        if (at.path.empty()) return name == "status";
        constexpr std::array<std::string_view, 4> metadata{
            "managedFields", "resourceVersion", "generation", "selfLink"
        };
        return at.path == "metadata" && std::find(metadata.begin(), metadata.end(), name) != metadata.end();
    };
    for (const auto& member : a) {
        if (is_bookkeeping(member.key())) continue;
        compare_everything(
            &member.value(), b.if_contains(member.key()), field_of(at, member.key(), secret), secret, found
        );
    }
    for (const auto& member : b) {
        if (is_bookkeeping(member.key()) || a.contains(member.key())) continue;
        compare_everything(nullptr, &member.value(), field_of(at, member.key(), secret), secret, found);
    }
}

void compare_everything(
    const json::value* a, const json::value* b, const place& at, bool secret, std::vector<difference>& found
) {
    if (a != nullptr && b != nullptr) {
        if (a->is_object() && b->is_object()) {
            compare_members(a->get_object(), b->get_object(), at, secret, found);
            return;
        }
        if (a->is_array() && b->is_array() && a->get_array().size() == b->get_array().size()) {
            for (std::size_t i = 0; i < a->get_array().size(); ++i) {
                place item = at;
                append_index(item.path, i);
                compare_everything(&a->get_array()[i], &b->get_array()[i], item, secret, found);
            }
            return;
        }
        if (same_value(*a, *b)) return;
    }
    if (found.size() < most_differences) found.push_back({at.path, shown(a, at.hidden), shown(b, at.hidden)});
}

} // namespace

std::string summary_of(std::span<const difference> differences, bool values) {
    counted_list all{3, ", "};
    for (const auto& one : differences) {
        all.add(one.path + (values ? " is " + one.live + ", not " + one.desired : " differs"));
    }
    return all.text();
}

std::string fields_of(std::span<const difference> differences) {
    counted_list all{5, ", "};
    for (const auto& one : differences) {
        all.add(one.path);
    }
    return all.text();
}

verdict compare_known(
    const std::optional<known_state>& known, const sha256_digest& desired_hash, const live_record& live
) {
    if (!known || live.other_version || known->desired_hash != desired_hash) return verdict::unknown;
    return known->owned_hash == live.owned_hash ? verdict::equal : verdict::differs;
}

comparison compare_objects(const json::object& desired, const json::object& live, std::string_view manager) {
    comparison result;
    const auto own = find_applied(live, manager);
    const bool fits = own && own->api_version == kube::api_version_of(live) &&
                      own->api_version == kube::api_version_of(desired);
    comparing walk{is_secret(desired)};
    walk.objects(desired, live, fits ? own->fields : nullptr, {});
    result.differences = std::move(walk.found);
    if (own && !fits) return result;

    bool surely = false;
    for (const auto& d : result.differences) {
        surely = surely || is_surely_ours(d.path);
    }
    if (!own) {
        surely = true;
        if (result.differences.empty()) {
            result.differences.push_back(
                {"metadata.managedFields", "applied by " + std::string{manager}, "(none)"}
            );
        }
    } else {
        for (auto& path : owned_beyond(live, desired, manager)) {
            surely = true;
            if (result.differences.size() < most_differences) {
                result.differences.push_back({std::move(path), "(none)", "(set by an earlier apply)"});
            }
        }
    }
    if (surely) {
        result.result = verdict::differs;
    } else if (result.differences.empty()) {
        result.result = verdict::equal;
    }
    return result;
}

void add_differences(comparison& found, std::span<const added_item> added) {
    for (const auto& item : added) {
        found.result = verdict::differs;
        if (found.differences.size() < most_differences) {
            found.differences.push_back({item.path, "(none)", "(added by " + item.manager + ")"});
        }
    }
}

comparison compare_dry_run(const json::object& dry_run, const json::object& live, std::string_view manager) {
    comparison result;
    compare_members(dry_run, live, {}, is_secret(live), result.differences);
    if (result.differences.empty()) {
        const auto before = owned_fields_of(live, manager);
        const auto after = owned_fields_of(dry_run, manager);
        if (before.has_value() != after.has_value() || (before && before->hash != after->hash)) {
            result.differences.push_back(
                {"metadata.managedFields", "applied by " + std::string{manager}, "owned by others"}
            );
        }
    }
    result.result = result.differences.empty() ? verdict::equal : verdict::differs;
    return result;
}

namespace {

/// Without the marks by which it is ours, and without what only the server writes.
json::object without_marks(json::object object, const dialect& names) {
    object.erase("status");
    auto* metadata = object.contains("metadata") ? object.at("metadata").if_object() : nullptr;
    if (metadata == nullptr) return object;
    for (const auto* field : {"managedFields", "resourceVersion", "generation", "selfLink"}) {
        metadata->erase(field);
    }
    const std::pair<std::string_view, std::string_view> marks[] = {
        {"labels", names.installation_label}, {"annotations", names.tracking_annotation}
    };
    for (const auto& [field, mark] : marks) {
        auto* map = metadata->contains(field) ? metadata->at(field).if_object() : nullptr;
        if (map == nullptr) continue;
        map->erase(mark);
        if (map->empty()) metadata->erase(field);
    }
    return object;
}

} // namespace

std::vector<difference>
changes_of(const json::object& dry_run, const json::object& live, const dialect& names) {
    const auto after = without_marks(dry_run, names);
    const auto before = without_marks(live, names);
    const bool secret = is_secret(live);
    // What we would own tells which lists have keys, and by them an item is called.
    const auto own = find_applied(dry_run, names.field_manager);
    comparing walk{secret};
    walk.objects(after, before, own ? own->fields : nullptr, {});
    auto found = std::move(walk.found);
    // That goes by what is there afterwards: what goes is left.
    std::vector<difference> all;
    compare_members(after, before, {}, secret, all);
    for (auto& one : all) {
        if (one.desired == "(none)" && found.size() < most_differences) found.push_back(std::move(one));
    }
    return found;
}

} // namespace holdfast::sync
