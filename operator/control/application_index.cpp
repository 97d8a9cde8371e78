#include "control/application_index.hpp"

namespace holdfast::control {

record_ptr application_index::find(const std::string& key) const {
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : found->second;
}

bool application_index::is_stale(const application_record& r, std::int64_t generation) const {
    return r.object.metadata.generation != generation || r.deleting() || find(r.key()).get() != &r;
}

void application_index::note_dependencies(const crds::application& a, bool there) {
    const auto key = a.metadata.namespace_ + "/" + a.metadata.name;
    for (const auto& dependency : a.spec.depends_on) {
        const auto& ns = dependency.namespace_.empty() ? a.metadata.namespace_ : dependency.namespace_;
        const auto on = ns + "/" + dependency.name;
        there ? dependents_.add(on, key) : dependents_.remove(on, key);
    }
}

std::string application_index::not_ready_of(const application_record& r) const {
    for (const auto& dependency : r.object.spec.depends_on) {
        const auto& ns = dependency.namespace_.empty() ? r.object.metadata.namespace_ : dependency.namespace_;
        auto key = ns + "/" + dependency.name;
        const auto other = find(key);
        const bool ready = other && !other->deleting() &&
                           other->object.status.sync.status == crds::sync_code::synced &&
                           other->object.status.health.status == crds::health_code::healthy &&
                           other->object.status.observed_generation == other->object.metadata.generation;
        if (!ready) {
            return key;
        }
    }
    return {};
}

} // namespace holdfast::control
