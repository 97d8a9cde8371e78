#include "sync/annotations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <utility>

namespace holdfast::sync {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// The items of a comma-separated list, without blanks around them and without empty ones.
std::vector<std::string> items_of(std::string_view list) {
    std::vector<std::string> items;
    while (!list.empty()) {
        const auto comma = list.find(',');
        if (const auto item = trimmed(list.substr(0, comma)); !item.empty()) items.emplace_back(item);
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return items;
}

std::size_t distance(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
        }
    }
    return row[b.size()];
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known) {
    const auto best = nearest(name, known);
    return best ? fmt::format(", did you mean \"{}\"?", *best) : std::string{};
}

} // namespace

std::string_view to_string(phase p) noexcept {
    constexpr std::array<std::string_view, 6> names{"PreSync",  "Sync",      "PostSync",
                                                    "SyncFail", "PreDelete", "PostDelete"};
    return names[static_cast<std::size_t>(p)];
}

std::string_view to_string(propagation p) noexcept {
    constexpr std::array<std::string_view, 3> names{"Foreground", "Background", "Orphan"};
    return names[static_cast<std::size_t>(p)];
}

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> known) {
    std::optional<std::string_view> best;
    // A third of the letters may be wrong: "imagee", "replica", "CreateNamspace", not "foo" for "env".
    std::size_t limit = name.size() / 3 + (name.size() > 3 ? 1 : 0);
    for (const auto candidate : known) {
        const std::size_t longer = std::max(candidate.size(), name.size());
        const std::size_t shorter = std::min(candidate.size(), name.size());
        if (longer - shorter > limit) continue;
        const std::size_t d = distance(name, candidate);
        if (d > limit || (d == limit && best)) continue;
        best = candidate;
        limit = d;
    }
    return best;
}

// ---- sync options

namespace {

enum class option_kind { flag, removal, propagation };

struct option_rule {
    std::string_view name;
    option_kind kind;
    std::optional<bool> sync_options::* flag = nullptr;
    std::optional<removal> sync_options::* removal = nullptr;
};

constexpr std::array option_rules{
    option_rule{.name = "Prune", .kind = option_kind::removal, .removal = &sync_options::prune},
    option_rule{.name = "Delete", .kind = option_kind::removal, .removal = &sync_options::remove},
    option_rule{.name = "Validate", .kind = option_kind::flag, .flag = &sync_options::validate},
    option_rule{
        .name = "SkipDryRunOnMissingResource",
        .kind = option_kind::flag,
        .flag = &sync_options::skip_dry_run_on_missing
    },
    option_rule{.name = "PruneLast", .kind = option_kind::flag, .flag = &sync_options::prune_last},
    option_rule{.name = "Replace", .kind = option_kind::flag, .flag = &sync_options::replace},
    option_rule{.name = "Force", .kind = option_kind::flag, .flag = &sync_options::force},
    option_rule{
        .name = "ServerSideApply", .kind = option_kind::flag, .flag = &sync_options::server_side_apply
    },
    option_rule{.name = "ServerDryRun", .kind = option_kind::flag, .flag = &sync_options::server_dry_run},
    option_rule{
        .name = "CreateNamespace", .kind = option_kind::flag, .flag = &sync_options::create_namespace
    },
    option_rule{.name = "PrunePropagationPolicy", .kind = option_kind::propagation},
    option_rule{
        .name = "ApplyOutOfSyncOnly", .kind = option_kind::flag, .flag = &sync_options::apply_out_of_sync_only
    },
    option_rule{
        .name = "FailOnSharedResource",
        .kind = option_kind::flag,
        .flag = &sync_options::fail_on_shared_resource
    },
    option_rule{
        .name = "RespectIgnoreDifferences",
        .kind = option_kind::flag,
        .flag = &sync_options::respect_ignore_differences
    },
    option_rule{
        .name = "ClientSideApplyMigration",
        .kind = option_kind::flag,
        .flag = &sync_options::client_side_migration
    },
};

/// Sets one option; the text of what its values are, if this is none of them.
std::optional<std::string_view>
set_option(const option_rule& rule, std::string_view value, sync_options& options) {
    switch (rule.kind) {
    case option_kind::flag:
        if (value != "true" && value != "false") return "true or false";
        options.*rule.flag = value == "true";
        return std::nullopt;
    case option_kind::removal:
        if (value == "true") {
            options.*rule.removal = removal::allowed;
        } else if (value == "false") {
            options.*rule.removal = removal::never;
        } else if (value == "confirm") {
            options.*rule.removal = removal::needs_confirmation;
        } else {
            return "true, false or confirm";
        }
        return std::nullopt;
    case option_kind::propagation:
        if (value == "foreground") {
            options.prune_propagation = propagation::foreground;
        } else if (value == "background") {
            options.prune_propagation = propagation::background;
        } else if (value == "orphan") {
            options.prune_propagation = propagation::orphan;
        } else {
            return "foreground, background or orphan";
        }
        return std::nullopt;
    }
    return std::nullopt;
}

std::vector<std::string_view> option_names() {
    std::vector<std::string_view> names;
    for (const auto& rule : option_rules) {
        names.push_back(rule.name);
    }
    return names;
}

} // namespace

sync_options parse_sync_options(std::span<const std::string> options, std::vector<std::string>& warnings) {
    sync_options parsed;
    for (const auto& option : options) {
        const std::string_view text = trimmed(option);
        const auto equals = text.find('=');
        const auto name = trimmed(text.substr(0, equals));
        const auto value =
            equals == std::string_view::npos ? std::string_view{} : trimmed(text.substr(equals + 1));
        const auto* rule = std::find_if(option_rules.begin(), option_rules.end(), [&](const option_rule& r) {
            return r.name == name;
        });
        if (rule == option_rules.end()) {
            warnings.push_back(
                fmt::format("unknown sync option \"{}\"{}", text, did_you_mean(name, option_names()))
            );
            continue;
        }
        if (const auto values = set_option(*rule, value, parsed)) {
            warnings.push_back(fmt::format("sync option {} must be {}, is \"{}\"", name, *values, value));
        }
    }
    return parsed;
}

sync_options merged(const sync_options& application, const sync_options& object) {
    sync_options all = application;
    for (const auto& rule : option_rules) {
        if (rule.flag != nullptr && (object.*rule.flag)) all.*rule.flag = object.*rule.flag;
        if (rule.removal != nullptr && (object.*rule.removal)) all.*rule.removal = object.*rule.removal;
    }
    if (object.prune_propagation) all.prune_propagation = object.prune_propagation;
    return all;
}

// ---- annotations

std::optional<std::string_view> our_annotation(const json::object& object, std::string_view x) {
    for (const auto* prefix : {"holdfast.dev/", "argocd.argoproj.io/"}) {
        if (const auto value = kube::annotation(object, prefix + std::string{x})) return value;
    }
    return std::nullopt;
}

namespace {

void read_wave(const json::object& object, directives& result) {
    auto text = our_annotation(object, "sync-wave");
    std::string_view name = "sync-wave";
    if (!text) {
        text = kube::annotation(object, "helm.sh/hook-weight");
        name = "helm.sh/hook-weight";
    }
    if (!text) return;
    auto digits = trimmed(*text);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), result.wave);
    if (ec != std::errc{} || end != digits.data() + digits.size()) {
        result.wave = 0;
        result.warnings.push_back(fmt::format("{} must be a whole number, is \"{}\"; 0 is taken", name, *text)
        );
    }
}

constexpr std::array<std::pair<std::string_view, phase>, 6> hook_names{{
    {"PreSync", phase::pre_sync},
    {"Sync", phase::sync},
    {"PostSync", phase::post_sync},
    {"SyncFail", phase::sync_fail},
    {"PreDelete", phase::pre_delete},
    {"PostDelete", phase::post_delete},
}};

constexpr std::array<std::pair<std::string_view, phase>, 6> helm_hook_names{{
    {"pre-install", phase::pre_sync},
    {"pre-upgrade", phase::pre_sync},
    {"post-install", phase::post_sync},
    {"post-upgrade", phase::post_sync},
    {"pre-delete", phase::pre_delete},
    {"post-delete", phase::post_delete},
}};

template <std::size_t Count>
const phase*
find_phase(const std::array<std::pair<std::string_view, phase>, Count>& names, std::string_view name) {
    for (const auto& [known, p] : names) {
        if (known == name) return &p;
    }
    return nullptr;
}

void add_phase(directives& result, phase p) {
    if (std::find(result.hook_phases.begin(), result.hook_phases.end(), p) == result.hook_phases.end()) {
        result.hook_phases.push_back(p);
    }
}

void read_hook(const json::object& object, directives& result) {
    if (const auto text = our_annotation(object, "hook")) {
        for (const auto& item : items_of(*text)) {
            result.is_hook = true;
            if (item == "Skip") {
                result.skip = true;
            } else if (const auto* p = find_phase(hook_names, item)) {
                add_phase(result, *p);
            } else {
                std::vector<std::string_view> known{"Skip"};
                for (const auto& [name, unused] : hook_names) {
                    known.push_back(name);
                }
                result.warnings.push_back(
                    fmt::format("unknown hook \"{}\"{}", item, did_you_mean(item, known))
                );
            }
        }
    } else if (const auto helm = kube::annotation(object, "helm.sh/hook")) {
        for (const auto& item : items_of(*helm)) {
            // Charts for Helm 2 marked their definitions so; they are ordinary objects.
            if (item == "crd-install") continue;
            result.is_hook = true;
            if (const auto* p = find_phase(helm_hook_names, item)) {
                add_phase(result, *p);
            } else {
                result.warnings.push_back(
                    fmt::format("Helm's hook \"{}\" has no counterpart and is not run", item)
                );
            }
        }
    }
    std::sort(result.hook_phases.begin(), result.hook_phases.end());
}

void read_hook_deletion(const json::object& object, directives& result) {
    if (!result.is_hook) return;
    auto text = our_annotation(object, "hook-delete-policy");
    if (!text) text = kube::annotation(object, "helm.sh/hook-delete-policy");
    auto& policy = result.hook_deletion;
    for (const auto& item : items_of(text.value_or(std::string_view{}))) {
        if (item == "BeforeHookCreation" || item == "before-hook-creation") {
            policy.before_creation = true;
        } else if (item == "HookSucceeded" || item == "hook-succeeded") {
            policy.on_success = true;
        } else if (item == "HookFailed" || item == "hook-failed") {
            policy.on_failure = true;
        } else {
            constexpr std::array<std::string_view, 3> known{
                "BeforeHookCreation", "HookSucceeded", "HookFailed"
            };
            result.warnings.push_back(
                fmt::format("unknown hook-delete-policy \"{}\"{}", item, did_you_mean(item, known))
            );
        }
    }
    if (policy == hook_delete_policy{}) policy.before_creation = true;
}

void read_compare_options(const json::object& object, directives& result) {
    for (const auto& item :
         items_of(our_annotation(object, "compare-options").value_or(std::string_view{}))) {
        if (item == "IgnoreExtraneous") {
            result.ignore_extraneous = true;
            continue;
        }
        // How Argo CD compares; Holdfast always compares by what the server makes of an object.
        constexpr std::array<std::string_view, 3> known{
            "IgnoreExtraneous", "ServerSideDiff", "IncludeMutationWebhook"
        };
        const auto name = std::string_view{item}.substr(0, item.find('='));
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            result.warnings.push_back(
                fmt::format("unknown compare option \"{}\"{}", item, did_you_mean(name, known))
            );
        }
    }
}

} // namespace

directives read_directives(const json::object& object) {
    directives result;
    if (kube::find_object(object, {"metadata", "annotations"}) == nullptr) return result;
    read_wave(object, result);
    read_hook(object, result);
    read_hook_deletion(object, result);
    read_compare_options(object, result);
    if (const auto text = our_annotation(object, "sync-options")) {
        result.options = parse_sync_options(items_of(*text), result.warnings);
    }
    if (kube::annotation(object, "helm.sh/resource-policy") == "keep") {
        if (!result.options.remove) result.options.remove = removal::never;
        if (!result.options.prune) result.options.prune = removal::never;
    }
    result.ignore_healthcheck = our_annotation(object, "ignore-healthcheck") == "true";
    return result;
}

} // namespace holdfast::sync
