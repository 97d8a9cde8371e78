#pragma once

#include "sync/annotations.hpp"
#include "sync/live_record.hpp"

namespace holdfast::sync {

/// Whether an object may be deleted because it is not wanted any more. What the object's own annotation says
/// (Prune=true|false|confirm) wins over what the application says for all of its objects; what the operator
/// stands on stays, whatever anybody says.
removal prune_policy(const live_record& live, const sync_options& application) noexcept;

/// The same of a deletion together with the application: Delete=true|false|confirm.
removal delete_policy(const live_record& live, const sync_options& application) noexcept;

/// Whether it is deleted after everything else: PruneLast.
bool is_pruned_last(const live_record& live, const sync_options& application) noexcept;

} // namespace holdfast::sync
