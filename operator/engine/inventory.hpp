#pragma once

#include "crds/application_status.hpp"
#include "sync/live_record.hpp"

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// Which objects an application is known to have. The annotation that says so on an object is a word of
// whoever may write that object: it finds candidates, and proves nothing.

namespace holdfast::engine {

/// What an application's status tells of its objects.
class inventory {
public:
    explicit inventory(const crds::application_status& status);

    /// Whether an object that names the application as its owner is known to be its: found so in this process
    /// (`in_inventory`), or told of by the status. Where that has no room for all objects, or no operation
    /// has ended that could have written it, what our field manager marked counts too: that can be forged.
    [[nodiscard]] bool has(const sync::object_id& id, const sync::live_record& live) const;
    /// Whether the status says that it was as the application wanted it.
    [[nodiscard]] bool had(const sync::object_id& id) const { return synced_.contains(id); }

private:
    std::set<sync::object_id> named_;
    std::set<sync::object_id> synced_;
    bool is_whole_ = false;
};

/// What a person is asked about objects that name an application as their owner, and are in no inventory of
/// it: by this, and by no other answer, they become its own. Changes with the objects.
[[nodiscard]] std::string
adoption_token(std::span<const std::pair<sync::object_id, const sync::live_record*>> objects);

/// The same as a sentence; `how` is the command that answers it.
[[nodiscard]] std::string adoption_question(
    std::span<const std::pair<sync::object_id, const sync::live_record*>> objects, std::string_view how
);

} // namespace holdfast::engine
