#include "sync/annotations.hpp"

#include "base/trim.hpp"
#include "match/sync_option.hpp"
#include "match/words.hpp"
#include "sync/phases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

namespace holdfast::sync {

namespace {

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

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known) {
    const auto best = match::nearest(name, known);
    return best.empty() ? std::string{} : fmt::format(", did you mean \"{}\"?", best);
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

// ---- sync options

namespace {

/// The member that holds the value of each option of the table.
struct option_member {
    std::string_view name;
    std::optional<bool> sync_options::* flag = nullptr;
    std::optional<removal> sync_options::* removal = nullptr;
    std::optional<propagation> sync_options::* propagation = nullptr;
};

constexpr std::array option_members{
    option_member{.name = "Prune", .removal = &sync_options::prune},
    option_member{.name = "Delete", .removal = &sync_options::remove},
    option_member{.name = "Validate", .flag = &sync_options::validate},
    option_member{.name = "SkipDryRunOnMissingResource", .flag = &sync_options::skip_dry_run_on_missing},
    option_member{.name = "PruneLast", .flag = &sync_options::prune_last},
    option_member{.name = "Replace", .flag = &sync_options::replace},
    option_member{.name = "Force", .flag = &sync_options::force},
    option_member{.name = "ServerSideApply", .flag = &sync_options::server_side_apply},
    option_member{.name = "CreateNamespace", .flag = &sync_options::create_namespace},
    option_member{.name = "PrunePropagationPolicy", .propagation = &sync_options::prune_propagation},
    option_member{.name = "ApplyOutOfSyncOnly", .flag = &sync_options::apply_out_of_sync_only},
    option_member{.name = "FailOnSharedResource", .flag = &sync_options::fail_on_shared_resource},
    option_member{.name = "RespectIgnoreDifferences", .flag = &sync_options::respect_ignore_differences},
    option_member{.name = "ClientSideApplyMigration", .flag = &sync_options::client_side_migration},
};

/// Every option of the table has one member, and of the kind of its values; those that are no more have none.
consteval bool fit_the_table() {
    return std::ranges::all_of(match::sync_options, [](const match::sync_option& option) {
        return std::ranges::count_if(option_members, [&](const option_member& member) {
                   return member.name == option.name &&
                          (member.flag != nullptr) == (option.values == match::option_values::flag) &&
                          (member.removal != nullptr) == (option.values == match::option_values::removal) &&
                          (member.propagation != nullptr) ==
                              (option.values == match::option_values::propagation);
               }) == (option.is_retired ? 0 : 1);
    });
}
static_assert(fit_the_table());

void set_option(const match::given_option& given, sync_options& options) {
    const auto& member = *std::ranges::find(option_members, given.option->name, &option_member::name);
    const auto value = given.value;
    switch (given.option->values) {
    case match::option_values::flag: options.*member.flag = value == "true"; break;
    case match::option_values::removal:
        options.*member.removal = value == "true"    ? removal::allowed
                                  : value == "false" ? removal::never
                                                     : removal::needs_confirmation;
        break;
    case match::option_values::propagation:
        options.*member.propagation = value == "foreground"   ? propagation::foreground
                                      : value == "background" ? propagation::background
                                                              : propagation::orphan;
        break;
    }
}

} // namespace

sync_options parse_sync_options(std::span<const std::string> options, std::vector<std::string>& warnings) {
    sync_options parsed;
    for (const auto& option : options) {
        if (const auto given = match::read_sync_option(option)) {
            if (auto retired = given->retired(); !retired.empty()) {
                warnings.push_back("sync-options: " + std::move(retired));
            } else {
                set_option(*given, parsed);
            }
        } else {
            warnings.push_back("sync-options: " + given.error().message());
        }
    }
    return parsed;
}

sync_options merged(const sync_options& application, const sync_options& object) {
    sync_options all = application;
    const auto take = [&](auto value) {
        if (value != nullptr && (object.*value)) all.*value = object.*value;
    };
    for (const auto& member : option_members) {
        take(member.flag);
        take(member.removal);
        take(member.propagation);
    }
    return all;
}

bool takes_over(const sync_options& application, const sync_options& object) {
    return merged(application, object).client_side_migration.value_or(true);
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
    const auto helm = kube::annotation(object, "helm.sh/hook");
    if (const auto text = our_annotation(object, "hook")) {
        for (const auto& item : items_of(*text)) {
            result.is_hook = true;
            result.asks_to_run = true; // by a wrong name, too
            if (item == "Skip") {
                result.skip = true; // if nothing else is said
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
        // As in Argo CD: of a hook that would run in no sync Helm's types count as well.
        const bool runs = !std::ranges::all_of(result.hook_phases, is_of_deletion);
        result.skip = result.skip && result.hook_phases.empty();
        for (const auto& item : items_of(runs || result.skip ? std::string_view{} : helm.value_or(""))) {
            if (const auto* p = find_phase(helm_hook_names, item)) add_phase(result, *p);
        }
    } else if (helm) {
        for (const auto& item : items_of(*helm)) {
            // Charts for Helm 2 marked their definitions so; they are ordinary objects.
            if (item == "crd-install") continue;
            result.is_hook = true;
            if (const auto* p = find_phase(helm_hook_names, item)) {
                result.asks_to_run = true;
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

void read_options(const json::object& object, directives& result) {
    const auto text = our_annotation(object, "sync-options");
    if (!text) return;
    const auto items = items_of(*text);
    result.options = parse_sync_options(items, result.warnings);
    for (const auto& item : items) {
        const auto given = match::read_sync_option(item);
        if (!given || given->option->is_retired) continue; // said already
        if (given->option->place != match::option_place::everywhere) {
            result.warnings.push_back(fmt::format(
                "sync-options: {} has no effect on one object; it belongs into the Application's "
                "spec.syncPolicy.syncOptions",
                given->option->name
            ));
        } else if (auto why = given->not_served(); !why.empty()) {
            result.not_served.push_back("sync-options: " + std::move(why));
        }
    }
}

} // namespace

bool is_helm_test(const json::object& object) {
    if (our_annotation(object, "hook")) return false;
    const auto items = items_of(kube::annotation(object, "helm.sh/hook").value_or(std::string_view{}));
    constexpr std::array<std::string_view, 3> tests{"test", "test-success", "test-failure"};
    return !items.empty() && std::ranges::all_of(items, [&](const std::string& item) {
        return std::ranges::find(tests, item) != tests.end();
    });
}

bool is_never_applied(const json::object& object) {
    directives orders;
    read_hook(object, orders);
    return orders.skip || (orders.is_hook && orders.hook_phases.empty() && !our_annotation(object, "hook"));
}

directives read_directives(const json::object& object) {
    directives result;
    if (kube::find_object(object, {"metadata", "annotations"}) == nullptr) return result;
    read_wave(object, result);
    read_hook(object, result);
    read_hook_deletion(object, result);
    read_compare_options(object, result);
    read_options(object, result);
    if (kube::annotation(object, "helm.sh/resource-policy") == "keep") {
        if (!result.options.remove) result.options.remove = removal::never;
        if (!result.options.prune) result.options.prune = removal::never;
    }
    result.ignore_healthcheck = our_annotation(object, "ignore-healthcheck") == "true";
    return result;
}

} // namespace holdfast::sync
