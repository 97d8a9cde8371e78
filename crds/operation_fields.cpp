#include "crds/describe_structure.hpp"
#include "crds/field_limits.hpp"
#include "crds/operation.hpp"

/// The tables of retries and operations.
namespace holdfast::crds {

BOOST_DESCRIBE_STRUCT(retry_backoff, (), (duration, factor, max_duration))
template <>
struct docs<retry_backoff> {
    static constexpr std::string_view name = "RetryBackoff";
    static constexpr std::string_view text = "How long is waited between attempts.";
    static constexpr field fields[] = {
        {.member = "duration",
         .doc = "Wait before the second attempt, such as 5s or 1m; a bare number is seconds.",
         .lenient_duration = true},
        {.member = "factor", .doc = "Each further wait is so many times longer.", .minimum = 1, .maximum = 100
        },
        {.member = "max_duration", .doc = "The longest wait.", .lenient_duration = true},
    };
    // What is no duration is refused by its pattern; seconds are written out so that both compare.
    static constexpr rule rules[] = {
        {"!has(self.duration) || !has(self.maxDuration) || "
         "[self.duration, self.maxDuration].exists(d, "
         "!d.matches('^([0-9]+|([0-9]+([.][0-9]+)?(ms|s|m|h))+)$')) || "
         "duration(self.duration.matches('[0-9]$') ? self.duration + 's' : self.duration) <= "
         "duration(self.maxDuration.matches('[0-9]$') ? self.maxDuration + 's' : self.maxDuration)",
         "maxDuration must not be shorter than duration", ".maxDuration"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(retry_backoff)

BOOST_DESCRIBE_STRUCT(retry_strategy, (), (limit, backoff, refresh))
template <>
struct docs<retry_strategy> {
    static constexpr std::string_view name = "RetryStrategy";
    static constexpr std::string_view text = "How often and when a failed operation is tried again.";
    static constexpr field fields[] = {
        {.member = "limit",
         .doc = "Attempts after the first one: 0 for none, -1 for as many as it takes.",
         .minimum = -1,
         .maximum = 1000000},
        {.member = "backoff", .doc = "How long is waited between attempts."},
        {.member = "refresh",
         .doc = "Ask the repository before each attempt, so that it is of the newest revision and not "
                "of the one that was last polled."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(retry_strategy)

BOOST_DESCRIBE_STRUCT(info_item, (), (name, value))
template <>
struct docs<info_item> {
    static constexpr std::string_view name = "InfoItem";
    static constexpr std::string_view text = "A note for people.";
    static constexpr field fields[] = {
        {.member = "name", .doc = "What it is about.", .required = true, .min_length = 1, .max_length = 256},
        {.member = "value", .doc = "The note itself.", .required = true, .max_length = 4096},
    };
};
HOLDFAST_DESCRIBED_STRUCT(info_item)

BOOST_DESCRIBE_STRUCT(sync_strategy_apply, (), (force))
template <>
struct docs<sync_strategy_apply> {
    static constexpr std::string_view name = "SyncStrategyApply";
    static constexpr std::string_view text = "Only apply.";
    static constexpr field fields[] = {
        {.member = "force", .doc = "Delete and recreate objects that cannot be changed in place."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sync_strategy_apply)

BOOST_DESCRIBE_STRUCT(sync_strategy_hook, (), (force))
template <>
struct docs<sync_strategy_hook> {
    static constexpr std::string_view name = "SyncStrategyHook";
    static constexpr std::string_view text = "Apply and run hooks.";
    static constexpr field fields[] = {
        {.member = "force", .doc = "Delete and recreate objects that cannot be changed in place."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sync_strategy_hook)

BOOST_DESCRIBE_STRUCT(sync_strategy, (), (apply, hook))
template <>
struct docs<sync_strategy> {
    static constexpr std::string_view name = "SyncStrategy";
    static constexpr std::string_view text = "Whether hooks run.";
    static constexpr field fields[] = {
        {.member = "apply", .doc = "Only apply; hooks do not run."},
        {.member = "hook", .doc = "Apply and run hooks, which is also the meaning of neither."},
    };
    static constexpr rule rules[] = {
        {"!(has(self.apply) && has(self.hook))", "at most one of apply and hook may be set"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sync_strategy)

BOOST_DESCRIBE_STRUCT(sync_resource, (), (group, kind, name, namespace_))
template <>
struct docs<sync_resource> {
    static constexpr std::string_view name = "SyncResource";
    static constexpr std::string_view text = "An object of the application.";
    static constexpr field fields[] = {
        {.member = "group", .doc = "API group; empty for the core group.", .max_length = limits::name},
        {.member = "kind", .doc = "Kind.", .required = true, .min_length = 1, .max_length = limits::label},
        {.member = "name", .doc = "Name.", .required = true, .min_length = 1, .max_length = limits::name},
        {.member = "namespace_", .doc = "Namespace; absent: whichever.", .max_length = limits::label},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sync_resource)

BOOST_DESCRIBE_STRUCT(
    sync_request, (),
    (revision, revisions, prune, dry_run, sync_options, resources, sync_strategy, source, sources,
     auto_heal_attempts_count)
)
template <>
struct docs<sync_request> {
    static constexpr std::string_view name = "SyncOperation";
    static constexpr std::string_view text = "A sync: what is applied, and how.";
    static constexpr field fields[] = {
        {.member = "revision",
         .doc = "Revision to apply; what targetRevision stands for now where it is absent.",
         .max_length = limits::revision},
        {.member = "revisions",
         .doc = "With several sources, one revision for each.",
         .max_length = limits::revision,
         .max_items = 20},
        {.member = "prune", .doc = "Delete objects that are no longer in the source."},
        {.member = "dry_run", .doc = "Ask the API server what would happen, and change nothing."},
        {.member = "sync_options",
         .doc = "Options, as in spec.syncPolicy.syncOptions, which they add to.",
         .max_length = 128},
        {.member = "resources",
         .doc = "Apply these objects only: hooks do not run, and it makes no entry in the history.",
         .max_items = 500},
        {.member = "sync_strategy", .doc = "Whether hooks run."},
        {.member = "source",
         .doc = "Source to use in place of spec.source: a rollback.",
         .documented_at = "spec.source"},
        {.member = "sources",
         .doc = "Sources to use in place of spec.sources: a rollback.",
         .max_items = 20,
         .documented_at = "spec.source"},
        {.member = "auto_heal_attempts_count",
         .doc = "How often in a row drift had to be taken back; set by Holdfast.",
         .minimum = 0},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sync_request)

BOOST_DESCRIBE_STRUCT(operation_initiator, (), (username, automated))
template <>
struct docs<operation_initiator> {
    static constexpr std::string_view name = "OperationInitiator";
    static constexpr std::string_view text = "Who asked for an operation.";
    static constexpr field fields[] = {
        {.member = "username", .doc = "Name of a user.", .max_length = 256},
        {.member = "automated", .doc = "It was Holdfast itself, by syncPolicy.automated."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(operation_initiator)

BOOST_DESCRIBE_STRUCT(operation, (), (sync, initiated_by, info, retry))
template <>
struct docs<operation> {
    static constexpr std::string_view name = "Operation";
    static constexpr std::string_view text = "Work that is asked for.";
    static constexpr field fields[] = {
        {.member = "sync", .doc = "Bring the cluster to the manifests."},
        {.member = "initiated_by", .doc = "Who asks."},
        {.member = "info", .doc = "Notes for people."},
        {.member = "retry", .doc = "How often it is tried again; spec.syncPolicy.retry where it is absent."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(operation)

} // namespace holdfast::crds
