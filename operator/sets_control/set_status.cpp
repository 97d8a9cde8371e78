#include "sets_control/set_status.hpp"

#include "base/counted_list.hpp"
#include "crds/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::sets_control {

namespace {

constexpr std::size_t most_named = 5;

std::string count_of(std::size_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string{noun} + (count == 1 ? "" : "s");
}

std::string_view reason_of(const sets::generator_failure& one) {
    return one.step == sets::failed_step::rendering ? "RenderTemplateParamsError"
                                                    : "ApplicationGenerationFromParamsError";
}

std::string_view reason_of(const refused_write& one) {
    using enum refused_write::write;
    if (one.is_wrong) return "ApplicationValidationError";
    switch (one.what) {
    case creation: return "CreateApplicationError";
    case update: return "UpdateApplicationError";
    case deletion: return "DeleteApplicationError";
    }
    return "UpdateApplicationError";
}

/// What is in the way: the reason of the first of it, and all of it as sentences.
struct obstacle {
    std::string reason;
    std::string message;
    /// In the words of Argo CD's conditions.
    std::string argo_reason;
    /// Only a person can help.
    bool is_for_people = true;
};

std::optional<obstacle> obstacle_of(const set_findings& found) {
    if (!found.problem.empty()) {
        return obstacle{
            .reason = "InvalidSpec", .message = found.problem, .argo_reason = "ApplicationValidationError"
        };
    }
    obstacle made;
    counted_list sentences{most_named};
    const auto note = [&](std::string_view reason, std::string_view argo_reason) {
        if (made.reason.empty()) {
            made.reason = reason;
            made.argo_reason = argo_reason;
        }
    };
    for (const auto& one : found.failures) {
        note("GeneratorFailed", reason_of(one));
        sentences.add(one.message);
    }
    if (found.withheld > 0) {
        sentences.add(
            count_of(found.withheld, "Application") + " stay" + (found.withheld == 1 ? "s" : "") +
            " that a generator which failed may have made"
        );
    }
    for (const auto& one : found.left) {
        note(
            one.why == left_because::twice   ? "NameGeneratedTwice"
            : one.why == left_because::wrong ? "ApplicationInvalid"
                                             : "ApplicationExists",
            one.why == left_because::owned || one.why == left_because::foreign ? "UpdateApplicationError"
                                                                               : "ApplicationValidationError"
        );
        sentences.add("Application " + crds::quoted(one.name) + ": " + one.message);
    }
    for (const auto& one : found.refused) {
        note(
            one.is_wrong       ? "ApplicationInvalid"
            : one.is_forbidden ? "Forbidden"
                               : "WriteFailed",
            reason_of(one)
        );
        sentences.add("Application " + crds::quoted(one.application) + ": " + one.message);
    }
    if (found.asked) {
        note("ConfirmationNeeded", "DeleteApplicationError");
        sentences.add(found.asked->sentence);
    }
    if (made.reason.empty()) {
        return std::nullopt;
    }
    made.message = sentences.text();
    return made;
}

} // namespace

std::string asked_in(const crds::application_set_status& status) {
    const auto* asked = crds::find_condition(status.conditions, pending_deletion);
    const auto equals = asked == nullptr ? std::string::npos : asked->message.rfind('=');
    return equals == std::string::npos ? std::string{} : asked->message.substr(equals + 1);
}

crds::application_set_status status_of(
    const set_findings& found, const crds::application_set& set, const crds::application_set_status& before,
    std::vector<set_member> members, wall_clock::time_point now
) {
    auto status = before;
    status.observed_generation = set.metadata.generation;
    const auto say = [&](std::string type, std::string state, std::string reason, std::string message) {
        crds::set_condition(
            status.conditions, {.type = std::move(type),
                                .status = std::move(state),
                                .observed_generation = set.metadata.generation,
                                .last_transition_time = now,
                                .reason = std::move(reason),
                                .message = std::move(message)}
        );
    };
    const auto say_only_if = [&](bool is_so, std::string type, std::string reason, std::string message) {
        if (is_so) {
            say(std::move(type), "True", std::move(reason), std::move(message));
        } else {
            crds::remove_condition(status.conditions, type);
        }
    };
    const auto wrong = obstacle_of(found);
    const bool is_moving = found.is_pending || found.under_way > 0;
    const auto moving = found.is_pending ? std::string{"Its generators are being read."}
                                         : count_of(found.under_way, "Application") + " to be written, of " +
                                               std::to_string(found.wanted);
    if (wrong) {
        say("Ready", "False", wrong->reason, wrong->message);
    } else if (is_moving) {
        say("Ready", "False", "Progressing", moving);
    } else {
        say("Ready", "True", "UpToDate",
            found.wanted == 0 ? "Its generators give no Application."
                              : count_of(found.wanted, "Application") + (found.wanted == 1 ? " is" : " are") +
                                    " as generated.");
    }
    say_only_if(!wrong && is_moving, "Reconciling", "Progressing", moving);
    say_only_if(wrong.has_value(), "Stalled", wrong ? wrong->reason : "", wrong ? wrong->message : "");
    const bool is_generated = found.problem.empty() && found.failures.empty();
    if (!found.is_pending) {
        say("ParametersGenerated", is_generated ? "True" : "False",
            is_generated ? "ParametersGenerated" : wrong->argo_reason,
            is_generated ? "Successfully generated parameters for all Applications" : wrong->message);
        constexpr auto all_is_well = "All applications have been generated successfully";
        say("ErrorOccurred", wrong ? "True" : "False", wrong ? wrong->argo_reason : "ApplicationSetUpToDate",
            wrong ? wrong->message : all_is_well);
        say("ResourcesUpToDate", !wrong && !is_moving ? "True" : "False",
            wrong       ? wrong->argo_reason
            : is_moving ? "ApplicationSetModified"
                        : "ApplicationSetUpToDate",
            wrong       ? wrong->message
            : is_moving ? moving
                        : all_is_well);
    }
    say_only_if(
        found.asked.has_value(), std::string{pending_deletion}, "TooManyDeletions",
        found.asked ? found.asked->sentence : std::string{}
    );
    counted_list warnings{most_named};
    for (const auto& one : found.warnings) {
        warnings.add(one);
    }
    say_only_if(!warnings.empty(), "Warning", "Specification", warnings.text());

    crds::health_status health{
        .status = wrong       ? crds::health_code::degraded
                  : is_moving ? crds::health_code::progressing
                              : crds::health_code::healthy,
        .message = wrong ? wrong->message : std::string{},
        .last_transition_time = {}
    };
    status.health = std::move(health);

    status.resources_count = static_cast<std::int64_t>(members.size());
    std::ranges::sort(members, {}, &set_member::name);
    if (members.size() > crds::max_set_resources) {
        members.resize(crds::max_set_resources);
    }
    status.resources.clear();
    for (auto& one : members) {
        status.resources.push_back(
            {.group = std::string{crds::group},
             .version = std::string{crds::version},
             .kind = "Application",
             .namespace_ = set.metadata.namespace_,
             .name = std::move(one.name),
             .status = one.sync,
             .health = std::move(one.health)}
        );
    }
    return status;
}

} // namespace holdfast::sets_control
