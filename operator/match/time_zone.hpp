#pragma once

#include "base/error.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::match {

using sys_time = std::chrono::sys_seconds;
/// What clocks show somewhere.
using local_time = std::chrono::local_seconds;

/// The rules by which clocks go somewhere: a zone of the IANA database, with its changes of summer and winter
/// time. Cheap to copy; immutable; any thread.
class time_zone {
public:
    /// UTC.
    time_zone() = default;

    /// By its name, as "Europe/Berlin"; "" and "UTC" are UTC. User error for a name that the database does not
    /// have, and where there is no database.
    static result<time_zone> find(std::string_view name);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// How far clocks are ahead of UTC then.
    [[nodiscard]] std::chrono::seconds offset_at(sys_time time) const;
    /// What clocks show then.
    [[nodiscard]] local_time local(sys_time time) const;

    /// A time between two changes of the offset.
    struct stretch {
        sys_time begin;
        sys_time end;
        std::chrono::seconds offset;
    };
    [[nodiscard]] stretch stretch_at(sys_time time) const;

    /// When clocks show that: once; twice, the earlier first, where they are set back; and where they are set
    /// forward and never show it, when they jump over it.
    [[nodiscard]] std::vector<sys_time> when(local_time shown) const;

private:
    struct rules;
    std::shared_ptr<const rules> rules_; // null: UTC
    std::string name_ = "UTC";
};

} // namespace holdfast::match
