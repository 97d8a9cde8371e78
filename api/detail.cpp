#include "api/detail.hpp"

#include "base/redact.hpp"

#include <boost/json/array.hpp>

namespace holdfast::api {

namespace json = boost::json;

namespace {

json::object metadata_of(const crds::object_metadata& one) {
    json::object made{{"namespace", one.namespace_}, {"name", one.name}, {"generation", one.generation}};
    if (one.creation_timestamp) {
        made["creationTimestamp"] = format_time(*one.creation_timestamp);
    }
    if (one.deletion_timestamp) {
        made["deletionTimestamp"] = format_time(*one.deletion_timestamp);
    }
    json::object labels;
    for (const auto& [key, value] : one.labels) {
        labels[key] = value;
    }
    if (!labels.empty()) {
        made["labels"] = std::move(labels);
    }
    return made;
}

// A URL may have a password in it, which is for no browser to show.
crds::application without_passwords(crds::application one) {
    const auto blank = [](crds::application_source& source) {
        source.repo_url = without_credentials(source.repo_url);
    };
    const auto blank_all = [&](auto& with_sources) {
        if (with_sources.source) {
            blank(*with_sources.source);
        }
        for (auto& source : with_sources.sources) {
            blank(source);
        }
    };
    blank_all(one.spec);
    for (auto& entry : one.status.history) {
        blank_all(entry);
    }
    if (one.operation && one.operation->sync) {
        blank_all(*one.operation->sync);
    }
    if (auto& state = one.status.operation_state) {
        if (state->operation.sync) {
            blank_all(*state->operation.sync);
        }
        if (state->sync_result) {
            blank_all(*state->sync_result);
        }
    }
    return one;
}

} // namespace

json::object detail_of(const crds::application& one, const possible_actions& can) {
    const auto shown = without_passwords(one);
    json::object actions;
    for (const auto& [what, missing] : can) {
        const auto why = in_the_way(what, one);
        json::object said{{"allowed", missing.empty() && why.empty()}};
        if (!missing.empty()) {
            said["missing"] = missing;
        }
        if (!why.empty()) {
            said["inTheWay"] = why;
        }
        actions[to_string(what)] = std::move(said);
    }
    json::object made{
        {"metadata", metadata_of(shown.metadata)},
        {"spec", crds::write(shown.spec)},
        {"status", crds::write(shown.status)},
        {"can", std::move(actions)}
    };
    if (shown.operation) {
        made["operation"] = crds::write(*shown.operation);
    }
    return made;
}

} // namespace holdfast::api
