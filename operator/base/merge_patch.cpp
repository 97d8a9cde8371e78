#include "base/merge_patch.hpp"

namespace holdfast {

json::object merge_patch(const json::object& before, const json::object& after) {
    json::object patch;
    for (const auto& [key, value] : before) {
        if (!after.contains(key)) {
            patch[key] = nullptr;
        }
    }
    for (const auto& [key, value] : after) {
        const auto* old = before.if_contains(key);
        if (old == nullptr) {
            patch[key] = value;
        } else if (old->is_object() && value.is_object()) {
            if (auto inner = merge_patch(old->get_object(), value.get_object()); !inner.empty()) {
                patch[key] = std::move(inner);
            }
        } else if (*old != value) {
            patch[key] = value;
        }
    }
    return patch;
}

} // namespace holdfast
