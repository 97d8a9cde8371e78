#pragma once

#include "crds/application_status.hpp"
#include "crds/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Kind ApplicationSet: Applications made from parameters and a template, in the shape of Argo CD's kind.
namespace holdfast::crds {

/// Rows of `status.resources`; `resourcesCount` says how many there would be.
inline constexpr std::size_t max_set_resources = 1000;

enum class selector_operator { in, not_in, exists, does_not_exist };
/// What a set may do with Applications.
enum class applications_sync { sync, create_update, create_delete, create_only };

std::string_view to_string(selector_operator value) noexcept;
std::string_view to_string(applications_sync value) noexcept;

/// metav1.LabelSelectorRequirement, whose values need not be values of labels.
struct selector_requirement {
    std::string key;
    selector_operator operator_ = selector_operator::in;
    std::vector<std::string> values;

    bool operator==(const selector_requirement&) const = default;
};

/// metav1.LabelSelector. An empty one selects everything.
struct label_selector {
    string_map match_labels;
    std::vector<selector_requirement> match_expressions;

    [[nodiscard]] bool empty() const noexcept { return match_labels.empty() && match_expressions.empty(); }
    bool operator==(const label_selector&) const = default;
};

struct set_template_metadata {
    std::string name;
    /// Overwritten: Applications are made in the namespace of the set.
    std::string namespace_;
    string_map labels;
    string_map annotations;
    std::vector<std::string> finalizers;

    bool operator==(const set_template_metadata&) const = default;
};

/// An Application whose texts may have parameters in them. `spec` is JSON until they are put in.
struct set_template {
    set_template_metadata metadata;
    json::object spec;

    bool operator==(const set_template&) const = default;
};

struct list_generator {
    std::vector<json::object> elements;
    std::string elements_yaml;
    std::optional<set_template> template_;

    bool operator==(const list_generator&) const = default;
};

struct cluster_generator {
    label_selector selector;
    string_map values;
    bool flat_list = false;
    std::optional<set_template> template_;

    bool operator==(const cluster_generator&) const = default;
};

struct git_path_rule {
    std::string path;
    bool exclude = false;

    bool operator==(const git_path_rule&) const = default;
};

struct git_generator {
    std::string repo_url;
    std::string revision;
    /// Where there are some, `files` counts for nothing.
    std::vector<git_path_rule> directories;
    std::vector<git_path_rule> files;
    std::string path_param_prefix;
    string_map values;
    std::optional<std::int64_t> requeue_after_seconds;
    std::optional<set_template> template_;

    bool operator==(const git_generator&) const = default;
};

/// The generators inside are JSON, since a kind cannot contain itself; `examine_set_generator` reads them.
struct matrix_generator {
    std::vector<json::object> generators;
    std::optional<set_template> template_;

    bool operator==(const matrix_generator&) const = default;
};

struct merge_generator {
    std::vector<std::string> merge_keys;
    /// JSON, as those of a matrix.
    std::vector<json::object> generators;
    std::optional<set_template> template_;

    bool operator==(const merge_generator&) const = default;
};

/// One generator, or several beside each other, whose results follow one another.
struct set_generator {
    std::optional<list_generator> list;
    std::optional<cluster_generator> clusters;
    std::optional<git_generator> git;
    std::optional<matrix_generator> matrix;
    std::optional<merge_generator> merge;
    std::optional<label_selector> selector;
    /// Read so that they can be refused by name.
    std::optional<json::object> scm_provider;
    std::optional<json::object> pull_request;
    std::optional<json::object> plugin;
    std::optional<json::object> cluster_decision_resource;

    bool operator==(const set_generator&) const = default;
};

struct set_sync_policy {
    bool preserve_resources_on_deletion = false;
    crds::applications_sync applications_sync = crds::applications_sync::sync;

    bool operator==(const set_sync_policy&) const = default;
};

struct set_preserved_fields {
    std::vector<std::string> annotations;
    std::vector<std::string> labels;

    bool operator==(const set_preserved_fields&) const = default;
};

/// Fields of Applications that a set leaves as they are.
struct set_ignored_difference {
    /// Empty: every Application of the set.
    std::string name;
    std::vector<std::string> json_pointers;
    std::vector<std::string> jq_path_expressions;

    bool operator==(const set_ignored_difference&) const = default;
};

struct application_set_spec {
    bool go_template = false;
    std::vector<std::string> go_template_options;
    std::vector<set_generator> generators;
    set_template template_;
    std::string template_patch;
    set_sync_policy sync_policy;
    set_preserved_fields preserved_fields;
    std::vector<set_ignored_difference> ignore_application_differences;
    /// Read so that RollingSync can be refused by name.
    std::optional<json::object> strategy;

    bool operator==(const application_set_spec&) const = default;
};

/// One Application of the set, as Argo CD's ResourceStatus.
struct set_resource {
    std::string group;
    std::string version;
    std::string kind;
    std::string namespace_;
    std::string name;
    sync_code status = sync_code::unknown;
    std::optional<resource_health> health;

    bool operator==(const set_resource&) const = default;
};

struct application_set_status {
    std::int64_t observed_generation = 0;
    std::vector<condition> conditions;
    /// By name; at most `max_set_resources`.
    std::vector<set_resource> resources;
    std::int64_t resources_count = 0;
    std::optional<health_status> health;

    bool operator==(const application_set_status&) const = default;
};

/// kubectl get applicationsets.holdfast.dev
struct application_set {
    object_metadata metadata;
    application_set_spec spec;
    application_set_status status;

    bool operator==(const application_set&) const = default;
};

/// Reads an ApplicationSet as the API server gives it, with everything that is wrong with it, generators
/// inside others included.
reading<application_set> examine_application_set(const json::object& object);

/// Reads a generator that stands inside another, at `path` ("spec.generators[0].matrix.generators[1]"); not
/// what is inside of it in turn.
reading<set_generator> examine_set_generator(const json::object& generator, const std::string& path);

/// Back to JSON: what is absent, empty or has its default is left out, unless it is required.
json::object write(const application_set& value);
json::object write(const application_set_spec& value);
json::object write(const application_set_status& value);
json::object write(const set_generator& value);
json::object write(const set_template& value);

/// What the object alone tells to be wrong, beyond the types and bounds that reading checks: what is not
/// served (by name), generators that lack something, selectors, patterns. Texts with `{{` in them are left to
/// those who put parameters in.
std::vector<problem> check(const application_set& value);

/// The same of one generator that stands at `path` and has no parameters to come any more. `depth`: how many
/// generators it is in.
std::vector<problem> check(const set_generator& value, const std::string& path, std::size_t depth);

} // namespace holdfast::crds
