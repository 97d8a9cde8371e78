#include "crds/describe_structure.hpp"
#include "crds/field_limits.hpp"

/// The tables of what both kinds have: metadata, conditions, references to Secrets.
namespace holdfast::crds {

BOOST_DESCRIBE_STRUCT(
    object_metadata, (),
    (name, namespace_, uid, resource_version, generation, creation_timestamp, deletion_timestamp, finalizers,
     labels, annotations)
)
template <>
struct docs<object_metadata> {
    static constexpr std::string_view name = "ObjectMeta";
    static constexpr std::string_view text = "Standard object metadata.";
    static constexpr bool open = true;
    static constexpr field fields[] = {
        {.member = "name", .doc = "Name of the object.", .max_length = limits::name},
        {.member = "namespace_", .doc = "Namespace of the object.", .max_length = limits::label},
        {.member = "uid", .doc = "Identity of the object, set by the API server."},
        {.member = "resource_version", .doc = "Version of the object, set by the API server."},
        {.member = "generation", .doc = "Number of the specification, set by the API server."},
        {.member = "creation_timestamp", .doc = "When the object was made."},
        {.member = "deletion_timestamp", .doc = "When its deletion was asked for."},
        {.member = "finalizers", .doc = "Who has work to do before the object goes.", .max_items = 1024},
        {.member = "labels", .doc = "Labels.", .max_properties = 4096},
        {.member = "annotations", .doc = "Annotations.", .max_length = limits::text, .max_properties = 4096},
    };
};
HOLDFAST_DESCRIBED_STRUCT(object_metadata)

BOOST_DESCRIBE_STRUCT(
    condition, (), (type, status, observed_generation, last_transition_time, reason, message)
)
template <>
struct docs<condition> {
    static constexpr std::string_view name = "Condition";
    static constexpr std::string_view text = "One aspect of the state of an object (metav1.Condition).";
    static constexpr field fields[] = {
        {.member = "type",
         .doc = "What it is about, such as Ready.",
         .required = true,
         .min_length = 1,
         .max_length = 316},
        {.member = "status",
         .doc = "True, False or Unknown.",
         .required = true,
         .max_length = 16,
         .pattern = "^(True|False|Unknown)$",
         .expects = "True, False or Unknown"},
        {.member = "observed_generation",
         .doc = "The metadata.generation that the condition was set for.",
         .minimum = 0},
        {.member = "last_transition_time", .doc = "When the status changed last.", .required = true},
        {.member = "reason",
         .doc = "One word in CamelCase for programs: why the status is what it is.",
         .required = true,
         .min_length = 1,
         .max_length = 1024,
         .pattern = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
         .expects = "one word in CamelCase"},
        {.member = "message", .doc = "Sentences for people.", .required = true, .max_length = 32768},
    };
};
HOLDFAST_DESCRIBED_STRUCT(condition)

BOOST_DESCRIBE_STRUCT(secret_reference, (), (name))
template <>
struct docs<secret_reference> {
    static constexpr std::string_view name = "SecretReference";
    static constexpr std::string_view text = "A Secret in the namespace of the object that refers to it.";
    static constexpr field fields[] = {
        {.member = "name",
         .doc = "Name of the Secret.",
         .required = true,
         .min_length = 1,
         .max_length = limits::name,
         .pattern = limits::dns_name,
         .expects = limits::dns_name_says},
    };
};
HOLDFAST_DESCRIBED_STRUCT(secret_reference)

BOOST_DESCRIBE_STRUCT(secret_key_reference, (), (name, key))
template <>
struct docs<secret_key_reference> {
    static constexpr std::string_view name = "SecretKeyReference";
    static constexpr std::string_view text =
        "One key of a Secret in the namespace of the object that refers to it.";
    static constexpr field fields[] = {
        {.member = "name",
         .doc = "Name of the Secret.",
         .required = true,
         .min_length = 1,
         .max_length = limits::name,
         .pattern = limits::dns_name,
         .expects = limits::dns_name_says},
        {.member = "key",
         .doc = "Key within its data; all of them where it is absent.",
         .min_length = 1,
         .max_length = limits::name,
         .pattern = "^[-._a-zA-Z0-9]+$",
         .expects = "a key of letters, digits, '-', '_' and '.'"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(secret_key_reference)

} // namespace holdfast::crds
