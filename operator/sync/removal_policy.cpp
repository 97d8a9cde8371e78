#include "sync/removal_policy.hpp"

namespace holdfast::sync {

removal prune_policy(const live_record& live, const sync_options& application) noexcept {
    return live.prune.value_or(application.prune.value_or(removal::allowed));
}

removal delete_policy(const live_record& live, const sync_options& application) noexcept {
    return live.remove.value_or(application.remove.value_or(removal::allowed));
}

bool is_pruned_last(const live_record& live, const sync_options& application) noexcept {
    return live.prune_last.value_or(application.prune_last.value_or(false));
}

} // namespace holdfast::sync
