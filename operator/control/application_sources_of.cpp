#include "control/application_sources_of.hpp"

#include "engine/request.hpp"

#include <algorithm>

namespace holdfast::control {
namespace {

// A source that only gives files to others builds nothing itself.
bool is_reference_only(const crds::application_source& source) {
    return !source.ref.empty() && source.path.empty() && source.chart.empty();
}

} // namespace

std::vector<crds::application_source> all_sources_of(const application_record& r) {
    auto sources = r.object.spec.all_sources();
    if (!r.object.spec.hold.empty()) {
        for (auto& source : sources) {
            source.target_revision = r.object.spec.hold;
        }
    }
    const auto& running = r.object.status.operation_state;
    const crds::sync_request* asked = nullptr;
    if (r.object.operation && !r.operation.taken) {
        asked = &engine::request_of(*r.object.operation);
    } else if (r.operating()) {
        asked = &engine::request_of(running->operation);
        if (const auto& begun = running->sync_result; begun && !begun->sources.empty()) {
            sources = begun->sources;
        } else if (begun && begun->source) {
            sources = {*begun->source};
        }
    }
    if (asked != nullptr) {
        if (!asked->sources.empty()) {
            sources = asked->sources;
        } else if (asked->source) {
            sources = {*asked->source};
        }
        for (std::size_t i = 0; i < sources.size(); ++i) {
            if (i < asked->revisions.size()) {
                sources[i].target_revision = asked->revisions[i];
            } else if (!asked->revision.empty()) {
                sources[i].target_revision = asked->revision;
            }
        }
    }
    return sources;
}

std::vector<crds::application_source> sources_of(const application_record& r) {
    auto sources = all_sources_of(r);
    std::erase_if(sources, is_reference_only);
    return sources;
}

std::vector<sources::repository_use> uses_of(const application_record& r) {
    if (r.deleting()) {
        return {};
    }
    auto all = r.sources.also_reads;
    const auto& namespace_ = r.object.metadata.namespace_;
    for (const auto& source : all_sources_of(r)) {
        all.insert({namespace_, source.repo_url, !source.chart.empty(), /*named_in_spec=*/true});
        for (const auto& file : source.helm ? source.helm->value_files : std::vector<std::string>{}) {
            if (file.starts_with("https://") || file.starts_with("http://")) {
                all.insert({namespace_, file, /*has_charts=*/true, /*named_in_spec=*/true});
            }
        }
    }
    for (const auto& secret : r.object.spec.secrets) {
        if (secret.pass) {
            all.insert({namespace_, secret.pass->repo_url, /*has_charts=*/false, /*named_in_spec=*/true});
        }
    }
    return {all.begin(), all.end()};
}

bool has_secret_values(const application_record& r) {
    const auto& from = r.sources.from;
    return from && (!from->stores.stores.empty() ||
                    std::ranges::any_of(from->identities, &sources::source_identity::is_secret));
}

std::vector<std::string> repositories_of(const application_record& r) {
    std::vector<std::string> urls;
    for (const auto& use : uses_of(r)) {
        if (const auto url = git::url::parse(use.url); url && !use.has_charts) {
            urls.push_back(url->normalised());
        }
    }
    return urls;
}

} // namespace holdfast::control
