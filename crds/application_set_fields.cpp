#include "crds/application_set.hpp"
#include "crds/describe_structure.hpp"
#include "crds/field_limits.hpp"

/// The tables of an ApplicationSet.
namespace holdfast::crds {

namespace {

constexpr std::int64_t most_results = 10'000;
constexpr std::int64_t most_values = 256;
constexpr std::int64_t value_length = 4096;

} // namespace

template <>
struct docs<selector_operator> {
    static constexpr std::string_view name = "SelectorOperator";
    static constexpr std::string_view text = "How a value is compared.";
    static constexpr choice<selector_operator> choices[] = {
        {selector_operator::in, "In", "it is one of values"},
        {selector_operator::not_in, "NotIn", "it is none of values, or not there"},
        {selector_operator::exists, "Exists", "it is there"},
        {selector_operator::does_not_exist, "DoesNotExist", "it is not there"},
    };
};
HOLDFAST_DESCRIBED_ENUM(selector_operator)

template <>
struct docs<applications_sync> {
    static constexpr std::string_view name = "ApplicationsSync";
    static constexpr std::string_view text = "What a set may do with Applications.";
    static constexpr choice<applications_sync> choices[] = {
        {applications_sync::sync, "sync", "it makes, changes and deletes them"},
        {applications_sync::create_update, "create-update", "it makes and changes them"},
        {applications_sync::create_delete, "create-delete", "it makes and deletes them"},
        {applications_sync::create_only, "create-only", "it makes them"},
    };
};
HOLDFAST_DESCRIBED_ENUM(applications_sync)

BOOST_DESCRIBE_STRUCT(selector_requirement, (), (key, operator_, values))
template <>
struct docs<selector_requirement> {
    static constexpr std::string_view name = "SelectorRequirement";
    static constexpr std::string_view text = "A requirement of a selector.";
    static constexpr field fields[] = {
        {.member = "key", .doc = "Name of the label or parameter.", .required = true, .min_length = 1},
        {.member = "operator_", .doc = "How it is compared.", .required = true},
        {.member = "values", .doc = "With In and NotIn, what it is compared with.", .max_items = most_values},
    };
};
HOLDFAST_DESCRIBED_STRUCT(selector_requirement)

BOOST_DESCRIBE_STRUCT(label_selector, (), (match_labels, match_expressions))
template <>
struct docs<label_selector> {
    static constexpr std::string_view name = "LabelSelector";
    static constexpr std::string_view text = "Selects by labels or parameters; an empty one selects all.";
    static constexpr field fields[] = {
        {.member = "match_labels", .doc = "Names with the values that they must have."},
        {.member = "match_expressions", .doc = "Further requirements, all of which must be met."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(label_selector)

BOOST_DESCRIBE_STRUCT(set_template_metadata, (), (name, namespace_, labels, annotations, finalizers))
template <>
struct docs<set_template_metadata> {
    static constexpr std::string_view name = "ApplicationSetTemplateMetadata";
    static constexpr std::string_view text = "Metadata of the Applications.";
    static constexpr field fields[] = {
        {.member = "name", .doc = "Name of the Application, such as {{path.basename}}."},
        {.member = "namespace_",
         .doc = "Counts for nothing: Applications are made in the namespace of the set."},
        {.member = "labels", .doc = "Labels.", .max_length = value_length, .max_properties = most_values},
        {.member = "annotations",
         .doc = "Annotations.",
         .max_length = limits::text,
         .max_properties = most_values},
        {.member = "finalizers",
         .doc = "Finalizers in place of the one that deletes what the Application deployed with it."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(set_template_metadata)

BOOST_DESCRIBE_STRUCT(set_template, (), (metadata, spec))
template <>
struct docs<set_template> {
    static constexpr std::string_view name = "ApplicationSetTemplate";
    static constexpr std::string_view text = "An Application whose texts may have parameters in them.";
    static constexpr field fields[] = {
        {.member = "metadata", .doc = "Metadata of the Applications."},
        {.member = "spec",
         .doc = "Specification of the Applications: that of kind Application, with parameters in any text."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(set_template)

namespace {

/// The same for each generator.
constexpr field template_field{
    .member = "template_",
    .doc = "Fields that go before those of the set's template, for the results of this generator.",
    .documented_at = "spec.template"
};
constexpr field values_field{
    .member = "values",
    .doc = "Further parameters, values.NAME, in which those of the result may be used.",
    .max_length = value_length,
    .max_properties = most_values
};

} // namespace

BOOST_DESCRIBE_STRUCT(list_generator, (), (elements, elements_yaml, template_))
template <>
struct docs<list_generator> {
    static constexpr std::string_view name = "ListGenerator";
    static constexpr std::string_view text = "A result for each element of a list.";
    static constexpr field fields[] = {
        {.member = "elements",
         .doc = "Parameters; without goTemplate their values are texts, and values may be a map of texts.",
         .max_items = most_results},
        {.member = "elements_yaml",
         .doc = "Further elements as YAML, in which a matrix puts the parameters of its first generator.",
         .max_length = limits::text},
        template_field,
    };
};
HOLDFAST_DESCRIBED_STRUCT(list_generator)

BOOST_DESCRIBE_STRUCT(cluster_generator, (), (selector, values, flat_list, template_))
template <>
struct docs<cluster_generator> {
    static constexpr std::string_view name = "ClusterGenerator";
    static constexpr std::string_view text =
        "A result for each cluster: parameters name, nameNormalized, server, project, metadata.labels.NAME, "
        "metadata.annotations.NAME.";
    static constexpr field fields[] = {
        {.member = "selector",
         .doc = "Which clusters, by the labels of their Secrets. Where it is absent, all of them and the one "
                "that Holdfast runs in."},
        values_field,
        {.member = "flat_list", .doc = "One result with all clusters in its parameter clusters."},
        template_field,
    };
};
HOLDFAST_DESCRIBED_STRUCT(cluster_generator)

BOOST_DESCRIBE_STRUCT(git_path_rule, (), (path, exclude))
template <>
struct docs<git_path_rule> {
    static constexpr std::string_view name = "GitPathRule";
    static constexpr std::string_view text = "A pattern of paths.";
    static constexpr field fields[] = {
        {.member = "path",
         .doc = "Pattern of whole paths from the root of the repository. Of directories, where * stays "
                "within a directory: apps/*. Of files, where it does not, as for git ls-files: "
                "apps/*/config.yaml.",
         .required = true,
         .min_length = 1,
         .max_length = limits::path},
        {.member = "exclude", .doc = "What it matches is left out, whatever other patterns match."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(git_path_rule)

BOOST_DESCRIBE_STRUCT(
    git_generator, (),
    (repo_url, revision, directories, files, path_param_prefix, values, requeue_after_seconds, template_)
)
template <>
struct docs<git_generator> {
    static constexpr std::string_view name = "GitGenerator";
    static constexpr std::string_view text =
        "A result for each directory, or for each file, of a repository: parameters path, path.basename, "
        "path.basenameNormalized, path[0] …, of files also path.filename, path.filenameNormalized and what "
        "is in the file.";
    static constexpr field fields[] = {
        {.member = "repo_url",
         .doc = "URL of the repository.",
         .json_name = "repoURL",
         .required = true,
         .min_length = 1,
         .max_length = limits::url},
        {.member = "revision",
         .doc = "Branch, tag or commit; HEAD where it is absent.",
         .max_length = limits::revision},
        {.member = "directories",
         .doc = "A result for each directory that a pattern matches; then files counts for nothing.",
         .max_items = most_values},
        {.member = "files",
         .doc = "A result for each file that a pattern matches: YAML or JSON, a map of parameters or a list "
                "of such maps.",
         .max_items = most_values},
        {.member = "path_param_prefix", .doc = "Stands before the parameters of the path: PREFIX.path."},
        values_field,
        {.member = "requeue_after_seconds",
         .doc = "Counts for nothing, and the set says so: how often a repository is asked for news is the "
                "interval of its Repository, and a webhook brings news at once.",
         .minimum = 1,
         .maximum = 31'536'000},
        template_field,
    };
};
HOLDFAST_DESCRIBED_STRUCT(git_generator)

BOOST_DESCRIBE_STRUCT(matrix_generator, (), (generators, template_))
template <>
struct docs<matrix_generator> {
    static constexpr std::string_view name = "MatrixGenerator";
    static constexpr std::string_view text =
        "Each result of the first generator with each of the second, in whose texts the parameters of the "
        "first may stand.";
    static constexpr field fields[] = {
        {.member = "generators",
         .doc = "Two generators, as in spec.generators; one of them may be a matrix or a merge of generators "
                "that are neither.",
         .required = true,
         .max_items = 8},
        template_field,
    };
};
HOLDFAST_DESCRIBED_STRUCT(matrix_generator)

BOOST_DESCRIBE_STRUCT(merge_generator, (), (merge_keys, generators, template_))
template <>
struct docs<merge_generator> {
    static constexpr std::string_view name = "MergeGenerator";
    static constexpr std::string_view text =
        "The results of the first generator, with the parameters of those results of the others that have "
        "the same values of all merge keys.";
    static constexpr field fields[] = {
        {.member = "merge_keys",
         .doc = "Parameters by which results belong together.",
         .required = true,
         .min_length = 1,
         .max_items = 16},
        {.member = "generators",
         .doc = "Two generators or more, as in spec.generators; they may be matrices or merges of generators "
                "that are neither.",
         .required = true,
         .max_items = 16},
        template_field,
    };
};
HOLDFAST_DESCRIBED_STRUCT(merge_generator)

BOOST_DESCRIBE_STRUCT(
    set_generator, (),
    (list, clusters, git, matrix, merge, selector, scm_provider, pull_request, plugin,
     cluster_decision_resource)
)
template <>
struct docs<set_generator> {
    static constexpr std::string_view name = "ApplicationSetGenerator";
    static constexpr std::string_view text = "Where parameters come from; each result makes an Application.";
    static constexpr field fields[] = {
        {.member = "list", .doc = "A result for each element of a list."},
        {.member = "clusters", .doc = "A result for each cluster."},
        {.member = "git", .doc = "A result for each directory or file of a repository."},
        {.member = "matrix", .doc = "Each result of a generator with each of another."},
        {.member = "merge", .doc = "Results of several generators, merged."},
        {.member = "selector", .doc = "Which results are used, by their parameters, such as path.basename."},
        {.member = "scm_provider", .doc = "Not served yet: a set with it is refused."},
        {.member = "pull_request", .doc = "Not served yet: a set with it is refused."},
        {.member = "plugin", .doc = "Not served yet: a set with it is refused."},
        {.member = "cluster_decision_resource", .doc = "Not served yet: a set with it is refused."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(set_generator)

BOOST_DESCRIBE_STRUCT(set_sync_policy, (), (preserve_resources_on_deletion, applications_sync))
template <>
struct docs<set_sync_policy> {
    static constexpr std::string_view name = "ApplicationSetSyncPolicy";
    static constexpr std::string_view text = "What a set may do with Applications.";
    static constexpr field fields[] = {
        {.member = "preserve_resources_on_deletion",
         .doc = "An Application that goes leaves what it deployed."},
        {.member = "applications_sync", .doc = "What the set may do with Applications."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(set_sync_policy)

BOOST_DESCRIBE_STRUCT(set_preserved_fields, (), (annotations, labels))
template <>
struct docs<set_preserved_fields> {
    static constexpr std::string_view name = "ApplicationSetPreservedFields";
    static constexpr std::string_view text = "Names that Applications keep although the template has none.";
    static constexpr field fields[] = {
        {.member = "annotations", .doc = "Names of annotations."},
        {.member = "labels", .doc = "Names of labels."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(set_preserved_fields)

BOOST_DESCRIBE_STRUCT(set_ignored_difference, (), (name, json_pointers, jq_path_expressions))
template <>
struct docs<set_ignored_difference> {
    static constexpr std::string_view name = "ApplicationSetIgnoredDifference";
    static constexpr std::string_view text = "Fields of Applications that a set leaves as they are.";
    static constexpr field fields[] = {
        {.member = "name",
         .doc = "Name of the Application; every one of the set where it is absent.",
         .max_length = limits::name},
        {.member = "json_pointers", .doc = "Paths (RFC 6901) such as /spec/source/targetRevision."},
        {.member = "jq_path_expressions", .doc = "jq expressions that name fields."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(set_ignored_difference)

BOOST_DESCRIBE_STRUCT(
    application_set_spec, (),
    (go_template, go_template_options, generators, template_, template_patch, sync_policy, preserved_fields,
     ignore_application_differences, strategy)
)
template <>
struct docs<application_set_spec> {
    static constexpr std::string_view name = "ApplicationSetSpec";
    static constexpr std::string_view text = "Which Applications there are to be.";
    static constexpr field fields[] = {
        {.member = "go_template",
         .doc = "Texts are templates of Go, such as {{.path.basename}}; without it {{path.basename}} stands "
                "for a parameter."},
        {.member = "go_template_options",
         .doc = "Options of text/template: missingkey=error makes a parameter that is missing an error.",
         .max_items = 8},
        {.member = "generators", .doc = "Where parameters come from.", .required = true},
        {.member = "template_", .doc = "The Application that is made of each result.", .required = true},
        {.member = "template_patch",
         .doc = "YAML with parameters in it, which is merged into each Application. Its lists take the place "
                "of those of the template; spec.project stays as it is.",
         .max_length = limits::text},
        {.member = "sync_policy", .doc = "What the set may do with Applications."},
        {.member = "preserved_fields", .doc = "What of their metadata Applications keep."},
        {.member = "ignore_application_differences", .doc = "Fields that the set leaves as they are."},
        {.member = "strategy",
         .doc = "Only the type AllAtOnce is served: all Applications are written at once. RollingSync is "
                "refused."},
    };
    static constexpr rule rules[] = {
        {"has(self.template.metadata) && has(self.template.metadata.name) && self.template.metadata.name != "
         "''",
         "template.metadata.name must not be empty", ".template"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application_set_spec)

BOOST_DESCRIBE_STRUCT(set_resource, (), (group, version, kind, namespace_, name, status, health))
template <>
struct docs<set_resource> {
    static constexpr std::string_view name = "ApplicationSetResource";
    static constexpr std::string_view text = "An Application of the set.";
    static constexpr field fields[] = {
        {.member = "group", .doc = "Group of its kind.", .max_length = limits::name},
        {.member = "version", .doc = "Version of its kind.", .max_length = limits::label},
        {.member = "kind", .doc = "Its kind.", .max_length = limits::label},
        {.member = "namespace_", .doc = "Its namespace.", .max_length = limits::label},
        {.member = "name", .doc = "Its name.", .required = true, .max_length = limits::name},
        {.member = "status", .doc = "Whether the cluster is as its manifests say."},
        {.member = "health", .doc = "How it is doing."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(set_resource)

BOOST_DESCRIBE_STRUCT(
    application_set_status, (), (observed_generation, conditions, resources, resources_count, health)
)
template <>
struct docs<application_set_status> {
    static constexpr std::string_view name = "ApplicationSetStatus";
    static constexpr std::string_view text = "How the set is doing.";
    static constexpr field fields[] = {
        {.member = "observed_generation",
         .doc =
             "The metadata.generation that this status is about: for a greater one, nothing here counts yet.",
         .minimum = 0},
        {.member = "conditions",
         .doc = "ErrorOccurred, ParametersGenerated and ResourcesUpToDate, beside Ready, Reconciling and "
                "Stalled.",
         .max_items = 32,
         .merge = list_merge::map,
         .key = "type"},
        {.member = "resources",
         .doc = "The Applications of the set by name; not more than 1000 of them.",
         .max_items = static_cast<std::int64_t>(max_set_resources)},
        {.member = "resources_count", .doc = "How many Applications the set has.", .minimum = 0},
        {.member = "health", .doc = "Whether the set could do its work."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application_set_status)

BOOST_DESCRIBE_STRUCT(application_set, (), (metadata, spec, status))
template <>
struct docs<application_set> {
    static constexpr std::string_view name = "ApplicationSet";
    static constexpr std::string_view text =
        "Applications made from parameters, such as the directories of a repository, and a template.";
    static constexpr field fields[] = {
        {.member = "metadata", .doc = "Standard object metadata.", .required = true},
        {.member = "spec", .doc = "Which Applications there are to be.", .required = true},
        {.member = "status", .doc = "How the set is doing."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application_set)

} // namespace holdfast::crds
