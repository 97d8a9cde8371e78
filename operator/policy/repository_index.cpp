#include "policy/repository_index.hpp"

#include "policy/specification_checks_shared.hpp"

#include <utility>

namespace holdfast::policy {

namespace {

constexpr std::string_view whole_disk = "file:///";

} // namespace

result<git::url> address_of(const std::string& url) {
    constexpr std::string_view registry = "oci://";
    auto text = url;
    if (url.starts_with(registry)) {
        text = "https://" + url.substr(registry.size());
    } else if (url.find("://") == std::string::npos && url.find('@') == std::string::npos) {
        text = "https://" + url;
    }
    return git::url::parse_prefix(text);
}

result<repository_scope> scope_of(const std::string& url) {
    const auto parsed = address_of(url);
    if (!parsed) {
        return parsed.error();
    }
    return repository_scope{.address = parsed->scope(), .user = parsed->user()};
}

bool covers(const repository_scope& repository, const repository_scope& url) {
    return git::covers(repository.address, url.address) &&
           (repository.user.empty() || repository.user == url.user);
}

repository_index::member repository_index::member_of(const crds::object_metadata& metadata) {
    return {
        .deleting = metadata.deletion_timestamp.has_value(),
        .unborn = !metadata.creation_timestamp,
        .created = metadata.creation_timestamp.value_or(crds::timestamp{}),
        .name = metadata.name
    };
}

// No namespace and no user has a blank in it.
std::string
repository_index::key_of(std::string_view namespace_, std::string_view user, std::string_view address) {
    std::string key;
    key.reserve(namespace_.size() + user.size() + address.size() + 2);
    key.append(namespace_).append(" ").append(user).append(" ").append(address);
    return key;
}

const std::set<repository_index::member>* repository_index::find(std::string_view key) const {
    ++looked_at_;
    const auto found = groups_.find(key);
    return found == groups_.end() ? nullptr : &found->second;
}

std::vector<repository_index::group>
repository_index::put(const crds::object_metadata& of, repository_scope scope) {
    const kube::object_name name{of.namespace_, of.name};
    const group in{of.namespace_, std::move(scope)};
    const auto known = places_.find(name);
    if (known != places_.end() && known->second.in == in && known->second.as == member_of(of)) {
        return {};
    }
    const auto before = holder(in);
    auto changed = erase(name);
    groups_[key_of(in)].insert(member_of(of));
    places_.insert_or_assign(name, place{in, member_of(of)});
    std::erase(changed, in); // it left this one only to come back
    if (holder(in) != before) {
        changed.push_back(in);
    }
    return changed;
}

std::vector<repository_index::group> repository_index::erase(const kube::object_name& name) {
    const auto known = places_.find(name);
    if (known == places_.end()) {
        return {};
    }
    const auto was = std::move(known->second);
    places_.erase(known);
    const auto at = groups_.find(key_of(was.in));
    const bool held = at->second.begin()->name == was.as.name;
    at->second.erase(was.as);
    if (at->second.empty()) {
        groups_.erase(at);
    }
    return held ? std::vector{was.in} : std::vector<group>{};
}

std::optional<kube::object_name> repository_index::holder(const group& of) const {
    const auto* members = find(key_of(of));
    return members == nullptr ? std::nullopt
                              : std::optional{kube::object_name{of.namespace_, members->begin()->name}};
}

std::vector<kube::object_name> repository_index::members(const group& of) const {
    std::vector<kube::object_name> all;
    if (const auto* members = find(key_of(of))) {
        for (const auto& one : *members) {
            ++looked_at_;
            all.push_back({of.namespace_, one.name});
        }
    }
    return all;
}

std::optional<repository_index::group> repository_index::group_of(const kube::object_name& name) const {
    const auto known = places_.find(name);
    return known == places_.end() ? std::nullopt : std::optional{known->second.in};
}

std::optional<kube::object_name>
repository_index::rival_of(const crds::object_metadata& value, const repository_scope& scope) const {
    const auto* members = find(key_of(value.namespace_, scope.user, scope.address));
    if (members == nullptr) {
        return std::nullopt;
    }
    auto first = members->begin();
    if (first->name == value.name) {
        ++first;
    }
    auto mine = member_of(value);
    mine.deleting = false;
    if (first == members->end() || first->deleting || (!mine.unborn && !(*first < mine))) {
        return std::nullopt;
    }
    return kube::object_name{value.namespace_, first->name};
}

void repository_index::covering(
    const std::string& namespace_, const std::string& everywhere, const repository_scope& url,
    const std::function<bool(const kube::object_name&)>& take
) const {
    const auto is_taken = [&](std::string_view prefix) {
        for (const auto* where : {&namespace_, &everywhere}) {
            if (where == &everywhere && everywhere == namespace_) {
                break;
            }
            for (const auto& user : {std::string_view{url.user}, std::string_view{}}) {
                const auto* members = find(key_of(*where, user, prefix));
                if (members != nullptr && take({*where, members->begin()->name})) {
                    return true;
                }
                if (url.user.empty()) {
                    break;
                }
            }
        }
        return false;
    };
    std::string_view prefix = url.address;
    const auto path = prefix.find('/', prefix.find("://") + 3);
    while (true) {
        if (is_taken(prefix)) {
            return;
        }
        const auto slash = prefix.rfind('/');
        if (path == std::string_view::npos || slash == std::string_view::npos || slash < path) {
            break;
        }
        prefix = prefix.substr(0, slash);
    }
    if (url.address.starts_with(whole_disk) && url.address != whole_disk) {
        (void)is_taken(whole_disk);
    }
}

} // namespace holdfast::policy
