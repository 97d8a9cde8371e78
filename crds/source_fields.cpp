#include "crds/describe_structure.hpp"
#include "crds/field_limits.hpp"
#include "crds/source.hpp"

/// The tables of a source and its builders' options.
namespace holdfast::crds {

BOOST_DESCRIBE_STRUCT(name_value, (), (name, value))
template <>
struct docs<name_value> {
    static constexpr std::string_view name = "NameValue";
    static constexpr std::string_view text = "A named value.";
    static constexpr field fields[] = {
        {.member = "name", .doc = "Its name.", .required = true, .min_length = 1, .max_length = 256},
        {.member = "value", .doc = "Its value.", .max_length = 32768},
    };
};
HOLDFAST_DESCRIBED_STRUCT(name_value)

BOOST_DESCRIBE_STRUCT(helm_parameter, (), (name, value, force_string))
template <>
struct docs<helm_parameter> {
    static constexpr std::string_view name = "HelmParameter";
    static constexpr std::string_view text = "One value of a chart, as helm's --set has it.";
    static constexpr field fields[] = {
        {.member = "name",
         .doc = "Path of the value, such as image.tag.",
         .required = true,
         .min_length = 1,
         .max_length = 512},
        {.member = "value",
         .doc = "The value, read as helm reads it: true and 5 are not strings.",
         .max_length = 32768},
        {.member = "force_string", .doc = "Take the value as a string whatever it looks like (--set-string)."
        },
    };
};
HOLDFAST_DESCRIBED_STRUCT(helm_parameter)

BOOST_DESCRIBE_STRUCT(helm_file_parameter, (), (name, path))
template <>
struct docs<helm_file_parameter> {
    static constexpr std::string_view name = "HelmFileParameter";
    static constexpr std::string_view text =
        "One value of a chart that is the content of a file (--set-file).";
    static constexpr field fields[] = {
        {.member = "name", .doc = "Path of the value.", .required = true, .min_length = 1, .max_length = 512},
        {.member = "path",
         .doc = "The file, relative to the chart, or $ref/… in the source of that ref.",
         .required = true,
         .min_length = 1,
         .max_length = limits::path},
    };
};
HOLDFAST_DESCRIBED_STRUCT(helm_file_parameter)

BOOST_DESCRIBE_STRUCT(
    helm_options, (),
    (value_files, values, values_object, parameters, file_parameters, release_name, version, pass_credentials,
     ignore_missing_value_files, skip_crds, skip_tests, skip_schema_validation, namespace_, kube_version,
     api_versions)
)
template <>
struct docs<helm_options> {
    static constexpr std::string_view name = "HelmOptions";
    static constexpr std::string_view text = "How a Helm chart is rendered. Where a value is given in "
                                             "several ways, parameters win over valuesObject, values, "
                                             "valueFiles and the chart's own values, in this order.";
    static constexpr field fields[] = {
        {.member = "value_files",
         .doc = "Files of values, the later ones winning: relative to the chart, $ref/… in the source of "
                "that ref, or "
                "globs.",
         .max_length = limits::path,
         .max_items = 64},
        {.member = "values", .doc = "Values as a YAML text.", .max_length = limits::text},
        {.member = "values_object", .doc = "Values as an object; if both are set, values is ignored."},
        {.member = "parameters", .doc = "Single values, as --set has them.", .max_items = 256},
        {.member = "file_parameters",
         .doc = "Single values from files, as --set-file has them.",
         .max_items = 64},
        {.member = "release_name",
         .doc = "Name of the release; the name of the application where it is absent.",
         .max_length = 53},
        {.member = "version", .doc = "Version of helm: v3.", .max_length = 16},
        {.member = "pass_credentials",
         .doc = "Send the repository's credentials also to other hosts that its index names."},
        {.member = "ignore_missing_value_files", .doc = "Pass over value files that do not exist."},
        {.member = "skip_crds", .doc = "Leave out the CRDs of the chart (--skip-crds)."},
        {.member = "skip_tests", .doc = "Leave out the tests of the chart (--skip-tests)."},
        {.member = "skip_schema_validation",
         .doc = "Do not check the values with the chart's schema (--skip-schema-validation)."},
        {.member = "namespace_",
         .doc = "Namespace that the chart is rendered for; destination.namespace where it is absent.",
         .max_length = limits::label},
        {.member = "kube_version",
         .doc = "Version of Kubernetes that the chart is rendered for; the destination's where it is absent.",
         .max_length = 64},
        {.member = "api_versions",
         .doc = "API versions that the chart is rendered for, as [group/]version/kind; the destination's "
                "where absent.",
         .max_length = 256,
         .max_items = 1024},
    };
};
HOLDFAST_DESCRIBED_STRUCT(helm_options)

BOOST_DESCRIBE_STRUCT(kustomize_replica, (), (name, count))
template <>
struct docs<kustomize_replica> {
    static constexpr std::string_view name = "KustomizeReplica";
    static constexpr std::string_view text = "The number of replicas of one workload.";
    static constexpr field fields[] = {
        {.member = "name",
         .doc = "Name of the Deployment, StatefulSet, ReplicaSet or ReplicationController.",
         .required = true,
         .min_length = 1,
         .max_length = limits::name},
        {.member = "count",
         .doc = "How many.",
         .required = true,
         .max_length = 16,
         .pattern = "^[0-9]+$",
         .expects = "a number of replicas such as 3",
         .minimum = 0},
    };
};
HOLDFAST_DESCRIBED_STRUCT(kustomize_replica)

BOOST_DESCRIBE_STRUCT(
    kustomize_selector, (), (group, version, kind, name, namespace_, annotation_selector, label_selector)
)
template <>
struct docs<kustomize_selector> {
    static constexpr std::string_view name = "KustomizeSelector";
    static constexpr std::string_view text =
        "Which objects a patch is for; an absent field fits every object.";
    static constexpr field fields[] = {
        {.member = "group", .doc = "API group.", .max_length = limits::name},
        {.member = "version", .doc = "API version.", .max_length = limits::label},
        {.member = "kind", .doc = "Kind.", .max_length = limits::label},
        {.member = "name", .doc = "Name, a regular expression.", .max_length = limits::name},
        {.member = "namespace_", .doc = "Namespace, a regular expression.", .max_length = limits::name},
        {.member = "annotation_selector", .doc = "Annotations, written as a label selector."},
        {.member = "label_selector", .doc = "Labels, written as a label selector."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(kustomize_selector)

BOOST_DESCRIBE_STRUCT(kustomize_patch, (), (path, patch, target, options))
template <>
struct docs<kustomize_patch> {
    static constexpr std::string_view name = "KustomizePatch";
    static constexpr std::string_view text = "A patch, as `patches` of a kustomization has it.";
    static constexpr field fields[] = {
        {.member = "path",
         .doc = "File of the patch, relative to the kustomization.",
         .max_length = limits::path},
        {.member = "patch",
         .doc = "The patch itself: a strategic merge patch or a JSON patch.",
         .max_length = 65536},
        {.member = "target",
         .doc = "Which objects it is for; an absent one is for the object that the patch names."},
        {.member = "options",
         .doc = "allowNameChange and allowKindChange: whether the patch may change the name or the kind.",
         .max_properties = 8},
    };
    static constexpr rule rules[] = {
        {"has(self.path) != has(self.patch)", "exactly one of path and patch must be set"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(kustomize_patch)

BOOST_DESCRIBE_STRUCT(
    kustomize_options, (),
    (name_prefix, name_suffix, images, replicas, common_labels, common_annotations, force_common_labels,
     force_common_annotations, common_annotations_envsubst, label_without_selector, label_include_templates,
     namespace_, patches, components, ignore_missing_components, version, kube_version, api_versions)
)
template <>
struct docs<kustomize_options> {
    static constexpr std::string_view name = "KustomizeOptions";
    static constexpr std::string_view text =
        "What is changed in a kustomization before it is built, as `kustomize edit` would.";
    static constexpr field fields[] = {
        {.member = "name_prefix", .doc = "Put before the names of all objects.", .max_length = limits::name},
        {.member = "name_suffix", .doc = "Put after the names of all objects.", .max_length = limits::name},
        {.member = "images",
         .doc = "Images to use instead: [old=]new[:tag|@digest].",
         .max_length = 1024,
         .max_items = 128},
        {.member = "replicas", .doc = "Numbers of replicas to use instead.", .max_items = 128},
        {.member = "common_labels", .doc = "Labels for all objects.", .max_length = limits::label},
        {.member = "common_annotations", .doc = "Annotations for all objects.", .max_length = 32768},
        {.member = "force_common_labels", .doc = "Overwrite labels that are there already."},
        {.member = "force_common_annotations", .doc = "Overwrite annotations that are there already."},
        {.member = "common_annotations_envsubst",
         .doc = "Replace $ARGOCD_APP_NAME and its like in the values of commonAnnotations."},
        {.member = "label_without_selector", .doc = "Do not put commonLabels into selectors."},
        {.member = "label_include_templates",
         .doc = "With labelWithoutSelector, put commonLabels into pod templates all the same."},
        {.member = "namespace_", .doc = "Namespace for all objects.", .max_length = limits::label},
        {.member = "patches", .doc = "Further patches.", .max_items = 128},
        {.member = "components",
         .doc = "Further components, relative to the kustomization.",
         .max_length = limits::path,
         .max_items = 64},
        {.member = "ignore_missing_components", .doc = "Pass over components that do not exist."},
        {.member = "version", .doc = "Version of kustomize, such as v5.", .max_length = 64},
        {.member = "kube_version",
         .doc = "Version of Kubernetes that charts within the kustomization are rendered for; the "
                "destination's where "
                "absent.",
         .max_length = 64},
        {.member = "api_versions",
         .doc = "API versions that charts within the kustomization are rendered for; the destination's where "
                "absent.",
         .max_length = 256,
         .max_items = 1024},
    };
};
HOLDFAST_DESCRIBED_STRUCT(kustomize_options)

BOOST_DESCRIBE_STRUCT(jsonnet_variable, (), (name, value, code))
template <>
struct docs<jsonnet_variable> {
    static constexpr std::string_view name = "JsonnetVariable";
    static constexpr std::string_view text = "A variable or argument of a jsonnet program.";
    static constexpr field fields[] = {
        {.member = "name", .doc = "Its name.", .required = true, .min_length = 1, .max_length = 256},
        {.member = "value", .doc = "Its value.", .max_length = 32768},
        {.member = "code", .doc = "The value is jsonnet code, not a string."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(jsonnet_variable)

BOOST_DESCRIBE_STRUCT(jsonnet_options, (), (ext_vars, tlas, libs))
template <>
struct docs<jsonnet_options> {
    static constexpr std::string_view name = "JsonnetOptions";
    static constexpr std::string_view text = "How jsonnet files are evaluated.";
    static constexpr field fields[] = {
        {.member = "ext_vars", .doc = "External variables (std.extVar)."},
        {.member = "tlas", .doc = "Top-level arguments.", .json_name = "tlas"},
        {.member = "libs",
         .doc = "Folders for imports, relative to the root of the repository.",
         .max_length = limits::path,
         .max_items = 32},
    };
};
HOLDFAST_DESCRIBED_STRUCT(jsonnet_options)

BOOST_DESCRIBE_STRUCT(directory_options, (), (recurse, include, exclude, jsonnet, disable_extension_filter))
template <>
struct docs<directory_options> {
    static constexpr std::string_view name = "DirectoryOptions";
    static constexpr std::string_view text = "How a folder of plain manifests is read.";
    static constexpr field fields[] = {
        {.member = "recurse", .doc = "Read folders within the folder as well."},
        {.member = "include",
         .doc = "Glob over the paths within the folder: only files that fit are read. {a,b} are "
                "alternatives, * also "
                "fits /.",
         .max_length = limits::path},
        {.member = "exclude",
         .doc =
             "Glob over the paths within the folder: files that fit are not read. Looked at before include.",
         .max_length = limits::path},
        {.member = "jsonnet", .doc = "How jsonnet files are evaluated."},
        {.member = "disable_extension_filter",
         .doc = "Read files of every name; else those that end in .yaml, .yml, .json and .jsonnet."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(directory_options)

BOOST_DESCRIBE_STRUCT(plugin_parameter, (), (name, string, array, map))
template <>
struct docs<plugin_parameter> {
    static constexpr std::string_view name = "PluginParameter";
    static constexpr std::string_view text = "A parameter of a plugin, of one of three kinds.";
    static constexpr field fields[] = {
        {.member = "name", .doc = "Its name.", .required = true, .min_length = 1, .max_length = 256},
        {.member = "string", .doc = "A string.", .max_length = 32768},
        {.member = "array", .doc = "A list of strings.", .max_length = 4096, .max_items = 64},
        {.member = "map", .doc = "Strings by name.", .max_length = 4096, .max_properties = 64},
    };
    static constexpr rule rules[] = {
        {"[has(self.string), has(self.array), has(self.map)].filter(given, given).size() <= 1",
         "at most one of string, array and map may be set"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(plugin_parameter)

BOOST_DESCRIBE_STRUCT(plugin_options, (), (name, env, parameters))
template <>
struct docs<plugin_options> {
    static constexpr std::string_view name = "PluginOptions";
    static constexpr std::string_view text = "The plugin that builds the manifests, with its parameters.";
    static constexpr field fields[] = {
        {.member = "name",
         .doc = "Name of the plugin; where it is absent, the plugins are asked which of them fits.",
         .max_length = 256},
        {.member = "env",
         .doc = "Environment variables; the plugin sees them with ARGOCD_ENV_ before their names."},
        {.member = "parameters", .doc = "Parameters."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(plugin_options)

BOOST_DESCRIBE_STRUCT(
    application_source, (),
    (repo_url, path, target_revision, chart, ref, name, tag_prefix, helm, kustomize, directory, plugin)
)
template <>
struct docs<application_source> {
    static constexpr std::string_view name = "ApplicationSource";
    static constexpr std::string_view text =
        "Where manifests come from and how they are built. With none of helm, kustomize, directory and "
        "plugin the files "
        "decide: Chart.yaml means Helm, kustomization.yaml Kustomize, and everything else a directory.";
    static constexpr field fields[] = {
        {.member = "repo_url",
         .doc = "URL of the repository: https://, ssh://, git@host:path, or of a Helm repository where chart "
                "is set. "
                "Credentials come from the Repository object whose URL fits best, never from here.",
         .json_name = "repoURL",
         .required = true,
         .min_length = 1,
         .max_length = limits::url},
        {.member = "path",
         .doc = "Folder of the manifests within the repository, relative to its root; . is the root itself.",
         .max_length = limits::path},
        {.member = "target_revision",
         .doc = "What is followed: a branch, a tag, a commit, a full name such as refs/heads/main, or a "
                "range of versions "
                "such as 1.4.* that picks the highest tag within. HEAD, the default branch, where it is "
                "absent. For a "
                "chart, a version or a range of versions.",
         .max_length = limits::revision},
        {.member = "chart",
         .doc = "Name of a Helm chart; repoURL is then a Helm repository.",
         .max_length = limits::name},
        {.member = "ref",
         .doc =
             "Makes the files of this source available to the other sources as $ref/path, under this name.",
         .max_length = limits::label,
         .pattern = R"(^([a-zA-Z0-9_-]+)?$)",
         .expects = "a name of letters, digits, '-' and '_'"},
        {.member = "name", .doc = "A name for people.", .max_length = limits::name},
        {.member = "tag_prefix",
         .doc = "Put before versions to make tags: with web/ the range 1.* picks among the tags web/1.0.0, "
                "web/1.1.0 ….",
         .max_length = limits::revision},
        {.member = "helm", .doc = "Build with Helm, with these options."},
        {.member = "kustomize", .doc = "Build with Kustomize, with these options."},
        {.member = "directory", .doc = "Read plain manifests, with these options."},
        {.member = "plugin", .doc = "Build with a plugin, with these options."},
    };
    static constexpr rule rules[] = {
        {"(has(self.path) && self.path != '') || (has(self.chart) && self.chart != '') || (has(self.ref) && "
         "self.ref != "
         "'')",
         "one of path, chart and ref must be set"},
        {"!(has(self.path) && self.path != '' && has(self.chart) && self.chart != '')",
         "path and chart exclude each other: a chart is taken from a Helm repository, a path from a Git "
         "repository",
         ".path"},
        {"!(has(self.ref) && self.ref != '' && has(self.chart) && self.chart != '')",
         "ref and chart exclude each other: a chart has no files for other sources", ".ref"},
        {"!(has(self.chart) && self.chart != '') || (has(self.targetRevision) && self.targetRevision != '')",
         "targetRevision is required where chart is set: the chart's version or a range of versions",
         ".targetRevision"},
        {"[has(self.helm), has(self.kustomize), has(self.directory), has(self.plugin)].filter(given, "
         "given).size() <= 1",
         "at most one of helm, kustomize, directory and plugin may be set"},
        {"!has(self.path) || !self.path.startsWith('/')",
         "path must be relative to the root of the repository", ".path"},
        {"!has(self.path) || !self.path.matches('(^|/)[.][.](/|$)')", "path must not leave the repository",
         ".path"},
        {"!self.repoURL.matches('^[a-z+]+://[^/@]*:[^/@]*@')",
         "repoURL must not contain a password: put it into the Secret of a Repository object", ".repoURL"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application_source)

} // namespace holdfast::crds
