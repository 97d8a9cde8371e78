#include "engine/not_served.hpp"

#include "base/counted_list.hpp"
#include "match/sync_option.hpp"
#include "sync/identity.hpp"

namespace holdfast::engine {

namespace {

constexpr std::size_t hooks_named = 3;
constexpr std::size_t objects_named = 3;

} // namespace

std::string not_served(
    std::span<const crds::problem> of_spec, const std::vector<sync::planned_object>* wanted,
    std::string_view before
) {
    if (wanted == nullptr && !before.empty()) {
        return std::string{before};
    }
    std::string text;
    const auto add = [&](const std::string& sentence) { text += (text.empty() ? "" : "; ") + sentence; };
    for (const auto& one : of_spec) {
        add(one.text());
    }
    counted_list unknown{hooks_named, ", "};
    for (std::size_t i = 0; wanted != nullptr && i < wanted->size(); ++i) {
        const auto& orders = (*wanted)[i].orders;
        if (orders.is_run() && orders.asks_to_run && orders.hook_phases.empty()) {
            unknown.add([&] { return sync::describe((*wanted)[i].id); });
        }
    }
    if (!unknown.empty()) {
        add("hooks of an unknown type do not run, and are not applied (known are PreSync, Sync, PostSync, "
            "SyncFail, PreDelete, PostDelete and Skip): " +
            unknown.text());
    }
    counted_list options{objects_named};
    for (std::size_t i = 0; wanted != nullptr && i < wanted->size(); ++i) {
        for (const auto& one : (*wanted)[i].orders.not_served) {
            options.add([&] { return sync::describe((*wanted)[i].id) + ": " + one; });
        }
    }
    if (!options.empty()) {
        add(options.text());
    }
    return text;
}

std::string not_served(const crds::sync_request& asked) {
    std::string text;
    for (std::size_t i = 0; i < asked.sync_options.size(); ++i) {
        const auto given = match::read_sync_option(asked.sync_options[i]);
        if (!given) continue;
        auto why = given->not_served();
        if (why.empty() && given->option->place == match::option_place::application &&
            given->value != given->option->usual) {
            why = std::string{given->option->name} +
                  " has no effect on one operation; it belongs into spec.syncPolicy.syncOptions";
        }
        if (!why.empty()) {
            text += (text.empty() ? "" : "; ") + ("operation.sync.syncOptions[" + std::to_string(i) + "]: ") +
                    why;
        }
    }
    return text;
}

} // namespace holdfast::engine
