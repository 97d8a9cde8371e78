#include "sets_control/plan.hpp"

#include "base/counted_list.hpp"
#include "base/hash.hpp"
#include "base/json_pointer.hpp"
#include "base/merge_patch.hpp"
#include "crds/words.hpp"
#include "match/finalizer.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace holdfast::sets_control {

namespace {

constexpr std::string_view set_kind = "ApplicationSet";
constexpr std::size_t most_named = 10;

// What people and tools ask of an Application by them: a set that took them away would undo the request.
constexpr std::array<std::string_view, 6> requests{
    "holdfast.dev/refresh",       "holdfast.dev/confirm-prune", "holdfast.dev/deletion-approved",
    "argocd.argoproj.io/refresh", "argocd.argoproj.io/hydrate", "notified.notifications.argoproj.io"
};
// Others add and remove them.
constexpr std::array<std::string_view, 2> others_finalizers{
    "pre-delete-finalizer.argocd.argoproj.io", "post-delete-finalizer.argocd.argoproj.io"
};

bool is_ours(const set_rules& set, const owner_reference& one) {
    return one.kind == set_kind && one.uid == set.uid;
}

const owner_reference* controller_of(const existing_application& one) {
    const auto found = std::ranges::find_if(one.owners, &owner_reference::controller);
    return found == one.owners.end() ? nullptr : &*found;
}

bool is_marked(const set_rules& set, const crds::application& value) {
    const auto found = value.metadata.annotations.find(std::string{set_annotation});
    return found != value.metadata.annotations.end() && found->second == set.name;
}

json::object to_json(const crds::string_map& map) {
    json::object made;
    for (const auto& [key, value] : map) {
        made[key] = value;
    }
    return made;
}

json::object to_json(const owner_reference& one) {
    json::object made{
        {"apiVersion", one.api_version}, {"kind", one.kind}, {"name", one.name}, {"uid", one.uid}
    };
    if (one.controller) made["controller"] = true;
    if (one.block_owner_deletion) made["blockOwnerDeletion"] = true;
    return made;
}

json::array to_json(const std::vector<owner_reference>& all) {
    json::array made;
    for (const auto& one : all) {
        made.push_back(to_json(one));
    }
    return made;
}

// Kubernetes deletes what an owner leaves behind, whatever the policy says: who is to stay has no owner.
std::vector<owner_reference> owners_of(const set_rules& set, const existing_application* existing) {
    std::vector<owner_reference> all;
    if (existing != nullptr) {
        all = existing->owners;
        std::erase_if(all, [&](const owner_reference& one) { return is_ours(set, one); });
    }
    if (set.may.remove) {
        all.push_back(
            {.api_version = std::string{crds::api_version},
             .kind = std::string{set_kind},
             .name = set.name,
             .uid = set.uid,
             .controller = true,
             .block_owner_deletion = true}
        );
    }
    return all;
}

bool has_right_owner(const set_rules& set, const existing_application& existing) {
    const bool is_there = std::ranges::any_of(existing.owners, [&](const owner_reference& one) {
        return is_ours(set, one) && one.controller;
    });
    const bool is_named =
        std::ranges::any_of(existing.owners, [&](const owner_reference& one) { return is_ours(set, one); });
    return set.may.remove ? is_there : !is_named;
}

void keep(crds::string_map& wanted, const crds::string_map& live, const std::set<std::string>& names) {
    for (const auto& name : names) {
        if (const auto found = live.find(name); found != live.end()) {
            wanted[name] = found->second;
        }
    }
}

// What is at a place in one is put there in the other; where the one has nothing the other gets nothing. What
// is not there on the way is made, but for items of lists.
void copy_place(json::value& to, const json::value* from, std::span<const std::string> way) {
    const auto& step = way.front();
    if (to.is_array()) {
        const auto index = pointer_index(step, to.get_array().size());
        if (!index) return;
        const bool has = from != nullptr && from->is_array() && *index < from->get_array().size();
        const auto* live = has ? &from->get_array()[*index] : nullptr;
        if (way.size() > 1) {
            copy_place(to.get_array()[*index], live, way.subspan(1));
        } else if (live != nullptr) {
            to.get_array()[*index] = *live;
        }
        return;
    }
    const auto* live = from != nullptr && from->is_object() ? from->get_object().if_contains(step) : nullptr;
    if (!to.is_object()) {
        if (!to.is_null() || live == nullptr) return;
        to.emplace_object();
    }
    auto& object = to.get_object();
    if (way.size() == 1) {
        if (live != nullptr) {
            object[step] = *live;
        } else {
            object.erase(step);
        }
    } else if (live != nullptr || object.contains(step)) {
        copy_place(object[step], live, way.subspan(1));
    }
}

// What a set decides of an Application, as JSON: equal texts, equal content.
json::object parts_of(
    const crds::object_metadata& of, const crds::application_spec& spec,
    const std::vector<owner_reference>& owners
) {
    json::object metadata{{"labels", to_json(of.labels)}, {"annotations", to_json(of.annotations)}};
    if (!of.finalizers.empty()) {
        metadata["finalizers"] = json::array(of.finalizers.begin(), of.finalizers.end());
    }
    if (!owners.empty()) {
        metadata["ownerReferences"] = to_json(owners);
    }
    return {{"metadata", std::move(metadata)}, {"spec", crds::write(spec)}};
}

// The metadata that is to be there: what is wanted, with what others may have put beside it.
crds::object_metadata
wanted_metadata(const set_rules& set, const crds::application& wanted, const existing_application* existing) {
    crds::object_metadata made;
    made.labels = wanted.metadata.labels;
    made.annotations = wanted.metadata.annotations;
    made.finalizers = wanted.metadata.finalizers;
    made.annotations[std::string{set_annotation}] = set.name;
    if (existing == nullptr) {
        return made;
    }
    const auto& live = existing->value->metadata;
    keep(made.labels, live.labels, set.preserved_labels);
    keep(made.annotations, live.annotations, set.preserved_annotations);
    for (const auto name : requests) {
        if (const auto found = live.annotations.find(std::string{name}); found != live.annotations.end()) {
            made.annotations[found->first] = found->second;
        }
    }
    for (const auto& finalizer : live.finalizers) {
        const bool is_others = std::ranges::any_of(others_finalizers, [&](std::string_view begin) {
            return finalizer.starts_with(begin);
        });
        if ((is_others || match::is_hook_finalizer(finalizer)) &&
            std::ranges::find(made.finalizers, finalizer) == made.finalizers.end()) {
            made.finalizers.push_back(finalizer);
        }
    }
    return made;
}

// As parts_of, of what is to be there.
json::object
wanted_parts(const set_rules& set, const crds::application& wanted, const existing_application* existing) {
    auto parts = parts_of(wanted_metadata(set, wanted, existing), wanted.spec, owners_of(set, existing));
    if (existing == nullptr) {
        return parts;
    }
    std::optional<json::value> live;
    json::value made(std::move(parts)); // not braces, which make a list
    for (const auto& one : set.ignored) {
        if (!one.application.empty() && one.application != wanted.metadata.name) {
            continue;
        }
        if (!live) {
            live = parts_of(existing->value->metadata, existing->value->spec, existing->owners);
        }
        for (const auto& pointer : one.pointers) {
            if (const auto way = read_pointer(pointer); way && !way->empty()) {
                copy_place(made, &*live, *way);
            }
        }
    }
    return std::move(made.get_object());
}

// The answer for nearly all of a set nearly always, without making JSON of anything.
bool is_plainly_in_place(
    const set_rules& set, const crds::application& wanted, const existing_application& existing
) {
    if (!has_right_owner(set, existing) || !(wanted.spec == existing.value->spec)) {
        return false;
    }
    const auto& live = existing.value->metadata;
    const auto metadata = wanted_metadata(set, wanted, &existing);
    return metadata.labels == live.labels && metadata.annotations == live.annotations &&
           metadata.finalizers == live.finalizers;
}

// The part that a set writes although it may change nothing: whose the Application is. By that it goes with
// the set, or stays.
json::object only_owned(const set_rules& set, json::object live, const existing_application& existing) {
    auto& metadata = live["metadata"].as_object();
    metadata["annotations"].as_object()[set_annotation] = set.name;
    if (const auto owners = owners_of(set, &existing); owners.empty()) {
        metadata.erase("ownerReferences");
    } else {
        metadata["ownerReferences"] = to_json(owners);
    }
    return live;
}

class planner {
public:
    planner(const set_rules& set, const plan_facts& facts) : set_{set}, facts_{facts} {}

    write_plan plan() {
        for (const auto& one : facts_.wanted) {
            ++names_[one.value.metadata.name];
        }
        for (std::size_t i = 0; i < facts_.wanted.size(); ++i) {
            look_at(i);
        }
        deletions();
        return std::move(plan_);
    }

private:
    void leave(const std::string& name, left_because why, std::string message) {
        plan_.left.push_back({.name = name, .why = why, .message = std::move(message)});
    }

    void look_at(std::size_t i) {
        const auto& wanted = facts_.wanted[i];
        const auto& name = wanted.value.metadata.name;
        if (const auto times = names_.at(name); times > 1) {
            if (said_twice_.insert(name).second) {
                leave(
                    name, left_because::twice,
                    "is generated " + std::to_string(times) +
                        " times: names have to differ, so nothing of it is created, changed or deleted"
                );
            }
            return;
        }
        if (!wanted.problems.empty()) {
            leave(name, left_because::wrong, crds::join(wanted.problems));
            return;
        }
        const auto found = facts_.existing.find(name);
        if (facts_.sent.contains(name) ||
            (found != facts_.existing.end() && found->second.value->metadata.deletion_timestamp)) {
            ++plan_.under_way; // what is being deleted is made anew when it is gone
        } else if (found == facts_.existing.end()) {
            plan_.creations.push_back(i);
        } else {
            compare(i, found->second);
        }
    }

    void compare(std::size_t i, const existing_application& existing) {
        const auto& value = facts_.wanted[i].value;
        const auto& name = value.metadata.name;
        const auto* controller = controller_of(existing);
        if (controller != nullptr && !is_ours(set_, *controller)) {
            leave(
                name, left_because::owned,
                "exists, and belongs to the " + controller->kind + " " + crds::quoted(controller->name) +
                    ": it is left as it is"
            );
        } else if (!is_of(set_, existing) && !set_.adopts) {
            leave(
                name, left_because::foreign,
                "exists already, and was not made by this set: it is left as it is. To have the set take it "
                "over, annotate it with " +
                    std::string{set_annotation} + "=" + set_.name + ", or the set with " +
                    std::string{adopt_annotation} + "=true"
            );
        } else if (is_plainly_in_place(set_, value, existing) || patch_of(set_, value, existing).empty()) {
            ++plan_.in_place;
        } else {
            plan_.updates.push_back(i);
        }
    }

    void deletions() {
        std::vector<std::string> gone;
        std::size_t owned = 0;
        for (const auto& [name, existing] : facts_.existing) {
            if (!is_owned(set_, existing) || existing.value->metadata.deletion_timestamp) {
                continue;
            }
            const auto sent = facts_.sent.find(name);
            if (sent != facts_.sent.end() && sent->second == on_its_way::deletion) {
                continue; // goes already
            }
            ++owned;
            if (!names_.contains(name)) {
                gone.push_back(name);
            }
        }
        if (!set_.may.remove || gone.empty()) {
            return;
        }
        if (facts_.some_failed) {
            const auto before = gone.size();
            if (!facts_.made_by_failed) {
                gone.clear();
            } else {
                std::erase_if(gone, [&](const std::string& name) {
                    return facts_.made_by_failed->contains(name);
                });
            }
            plan_.withheld = before - gone.size();
        }
        const auto limit =
            static_cast<std::size_t>(crds::prune_limit_of(std::nullopt, static_cast<std::int64_t>(owned)));
        auto token = token_of_wanted();
        if ((gone.size() > limit || token == facts_.asked) && !gone.empty() && token != set_.confirmed) {
            ask(std::move(gone), owned, limit, std::move(token));
            return;
        }
        plan_.deletions = std::move(gone);
    }

    // Not of what goes: that gets less while it goes, and a killed operator is not to ask again.
    [[nodiscard]] std::string token_of_wanted() const {
        hasher h;
        h.add(set_.uid);
        for (const auto& [name, times] : names_) {
            h.add(name);
        }
        return to_hex(h.finish()).substr(0, 16);
    }

    void ask(std::vector<std::string> gone, std::size_t owned, std::size_t limit, std::string token) {
        counted_list names{most_named, ", "};
        for (const auto& name : gone) {
            names.add(name);
        }
        plan_.asked = deletion_question{
            .applications = {},
            .owned = owned,
            .limit = limit,
            .token = token,
            .sentence = std::to_string(gone.size()) + " of " + std::to_string(owned) +
                        " Applications would be deleted, more than the limit of " + std::to_string(limit) +
                        ": " + names.text() +
                        ". If that is meant, confirm it: kubectl annotate --overwrite "
                        "applicationsets.holdfast.dev -n " +
                        set_.namespace_ + " " + set_.name + " " + std::string{confirm_annotation} + "=" +
                        token
        };
        plan_.asked->applications = std::move(gone);
    }

    const set_rules& set_;
    const plan_facts& facts_;
    write_plan plan_;
    std::map<std::string, std::size_t> names_;
    std::set<std::string> said_twice_;
};

} // namespace

bool is_owned(const set_rules& set, const existing_application& one) {
    const auto* controller = controller_of(one);
    return controller != nullptr && is_ours(set, *controller);
}

bool is_of(const set_rules& set, const existing_application& one) {
    const auto* controller = controller_of(one);
    return controller != nullptr ? is_ours(set, *controller) : is_marked(set, *one.value);
}

json::object
patch_of(const set_rules& set, const crds::application& wanted, const existing_application& existing) {
    const auto& live_metadata = existing.value->metadata;
    const auto live = parts_of(live_metadata, existing.value->spec, existing.owners);
    auto made = set.may.update ? wanted_parts(set, wanted, &existing) : only_owned(set, live, existing);
    if (has_right_owner(set, existing)) {
        // Their order, and what others say in them, is no concern of ours.
        auto& metadata = made["metadata"].as_object();
        if (existing.owners.empty()) {
            metadata.erase("ownerReferences");
        } else {
            metadata["ownerReferences"] = to_json(existing.owners);
        }
    }
    auto patch = merge_patch(live, made);
    if (patch.empty()) {
        return patch;
    }
    auto& part = patch["metadata"];
    auto& metadata = part.is_object() ? part.get_object() : part.emplace_object();
    metadata["uid"] = live_metadata.uid; // of no other one that has its name by now
    if (metadata.contains("ownerReferences")) {
        metadata["resourceVersion"] = live_metadata.resource_version; // a list is written whole
    }
    return patch;
}

json::object object_of(const set_rules& set, const crds::application& wanted) {
    auto object = wanted_parts(set, wanted, nullptr);
    object["apiVersion"] = std::string{crds::api_version};
    object["kind"] = "Application";
    auto& metadata = object["metadata"].as_object();
    metadata["name"] = wanted.metadata.name;
    metadata["namespace"] = set.namespace_;
    return object;
}

write_plan plan_of(const set_rules& set, const plan_facts& facts) {
    return planner{set, facts}.plan();
}

} // namespace holdfast::sets_control
