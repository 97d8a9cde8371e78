#include "crds/checks.hpp"
#include "crds/project.hpp"
#include "crds/words.hpp"
#include "match/glob.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>

namespace holdfast::crds {

namespace {

constexpr std::string_view deny_all = "!*";
constexpr std::string_view deny_all_says =
    "must not be \"!*\", which denies everything: leave the list empty for that";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(' ');
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

void check_texts(const std::vector<std::string>& texts, const std::string& path, problem_list& problems) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto where = fmt::format("{}[{}]", path, i);
        if (trimmed(texts[i]).empty()) problems.add(where, "must not be empty");
        if (texts[i] == deny_all) problems.add(where, std::string{deny_all_says});
        if (!seen.insert(texts[i]).second)
            problems.add(where, fmt::format("{} is there twice", quoted(texts[i])));
    }
}

void check_destinations(const std::vector<project_destination>& all, problem_list& problems) {
    std::set<std::array<std::string_view, 3>> seen;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& one = all[i];
        const auto path = fmt::format("spec.destinations[{}]", i);
        for (const auto& [name, text] :
             {std::pair{"server", &one.server}, std::pair{"name", &one.name},
              std::pair{"namespace", &one.namespace_}}) {
            if (*text == deny_all) problems.add(fmt::format("{}.{}", path, name), std::string{deny_all_says});
        }
        if (one.server.empty() && one.name.empty()) {
            problems.add(path, "one of server and name must be set: without one it is not a destination");
        }
        if (!seen.insert({one.server, one.name, one.namespace_}).second) problems.add(path, "is there twice");
    }
}

void check_source_namespaces(const std::vector<std::string>& all, problem_list& problems) {
    check_texts(all, "spec.sourceNamespaces", problems);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].size() < 2 || !all[i].starts_with('/') || !all[i].ends_with('/')) continue;
        re2::RE2::Options quiet;
        quiet.set_log_errors(false);
        const re2::RE2 read{all[i].substr(1, all[i].size() - 2), quiet};
        if (!read.ok()) {
            problems.add(
                fmt::format("spec.sourceNamespaces[{}]", i),
                fmt::format("is not a regular expression: {}, is {}", read.error(), quoted(all[i]))
            );
        }
    }
}

void check_pattern(const std::string& pattern, const std::string& path, problem_list& problems) {
    if (const auto wrong = match::glob_problem(match::glob_dialect::go_path, pattern); !wrong.empty()) {
        problems.add(path, fmt::format("is not a pattern: {}, is {}", wrong, quoted(pattern)));
    }
}

void check_kinds(std::span<const project_kind> all, std::string_view list, problem_list& problems) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto path = fmt::format("spec.{}[{}]", list, i);
        check_pattern(all[i].group, path + ".group", problems);
        check_pattern(all[i].kind, path + ".kind", problems);
        if (all[i].kind.empty()) problems.add(path + ".kind", "must not be empty: * stands for all kinds");
    }
}

void check_kinds(std::span<const project_cluster_kind> all, std::string_view list, problem_list& problems) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto path = fmt::format("spec.{}[{}]", list, i);
        check_pattern(all[i].group, path + ".group", problems);
        check_pattern(all[i].kind, path + ".kind", problems);
        check_pattern(all[i].name, path + ".name", problems);
        if (all[i].kind.empty()) problems.add(path + ".kind", "must not be empty: * stands for all kinds");
    }
}

// What is wrong with a rule such as "p, proj:shop:deployer, applications, sync, shop/*, allow".
std::string policy_problem(std::string_view policy, const std::string& project, const std::string& role) {
    static const re2::RE2 action{"[*]|get|create|update|delete|sync|override|(action|update|delete)/.*"};
    std::vector<std::string_view> parts;
    for (auto rest = policy;;) {
        const auto comma = rest.find(',');
        parts.push_back(trimmed(rest.substr(0, comma)));
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    const auto subject = fmt::format("proj:{}:{}", project, role);
    if (parts.size() != 6 || parts[0] != "p") {
        return fmt::format(
            "must be of the form p, {}, RESOURCE, ACTION, {}/NAME, allow or deny", subject, project
        );
    }
    if (parts[1] != subject)
        return fmt::format("must be about {}, is about {}", quoted(subject), quoted(parts[1]));
    constexpr std::array<std::string_view, 6> resources{"applications", "applicationsets",
                                                        "repositories", "clusters",
                                                        "exec",         "logs"};
    if (std::ranges::find(resources, parts[2]) == resources.end()) {
        return fmt::format(
            "must name a resource of {}, names {}", enumerated(resources, " or "), quoted(parts[2])
        );
    }
    if (!re2::RE2::FullMatch(re2::StringPiece{parts[3].data(), parts[3].size()}, action)) {
        return fmt::format(
            "must name an action such as get, create, update, delete, sync, override or *, names {}",
            quoted(parts[3])
        );
    }
    static const re2::RE2 object{"(/[*\\w.-]+)?/[*\\w.-]+"};
    const auto of_project =
        parts[4].starts_with(project) ? parts[4].substr(project.size()) : std::string_view{};
    if (!re2::RE2::FullMatch(re2::StringPiece{of_project.data(), of_project.size()}, object)) {
        return fmt::format("must be about {}/NAME or {}/*, is about {}", project, project, quoted(parts[4]));
    }
    if (parts[5] != "allow" && parts[5] != "deny") {
        return fmt::format("must end with allow or deny, ends with {}", quoted(parts[5]));
    }
    return {};
}

void check_roles(const project& value, problem_list& problems) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < value.spec.roles.size(); ++i) {
        const auto& role = value.spec.roles[i];
        const auto path = fmt::format("spec.roles[{}]", i);
        if (!names.insert(role.name).second) {
            problems.add(path + ".name", fmt::format("{} is there twice", quoted(role.name)));
        }
        std::set<std::string_view> seen;
        for (std::size_t k = 0; k < role.policies.size(); ++k) {
            const auto where = fmt::format("{}.policies[{}]", path, k);
            if (!seen.insert(role.policies[k]).second) problems.add(where, "is there twice");
            auto wrong = policy_problem(role.policies[k], value.metadata.name, role.name);
            if (!wrong.empty()) problems.add(where, std::move(wrong));
        }
        std::set<std::string_view> groups;
        for (std::size_t k = 0; k < role.groups.size(); ++k) {
            const auto where = fmt::format("{}.groups[{}]", path, k);
            if (trimmed(role.groups[k]).empty() ||
                role.groups[k].find_first_of(",\n\r\t") != std::string::npos) {
                problems.add(
                    where, fmt::format(
                               "must be a name without commas and line breaks, is {}", quoted(role.groups[k])
                           )
                );
            }
            if (!groups.insert(role.groups[k]).second) {
                problems.add(where, fmt::format("{} is there twice", quoted(role.groups[k])));
            }
        }
    }
}

void check_accounts(const std::vector<destination_service_account>& all, problem_list& problems) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& one = all[i];
        const auto path = fmt::format("spec.destinationServiceAccounts[{}]", i);
        for (const auto& [name, text] :
             {std::pair{"server", &one.server}, std::pair{"namespace", &one.namespace_}}) {
            if (text->find('!') != std::string::npos) {
                problems.add(
                    fmt::format("{}.{}", path, name),
                    fmt::format("must not contain '!', is {}", quoted(*text))
                );
            } else {
                check_glob(*text, fmt::format("{}.{}", path, name), problems);
            }
        }
        const auto& account = one.default_service_account;
        if (trimmed(account).empty() || account.find_first_of("!*[]{}\\/") != std::string::npos ||
            std::ranges::count(account, ':') > 1 || account.starts_with(':') || account.ends_with(':')) {
            problems.add(
                path + ".defaultServiceAccount",
                fmt::format("must be the name of a ServiceAccount, or NAMESPACE:NAME, is {}", quoted(account))
            );
        }
        if (!seen.emplace(one.server, one.namespace_).second) problems.add(path, "is there twice");
    }
}

// Short ones can be made to order.
void check_key(const std::string& key, const std::string& path, problem_list& problems) {
    const bool is_hex = key.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (!is_hex || (key.size() != 16 && key.size() != 40)) {
        problems.add(
            path, fmt::format(
                      "must be the identifier of an OpenPGP key with 16 or 40 hexadecimal digits "
                      "(gpg --list-keys --with-colons), is {}",
                      quoted(key)
                  )
        );
    }
}

void check_integrity(const project_spec& spec, problem_list& problems) {
    for (std::size_t i = 0; i < spec.signature_keys.size(); ++i) {
        check_key(spec.signature_keys[i].key_id, fmt::format("spec.signatureKeys[{}].keyID", i), problems);
    }
    if (!spec.source_integrity || !spec.source_integrity->git) {
        return;
    }
    const auto& policies = spec.source_integrity->git->policies;
    for (std::size_t i = 0; i < policies.size(); ++i) {
        const auto path = fmt::format("spec.sourceIntegrity.git.policies[{}]", i);
        if (policies[i].repos.empty()) {
            problems.add(path + ".repos", "must not be empty: {url: \"*\"} stands for all repositories");
        }
        if (!policies[i].gpg) {
            continue;
        }
        if (policies[i].gpg->mode == integrity_mode::strict) {
            problems.add(
                path + ".gpg.mode",
                "strict is not served: copies of repositories are shallow, without the history whose signatures it is "
                "about; head asks for that of the commit"
            );
        }
        for (std::size_t k = 0; k < policies[i].gpg->keys.size(); ++k) {
            check_key(policies[i].gpg->keys[k], fmt::format("{}.gpg.keys[{}]", path, k), problems);
        }
    }
}

void check_orphans(const project_spec& spec, problem_list& problems) {
    if (!spec.orphaned_resources) {
        return;
    }
    const auto& ignore = spec.orphaned_resources->ignore;
    for (std::size_t i = 0; i < ignore.size(); ++i) {
        const auto path = fmt::format("spec.orphanedResources.ignore[{}]", i);
        check_glob(ignore[i].group, path + ".group", problems);
        check_glob(ignore[i].kind, path + ".kind", problems);
        check_glob(ignore[i].name, path + ".name", problems);
    }
}

bool denies(std::string_view pattern) noexcept {
    return pattern.starts_with('!');
}

bool only_denies(const std::vector<std::string>& patterns) {
    return !patterns.empty() && std::ranges::all_of(patterns, denies);
}

} // namespace

std::vector<problem> check(const project& value) {
    const auto& spec = value.spec;
    problem_list problems;
    check_texts(spec.source_repos, "spec.sourceRepos", problems);
    for (std::size_t i = 0; i < spec.source_repos.size(); ++i) {
        if (has_password(spec.source_repos[i])) {
            problems.add(fmt::format("spec.sourceRepos[{}]", i), "must not contain a password");
        }
    }
    check_destinations(spec.destinations, problems);
    check_source_namespaces(spec.source_namespaces, problems);
    check_kinds(spec.cluster_resource_whitelist, "clusterResourceWhitelist", problems);
    check_kinds(spec.cluster_resource_blacklist, "clusterResourceBlacklist", problems);
    if (spec.namespace_resource_whitelist) {
        check_kinds(*spec.namespace_resource_whitelist, "namespaceResourceWhitelist", problems);
    }
    check_kinds(spec.namespace_resource_blacklist, "namespaceResourceBlacklist", problems);
    check_accounts(spec.destination_service_accounts, problems);
    check_roles(value, problems);
    check_integrity(spec, problems);
    check_orphans(spec, problems);
    return problems.take();
}

std::vector<problem> surprises_of(const project_spec& spec) {
    problem_list told;
    const auto unreadable = [&](const std::string& pattern, const std::string& path) {
        const auto wrong = match::glob_problem(
            match::glob_dialect::gobwas, denies(pattern) ? std::string_view{pattern}.substr(1) : pattern
        );
        if (!wrong.empty()) told.add(path, fmt::format("fits nothing: {}, is {}", wrong, quoted(pattern)));
    };
    if (spec.source_repos.empty()) told.add("spec.sourceRepos", "is empty: no source is permitted");
    if (only_denies(spec.source_repos)) {
        told.add("spec.sourceRepos", "only denies: every other repository is permitted");
    }
    for (std::size_t i = 0; i < spec.source_repos.size(); ++i) {
        const auto path = fmt::format("spec.sourceRepos[{}]", i);
        unreadable(spec.source_repos[i], path);
        // The URL is parsed before it is matched, which makes %7B of '{'.
        if (spec.source_repos[i].find_first_of("{}") != std::string::npos) {
            told.add(
                path, "fits nothing: alternatives in braces are not read in URLs; write one entry for each"
            );
        }
    }
    if (spec.destinations.empty()) told.add("spec.destinations", "is empty: no destination is permitted");
    for (std::size_t i = 0; i < spec.destinations.size(); ++i) {
        const auto& one = spec.destinations[i];
        const auto path = fmt::format("spec.destinations[{}]", i);
        unreadable(one.server, path + ".server");
        unreadable(one.name, path + ".name");
        unreadable(one.namespace_, path + ".namespace");
    }
    const auto allows = [](const project_destination& one) {
        return !denies(one.server) && !denies(one.name) && !denies(one.namespace_);
    };
    if (!spec.destinations.empty() && std::ranges::none_of(spec.destinations, allows)) {
        told.add("spec.destinations", "only denies: whatever no entry denies is permitted");
    }
    if (spec.namespace_resource_whitelist && spec.namespace_resource_whitelist->empty()) {
        told.add(
            "spec.namespaceResourceWhitelist",
            "is empty, which permits no namespaced object; leave it out to permit all"
        );
    }
    if (spec.source_integrity && spec.source_integrity->git) {
        if (!spec.signature_keys.empty()) {
            told.add("spec.signatureKeys", "counts for nothing: spec.sourceIntegrity.git takes its place");
        }
        const auto& policies = spec.source_integrity->git->policies;
        for (std::size_t i = 0; i < policies.size(); ++i) {
            const auto path = fmt::format("spec.sourceIntegrity.git.policies[{}]", i);
            for (std::size_t k = 0; k < policies[i].repos.size(); ++k) {
                unreadable(policies[i].repos[k].url, fmt::format("{}.repos[{}].url", path, k));
            }
            const auto& gpg = policies[i].gpg;
            if (!gpg || gpg->mode == integrity_mode::none) {
                told.add(path, "asks for no signatures");
            } else if (gpg->keys.empty()) {
                told.add(path + ".gpg.keys", "is empty: nobody's signature counts, and nothing is read");
            }
        }
    }
    return told.take();
}

} // namespace holdfast::crds
