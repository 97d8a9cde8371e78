#include "control/application_record.hpp"

#include "base/timestamp.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace holdfast::control {

namespace {

constexpr std::array approvals{"holdfast.dev/deletion-approved", "argocd.argoproj.io/deletion-approved"};

// `wanted` as it is or const, and what it finds likewise.
template <class Wanted>
auto find_in(Wanted& wanted, const sync::object_id& id) noexcept -> decltype(&wanted->front()) {
    if (!wanted) {
        return nullptr;
    }
    const auto found = std::lower_bound(
        wanted->begin(), wanted->end(), id,
        [](const sync::planned_object& w, const auto& key) { return w.id < key; }
    );
    return found == wanted->end() || found->id != id ? nullptr : &*found;
}

} // namespace

sync::planned_object* comparison_state::find(const sync::object_id& id) noexcept {
    return find_in(wanted, id);
}

const sync::planned_object* comparison_state::find(const sync::object_id& id) const noexcept {
    return find_in(wanted, id);
}

void application_record::note_forbidden() {
    compared.forbidden.clear();
    if (granted.permits_everything() || !compared.wanted) {
        return;
    }
    for (const auto& w : *compared.wanted) {
        if (auto why = granted.why_not(w.id); !why.empty()) {
            compared.forbidden.emplace(w.id, std::move(why));
        }
    }
}

bool application_record::prune_confirmed() const {
    const auto& pending = object.status.pending_prune;
    if (!pending || pending->token.empty()) {
        return false;
    }
    const auto& annotations = object.metadata.annotations;
    const auto said = annotations.find("holdfast.dev/confirm-prune");
    if (said != annotations.end() && said->second == pending->token) {
        return true;
    }
    // As with Argo CD: whoever approves later than the question was asked approves what it is about.
    return std::ranges::any_of(approvals, [&](const char* name) {
        const auto approved = annotations.find(name);
        const auto when = approved == annotations.end() ? std::nullopt : parse_time(approved->second);
        return when && *when >= std::chrono::floor<std::chrono::seconds>(pending->requested_at);
    });
}

std::string application_record::blanked(std::string message) const {
    for (const auto& mask : compared.masks) {
        message = mask->blank(std::move(message));
    }
    return message;
}

std::string application_record::skipped_by() const {
    for (const auto* name : {"holdfast.dev/skip-reconcile", "argocd.argoproj.io/skip-reconcile"}) {
        const auto found = object.metadata.annotations.find(name);
        if (found != object.metadata.annotations.end() && found->second == "true") {
            return std::string{"the annotation "} + name +
                   " is \"true\": nothing is changed until it is taken away";
        }
    }
    return {};
}

std::string application_record::left_alone_by() const {
    auto why = skipped_by();
    if (why.empty() && object.spec.suspend) {
        why = "spec.suspend is set: nothing is changed until it is taken away";
    }
    return why;
}

} // namespace holdfast::control
