// Judging an Application: where it deploys, what it waits for, who else deploys the same.

#include "crds/words.hpp"
#include "git/url.hpp"
#include "lua/health_scripts.hpp"
#include "match/finalizer.hpp"
#include "match/own_cluster.hpp"
#include "match/sync_option.hpp"
#include "policy/claim_index.hpp"
#include "policy/cluster_use.hpp"
#include "policy/grants.hpp"
#include "policy/specification_checks.hpp"
#include "policy/specification_checks_shared.hpp"
#include "policy/unserved.hpp"
#include "render/yaml.hpp"
#include "sync/annotations.hpp"
#include "sync/compare.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>

namespace holdfast::policy {

namespace {

using crds::application;
using crds::application_source;
using crds::problem;
using crds::quoted;

// So many dependencies are followed in search of a circle. Beyond that two applications may wait for each
// other without being told why: whoever makes so many is not to stop everybody else for that sentence.
constexpr std::size_t most_dependencies = 10'000;
constexpr std::array<std::string_view, 2> refresh_annotations{
    "holdfast.dev/refresh", "argocd.argoproj.io/refresh"
};

struct named_source {
    std::string path;
    const application_source* source;
};

std::vector<named_source> sources_of(const application& value) {
    std::vector<named_source> all;
    if (value.spec.source) {
        all.push_back({"spec.source", &*value.spec.source});
    }
    for (std::size_t i = 0; i < value.spec.sources.size(); ++i) {
        all.push_back({"spec.sources[" + std::to_string(i) + "]", &value.spec.sources[i]});
    }
    return all;
}

void check_values(const application& value, std::vector<problem>& problems) {
    auto limits = render::configuration_limits();
    limits.max_bytes = std::size_t{4} << 20U;                        // what a build takes
    limits.repeated = render::yaml_limits::repeated_keys::last_wins; // for helm
    for (const auto& [path, source] : sources_of(value)) {
        if (!source->helm || source->helm->values.empty()) {
            continue;
        }
        const auto read = render::read_yaml(source->helm->values, limits);
        if (!read) {
            problems.push_back(
                {path + ".helm.values", "is not YAML: line " + std::to_string(read.error().where.line) +
                                            ", column " + std::to_string(read.error().where.column) + ": " +
                                            read.error().message}
            );
        } else if (read->size() > 1 || (!read->empty() && !read->front().value.is_object())) {
            problems.push_back(
                {path + ".helm.values", "must be one mapping of values, such as \"replicas: 2\""}
            );
        }
    }
}

void check_health_checks(const application& value, std::vector<problem>& problems) {
    const auto& checks = value.spec.health_checks;
    for (std::size_t i = 0; i < checks.size(); ++i) {
        if (auto wrong = lua::problem_of(checks[i].check); !wrong.empty()) {
            problems.push_back({"spec.healthChecks[" + std::to_string(i) + "].check", "is not Lua: " + wrong}
            );
        }
    }
}

class application_judge {
public:
    application_judge(const application& value, const surroundings& around)
        : value_{value},
          around_{around},
          sources_{sources_of(value)},
          granted_{grants_of(
              value, around.cluster_meant_by(value.spec.destination), around.projects(),
              around.own_namespace()
          )} {}

    specification_verdict judge(bool with_warnings, std::vector<problem> by_itself) && {
        verdict_.problems = std::move(by_itself);
        destination(with_warnings);
        if (around_.projects().are_known()) {
            project(with_warnings);
        }
        if (is_confined(value_.metadata, around_)) {
            confinement();
        }
        annotations();
        dependencies();
        claims();
        addresses();
        if (with_warnings) {
            std::ranges::move(without_effect(value_.spec), std::back_inserter(verdict_.warnings));
            std::ranges::move(not_served(value_.spec), std::back_inserter(verdict_.warnings));
            std::ranges::move(unserved_annotations(value_.metadata), std::back_inserter(verdict_.warnings));
            revisions();
        }
        return std::move(verdict_);
    }

private:
    void wrong(std::string path, std::string message) {
        verdict_.problems.push_back({std::move(path), std::move(message)});
    }
    void warn(std::string path, std::string message) {
        verdict_.warnings.push_back({std::move(path), std::move(message)});
    }

    void destination(bool with_warnings) {
        const auto& d = value_.spec.destination;
        const bool well_formed = std::ranges::none_of(verdict_.problems, [](const problem& p) {
            return p.path == "spec.destination" || p.path == "spec.destination.server";
        });
        if (!well_formed || is_own_cluster(d)) {
            return;
        }
        const std::string path = d.server.empty() ? "spec.destination.name" : "spec.destination.server";
        if (is_confined(value_.metadata, around_) &&
            !is_let_out(value_.metadata, granted_, around_.own_namespace())) {
            wrong(
                path, "must be " +
                          quoted(d.server.empty() ? match::own_cluster_name : match::own_cluster_server) +
                          ", the cluster that the operator works in: only Applications in " +
                          quoted(around_.own_namespace()) +
                          ", the operator's namespace, and those that a Project lets out of their own deploy "
                          "to others, is " +
                          quoted(d.server.empty() ? d.name : d.server)
            );
            return;
        }
        if (const auto trouble = around_.trouble_with_cluster(d)) {
            if (trouble->is_wrong) {
                wrong(path, trouble->why);
            } else if (with_warnings) {
                warn(path, trouble->why + " (yet)");
            }
        }
    }

    void project(bool with_warnings) {
        for (auto& one : what_is_not_granted(value_, granted_)) {
            if (with_warnings && granted_.awaits_project) {
                warn(std::move(one.path), std::move(one.message) + " (yet)");
            } else {
                verdict_.problems.push_back(std::move(one));
            }
        }
    }

    // Outside of the operator's namespace an Application reaches, and learns of, nothing but its own, unless a Project
    // says where else it may deploy to.
    void confinement() {
        if (!is_let_out(value_.metadata, granted_, around_.own_namespace())) {
            confinement_to_its_namespace();
        }
        const auto& own = value_.metadata.namespace_;
        const auto unless = ", unless it is in " + quoted(around_.own_namespace()) + ", the operator's";
        for (std::size_t i = 0; i < value_.spec.depends_on.size(); ++i) {
            const auto& other = value_.spec.depends_on[i].namespace_;
            if (!other.empty() && other != own) {
                wrong(
                    "spec.dependsOn[" + std::to_string(i) + "].namespace",
                    "must be " + quoted(own) + ": an Application waits for others of its own namespace" +
                        unless + ", is " + quoted(other)
                );
            }
        }
        for (const auto& [path, source] : sources_) {
            refuse_file(path + ".repoURL", source->repo_url);
        }
        for (std::size_t i = 0; i < value_.spec.secrets.size(); ++i) {
            if (const auto& pass = value_.spec.secrets[i].pass) {
                refuse_file("spec.secrets[" + std::to_string(i) + "].pass.repoURL", pass->repo_url);
            }
        }
    }

    void confinement_to_its_namespace() {
        const auto& own = value_.metadata.namespace_;
        const auto unless = ", unless it is in " + quoted(around_.own_namespace()) + ", the operator's";
        const auto& into = value_.spec.destination.namespace_;
        if (!into.empty() && into != own) {
            wrong(
                "spec.destination.namespace", "must be " + quoted(own) +
                                                  ": an Application deploys into its own namespace" + unless +
                                                  ", is " + quoted(into)
            );
        }
        const auto& policy = value_.spec.sync_policy;
        for (std::size_t i = 0; i < policy.sync_options.size(); ++i) {
            std::vector<std::string> ignored;
            if (sync::parse_sync_options({&policy.sync_options[i], 1}, ignored).create_namespace == true) {
                wrong(
                    "spec.syncPolicy.syncOptions[" + std::to_string(i) + "]",
                    "must not be CreateNamespace=true: an Application's own namespace is there, and is not "
                    "its to make" +
                        unless
                );
            }
        }
        if (policy.managed_namespace_metadata) {
            wrong(
                "spec.syncPolicy.managedNamespaceMetadata",
                "must not be set: an Application does not configure its own namespace" + unless
            );
        }
    }

    void refuse_file(std::string path, const std::string& url) {
        if (is_file(url)) {
            wrong(std::move(path), files_are_refused(around_.own_namespace()));
        }
    }

    void annotations() {
        for (const auto name : refresh_annotations) {
            const auto found = value_.metadata.annotations.find(std::string{name});
            if (found != value_.metadata.annotations.end() && found->second != "normal" &&
                found->second != "hard") {
                wrong(
                    "metadata.annotations[" + std::string{name} + "]",
                    "must be \"normal\" or \"hard\", is " + quoted(found->second)
                );
            }
        }
    }

    std::string key_of(const crds::application_dependency& d, const crds::object_metadata& of) const {
        return (d.namespace_.empty() ? of.namespace_ : d.namespace_) + "/" + d.name;
    }

    void dependencies() {
        const auto& all = value_.spec.depends_on;
        std::set<std::string> seen;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto path = "spec.dependsOn[" + std::to_string(i) + "]";
            const auto& namespace_ =
                all[i].namespace_.empty() ? value_.metadata.namespace_ : all[i].namespace_;
            if (namespace_ != value_.metadata.namespace_ && is_confined(value_.metadata, around_)) {
                continue; // refused already, whether or not it is there
            }
            if (namespace_ == value_.metadata.namespace_ && all[i].name == value_.metadata.name) {
                continue; // said already
            }
            const auto* other = around_.application(namespace_, all[i].name);
            if (other == nullptr) {
                if (!seen.insert(namespace_ + "/" + all[i].name).second) {
                    continue;
                }
                warn(path, "there is no Application " + quoted(namespace_ + "/" + all[i].name) + " (yet)");
                continue;
            }
            if (const auto circle = way_back_from(*other); !circle.empty()) {
                wrong(path, "depends on itself: " + name_of(value_.metadata) + " → " + circle);
            }
        }
    }

    // "b → a" when the application `from` depends on the judged one, whichever way; else empty. What was
    // looked at for another dependency is not looked at again: a way back by it has been told.
    std::string way_back_from(const application& from) {
        const auto goal = name_of(value_.metadata);
        std::vector<const application*> open;
        if (came_from_.emplace(name_of(from.metadata), std::string{}).second) {
            open.push_back(&from);
        }
        while (!open.empty()) {
            const auto* at = open.back();
            open.pop_back();
            const auto here = name_of(at->metadata);
            for (const auto& d : at->spec.depends_on) {
                if (++followed_ > most_dependencies) {
                    return {};
                }
                if (!d.namespace_.empty() && d.namespace_ != at->metadata.namespace_ &&
                    is_confined(at->metadata, around_)) {
                    continue; // refused, so nobody waits
                }
                const auto next = key_of(d, at->metadata);
                if (next == goal) {
                    auto way = goal;
                    for (auto step = here; !step.empty(); step = came_from_.at(step)) {
                        way = step + " → " + way;
                    }
                    return way;
                }
                const auto slash = next.find('/');
                const auto* other = around_.application(next.substr(0, slash), next.substr(slash + 1));
                if (other != nullptr && came_from_.emplace(next, here).second) {
                    open.push_back(other);
                }
            }
        }
        return {};
    }

    void claims() {
        for (const auto& [path, source] : sources_) {
            if (const auto* other = around_.rival_of(value_, *source)) {
                wrong(
                    path, "is deployed into namespace " + quoted(target_namespace(value_)) +
                              " by the Application " + quoted(name_of(other->metadata)) +
                              " already: two would fight for the same objects"
                );
            }
        }
    }

    void addresses() {
        for (const auto& [path, source] : sources_) {
            if (!source->chart.empty()) {
                continue;
            }
            if (const auto url = git::url::parse(source->repo_url); !url) {
                wrong(path + ".repoURL", url.error().message());
            }
        }
    }

    void revisions() {
        const auto& namespace_ = value_.metadata.namespace_;
        for (const auto& [path, source] : sources_) {
            const auto url = git::url::parse(source->repo_url);
            if (!url || !source->chart.empty()) {
                continue;
            }
            const auto* seen_through = around_.repository_for(namespace_, source->repo_url);
            if (seen_through == nullptr && url->kind() == git::transport::ssh) {
                warn(
                    path + ".repoURL", "there is no Repository (yet) that covers " +
                                           quoted(source->repo_url) + ", and ssh needs its key"
                );
            }
            const auto& revision = source->target_revision;
            const auto there =
                around_.has_revision(namespace_, source->repo_url, revision, source->tag_prefix);
            if (there == false) {
                warn(
                    path + ".targetRevision",
                    "there is no " + (revision.empty() ? std::string{"HEAD"} : quoted(revision)) +
                        " among the refs of " + source->repo_url + " (yet)"
                );
            }
        }
    }

    const application& value_;
    const surroundings& around_;
    std::vector<named_source> sources_;
    grants granted_;
    specification_verdict verdict_;
    // Of the search for circles: from where each application was come to, and how many dependencies were
    // followed.
    std::map<std::string, std::string> came_from_;
    std::size_t followed_ = 0;
};

} // namespace

std::vector<crds::problem> without_effect(const crds::application_spec& spec) {
    std::vector<crds::problem> all;
    for (std::size_t i = 0; i < spec.ignore_differences.size(); ++i) {
        sync::ignore_rule rule;
        rule.json_pointers = spec.ignore_differences[i].json_pointers;
        for (auto& problem : sync::problems_of(rule)) {
            all.push_back({"spec.ignoreDifferences[" + std::to_string(i) + "]", std::move(problem)});
        }
    }
    const auto& options = spec.sync_policy.sync_options;
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (const auto given = match::read_sync_option(options[i]); given && !given->retired().empty()) {
            all.push_back({"spec.syncPolicy.syncOptions[" + std::to_string(i) + "]", given->retired()});
        }
    }
    return all;
}

std::vector<crds::problem> not_served(const crds::application_spec& spec) {
    std::vector<crds::problem> all;
    const auto& options = spec.sync_policy.sync_options;
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (const auto given = match::read_sync_option(options[i]); given && !given->not_served().empty()) {
            all.push_back({"spec.syncPolicy.syncOptions[" + std::to_string(i) + "]", given->not_served()});
        }
    }
    return all;
}

std::vector<crds::problem> problems_by_itself(const crds::application& value) {
    auto problems = crds::check(value);
    check_values(value, problems);
    check_health_checks(value, problems);
    const auto& finalizers = value.metadata.finalizers;
    for (std::size_t i = 0; i < finalizers.size(); ++i) {
        if (auto why = match::why_unserved(finalizers[i]); !why.empty()) {
            problems.push_back({"metadata.finalizers[" + std::to_string(i) + "]", std::move(why)});
        }
    }
    return problems;
}

specification_verdict
judge(const crds::application& value, const surroundings& around, std::vector<crds::problem> by_itself) {
    return application_judge{value, around}.judge(/*with_warnings=*/true, std::move(by_itself));
}

specification_verdict judge(const crds::application& value, const surroundings& around) {
    return judge(value, around, problems_by_itself(value));
}

std::vector<crds::problem> problems_of(const crds::application& value, const surroundings& around) {
    return application_judge{value, around}
        .judge(/*with_warnings=*/false, problems_by_itself(value))
        .problems;
}

} // namespace holdfast::policy
