#pragma once

#include "base/timestamp.hpp"
#include "sync/identity.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::sync {

/// How an object fares, the best first: the worse of two is the greater.
enum class health_status : std::uint8_t { healthy, suspended, progressing, missing, degraded, unknown };

/// As Argo CD writes it: "Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown".
std::string_view to_string(health_status status) noexcept;
/// Nothing for any other text.
std::optional<health_status> parse_health_status(std::string_view text) noexcept;

/// A verdict, and why: a sentence for people, empty where there is nothing to say.
struct health {
    health_status status = health_status::healthy;
    std::string message;
    /// Where this verdict holds only for a while: from then on it is Degraded, unless the object changes.
    std::optional<wall_clock::time_point> degraded_from = std::nullopt;

    friend bool operator==(const health&, const health&) = default;
};

/// What a verdict is by.
enum class judge : std::uint8_t {
    /// It is being deleted.
    deletion,
    /// What Holdfast knows of a kind of the server's, of Argo's or of its own.
    built_in,
    /// A rule of health_rules/*.rules.
    rule,
    /// What the conditions of any kind say.
    conditions,
};

/// A verdict and where it comes from, for people who ask why. The texts live for ever.
struct judgement {
    /// Nothing for kinds without health (a ConfigMap): it has no effect on its application.
    std::optional<health> verdict;
    judge by = judge::conditions;
    /// The name of the rule, and the step of it that holds; empty where it is by no rule.
    std::string_view rule;
    std::string_view because;
};

/// How a live object fares, by Argo CD's rules for the kinds that it knows (health_rules/*.rules for custom ones), by
/// its conditions for all others: observedGeneration of an older generation is Progressing; Stalled, Failed or Degraded
/// are Degraded; Reconciling or Progressing are Progressing; Ready or Available are Healthy, and Degraded where they
/// have been false for a while. A custom resource that says none of that is Healthy. Being deleted is Progressing,
/// "Pending deletion".
[[nodiscard]] judgement judge_health(const json::object& live);

/// The verdict alone.
[[nodiscard]] std::optional<health> assess(const json::object& live);

/// One object of an application, as its health goes into the whole.
struct member_health {
    object_id id;
    /// False: wanted, but not in the cluster.
    bool exists = true;
    /// Left out: a hook, the application itself, or annotated `ignore-healthcheck: "true"`.
    bool ignored = false;
    /// What `assess` said.
    std::optional<health> verdict;
};

/// The health of a whole: the worst of its objects, and who they are ("Caused by apps/Deployment:shop/web:
/// …, and 4 more", three at most). A missing object makes it no worse, since being out of sync says that
/// already; only where all are missing, so is the whole. A child Application that is Missing or Unknown is
/// left out.
health aggregate(std::span<const member_health> members);

} // namespace holdfast::sync
