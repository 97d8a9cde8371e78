#pragma once

#include "sync/annotations.hpp"
#include "sync/identity.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::sync {

/// The place of a kind within a wave, as in Argo CD: Namespace first, then what others refer to, then
/// workloads, then what serves them. Objects of one place need nothing of each other and are applied side by
/// side; those of the next one when they are done. All kinds that are not listed have the last place.
std::size_t kind_rank(std::string_view kind) noexcept;

/// What has to be known of an object to place it.
struct placed {
    object_id id;
    phase when = phase::sync;
    std::int32_t wave = 0;
    /// For a CustomResourceDefinition: the group and kind that it defines.
    std::optional<std::pair<std::string, std::string>> defines;
};

/// The group and kind that a manifest defines, if it is a CustomResourceDefinition.
std::optional<std::pair<std::string, std::string>> defined_kind(const json::object& manifest);

/// Moves a Namespace into the phase and wave of the first object in it, and a CustomResourceDefinition into
/// those of the first object of its kind, where theirs is later.
void bring_forward(std::span<placed> objects);

/// The indices of `objects` in the order phase, wave, kind, name, after `bring_forward`.
std::vector<std::size_t> apply_order(std::span<const placed> objects);

} // namespace holdfast::sync
