#pragma once

#include "base/keyed_sets.hpp"
#include "control/application_record.hpp"
#include "sync/identity.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

namespace holdfast::control {

using record_ptr = std::shared_ptr<application_record>;
using progress_ptr = std::shared_ptr<operation_progress>;

/// The Applications that there are, by "NAMESPACE/NAME", and which of them depend on which. Those of other
/// installations are among them: what they own is not free. Written by what watches Applications
/// (application_watching.cpp). On the loop's thread.
class application_index {
public:
    using records = std::unordered_map<std::string, record_ptr>;

    /// Null: there is none (any more).
    [[nodiscard]] record_ptr find(const std::string& key) const;
    [[nodiscard]] record_ptr find(const sync::application_ref& ref) const {
        return find(ref.namespace_ + "/" + ref.name);
    }
    [[nodiscard]] const records& all() const noexcept { return records_; }
    /// Whether it is another one by now, is being deleted, or asks for something else than in that
    /// generation: going on with what was begun for it is pointless.
    [[nodiscard]] bool is_stale(const application_record& r, std::int64_t generation) const;

    /// The record of that key, null where there was none: for the watch to put another one there.
    [[nodiscard]] record_ptr& at(const std::string& key) { return records_[key]; }
    void erase(const std::string& key) { records_.erase(key); }

    /// Enters what an application depends on, or takes it out again.
    void note_dependencies(const crds::application& a, bool there);
    /// The keys of those that depend on an application. Valid until the next change.
    [[nodiscard]] const std::set<std::string>& dependents_of(const std::string& key) const {
        return dependents_.of(key);
    }
    /// The first application that this one depends on and that is not Synced and Healthy; empty: none.
    [[nodiscard]] std::string not_ready_of(const application_record& r) const;

private:
    records records_;
    keyed_sets<std::string, std::string> dependents_; // application → those that depend on it
};

} // namespace holdfast::control
