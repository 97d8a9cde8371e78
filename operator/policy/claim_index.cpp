#include "policy/claim_index.hpp"

#include "base/hash.hpp"
#include "git/url.hpp"
#include "sync/desired.hpp"

#include <boost/json/object.hpp>

#include <utility>

namespace holdfast::policy {

namespace {

std::string_view clean(std::string_view path) {
    while (path.starts_with("./")) {
        path.remove_prefix(2);
    }
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return path == "." ? std::string_view{} : path;
}

// The branch or tag that is meant, however it is written.
std::string_view revision_of(std::string_view text) {
    for (const std::string_view prefix : {"refs/heads/", "refs/tags/"}) {
        if (text.starts_with(prefix)) {
            return text.substr(prefix.size());
        }
    }
    return text.empty() ? std::string_view{"HEAD"} : text;
}

bool has_release_name(const crds::application_source& source) {
    return source.helm && !source.helm->release_name.empty();
}

// What the build is told beyond where its files are.
std::string options_of(const crds::application_source& source) {
    crds::application_source rest;
    rest.chart = source.chart;
    rest.helm = source.helm;
    rest.kustomize = source.kustomize;
    rest.directory = source.directory;
    rest.plugin = source.plugin;
    return to_hex(sha256(sync::canonical_json(crds::write(rest))));
}

} // namespace

const std::string& target_namespace(const crds::application& value) {
    const auto& into = value.spec.destination.namespace_;
    return into.empty() ? value.metadata.namespace_ : into;
}

std::optional<std::string>
claim_of(const crds::application& value, const crds::application_source& source, std::string_view cluster) {
    const bool only_gives_files = !source.ref.empty() && source.path.empty() && source.chart.empty();
    const bool is_chart = !source.chart.empty() || source.helm;
    if (only_gives_files || (is_chart && !has_release_name(source))) {
        return std::nullopt;
    }
    const auto url = git::url::parse(source.repo_url);
    if (!url) {
        return std::nullopt;
    }
    std::string claim = target_namespace(value);
    claim.append("\n").append(url->normalised()).append("\n").append(clean(source.path));
    // On another branch there may be other objects at the same path; whose each is, is seen when it is
    // applied.
    claim.append("\n").append(revision_of(source.target_revision));
    return claim.append("\n").append(options_of(source)).append("\n").append(cluster);
}

claim_index::claim_index(std::string own_namespace, cluster_of_destination cluster_of)
    : own_namespace_{std::move(own_namespace)}, cluster_of_{std::move(cluster_of)} {}

std::optional<std::string>
claim_index::claim_of(const crds::application& value, const crds::application_source& source) const {
    return policy::claim_of(value, source, cluster_of_(value.spec.destination));
}

bool claim_index::is_confined(const crds::application& value) const {
    return !value.metadata.namespace_.empty() && value.metadata.namespace_ != own_namespace_;
}

claim_index::standing claim_index::standing_of(const crds::application_status& status) {
    if (status.resources_count > 0) {
        return standing::objects;
    }
    const bool has_none = status.sync.status == crds::sync_code::synced ||
                          crds::find_condition(status.conditions, "ComparisonError") != nullptr ||
                          crds::find_condition(status.conditions, "InvalidSpecError") != nullptr;
    return has_none ? standing::nothing : standing::not_looked_at;
}

claim_index::claimant claim_index::claimant_of(const crds::application& value) const {
    const auto& metadata = value.metadata;
    return {
        .confined = is_confined(value),
        .unborn = !metadata.creation_timestamp,
        .has = standing_of(value.status),
        .created = metadata.creation_timestamp.value_or(crds::timestamp{}),
        .namespace_ = metadata.namespace_,
        .name = metadata.name,
        .key = metadata.namespace_ + "/" + metadata.name
    };
}

std::set<std::string>
claim_index::claims_of(const crds::application& value, bool deploys_where_it_may) const {
    if (value.metadata.deletion_timestamp || !deploys_where_it_may) {
        return {};
    }
    std::set<std::string> claims;
    const auto add = [&](const crds::application_source& source) {
        if (value.status.source_type == crds::source_type::helm && !has_release_name(source)) {
            return; // found to be a chart when it was looked at
        }
        if (auto claim = claim_of(value, source)) {
            claims.insert(std::move(*claim));
        }
    };
    if (value.spec.source) {
        add(*value.spec.source);
    }
    for (const auto& source : value.spec.sources) {
        add(source);
    }
    return claims;
}

std::string claim_index::first_of(const std::string& claim) const {
    ++looked_at_;
    const auto found = claimants_.find(claim);
    return found == claimants_.end() ? std::string{} : found->second.begin()->key;
}

void claim_index::tell_of(const std::string& claim, const std::string& before, std::set<std::string>& into)
    const {
    if (first_of(claim) == before) {
        return;
    }
    if (const auto found = claimants_.find(claim); found != claimants_.end()) {
        for (const auto& one : found->second) {
            ++looked_at_;
            into.insert(one.key);
        }
    }
}

std::set<std::string> claim_index::replace(const std::string& key, entry now) {
    const auto known = entries_.find(key);
    const auto before = known == entries_.end() ? entry{} : known->second;
    if (before == now) {
        return {};
    }
    std::unordered_map<std::string, std::string> firsts;
    for (const entry* of : {&before, static_cast<const entry*>(&now)}) {
        for (const auto& claim : of->claims) {
            firsts.emplace(claim, first_of(claim));
        }
    }
    for (const auto& claim : before.claims) {
        const auto at = claimants_.find(claim);
        at->second.erase(before.as);
        if (at->second.empty()) {
            claimants_.erase(at);
        }
    }
    for (const auto& claim : now.claims) {
        claimants_[claim].insert(now.as);
    }
    if (now.claims.empty()) {
        entries_.erase(key);
    } else {
        entries_.insert_or_assign(key, std::move(now));
    }
    std::set<std::string> told;
    for (const auto& [claim, first] : firsts) {
        tell_of(claim, first, told);
    }
    told.erase(key);
    return told;
}

std::vector<std::string> claim_index::put(const crds::application& value) {
    return put(value, !is_confined(value) || target_namespace(value) == value.metadata.namespace_);
}

std::vector<std::string> claim_index::put(const crds::application& value, bool deploys_where_it_may) {
    entry made{.as = claimant_of(value), .claims = claims_of(value, deploys_where_it_may)};
    const auto key = made.as.key;
    const auto told = made.claims.empty() ? replace(key, {}) : replace(key, std::move(made));
    return {told.begin(), told.end()};
}

std::vector<std::string> claim_index::erase(const std::string& key) {
    const auto told = replace(key, {});
    return {told.begin(), told.end()};
}

const std::string* claim_index::rival_of(const crds::application& value, const std::string& claim) const {
    ++looked_at_;
    const auto found = claimants_.find(claim);
    if (found == claimants_.end()) {
        return nullptr;
    }
    const auto mine = claimant_of(value);
    auto first = found->second.begin();
    if (first->key == mine.key) {
        ++looked_at_;
        ++first;
    }
    if (first == found->second.end() || !(*first < mine)) {
        return nullptr;
    }
    return &first->key;
}

} // namespace holdfast::policy
