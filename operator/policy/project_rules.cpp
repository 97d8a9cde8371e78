#include "policy/project_rules.hpp"

#include "base/ascii.hpp"
#include "git/url.hpp"
#include "match/repository_form.hpp"
#include "policy/orphans.hpp"
#include "policy/sync_windows.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace holdfast::policy {

namespace {

using match::glob;
using match::glob_dialect;

/// A pattern of Argo CD's: what cannot be read matches nothing.
class pattern {
public:
    pattern(glob_dialect dialect, std::string_view text) {
        auto made = glob::compile(dialect, text);
        if (made) {
            compiled_ = std::move(*made);
        }
    }
    [[nodiscard]] bool matches(std::string_view text) const { return compiled_ && compiled_->matches(text); }

private:
    std::optional<glob> compiled_;
};

/// One that may begin with '!', which turns it round.
class deniable_pattern {
public:
    deniable_pattern(glob_dialect dialect, std::string_view text)
        : denies_{text.starts_with('!')}, pattern_{dialect, denies_ ? text.substr(1) : text} {}
    [[nodiscard]] bool denies() const noexcept { return denies_; }
    /// Whether the text is what the pattern is for, denied or not.
    [[nodiscard]] bool names(std::string_view text) const { return pattern_.matches(text); }
    [[nodiscard]] bool matches(std::string_view text) const { return pattern_.matches(text) != denies_; }

private:
    bool denies_;
    pattern pattern_;
};

struct destination_pattern {
    deniable_pattern server;
    deniable_pattern name;
    deniable_pattern namespace_;
    /// Its namespace is "*".
    bool is_for_all_namespaces = false;
};

// Without a namespace: whether there is some that is permitted.
bool permits(
    const std::vector<destination_pattern>& destinations, const cluster_identity& cluster,
    std::optional<std::string_view> namespace_
) {
    bool is_allowed = false;
    for (const auto& one : destinations) {
        const bool name = !cluster.name.empty() && one.name.matches(cluster.name);
        const bool server = !cluster.server.empty() && one.server.matches(cluster.server);
        const bool within = !namespace_ || one.namespace_.matches(*namespace_);
        const bool covers = namespace_ ? within : one.is_for_all_namespaces;
        if ((server || name) && within) {
            is_allowed = true;
        } else if ((!name && one.name.denies()) || (!server && one.server.denies() && covers) ||
                   (!within && one.namespace_.denies() && (server || name))) {
            return false;
        }
    }
    return is_allowed;
}

struct kind_pattern {
    pattern group;
    pattern kind;
    /// Nothing: whatever the name is.
    std::optional<pattern> name;

    [[nodiscard]] bool matches(std::string_view g, std::string_view k, std::string_view n) const {
        return kind.matches(k) && group.matches(g) && (!name || name->matches(n));
    }
};

/// A glob, or a regular expression between slashes.
class namespace_pattern {
public:
    explicit namespace_pattern(std::string_view text) {
        if (text.size() > 1 && text.starts_with('/') && text.ends_with('/')) {
            re2::RE2::Options options;
            options.set_log_errors(false);
            options.set_max_mem(std::int64_t{1} << 20U);
            const auto inner = text.substr(1, text.size() - 2);
            expression_ = std::make_unique<re2::RE2>(re2::StringPiece{inner.data(), inner.size()}, options);
        } else {
            glob_.emplace(glob_dialect::gobwas, text);
        }
    }
    [[nodiscard]] bool matches(std::string_view text) const {
        if (glob_) {
            return glob_->matches(text);
        }
        return expression_->ok() &&
               re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *expression_);
    }

private:
    std::optional<pattern> glob_;
    std::unique_ptr<re2::RE2> expression_;
};

struct source_pattern {
    deniable_pattern pattern;
    bool is_everything = false;
};

source_pattern source_of(const std::string& text) {
    if (text == "*") {
        return {.pattern = {glob_dialect::gobwas, text}, .is_everything = true};
    }
    const bool denies = text.starts_with('!');
    const auto form =
        match::repository_form(denies ? std::string_view{text}.substr(1) : std::string_view{text});
    return {.pattern = {glob_dialect::gobwas_path, denies ? "!" + form : form}, .is_everything = false};
}

// The other ways to write the same URL that a denial is not to be evaded by: without a user, a default port, and a
// '/' at the end.
std::string plain_form(std::string_view url) {
    const auto parsed = git::url::parse(url);
    if (!parsed || parsed->kind() == git::transport::file) {
        return {};
    }
    const bool is_ssh = parsed->kind() == git::transport::ssh;
    const std::string scheme = parsed->kind() == git::transport::http ? "http://" : "https://";
    const auto user = is_ssh && !parsed->user().empty() ? parsed->user() + "@" : std::string{};
    auto path = parsed->path();
    while (path.ends_with('/')) {
        path.pop_back();
    }
    if (!path.starts_with('/')) {
        path.insert(0, "/");
    }
    auto host = parsed->host();
    while (host.ends_with('.')) {
        host.pop_back();
    }
    return match::repository_form((is_ssh ? "ssh://" + user : scheme) + host + path);
}

template <class Items, class Make>
auto compiled(const Items& items, const Make& make) {
    std::vector<decltype(make(items.front()))> all;
    all.reserve(items.size());
    for (const auto& one : items) {
        all.push_back(make(one));
    }
    return all;
}

/// Of which repositories commits have to be signed, and by which keys.
struct integrity_rule {
    std::vector<source_pattern> repositories;
    /// Identifiers in small letters.
    std::vector<std::string> keys;

    // What is not plain is meant rather than missed.
    [[nodiscard]] bool is_for(std::string_view url) const {
        const auto form = match::repository_form(url);
        const auto plain = plain_form(url);
        const auto is_named = [&](const source_pattern& one) {
            return one.is_everything || one.pattern.names(form) ||
                   (!plain.empty() && one.pattern.names(plain));
        };
        const auto names = [](const source_pattern& one) {
            return one.is_everything || !one.pattern.denies();
        };
        const bool is_meant = std::ranges::none_of(repositories, names) ||
                              std::ranges::any_of(repositories, [&](const source_pattern& one) {
                                  return names(one) && is_named(one);
                              });
        const bool is_out = std::ranges::any_of(repositories, [&](const source_pattern& one) {
            return !one.is_everything && one.pattern.denies() && one.pattern.names(form);
        });
        return is_meant && !(is_out && match::is_plain_repository(url));
    }
};

integrity_rule integrity_rule_of(const std::vector<std::string>& urls, const std::vector<std::string>& keys) {
    return {.repositories = compiled(urls, source_of), .keys = compiled(keys, [](const std::string& key) {
                                                           return ascii_lower(key);
                                                       })};
}

std::vector<integrity_rule> integrity_of(const crds::project_spec& spec) {
    std::vector<integrity_rule> all;
    if (spec.source_integrity && spec.source_integrity->git) {
        for (const auto& policy : spec.source_integrity->git->policies) {
            if (policy.gpg && policy.gpg->mode != crds::integrity_mode::none) {
                const auto urls =
                    compiled(policy.repos, [](const crds::integrity_repository& one) { return one.url; });
                all.push_back(integrity_rule_of(urls, policy.gpg->keys));
            }
        }
    } else if (!spec.signature_keys.empty()) {
        const auto keys =
            compiled(spec.signature_keys, [](const crds::signature_key& one) { return one.key_id; });
        all.push_back(integrity_rule_of({"*"}, keys));
    }
    return all;
}

kind_pattern kind_of(const crds::project_kind& one) {
    return {
        .group = {glob_dialect::go_path, one.group}, .kind = {glob_dialect::go_path, one.kind}, .name = {}
    };
}

kind_pattern cluster_kind_of(const crds::project_cluster_kind& one) {
    return {
        .group = {glob_dialect::go_path, one.group},
        .kind = {glob_dialect::go_path, one.kind},
        .name = one.name.empty() ? std::nullopt
                                 : std::optional<pattern>{std::in_place, glob_dialect::go_path, one.name}
    };
}

bool has(
    const std::vector<kind_pattern>& all, std::string_view group, std::string_view kind, std::string_view name
) {
    return std::ranges::any_of(all, [&](const kind_pattern& one) { return one.matches(group, kind, name); });
}

} // namespace

struct project_rules::patterns {
    std::vector<source_pattern> sources;
    std::vector<destination_pattern> destinations;
    std::vector<namespace_pattern> namespaces;
    struct account {
        pattern server;
        pattern namespace_;
    };
    std::vector<account> accounts; // as spec.destination_service_accounts
    std::vector<kind_pattern> cluster_allowed;
    std::vector<kind_pattern> cluster_denied;
    std::optional<std::vector<kind_pattern>> allowed;
    std::vector<kind_pattern> denied;
    std::optional<orphans_ignored> orphans;
    sync_windows windows;
    std::vector<integrity_rule> integrity;
};

project_rules::project_rules(const crds::project& value) : name_{value.metadata.name}, spec_{value.spec} {
    problem_ = crds::join(crds::check(value));
    auto made = std::make_unique<patterns>();
    // Whose it would be is told apart from what is wrong with it.
    made->namespaces =
        compiled(spec_.source_namespaces, [](const std::string& one) { return namespace_pattern{one}; });
    if (!problem_.empty()) {
        made->allowed.emplace();
        compiled_ = std::move(made);
        return;
    }
    made->sources = compiled(spec_.source_repos, source_of);
    made->destinations = compiled(spec_.destinations, [](const crds::project_destination& one) {
        return destination_pattern{
            .server = {glob_dialect::gobwas, one.server},
            .name = {glob_dialect::gobwas, one.name},
            .namespace_ = {glob_dialect::gobwas, one.namespace_},
            .is_for_all_namespaces = one.namespace_ == "*"
        };
    });
    made->accounts =
        compiled(spec_.destination_service_accounts, [](const crds::destination_service_account& one) {
            return patterns::account{
                .server = {glob_dialect::gobwas, one.server},
                .namespace_ = {glob_dialect::gobwas, one.namespace_}
            };
        });
    made->cluster_allowed = compiled(spec_.cluster_resource_whitelist, cluster_kind_of);
    made->cluster_denied = compiled(spec_.cluster_resource_blacklist, cluster_kind_of);
    if (spec_.namespace_resource_whitelist) {
        made->allowed = compiled(*spec_.namespace_resource_whitelist, kind_of);
    }
    made->denied = compiled(spec_.namespace_resource_blacklist, kind_of);
    made->integrity = integrity_of(spec_);
    if (spec_.orphaned_resources && spec_.orphaned_resources->warn) {
        made->orphans.emplace(*spec_.orphaned_resources);
    }
    made->windows = sync_windows{spec_.sync_windows, window_clock::at_start};
    compiled_ = std::move(made);
}

project_rules::project_rules(std::string name, std::string why)
    : name_{std::move(name)}, problem_{std::move(why)} {
    auto made = std::make_unique<patterns>();
    made->allowed.emplace();
    compiled_ = std::move(made);
}

project_rules::~project_rules() = default;

bool project_rules::permits_source(std::string_view url) const {
    const auto form = match::repository_form(url);
    const auto plain = plain_form(url);
    bool is_allowed = false;
    bool is_everything_allowed = false;
    bool has_denials = false;
    for (const auto& one : compiled_->sources) {
        if (one.is_everything) {
            is_allowed = true;
            is_everything_allowed = true;
        } else if (one.pattern.denies()) {
            has_denials = true;
            if (one.pattern.names(form) || (!plain.empty() && one.pattern.names(plain))) {
                return false;
            }
            is_allowed = true;
        } else {
            is_allowed = is_allowed || one.pattern.matches(form);
        }
    }
    return is_allowed && ((is_everything_allowed && !has_denials) || match::is_plain_repository(url));
}

bool project_rules::demands_signatures(std::string_view url) const {
    return std::ranges::any_of(compiled_->integrity, [&](const integrity_rule& one) {
        return one.is_for(url);
    });
}

std::string project_rules::why_not_signed(
    std::string_view url, const std::optional<std::vector<std::string>>& signers
) const {
    const auto refused = [&](const std::string& why) {
        return std::string{url} + " is refused by project '" + name_ + "', which asks for signatures: " + why;
    };
    const integrity_rule* rule = nullptr;
    for (const auto& one : compiled_->integrity) {
        if (!one.is_for(url)) {
            continue;
        }
        if (rule != nullptr) {
            return refused("more than one policy of its sourceIntegrity is for this repository");
        }
        rule = &one;
    }
    if (rule == nullptr) {
        return {};
    }
    if (!signers) {
        return refused("a Repository with spec.verify has to cover it, whose Secret has the public keys");
    }
    if (signers->empty()) {
        return refused("nobody signed it");
    }
    for (const auto& signer : *signers) {
        const auto is_it = [fingerprint = ascii_lower(signer)](const std::string& key) {
            return fingerprint.ends_with(key);
        };
        if (std::ranges::none_of(rule->keys, is_it)) {
            return refused("the key " + signer + " is none of those that it names");
        }
    }
    return {};
}

const orphans_ignored* project_rules::orphans() const noexcept {
    return compiled_->orphans ? &*compiled_->orphans : nullptr;
}

const sync_windows& project_rules::windows() const noexcept {
    return compiled_->windows;
}

bool project_rules::permits_destination(const cluster_identity& cluster, std::string_view namespace_) const {
    const bool is_its_own = cluster.project == name_ || !spec_.permit_only_project_scoped_clusters;
    return is_its_own && permits(compiled_->destinations, cluster, namespace_);
}

bool project_rules::permits_cluster(const cluster_identity& cluster) const {
    const bool is_its_own = cluster.project == name_ || !spec_.permit_only_project_scoped_clusters;
    return is_its_own && permits(compiled_->destinations, cluster, std::nullopt);
}

bool project_rules::permits_namespaced_kind(std::string_view group, std::string_view kind) const {
    return (!compiled_->allowed || has(*compiled_->allowed, group, kind, {})) &&
           !has(compiled_->denied, group, kind, {});
}

bool project_rules::permits_cluster_kind(std::string_view group, std::string_view kind, std::string_view name)
    const {
    return has(compiled_->cluster_allowed, group, kind, name) &&
           !has(compiled_->cluster_denied, group, kind, name);
}

std::string_view
project_rules::account_for(const cluster_identity& cluster, std::string_view namespace_) const {
    for (std::size_t i = 0; i < compiled_->accounts.size(); ++i) {
        const auto& one = compiled_->accounts[i];
        if (one.server.matches(cluster.server) && one.namespace_.matches(namespace_)) {
            return spec_.destination_service_accounts[i].default_service_account;
        }
    }
    return {};
}

bool project_rules::permits_applications_in(std::string_view namespace_) const {
    return std::ranges::any_of(compiled_->namespaces, [&](const namespace_pattern& one) {
        return one.matches(namespace_);
    });
}

} // namespace holdfast::policy
