#include "sets_control/application_owners.hpp"

#include "kube/object.hpp"

#include <boost/json/serialize.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace holdfast::sets_control {

namespace {

std::string text_at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    return found != nullptr && found->is_string() ? std::string{found->get_string()} : std::string{};
}

bool flag_at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    return found != nullptr && found->is_bool() && found->get_bool();
}

std::vector<owner_reference> read_owners(const json::object& application) {
    std::vector<owner_reference> all;
    const auto* owners = kube::find_array(application, {"metadata", "ownerReferences"});
    if (owners == nullptr) {
        return all;
    }
    for (const auto& one : *owners) {
        if (!one.is_object()) {
            continue;
        }
        const auto& object = one.get_object();
        all.push_back(
            {.api_version = text_at(object, "apiVersion"),
             .kind = text_at(object, "kind"),
             .name = text_at(object, "name"),
             .uid = text_at(object, "uid"),
             .controller = flag_at(object, "controller"),
             .block_owner_deletion = flag_at(object, "blockOwnerDeletion")}
        );
    }
    return all;
}

// Of everything but the status.
std::uint64_t fingerprint_of(const json::object& application) {
    std::string text = std::to_string(kube::generation_of(application));
    text += kube::uid_of(application);
    text += kube::deletion_timestamp(application) ? "-" : "+";
    for (const auto name : {"labels", "annotations", "finalizers", "ownerReferences"}) {
        if (const auto* part = kube::find_path(application, {"metadata", name})) {
            text += json::serialize(*part);
        }
        text += '\n';
    }
    return std::hash<std::string>{}(text);
}

} // namespace

application_owners::news application_owners::put(const json::object& application) {
    const std::string namespace_{kube::namespace_of(application)};
    const auto key = namespace_ + "/" + std::string{kube::name_of(application)};
    entry now{.owners = read_owners(application), .sets = {}, .fingerprint = 0};
    for (const auto& one : now.owners) {
        if (one.kind == "ApplicationSet") {
            now.sets.insert(namespace_ + "/" + one.name);
        }
    }
    if (const auto set = kube::annotation(application, set_annotation)) {
        now.sets.insert(namespace_ + "/" + std::string{*set});
    }
    news told;
    told.sets = now.sets;
    told.is_being_deleted = kube::deletion_timestamp(application).has_value();
    const auto before = entries_.find(key);
    if (now.owners.empty() && now.sets.empty()) {
        if (before == entries_.end()) {
            return told; // nobody's, as before
        }
        auto gone = erase(key);
        gone.is_being_deleted = told.is_being_deleted;
        return gone;
    }
    now.fingerprint = fingerprint_of(application);
    told.is_other = before == entries_.end() || before->second.fingerprint != now.fingerprint;
    if (!told.is_other) {
        return told;
    }
    if (before != entries_.end()) {
        told.sets.insert(before->second.sets.begin(), before->second.sets.end());
        note(key, before->second, /*there=*/false);
    }
    note(key, now, /*there=*/true);
    entries_.insert_or_assign(key, std::move(now));
    return told;
}

application_owners::news application_owners::erase(const std::string& key) {
    news told{.sets = {}, .is_other = true, .is_being_deleted = false};
    auto node = entries_.extract(key);
    if (!node.empty()) {
        note(key, node.mapped(), /*there=*/false);
        told.sets = std::move(node.mapped().sets);
    }
    return told;
}

void application_owners::note(const std::string& key, const entry& of, bool there) {
    const auto name = key.substr(key.find('/') + 1);
    for (const auto& set : of.sets) {
        if (there) {
            by_set_[set].insert(name);
        } else if (const auto found = by_set_.find(set); found != by_set_.end()) {
            found->second.erase(name);
            if (found->second.empty()) {
                by_set_.erase(found);
            }
        }
    }
}

const std::vector<owner_reference>& application_owners::owners_of(const std::string& key) const {
    static const std::vector<owner_reference> none;
    const auto found = entries_.find(key);
    return found == entries_.end() ? none : found->second.owners;
}

const std::set<std::string>& application_owners::of_set(const std::string& set) const {
    static const std::set<std::string> none;
    const auto found = by_set_.find(set);
    return found == by_set_.end() ? none : found->second;
}

} // namespace holdfast::sets_control
