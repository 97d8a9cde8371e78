#pragma once

#include "base/hash.hpp"
#include "sync/annotations.hpp"
#include "sync/health.hpp"
#include "sync/identity.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::sync {

/// What the operator keeps of a live object: all that comparing, planning and statuses need, and no field of
/// the object itself. About 200 bytes.
struct live_record {
    static constexpr auto never = wall_clock::time_point::max();

    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;
    /// Hash of the fields that the dialect's field manager owns, and of which items former managers added to
    /// lists beside its own (sync/takeover.hpp); all zero where it owns none.
    sha256_digest owned_hash{};
    /// Whom it belongs to, by its tracking id; empty namespace and name where nobody.
    application_ref owner;
    /// `release_key` of the application that may take it over; 0: none.
    std::uint64_t released_to = 0;
    /// At most 120 bytes of why.
    std::string health_message;
    /// When `status` becomes Degraded although nothing happens (health::degraded_from).
    wall_clock::time_point degraded_from = never;
    std::int32_t wave = 0;
    /// Of a hook's object the run that it was made for (sync/hooks.hpp); 0: none.
    std::uint32_t hook_run = 0;
    /// Nothing where nothing can be said of the kind.
    std::optional<health_status> status;
    /// What its own annotations say, if anything: see sync/removal_policy.hpp for what holds.
    std::optional<removal> prune;
    std::optional<removal> remove;
    std::optional<propagation> prune_propagation;
    std::optional<bool> prune_last;
    bool deleting : 1 = false;
    /// Created by a hook: not part of the application's state, and never pruned.
    bool hook : 1 = false;
    /// Our finalizer keeps it until its result was read.
    bool has_hook_finalizer : 1 = false;
    /// Its delete policy.
    bool hook_goes_on_success : 1 = false;
    bool hook_goes_on_failure : 1 = false;
    bool ignore_healthcheck : 1 = false;
    bool ignore_extraneous : 1 = false;
    /// What Holdfast owns is recorded in another version than this object was read in: owned_hash says
    /// nothing.
    bool other_version : 1 = false;
    /// Former managers own what is ours, or items of lists: to be settled before it is applied.
    bool contested : 1 = false;
    /// The annotation that says whose it is was written by our field manager. Whoever may write the object
    /// can say that he is that manager: it tells accidents from our own writes, and keeps out nobody.
    bool is_mark_ours : 1 = false;
    /// Known here to be `owner`'s: applied for it, found where it wants it, or told of by its status. No
    /// annotation can say so (cluster/live_objects.hpp).
    bool in_inventory : 1 = false;
    /// Somebody else wrote another owner over ours, or none: `owner` is who has it, and not what it says.
    bool is_remarked : 1 = false;
    /// `status` and `health_message` are of its application's own health check, not of what is known of the kind.
    bool is_checked : 1 = false;

    [[nodiscard]] bool owned() const noexcept { return owned_hash != sha256_digest{}; }
    friend bool operator==(const live_record&, const live_record&) = default;
};

/// How a record names the application that it is released to: a hash, never 0.
std::uint64_t release_key(const application_ref& application) noexcept;

/// Makes the record of a live object, as a watch or an apply delivered it.
live_record observe(const json::object& live, const dialect& names);

/// What a record keeps of a verdict.
void set_health(live_record& record, const std::optional<health>& verdict);

/// The record of an object whose own health check is yet to be run on it: what was said of the object before (null: it
/// was not there), while it is the same but for what others change in it, or else Progressing.
void await_check(live_record& record, const live_record* before);

/// Degrades a record whose time has come. True where that changed it.
bool degrade_if_due(live_record& record, wall_clock::time_point now) noexcept;

} // namespace holdfast::sync
