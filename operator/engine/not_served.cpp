#include "engine/not_served.hpp"

#include "base/counted_list.hpp"
#include "sync/identity.hpp"

namespace holdfast::engine {

namespace {

constexpr std::size_t hooks_named = 3;

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
    counted_list hooks{hooks_named, ", "};
    for (std::size_t i = 0; wanted != nullptr && i < wanted->size(); ++i) {
        const auto& orders = (*wanted)[i].orders;
        if (orders.is_hook && orders.asks_to_run && !orders.skip) {
            hooks.add([&] { return sync::describe((*wanted)[i].id); });
        }
    }
    if (!hooks.empty()) {
        add("hooks are not run yet, so these are not applied: " + hooks.text());
    }
    return text;
}

} // namespace holdfast::engine
