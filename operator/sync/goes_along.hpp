#pragma once

#include "sync/identity.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::sync {

/// What the cluster deletes together with an object, as far as it is not the application's own: the objects
/// of a CustomResourceDefinition's kind, whatever is in a Namespace. Found out by asking the API server.
struct goes_along {
    /// How many there are; more than are named.
    std::size_t count = 0;
    /// There are more than were counted.
    bool more = false;
    /// The first of them, sorted: "Widget team-a/x".
    std::vector<std::string> named;
    /// Kinds that we may not list, sorted: nobody knows whether there are objects of theirs.
    std::vector<std::string> unlisted;
    /// Why it could not be found out; empty: it could. To be tried again.
    std::string failure;
    /// For a CustomResourceDefinition: the group and kind that it defines.
    std::optional<std::pair<std::string, std::string>> defines;

    /// Nothing but what belongs to the application.
    [[nodiscard]] bool nothing() const noexcept {
        return count == 0 && !more && unlisted.empty() && failure.empty();
    }
    friend bool operator==(const goes_along&, const goes_along&) = default;
};

/// Whether others' objects may go with an object of this kind: a CustomResourceDefinition or a Namespace.
bool takes_others_along(const object_id& id) noexcept;

/// Whether what goes along now is no more than what was confirmed `then`.
bool is_covered(const goes_along& then, const goes_along& now);

/// "takes 12 objects with it that this application does not own: Widget team-a/x, …"; empty for nothing and
/// for a failure. `own` are objects of the application that are to stay, and would go as well.
std::string sentence_of(const goes_along& along, const std::vector<object_id>& own);

} // namespace holdfast::sync
