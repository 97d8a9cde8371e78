#include "engine/resources.hpp"

#include "base/counted_list.hpp"
#include "sync/removal_policy.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

namespace holdfast::engine {

namespace {

/// Of the objects that are out of sync: nobody reads more.
constexpr std::size_t most_named = 3;

crds::resource_status status_of(const sync::object_id& id, std::string_view version) {
    crds::resource_status one;
    one.group = id.group;
    one.version = version;
    one.kind = id.kind;
    one.namespace_ = id.namespace_;
    one.name = id.name;
    return one;
}

void bound(std::vector<crds::resource_status>& resources, std::size_t most) {
    if (resources.size() <= most) {
        return;
    }
    std::set<std::tuple<std::string, std::string, std::string>> kinds;
    std::vector<crds::resource_status> first;
    std::vector<crds::resource_status> rest;
    for (auto& resource : resources) {
        if (kinds.emplace(resource.group, resource.version, resource.kind).second) {
            first.push_back(std::move(resource));
        } else {
            rest.push_back(std::move(resource));
        }
    }
    const auto needs_attention = [](const crds::resource_status& r) {
        return r.status != crds::sync_code::synced ||
               (r.health && r.health->status != crds::health_code::healthy);
    };
    std::sort(rest.begin(), rest.end(), [&](const crds::resource_status& a, const crds::resource_status& b) {
        const auto rank = [&](const crds::resource_status& r) {
            return std::tuple{!needs_attention(r), std::tie(r.group, r.kind, r.namespace_, r.name)};
        };
        return rank(a) < rank(b);
    });
    std::move(rest.begin(), rest.end(), std::back_inserter(first));
    first.resize(most);
    resources = std::move(first);
}

/// What there is of an object.
struct reading {
    /// Null: nothing.
    const sync::live_record* live = nullptr;
    /// Our watches tell nothing of it, and nobody else's it is.
    bool is_outside = false;
    /// Nobody knows whether there is anything.
    bool is_unknown = false;
};

reading reading_of(const wanted_member& w) {
    reading made{.live = w.live};
    if (w.live == nullptr && w.outside != nullptr && !w.plan->in_sync) {
        made.is_outside = w.outside->is == outside_object::standing::there;
        made.is_unknown = w.outside->is == outside_object::standing::unreadable ||
                          w.outside->is == outside_object::standing::passed_over;
        made.live = made.is_outside ? &w.outside->live : nullptr;
    }
    return made;
}

std::string differs_how(const wanted_member& w, const reading& seen) {
    if (seen.is_unknown) {
        return w.outside->is == outside_object::standing::unreadable ? "cannot be read" : "was not looked at";
    }
    if (seen.is_outside) {
        const auto& differs = w.outside->differs;
        return "was made by somebody else" + (differs.empty() ? std::string{} : ", and differs: " + differs);
    }
    if (w.live == nullptr && !w.plan->synthetic) {
        return "is not there";
    }
    return w.differs.empty() ? "differs" : "differs: " + std::string{w.differs};
}

/// What a sync would do to an object that is not as wanted.
std::string change_of(const wanted_member& w, const sync::application_ref& application) {
    if (w.plan->synthetic) {
        return {};
    }
    if (w.live == nullptr) {
        return w.outside == nullptr ? std::string{} : change_of(*w.outside);
    }
    if (!w.live->owner.name.empty() && w.live->owner != application) {
        return {}; // whether it is to be had is another question
    }
    return "a sync would change " + (w.changes.empty() ? std::string{"it"} : std::string{w.changes});
}

} // namespace

crds::health_code to_code(sync::health_status status) noexcept {
    switch (status) {
    case sync::health_status::healthy: return crds::health_code::healthy;
    case sync::health_status::suspended: return crds::health_code::suspended;
    case sync::health_status::progressing: return crds::health_code::progressing;
    case sync::health_status::missing: return crds::health_code::missing;
    case sync::health_status::degraded: return crds::health_code::degraded;
    case sync::health_status::unknown: return crds::health_code::unknown;
    }
    return crds::health_code::unknown;
}

sync::member_health
member_of(const sync::object_id& id, bool exists, bool ignored, const sync::live_record* live) {
    sync::member_health member{.id = id, .exists = exists, .ignored = ignored, .verdict = {}};
    if (live != nullptr && live->status) {
        member.verdict = sync::health{*live->status, live->health_message};
    }
    return member;
}

resource_report resources_of(const resource_view& view) {
    resource_report report;
    std::vector<sync::member_health> members;
    counted_list out_of_sync{most_named};
    for (const auto& w : view.wanted) {
        const auto& plan = *w.plan;
        if (!plan.orders.is_applied()) {
            continue;
        }
        auto resource = status_of(plan.id, w.version);
        resource.status = plan.in_sync ? crds::sync_code::synced : crds::sync_code::out_of_sync;
        resource.sync_wave = plan.orders.wave;
        if (!w.forbidden.empty()) {
            // Neither compared nor counted, whatever there is.
            resource.status = crds::sync_code::unknown;
            resource.message = w.forbidden;
            out_of_sync.add([&] {
                return sync::describe(plan.id) + " is not to be had: " + std::string{w.forbidden};
            });
            report.in_sync = false;
            report.resources.push_back(std::move(resource));
            continue;
        }
        const auto seen = reading_of(w);
        if (!plan.synthetic) {
            if (seen.is_unknown) {
                resource.health = crds::resource_health{crds::health_code::unknown, w.outside->why};
            } else if (seen.live == nullptr) {
                resource.health = crds::resource_health{crds::health_code::missing, {}};
            } else if (seen.live->status) {
                resource.health =
                    crds::resource_health{to_code(*seen.live->status), seen.live->health_message};
            }
            const bool counts =
                seen.is_outside || (seen.live != nullptr && seen.live->owner == view.application);
            members.push_back(member_of(plan.id, counts, plan.orders.ignore_healthcheck, seen.live));
        }
        if (!plan.in_sync) {
            out_of_sync.add([&] { return sync::describe(plan.id) + " " + differs_how(w, seen); });
            if (view.is_previewed) {
                resource.message = change_of(w, view.application);
            }
        }
        report.in_sync = report.in_sync && plan.in_sync;
        report.resources.push_back(std::move(resource));
    }
    for (const auto& s : view.surplus) {
        auto resource = status_of(s.id, s.version);
        resource.status = crds::sync_code::out_of_sync; // IgnoreExtraneous is about the application's
        resource.requires_pruning = !s.has_heir;
        resource.requires_deletion_confirmation =
            sync::prune_policy(*s.live, view.options) == sync::removal::needs_confirmation;
        if (view.is_previewed && resource.requires_pruning && !s.live->ignore_extraneous &&
            sync::prune_policy(*s.live, view.options) == sync::removal::allowed) {
            resource.message = "a sync that prunes would delete it";
        }
        if (!s.live->ignore_extraneous) {
            out_of_sync.add([&] {
                return sync::describe(s.id) +
                       (s.has_heir ? " is left to another application" : " is not in the sources");
            });
        }
        report.in_sync = report.in_sync && s.live->ignore_extraneous;
        report.resources.push_back(std::move(resource));
    }
    report.out_of_sync = out_of_sync.text();
    const auto health = sync::aggregate(members);
    report.health = to_code(health.status);
    report.health_message = health.message;
    report.count = static_cast<std::int64_t>(report.resources.size());
    bound(report.resources, view.most);
    return report;
}

} // namespace holdfast::engine
