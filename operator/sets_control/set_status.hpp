#pragma once

#include "base/timestamp.hpp"
#include "crds/application_set.hpp"
#include "sets/generate.hpp"
#include "sets_control/plan.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the status of a set says, made of values.

namespace holdfast::sets_control {

/// A write that the API server, or our own judgement before it, did not let through.
struct refused_write {
    enum class write : std::uint8_t { creation, update, deletion };
    std::string application;
    write what = write::creation;
    /// It would be refused by admission: nothing was sent.
    bool is_wrong = false;
    bool is_forbidden = false;
    std::string message;
};

/// The condition that a set has while deletions wait for a confirmation; its message ends with the token.
inline constexpr std::string_view pending_deletion = "DeletionPending";

/// The token of the deletions that a status asks about; empty where it asks about none.
[[nodiscard]] std::string asked_in(const crds::application_set_status& status);

/// What one look at a set came to.
struct set_findings {
    /// Why it is not worked on; the rest is as it was then.
    std::string problem;
    /// Nothing was generated yet.
    bool is_pending = false;
    std::vector<sets::generator_failure> failures;
    std::vector<std::string> warnings;
    std::vector<left_application> left;
    std::vector<refused_write> refused;
    std::optional<deletion_question> asked;
    std::size_t withheld = 0;
    std::size_t wanted = 0;
    /// How many are not known to be as they are wanted, for no other reason than that this takes a moment.
    std::size_t under_way = 0;
};

/// An Application of the set, for `resources`.
struct set_member {
    std::string name;
    crds::sync_code sync = crds::sync_code::unknown;
    crds::resource_health health;
};

/// `before` is the status so far: the times of conditions that stay are kept.
[[nodiscard]] crds::application_set_status status_of(
    const set_findings& found, const crds::application_set& set, const crds::application_set_status& before,
    std::vector<set_member> members, wall_clock::time_point now
);

} // namespace holdfast::sets_control
