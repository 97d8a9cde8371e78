#include "engine/inventory.hpp"

#include "base/counted_list.hpp"
#include "base/hash.hpp"

#include <cstdint>
#include <utility>

namespace holdfast::engine {

namespace {

/// Enough to know where to look.
constexpr std::size_t most_named = 3;

} // namespace

inventory::inventory(const crds::application_status& status) {
    const auto& last = status.operation_state;
    const bool has_ended = (last && last->finished_at) || !status.sync.applied_build_key.empty();
    is_whole_ = has_ended && status.resources_count <= static_cast<std::int64_t>(status.resources.size());
    const auto name = [&](const auto& row, bool is_synced) {
        sync::object_id id{row.group, row.kind, row.namespace_, row.name};
        if (is_synced) {
            synced_.insert(id);
        }
        named_.insert(std::move(id));
    };
    for (const auto& row : status.resources) {
        name(row, row.status == crds::sync_code::synced);
    }
    if (last && last->sync_result) {
        for (const auto& row : last->sync_result->resources) {
            name(row, row.status == crds::result_code::synced);
        }
    }
}

bool inventory::has(const sync::object_id& id, const sync::live_record& live) const {
    return live.in_inventory || named_.contains(id) || (!is_whole_ && live.is_mark_ours);
}

std::string adoption_token(std::span<const std::pair<sync::object_id, const sync::live_record*>> objects) {
    hasher h;
    h.add("adopt");
    for (const auto& [id, live] : objects) {
        h.add(sync::to_string(id)).add(live->uid);
    }
    return to_hex(h.finish()).substr(0, 16);
}

std::string adoption_question(
    std::span<const std::pair<sync::object_id, const sync::live_record*>> objects, std::string_view how
) {
    counted_list all{most_named, ", "};
    for (const auto& [id, live] : objects) {
        all.add([&, &key = id] { return sync::describe(key); });
    }
    return "marked as this application's, but never deployed by it, so left alone: " + all.text() +
           "; to let the application delete those that are not in its sources: " + std::string{how};
}

} // namespace holdfast::engine
