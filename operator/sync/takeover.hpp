#pragma once

#include "sync/dialect.hpp"
#include "sync/identity.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

// What people and other deployers hold of an object that is ours. The server keeps a field as long as one
// manager owns it, so what kubectl, Helm, Argo CD or Flux once applied would stay for ever when the sources
// drop it; and an item that somebody put into a list beside ours is nobody's to take away. Ownership is moved
// by writing `metadata.managedFields` alone: no other field changes, and no generation.
//
// Former managers are those of `dialect::former_managers`, and what our own manager holds without having
// applied it (a replacement). Entries of subresources are left alone, and so are all other managers:
// controllers, autoscalers, webhooks.

namespace holdfast::sync {

/// An item of a list that is not wanted, beside items that are.
struct added_item {
    /// "spec.ports[port=81,protocol=TCP]"
    std::string path;
    /// Which former manager put it there.
    std::string manager;

    friend bool operator==(const added_item&, const added_item&) = default;
};

/// The items that former managers alone own, in lists of which `desired` has items: lists whose items have
/// keys, and sets. What is in `metadata` and `status` is none, and neither is what `spared` managers own.
[[nodiscard]] std::vector<added_item> added_items(
    const json::object& live, const json::object& desired, std::span<const std::string> spared,
    const dialect& names
);

/// The same as far as the fields that we own tell which lists are ours, for who has no desired object at
/// hand.
[[nodiscard]] std::vector<added_item> added_items(const json::object& live, const dialect& names);

/// Whether `settled_fields` may have something to do.
[[nodiscard]] bool is_contested(const json::object& live, const dialect& names);

/// For before an apply, the managedFields with which that does all it should: former managers hold nothing
/// that we own, so that a field goes when we give it up, and their `added_items` are ours, so that the apply
/// of `desired` takes them away in the same write. Nothing where they are so already.
[[nodiscard]] std::optional<json::array> settled_fields(
    const json::object& live, const json::object& desired, std::span<const std::string> spared,
    const dialect& names
);

/// For after the first apply of an object that others made, the managedFields without the entries of former
/// managers. What they alone held stays as it is, and is nobody's. Nothing where there are none, or where we
/// have applied nothing: without any entry the server would make one up that owns everything.
[[nodiscard]] std::optional<json::array>
adopted_fields(const json::object& live, std::span<const std::string> spared, const dialect& names);

/// For before the first apply of an object that Argo CD applied from the client: the managedFields in which that is
/// an apply of ours, so that the first one takes away what the sources dropped since. Nobody owns the annotation
/// with what was applied last then, and it stays, for who goes back. Nothing where nobody did so, or where we have
/// applied already; and nothing for Applications of holdfast.dev, whose first apply leaves what it does not have.
[[nodiscard]] std::optional<json::array> upgraded_fields(const json::object& live, const dialect& names);

/// The JSON patch that gives an object these managedFields, and is refused (409) where it has changed since
/// it was read as `live`.
[[nodiscard]] json::array managed_fields_patch(const json::object& live, json::array fields);

} // namespace holdfast::sync
