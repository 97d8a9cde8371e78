#pragma once

#include "crds/source.hpp"
#include "crds/types.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::crds {

/// The wait before attempt n is min(max_duration, duration · factorⁿ).
struct retry_backoff {
    crds::duration duration{std::chrono::seconds{5}};
    std::int64_t factor = 2;
    crds::duration max_duration{std::chrono::minutes{3}};

    bool operator==(const retry_backoff&) const = default;
};

struct retry_strategy {
    /// Attempts after the first: 0 for none, below 0 for as many as it takes.
    std::int64_t limit = 5;
    retry_backoff backoff;
    /// The refs are listed before each attempt, so that it is of the newest revision.
    bool refresh = false;

    bool operator==(const retry_strategy&) const = default;
};

struct info_item {
    std::string name;
    std::string value;

    bool operator==(const info_item&) const = default;
};

struct sync_strategy_apply {
    bool force = false;
    bool operator==(const sync_strategy_apply&) const = default;
};

struct sync_strategy_hook {
    bool force = false;
    bool operator==(const sync_strategy_hook&) const = default;
};

/// `apply` leaves hooks out; `hook`, which is also the meaning of neither, runs them.
struct sync_strategy {
    std::optional<sync_strategy_apply> apply;
    std::optional<sync_strategy_hook> hook;

    bool operator==(const sync_strategy&) const = default;
};

/// An object that a selective sync is about.
struct sync_resource {
    std::string group;
    std::string kind;
    std::string name;
    std::string namespace_;

    bool operator==(const sync_resource&) const = default;
};

struct sync_request {
    /// Empty: what the source's targetRevision is now.
    std::string revision;
    /// With several sources, one for each.
    std::vector<std::string> revisions;
    bool prune = false;
    bool dry_run = false;
    std::vector<std::string> sync_options;
    std::vector<sync_resource> resources;
    std::optional<sync_strategy> sync_strategy;
    /// In place of the spec's source: what a rollback takes from the history.
    std::optional<application_source> source;
    std::vector<application_source> sources;
    /// How often in a row drift had to be taken back: paces self-healing.
    std::int64_t auto_heal_attempts_count = 0;

    bool operator==(const sync_request&) const = default;
};

struct operation_initiator {
    std::string username;
    bool automated = false;

    bool operator==(const operation_initiator&) const = default;
};

/// Work that is asked for: by people in the `operation` field, by Holdfast itself when syncing is automatic.
struct operation {
    std::optional<sync_request> sync;
    std::optional<operation_initiator> initiated_by;
    std::vector<info_item> info;
    std::optional<retry_strategy> retry;

    bool operator==(const operation&) const = default;
};

} // namespace holdfast::crds
