#pragma once

#include "crds/application.hpp"
#include "sync/annotations.hpp"
#include "sync/compare.hpp"

#include <vector>

namespace holdfast::engine {

/// What an operation asks for; with nothing said, a sync of everything.
[[nodiscard]] const crds::sync_request& request_of(const crds::operation& operation) noexcept;

/// spec.syncPolicy.syncOptions; what is unknown in it is left out.
[[nodiscard]] sync::sync_options sync_options_of(const crds::application_spec& spec);

/// The same, overridden by what the operation asks for.
[[nodiscard]] sync::sync_options
sync_options_of(const crds::application_spec& spec, const crds::sync_request& asked);

/// Whether an operation runs hooks: not one of some objects alone, of the strategy `apply`, a dry run, or one that
/// takes drift back.
[[nodiscard]] bool runs_hooks(const crds::sync_request& asked) noexcept;

/// Whether Holdfast began it itself.
[[nodiscard]] bool is_automated(const crds::operation& operation) noexcept;

/// Whether an operation of the application is under way.
[[nodiscard]] bool is_operating(const crds::application_status& status) noexcept;

/// The rules of spec.ignoreDifferences, but for the jq expressions.
[[nodiscard]] std::vector<sync::ignore_rule> ignore_rules(const crds::application_spec& spec);

} // namespace holdfast::engine
