#pragma once

#include "cluster/destination.hpp"
#include "control/application_record.hpp"
#include "control/application_settings.hpp"

#include <string>
#include <vector>

namespace holdfast::control {

/// The live objects that name an application as their owner, and that it may have.
struct owned_objects {
    std::vector<cluster::live_objects::found> known;
    /// In no inventory of the application (engine/inventory.hpp): anybody may have marked them so. They hold
    /// nothing up, and are neither counted nor deleted, until a person takes them in.
    std::vector<cluster::live_objects::found> unproven;
};

/// Valid until the next turn of the loop. What a person has taken in is remembered.
[[nodiscard]] owned_objects owned_by(cluster::destination& to, const application_record& r);

/// What is to be said of `unproven`; empty where there is nothing.
[[nodiscard]] std::string adoption_question_of(
    const application_record& r, const std::vector<cluster::live_objects::found>& unproven,
    const application_settings& config
);

/// Has what its sources want, and what bears its mark, known as the application's; and what its status tells
/// of, and somebody else marked as another's since, as its own again. Gives these.
std::vector<sync::object_id>
hold_on_to(cluster::destination& to, const application_record& r, const sync::dialect& names);

} // namespace holdfast::control
