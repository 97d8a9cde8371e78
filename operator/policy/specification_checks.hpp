#pragma once

#include "crds/application.hpp"
#include "crds/project.hpp"
#include "crds/repository.hpp"
#include "policy/surroundings.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::policy {

/// What there is to say about an object before anything is done with it.
struct specification_verdict {
    /// Each is reason enough to refuse it.
    std::vector<crds::problem> problems;
    /// What may well be right, or will be.
    std::vector<crds::problem> warnings;
};

/// Judges an object by itself and in its surroundings, everything at once. The admission webhook and the
/// controllers ask the same: the webhook may have been off when an object came in, and what is around it
/// changes. Of two objects that exclude each other the older is right; one without a creationTimestamp is
/// the youngest of all.
[[nodiscard]] specification_verdict judge(const crds::application& value, const surroundings& around);
[[nodiscard]] specification_verdict judge(const crds::repository& value, const surroundings& around);
/// Its warnings name the Applications to which it no longer permits what it did, as things are now.
[[nodiscard]] specification_verdict judge(const crds::project& value, const surroundings& around);
/// What its deletion means to the Applications that name a Project, as a sentence that names some; empty: nothing.
[[nodiscard]] std::string what_a_deletion_leaves(const std::string& project, const surroundings& around);
/// What is right about a Project and means something else than most people think, its sync windows at `now` too.
[[nodiscard]] std::vector<crds::problem>
surprises_of(const crds::project_spec& spec, std::chrono::system_clock::time_point now);
/// What is wrong with an Application whatever is around it: the part of its judgement that needs nothing but
/// the value, and takes its time for long texts. On any thread.
[[nodiscard]] std::vector<crds::problem> problems_by_itself(const crds::application& value);
/// The same as judge(value, around), where `by_itself` has been found out already.
[[nodiscard]] specification_verdict
judge(const crds::application& value, const surroundings& around, std::vector<crds::problem> by_itself);
/// The problems alone, for whoever looks often: some warnings take a search through all refs.
[[nodiscard]] std::vector<crds::problem>
problems_of(const crds::application& value, const surroundings& around);

/// What a specification says in vain. Of spec.ignoreDifferences what is compared all the same: paths that are
/// no JSON pointers, what says which object it is. Sync options that are none any more. Nothing of this is
/// a reason to refuse it: the rest holds.
[[nodiscard]] std::vector<crds::problem> without_effect(const crds::application_spec& spec);

/// What of a specification asks for what there is not (yet). Nothing of this is a reason to refuse it: it is
/// done as far as it can be, and is not ready.
[[nodiscard]] std::vector<crds::problem> not_served(const crds::application_spec& spec);
[[nodiscard]] std::vector<crds::problem> not_served(const crds::repository_spec& spec);

/// Whether a key of the Secret that spec.webhook.secretRef names holds what deliveries are signed with:
/// "secret", and "secret-…" for more, as while one takes the place of another. Whatever else is in that
/// Secret was not made to be sent to a Git provider.
[[nodiscard]] bool is_webhook_secret_key(std::string_view key) noexcept;

/// Why a file:// URL is none for objects outside of the operator's namespace: it leads to the operator's own
/// disk, where the copies of everybody's repositories are.
[[nodiscard]] std::string files_are_refused(const std::string& own_namespace);

} // namespace holdfast::policy
