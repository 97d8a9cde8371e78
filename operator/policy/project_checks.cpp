// Judging a Project: what it says in vain or by surprise, and who would fall out of it.

#include "base/counted_list.hpp"
#include "crds/words.hpp"
#include "policy/specification_checks.hpp"
#include "policy/specification_checks_shared.hpp"
#include "policy/sync_windows.hpp"

#include <iterator>
#include <memory>
#include <utility>

namespace holdfast::policy {

namespace {

/// The Projects that there are, with one of them as it would be.
class changed_projects final : public known_projects {
public:
    changed_projects(const known_projects& others, const crds::project& value)
        : others_{others}, changed_{std::make_shared<const project_rules>(value)} {}

    [[nodiscard]] bool are_known() const override { return others_.are_known(); }
    [[nodiscard]] std::shared_ptr<const project_rules> find(std::string_view name) const override {
        return name == changed_->name() ? changed_ : others_.find(name);
    }
    [[nodiscard]] bool any_of(const std::function<bool(const project_rules&)>& is_it) const override {
        return is_it(*changed_) || others_.any_of([&](const project_rules& one) {
            return one.name() != changed_->name() && is_it(one);
        });
    }

private:
    const known_projects& others_;
    std::shared_ptr<const project_rules> changed_;
};

constexpr std::size_t most_named = 5;

std::string who_falls_out(const crds::project& value, const surroundings& around) {
    const changed_projects then{around.projects(), value};
    counted_list all{most_named};
    around.for_each_application_of(value.metadata.name, [&](const crds::application& one) {
        const auto cluster = around.cluster_meant_by(one.spec.destination);
        const auto what = [&](const known_projects& projects) {
            return what_is_not_granted(one, grants_of(one, cluster, projects, around.own_namespace()));
        };
        const auto after = what(then);
        if (!after.empty() && what(around.projects()).empty()) {
            all.add([&] { return name_of(one.metadata) + " (" + after.front().message + ")"; });
        }
    });
    return all.text();
}

} // namespace

std::string what_a_deletion_leaves(const std::string& project, const surroundings& around) {
    counted_list all{most_named};
    around.for_each_application_of(project, [&](const crds::application& one) {
        all.add([&] { return name_of(one.metadata); });
    });
    if (all.empty()) {
        return {};
    }
    return project == default_project
               ? "is in use: without it nothing but their namespaces limits " + all.text()
               : "is in use: until it is there again nothing is synced or deleted for " + all.text();
}

std::vector<crds::problem>
surprises_of(const crds::project_spec& spec, std::chrono::system_clock::time_point now) {
    auto all = crds::surprises_of(spec);
    auto of_windows = surprises_of(spec.sync_windows, window_clock::at_start, now);
    all.insert(
        all.end(), std::make_move_iterator(of_windows.begin()), std::make_move_iterator(of_windows.end())
    );
    return all;
}

specification_verdict judge(const crds::project& value, const surroundings& around) {
    specification_verdict verdict{.problems = crds::check(value), .warnings = {}};
    const sync_windows windows{value.spec.sync_windows, window_clock::at_start};
    verdict.problems.insert(verdict.problems.end(), windows.problems().begin(), windows.problems().end());
    if (value.metadata.namespace_ != around.own_namespace()) {
        verdict.warnings.push_back(
            {"metadata.namespace", "no Application can use it: Projects count in " +
                                       crds::quoted(around.own_namespace()) + ", the operator's namespace"}
        );
        return verdict;
    }
    if (!verdict.problems.empty()) {
        return verdict;
    }
    verdict.warnings = surprises_of(value.spec, std::chrono::system_clock::now());
    if (around.projects().are_known()) {
        if (auto out = who_falls_out(value, around); !out.empty()) {
            verdict.warnings.push_back(
                {"spec",
                 "no longer permits objects that are deployed; they stay as they are and are not synced any more: " +
                     out}
            );
        }
    }
    return verdict;
}

} // namespace holdfast::policy
