#include "sync/takeover.hpp"

#include "sync/canonical.hpp"
#include "sync/field_path.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::sync {

namespace {

bool is_spared(std::string_view manager, std::span<const std::string> spared) {
    return std::ranges::find(spared, manager) != spared.end();
}

bool is_former(const managed_entry& entry, std::span<const std::string> spared, const dialect& names) {
    if (entry.is_subresource || entry.fields == nullptr || is_spared(entry.manager, spared)) return false;
    if (entry.manager == names.field_manager) return !entry.is_apply;
    return names.is_former_manager(entry.manager);
}

bool is_list_item(const path_element& element) {
    return element.what == path_element::kind::key || element.what == path_element::kind::value;
}

/// Whose items are no drift: finalizers, owners, and what a controller reports.
bool is_never_ours(std::string_view field) {
    return field == "metadata" || field == "status";
}

/// Whether an item of a manifest is the one that has these keys in the cluster.
bool is_item(const json::value& wanted, const json::object& keys) {
    const auto* object = wanted.if_object();
    if (object == nullptr) return false;
    bool any = false;
    for (const auto& key : keys) {
        const auto* value = object->if_contains(key.key());
        if (value == nullptr) {
            // The one default of a key that Kubernetes itself has; those of other kinds are not known here.
            if (key.key() == "protocol" && key.value() != "TCP") return false;
        } else if (!same_value(*value, key.value())) {
            return false;
        } else {
            any = true;
        }
    }
    return any;
}

/// Which lists are ours, and which of their items: as a manifest has it.
class wanted_view {
public:
    explicit wanted_view(const json::value* value) : value_{value} {}

    [[nodiscard]] std::optional<wanted_view> field(std::string_view /*key*/, const path_element& e) const {
        return made_of(child_of(value_, e));
    }
    [[nodiscard]] bool has_items() const { return value_->is_array() && !value_->get_array().empty(); }
    [[nodiscard]] std::optional<wanted_view> item(std::string_view /*key*/, const path_element& e) const {
        if (e.what == path_element::kind::value) return made_of(child_of(value_, e));
        for (const auto& item : value_->get_array()) {
            if (is_item(item, e.pick.get_object())) return wanted_view{&item};
        }
        return std::nullopt;
    }

private:
    static std::optional<wanted_view> made_of(const json::value* value) {
        return value == nullptr ? std::nullopt : std::optional{wanted_view{value}};
    }

    const json::value* value_; // never null
};

/// The same, as the fieldsV1 of our own manager have it.
class owned_view {
public:
    explicit owned_view(const json::object& fields) : fields_{&fields} {}

    [[nodiscard]] std::optional<owned_view> field(std::string_view key, const path_element& /*e*/) const {
        const auto* below = fields_->if_contains(key);
        if (below == nullptr || !below->is_object()) return std::nullopt;
        return owned_view{below->get_object()};
    }
    [[nodiscard]] bool has_items() const {
        return std::ranges::any_of(*fields_, [](const auto& member) {
            return member.key().starts_with("k:") || member.key().starts_with("v:");
        });
    }
    [[nodiscard]] std::optional<owned_view> item(std::string_view key, const path_element& e) const {
        return field(key, e);
    }

private:
    const json::object* fields_;
};

/// Fields of other managers at one place.
using claims = std::vector<const json::object*>;

claims claims_below(const claims& here, std::string_view key) {
    claims below;
    for (const auto* node : here) {
        const auto* child = node->if_contains(key);
        if (child != nullptr && child->is_object()) below.push_back(&child->get_object());
    }
    return below;
}

struct found_item {
    /// The keys of the fieldsV1 that lead to it.
    std::vector<std::string> keys;
    std::string path;
};

/// Walks the fields of one former manager.
template <class View>
class search {
public:
    /// `ours_of` gives, of a root field's key and element, the view of it where it is ours.
    template <class OursOf>
    void walk(const json::object& theirs, OursOf ours_of, const json::object& live, const claims& others) {
        for (const auto* member : sorted_members(theirs)) {
            const auto element = parse_element(member->key());
            if (!element || element->what != path_element::kind::field || is_never_ours(element->name))
                continue;
            const auto ours = ours_of(member->key(), *element);
            if (ours) go_on(*member, *element, *ours, child_of(&live, *element), others);
        }
    }

    std::vector<found_item> found;

private:
    void walk(const json::object& theirs, const View& ours, const json::value& live, const claims& others) {
        for (const auto* member : sorted_members(theirs)) {
            const std::string_view key = member->key();
            const auto element = parse_element(key);
            if (!element) continue;
            const auto* there = child_of(&live, *element);
            if (element->what == path_element::kind::field) {
                if (const auto child = ours.field(key, *element))
                    go_on(*member, *element, *child, there, others);
            } else if (is_list_item(*element) && ours.has_items()) {
                if (const auto child = ours.item(key, *element)) {
                    go_on(*member, *element, *child, there, others);
                } else if (there != nullptr && claims_below(others, key).empty()) {
                    auto keys = keys_;
                    keys.emplace_back(key);
                    auto path = path_;
                    append_element(path, *element);
                    found.push_back({std::move(keys), std::move(path)});
                }
            }
        }
    }

    void go_on(
        const json::key_value_pair& member, const path_element& element, const View& ours,
        const json::value* there, const claims& others
    ) {
        const auto* below = member.value().if_object();
        if (below == nullptr || there == nullptr) return;
        const auto length = path_.size();
        append_element(path_, element);
        keys_.emplace_back(member.key());
        walk(*below, ours, *there, claims_below(others, member.key()));
        keys_.pop_back();
        path_.resize(length);
    }

    std::vector<std::string> keys_;
    std::string path_;
};

/// The parts of an object's managedFields that matter here; they point into the object.
struct parties {
    std::optional<managed_entry> own;
    std::vector<managed_entry> former;
    claims others;
};

/// Of entries in other versions the paths may not fit.
parties parties_of(const json::object& live, std::span<const std::string> spared, const dialect& names) {
    parties found;
    for (auto& entry : managed_entries(live)) {
        if (entry.fields == nullptr || entry.api_version != kube::api_version_of(live)) continue;
        if (entry.manager == names.field_manager && entry.is_apply && !entry.is_subresource) {
            found.own = entry;
        } else if (is_former(entry, spared, names)) {
            found.former.push_back(entry);
        } else {
            found.others.push_back(entry.fields);
        }
    }
    return found;
}

/// Of one former manager, in lists that `desired` has.
std::vector<found_item> items_beside(
    const json::object& desired, const managed_entry& former, const json::object& live, const claims& others
) {
    search<wanted_view> looking;
    const auto wanted = [&](std::string_view, const path_element& e) -> std::optional<wanted_view> {
        const auto* value = child_of(&desired, e);
        return value == nullptr ? std::nullopt : std::optional{wanted_view{value}};
    };
    looking.walk(*former.fields, wanted, live, others);
    return std::move(looking.found);
}

/// The same in lists that our own fields have.
std::vector<found_item> items_beside_owned(
    const json::object& own, const managed_entry& former, const json::object& live, const claims& others
) {
    search<owned_view> looking;
    const owned_view root{own};
    const auto owned = [&](std::string_view key, const path_element& e) { return root.field(key, e); };
    looking.walk(*former.fields, owned, live, others);
    return std::move(looking.found);
}

void add_items(std::vector<added_item>& all, std::vector<found_item> some, std::string_view manager) {
    for (auto& item : some) {
        const bool is_known = std::ranges::any_of(all, [&](const auto& a) { return a.path == item.path; });
        if (!is_known) all.push_back({std::move(item.path), std::string{manager}});
    }
}

/// Whether both own one path, or `subtract` has something to do.
bool overlaps(const json::object& a, const json::object& b) {
    for (const auto& member : a) {
        const auto* other = b.if_contains(member.key());
        const auto* mine = member.value().if_object();
        if (other == nullptr || mine == nullptr || !other->is_object()) continue;
        const auto& theirs = other->get_object();
        if (mine->empty() ? theirs.empty() || theirs.contains(".") : overlaps(*mine, theirs)) return true;
    }
    return false;
}

/// Whether items of lists are among them, whoever's lists these are.
bool has_items(const json::object& fields) {
    const auto is_one = [](std::string_view key) { return key.starts_with("k:") || key.starts_with("v:"); };
    return std::ranges::any_of(fields, [&](const auto& member) {
        if (is_one(member.key())) return true;
        if (member.key() == "f:metadata" || member.key() == "f:status") return false;
        const auto* below = member.value().if_object();
        return below != nullptr && has_items(*below);
    });
}

/// Takes out of `fields` the paths that `taken` has.
void subtract(json::object& fields, const json::object& taken) {
    std::vector<std::string> gone;
    for (auto& member : fields) {
        const auto* other = taken.if_contains(member.key());
        auto* mine = member.value().if_object();
        if (other == nullptr || mine == nullptr || !other->is_object()) continue;
        const auto& theirs = other->get_object();
        if (mine->empty()) {
            if (theirs.empty() || theirs.contains(".")) gone.emplace_back(member.key());
            continue;
        }
        subtract(*mine, theirs);
        if (mine->empty()) gone.emplace_back(member.key());
    }
    for (const auto& key : gone) {
        fields.erase(key);
    }
}

void merge_fields(json::object& into, const json::object& fields) {
    for (const auto& member : fields) {
        auto& child = into[member.key()];
        if (!child.is_object()) child.emplace_object();
        if (const auto* below = member.value().if_object()) merge_fields(child.get_object(), *below);
    }
}

/// Moves what `from` has at a place to `to`. What leads nowhere then goes with it, as it would else own the
/// whole of what it led into.
void move_item(json::object& from, json::object& to, std::span<const std::string> keys) {
    const auto& key = keys.front();
    auto& source = from.at(key).as_object();
    auto& target = to[key];
    if (!target.is_object()) target.emplace_object();
    if (keys.size() > 1) {
        move_item(source, target.get_object(), keys.subspan(1));
        if (source.empty()) from.erase(key);
        return;
    }
    merge_fields(target.get_object(), source);
    // An item with keys is owned as such only where that is said.
    if (key.starts_with("k:")) target.get_object()["."] = json::object{};
    from.erase(key);
}

/// The entry of a list of managedFields that is meant; null where there is none.
json::object* find_entry(json::array& fields, const managed_entry& entry) {
    for (auto& item : fields) {
        auto* object = item.if_object();
        if (object != nullptr && kube::find_text(*object, {"manager"}) == entry.manager &&
            kube::find_text(*object, {"apiVersion"}) == entry.api_version &&
            (kube::find_text(*object, {"operation"}) == "Apply") == entry.is_apply &&
            kube::find_text(*object, {"subresource"}).empty()) {
            return object;
        }
    }
    return nullptr;
}

/// What our manager has applied; made where it has applied nothing yet.
json::object& own_fields(json::array& fields, const json::object& live, const dialect& names) {
    managed_entry own;
    own.manager = names.field_manager;
    own.api_version = kube::api_version_of(live);
    own.is_apply = true;
    auto* entry = find_entry(fields, own);
    if (entry == nullptr) {
        entry = &fields
                     .emplace_back(json::object{
                         {"manager", own.manager},
                         {"operation", "Apply"},
                         {"apiVersion", own.api_version},
                         {"fieldsType", "FieldsV1"},
                         {"fieldsV1", json::object{}}
                     })
                     .get_object();
    }
    return entry->at("fieldsV1").as_object();
}

void drop_empty_entries(json::array& fields) {
    const auto owns_nothing = [](const json::value& item) {
        const auto* entry = item.if_object();
        const auto* of = entry == nullptr ? nullptr : kube::find_object(*entry, {"fieldsV1"});
        return of != nullptr && of->empty();
    };
    fields.erase(std::remove_if(fields.begin(), fields.end(), owns_nothing), fields.end());
}

} // namespace

std::vector<added_item> added_items(
    const json::object& live, const json::object& desired, std::span<const std::string> spared,
    const dialect& names
) {
    const auto who = parties_of(live, spared, names);
    std::vector<added_item> all;
    for (const auto& former : who.former) {
        add_items(all, items_beside(desired, former, live, who.others), former.manager);
    }
    return all;
}

std::vector<added_item> added_items(const json::object& live, const dialect& names) {
    const auto who = parties_of(live, {}, names);
    std::vector<added_item> all;
    if (!who.own) return all;
    for (const auto& former : who.former) {
        add_items(all, items_beside_owned(*who.own->fields, former, live, who.others), former.manager);
    }
    return all;
}

bool is_contested(const json::object& live, const dialect& names) {
    const auto who = parties_of(live, {}, names);
    return who.own && std::ranges::any_of(who.former, [&](const managed_entry& former) {
               return overlaps(*former.fields, *who.own->fields) || has_items(*former.fields);
           });
}

std::optional<json::array> settled_fields(
    const json::object& live, const json::object& desired, std::span<const std::string> spared,
    const dialect& names
) {
    const auto who = parties_of(live, spared, names);
    const auto* before = kube::find_array(live, {"metadata", "managedFields"});
    if (before == nullptr) return std::nullopt;
    json::array fields = *before;
    bool is_changed = false;
    for (const auto& former : who.former) {
        const auto items = items_beside(desired, former, live, who.others);
        if (!items.empty()) {
            auto& ours = own_fields(fields, live, names); // first: it may be made, and move the others
            auto& theirs = find_entry(fields, former)->at("fieldsV1").as_object();
            for (const auto& item : items) {
                move_item(theirs, ours, item.keys);
            }
        }
        const bool is_shared = who.own && overlaps(*former.fields, *who.own->fields);
        if (is_shared) {
            subtract(find_entry(fields, former)->at("fieldsV1").as_object(), *who.own->fields);
        }
        is_changed = is_changed || is_shared || !items.empty();
    }
    if (!is_changed) return std::nullopt;
    drop_empty_entries(fields);
    return fields;
}

std::optional<json::array>
adopted_fields(const json::object& live, std::span<const std::string> spared, const dialect& names) {
    const auto* before = kube::find_array(live, {"metadata", "managedFields"});
    if (before == nullptr || !find_applied(live, names.field_manager)) return std::nullopt;
    const auto entries = managed_entries(live);
    json::array kept;
    std::size_t i = 0;
    for (const auto& item : *before) {
        if (!item.is_object()) continue;
        if (!is_former(entries[i++], spared, names)) kept.push_back(item);
    }
    if (kept.size() == before->size()) return std::nullopt;
    return kept;
}

std::optional<json::array> upgraded_fields(const json::object& live, const dialect& names) {
    constexpr std::string_view last_applied = "f:kubectl.kubernetes.io/last-applied-configuration";
    const auto* before = kube::find_array(live, {"metadata", "managedFields"});
    if (names.marks == marking::by_installation || before == nullptr ||
        find_applied(live, names.field_manager)) {
        return std::nullopt;
    }
    json::array fields = *before;
    for (const auto& entry : managed_entries(live)) {
        if (!is_former(entry, {}, names) || entry.is_apply ||
            entry.api_version != kube::api_version_of(live)) {
            continue;
        }
        const auto* annotations = kube::find_object(*entry.fields, {"f:metadata", "f:annotations"});
        if (annotations == nullptr || !annotations->contains(last_applied)) continue;
        auto& ours = *find_entry(fields, entry);
        ours["manager"] = names.field_manager;
        ours["operation"] = "Apply";
        auto& metadata = ours["fieldsV1"].get_object()["f:metadata"].get_object();
        auto& kept = metadata["f:annotations"].get_object();
        kept.erase(last_applied);
        kept.erase("."); // with the map as a whole that annotation would go
        if (kept.empty()) metadata.erase("f:annotations");
        if (metadata.empty()) ours["fieldsV1"].get_object().erase("f:metadata");
        drop_empty_entries(fields);
        return fields;
    }
    return std::nullopt;
}

json::array managed_fields_patch(const json::object& live, json::array fields) {
    return {
        json::object{{"op", "replace"}, {"path", "/metadata/managedFields"}, {"value", std::move(fields)}},
        json::object{
            {"op", "replace"},
            {"path", "/metadata/resourceVersion"},
            {"value", kube::resource_version_of(live)}
        }
    };
}

} // namespace holdfast::sync
