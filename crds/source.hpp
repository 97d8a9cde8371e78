#pragma once

#include "crds/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::crds {

struct name_value {
    std::string name;
    std::string value;

    bool operator==(const name_value&) const = default;
};

struct helm_parameter {
    std::string name;
    std::string value;
    bool force_string = false;

    bool operator==(const helm_parameter&) const = default;
};

struct helm_file_parameter {
    std::string name;
    std::string path;

    bool operator==(const helm_file_parameter&) const = default;
};

/// Precedence of values: parameters, values_object, values, value_files, the chart's own.
struct helm_options {
    std::vector<std::string> value_files;
    std::string values;
    std::optional<json::object> values_object;
    std::vector<helm_parameter> parameters;
    std::vector<helm_file_parameter> file_parameters;
    std::string release_name;
    std::string version;
    bool pass_credentials = false;
    bool ignore_missing_value_files = false;
    bool skip_crds = false;
    bool skip_tests = false;
    bool skip_schema_validation = false;
    std::string namespace_;
    std::string kube_version;
    std::vector<std::string> api_versions;

    bool operator==(const helm_options&) const = default;
};

struct kustomize_replica {
    std::string name;
    int_or_string count = std::int64_t{0};

    bool operator==(const kustomize_replica&) const = default;
};

struct kustomize_selector {
    std::string group;
    std::string version;
    std::string kind;
    std::string name;
    std::string namespace_;
    std::string annotation_selector;
    std::string label_selector;

    bool operator==(const kustomize_selector&) const = default;
};

struct kustomize_patch {
    std::string path;
    std::string patch;
    std::optional<kustomize_selector> target;
    std::map<std::string, bool> options;

    bool operator==(const kustomize_patch&) const = default;
};

struct kustomize_options {
    std::string name_prefix;
    std::string name_suffix;
    std::vector<std::string> images;
    std::vector<kustomize_replica> replicas;
    string_map common_labels;
    string_map common_annotations;
    bool force_common_labels = false;
    bool force_common_annotations = false;
    bool common_annotations_envsubst = false;
    bool label_without_selector = false;
    bool label_include_templates = false;
    std::string namespace_;
    std::vector<kustomize_patch> patches;
    std::vector<std::string> components;
    bool ignore_missing_components = false;
    std::string version;
    std::string kube_version;
    std::vector<std::string> api_versions;

    bool operator==(const kustomize_options&) const = default;
};

struct jsonnet_variable {
    std::string name;
    std::string value;
    bool code = false;

    bool operator==(const jsonnet_variable&) const = default;
};

struct jsonnet_options {
    std::vector<jsonnet_variable> ext_vars;
    std::vector<jsonnet_variable> tlas;
    std::vector<std::string> libs;

    bool operator==(const jsonnet_options&) const = default;
};

struct directory_options {
    bool recurse = false;
    std::string include;
    std::string exclude;
    std::optional<jsonnet_options> jsonnet;
    bool disable_extension_filter = false;

    bool operator==(const directory_options&) const = default;
};

/// Exactly one of the three kinds of value is set.
struct plugin_parameter {
    std::string name;
    std::optional<std::string> string;
    std::optional<std::vector<std::string>> array;
    std::optional<string_map> map;

    bool operator==(const plugin_parameter&) const = default;
};

struct plugin_options {
    std::string name;
    std::vector<name_value> env;
    std::vector<plugin_parameter> parameters;

    bool operator==(const plugin_options&) const = default;
};

/// Where manifests come from. At most one of helm, kustomize, directory and plugin is set: it says which
/// builder is used, also when it is empty; with none the files decide.
struct application_source {
    std::string repo_url;
    std::string path;
    /// Empty: HEAD of the repository.
    std::string target_revision;
    std::string chart;
    std::string ref;
    std::string name;
    std::string tag_prefix;
    std::optional<helm_options> helm;
    std::optional<kustomize_options> kustomize;
    std::optional<directory_options> directory;
    std::optional<plugin_options> plugin;

    bool operator==(const application_source&) const = default;
};

} // namespace holdfast::crds
