#include "crds/describe_structure.hpp"
#include "crds/field_limits.hpp"
#include "crds/repository.hpp"

/// The tables of a Repository.
namespace holdfast::crds {

template <>
struct docs<foreign_content> {
    static constexpr std::string_view name = "ForeignContent";
    static constexpr std::string_view text = "What becomes of content that a plain fetch does not bring.";
    static constexpr choice<foreign_content> choices[] = {
        {foreign_content::refuse, "Refuse",
         "an application that would read it fails, with an error that names it"},
        {foreign_content::ignore, "Ignore",
         "it is taken as it is, a submodule as an empty folder and an LFS pointer as a text"},
    };
};
HOLDFAST_DESCRIBED_ENUM(foreign_content)

template <>
struct docs<verify_mode> {
    static constexpr std::string_view name = "VerifyMode";
    static constexpr std::string_view text = "Which signatures have to be good.";
    static constexpr choice<verify_mode> choices[] = {
        {verify_mode::head, "HEAD", "that of the commit"},
        {verify_mode::tag, "Tag", "that of the tag, which targetRevision has to name"},
        {verify_mode::tag_and_head, "TagAndHEAD", "those of the tag and of the commit"},
    };
};
HOLDFAST_DESCRIBED_ENUM(verify_mode)

BOOST_DESCRIBE_STRUCT(repository_webhook, (), (secret_ref))
template <>
struct docs<repository_webhook> {
    static constexpr std::string_view name = "RepositoryWebhook";
    static constexpr std::string_view text = "How deliveries of the Git provider's webhook are verified.";
    static constexpr field fields[] = {
        {.member = "secret_ref",
         .doc =
             "Secret whose key secret is the one that is set at the provider. Keys that begin with secret- "
             "hold further valid ones, as while one takes the place of another; other keys count for "
             "nothing.",
         .required = true},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository_webhook)

BOOST_DESCRIBE_STRUCT(repository_proxy, (), (url, secret_ref))
template <>
struct docs<repository_proxy> {
    static constexpr std::string_view name = "RepositoryProxy";
    static constexpr std::string_view text = "A proxy on the way to the repository.";
    static constexpr field fields[] = {
        {.member = "url",
         .doc = "URL of the proxy: http://, https:// or socks5://.",
         .required = true,
         .min_length = 1,
         .max_length = limits::url,
         .pattern = "^(http|https|socks5)://[^/@]+/?$",
         .expects = "a proxy's URL such as http://proxy.example.com:3128, without credentials"},
        {.member = "secret_ref", .doc = "Secret with the keys username and password."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository_proxy)

BOOST_DESCRIBE_STRUCT(repository_verification, (), (mode, secret_ref))
template <>
struct docs<repository_verification> {
    static constexpr std::string_view name = "RepositoryVerification";
    static constexpr std::string_view text = "Only signed content is used.";
    static constexpr field fields[] = {
        {.member = "mode", .doc = "Which signatures have to be good."},
        {.member = "secret_ref",
         .doc = "Secret with the public keys of the permitted signers: OpenPGP keys under names that end in "
                ".asc, SSH keys "
                "under names that end in .sshpub.",
         .required = true},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository_verification)

BOOST_DESCRIBE_STRUCT(password_store_access, (), (entries, namespaces, applications))
template <>
struct docs<password_store_access> {
    static constexpr std::string_view name = "PasswordStoreAccess";
    static constexpr std::string_view text = "Which applications may read which entries.";
    static constexpr field fields[] = {
        {.member = "entries",
         .doc = "Globs of entries, such as shop/**; all entries where there is none.",
         .max_length = limits::path,
         .max_items = 64},
        {.member = "namespaces",
         .doc = "Globs of the namespaces of Applications; the store's own where there is none.",
         .max_length = limits::label,
         .max_items = 64},
        {.member = "applications",
         .doc = "Globs of the names of Applications; all of them where there is none.",
         .max_length = limits::name,
         .max_items = 64},
    };
};
HOLDFAST_DESCRIBED_STRUCT(password_store_access)

BOOST_DESCRIBE_STRUCT(
    repository_password_store, (),
    (key_secret_ref, passphrase_secret_ref, path, target_revision, default_, allow)
)
template <>
struct docs<repository_password_store> {
    static constexpr std::string_view name = "RepositoryPasswordStore";
    static constexpr std::string_view text =
        "The repository is a password store in the layout of pass(1): kind PassSecret and ref+pass://… in "
        "applications name its entries.";
    static constexpr field fields[] = {
        {.member = "key_secret_ref",
         .doc = "Secret with the OpenPGP private keys, armoured, that open the entries, under whatever keys.",
         .required = true},
        {.member = "passphrase_secret_ref",
         .doc = "Secret with the passphrases of the private keys, under whatever keys."},
        {.member = "path",
         .doc = "Folder of the store within the repository; its root where it is absent.",
         .max_length = limits::path},
        {.member = "target_revision",
         .doc = "Branch, tag or commit of the store; HEAD where it is absent.",
         .max_length = limits::revision},
        {.member = "default_", .doc = "References that name no store mean this one."},
        {.member = "allow",
         .doc =
             "Which applications may read which entries. Where it is absent, those in the namespace of the "
             "Repository read all of them, and others none.",
         .max_items = 64},
    };
    static constexpr rule rules[] = {
        {"!has(self.path) || (!self.path.startsWith('/') && !self.path.matches('(^|/)[.][.](/|$)'))",
         "path must be relative to the root of the repository and not leave it", ".path"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository_password_store)

BOOST_DESCRIBE_STRUCT(
    repository_spec, (),
    (url, secret_ref, interval, webhook, ca_bundle, proxy, insecure_skip_tls_verify, insecure_ignore_host_key,
     verify, password_store, timeout, suspend, submodules, lfs)
)
template <>
struct docs<repository_spec> {
    static constexpr std::string_view name = "RepositorySpec";
    static constexpr std::string_view text = "How a repository, or a group of them, is reached.";
    static constexpr field fields[] = {
        {.member = "url",
         .doc = "URL of the repository (https://, ssh://, git@host:path, file://), of a Helm repository "
                "(https://) or an OCI registry (oci://), or what the URLs of a group of them begin with, "
                "such as https://github.com/example/. It holds for URLs with its own scheme, and its own "
                "user where "
                "it names one. Of several that fit, the longest wins.",
         .required = true,
         .min_length = 1,
         .max_length = limits::url},
        {.member = "secret_ref",
         .doc = "Secret with the credentials: username and password; or bearerToken; or sshPrivateKey and "
                "knownHosts; or "
                "tls.crt and tls.key; or githubAppID, githubAppInstallationID and githubAppPrivateKey. A "
                "repository "
                "that everybody may read needs none."},
        {.member = "interval",
         .doc = "How often the repository is asked for news, such as 3m; a little is added or taken at "
                "random. A "
                "webhook brings news at once."},
        {.member = "webhook",
         .doc =
             "How deliveries of the Git provider's webhook are verified. Where it is absent none is accepted."
        },
        {.member = "ca_bundle",
         .doc =
             "Certificates (PEM) of the authorities that the server is trusted by, in place of the system's.",
         .max_length = 131072},
        {.member = "proxy", .doc = "A proxy on the way to the repository."},
        {.member = "insecure_skip_tls_verify",
         .doc =
             "Accept every certificate of the server. Anybody between here and the server can then change what is deployed.",
         .json_name = "insecureSkipTLSVerify"},
        {.member = "insecure_ignore_host_key",
         .doc =
             "Accept every key of the SSH server. Anybody between here and the server can then change what is deployed."
        },
        {.member = "verify", .doc = "Use only signed content."},
        {.member = "password_store",
         .doc = "The repository is a password store, whose entries applications name in their manifests."},
        {.member = "timeout",
         .doc = "How long the repository may take to answer, such as 60s: a listing of its refs this long, a "
                "fetch five times as long."},
        {.member = "suspend",
         .doc = "Leave the repository alone: it is neither polled nor fetched, also not by webhooks."},
        {.member = "submodules",
         .doc = "What becomes of submodules. Only Ignore is served; with Refuse the Repository is not Ready."
        },
        {.member = "lfs",
         .doc = "What becomes of files that are kept in Git LFS. Only Refuse is served; with Ignore the "
                "Repository is not Ready."},
    };
    static constexpr rule rules[] = {
        {"self.url.matches('^(https?|ssh|git|file|oci)://.+') || self.url.matches('^[^/:@]+@[^/:@]+:.+')",
         "url must be one such as https://git.example.com/team/deploy, ssh://git@git.example.com/team/deploy "
         "or "
         "git@git.example.com:team/deploy",
         ".url"},
        {"!has(self.passwordStore) || !self.url.startsWith('oci://')",
         "passwordStore needs a Git repository, and oci:// is a registry", ".passwordStore"},
        {"!self.url.matches('^[a-z+]+://[^/@]*:[^/@]*@')",
         "url must not contain a password: put it into the Secret of secretRef", ".url"},
        {"!has(self.caBundle) || self.caBundle.contains('-----BEGIN CERTIFICATE-----')",
         "caBundle must be certificates in PEM, which begin with -----BEGIN CERTIFICATE-----", ".caBundle"},
        {"!has(self.caBundle) || !has(self.insecureSkipTLSVerify) || !self.insecureSkipTLSVerify",
         "caBundle and insecureSkipTLSVerify exclude each other", ".caBundle"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository_spec)

BOOST_DESCRIBE_STRUCT(repository_head, (), (url, ref, sha))
template <>
struct docs<repository_head> {
    static constexpr std::string_view name = "RepositoryHead";
    static constexpr std::string_view text = "Where a revision that an application follows stands.";
    static constexpr field fields[] = {
        {.member = "url",
         .doc = "With a group of repositories, which of them; absent for the one of spec.url.",
         .max_length = limits::url},
        {.member = "ref",
         .doc = "The revision as applications name it.",
         .required = true,
         .min_length = 1,
         .max_length = limits::revision},
        {.member = "sha", .doc = "The commit.", .required = true, .max_length = 64},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository_head)

BOOST_DESCRIBE_STRUCT(repository_fetch, (), (time, succeeded, message))
template <>
struct docs<repository_fetch> {
    static constexpr std::string_view name = "RepositoryFetch";
    static constexpr std::string_view text = "A fetch.";
    static constexpr field fields[] = {
        {.member = "time", .doc = "When it was.", .required = true},
        {.member = "succeeded", .doc = "Whether it succeeded.", .required = true},
        {.member = "message", .doc = "What it brought, or why it failed.", .max_length = limits::message},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository_fetch)

BOOST_DESCRIBE_STRUCT(repository_webhook_delivery, (), (time, provider, verified, delivery_id, urls, receipt))
template <>
struct docs<repository_webhook_delivery> {
    static constexpr std::string_view name = "RepositoryWebhookDelivery";
    static constexpr std::string_view text = "A delivery of the Git provider's webhook.";
    static constexpr field fields[] = {
        {.member = "time", .doc = "When it came.", .required = true},
        {.member = "provider", .doc = "From which kind of provider, such as github.", .max_length = 64},
        {.member = "verified",
         .doc = "Whether its signature was good; if not, it was refused.",
         .required = true},
        {.member = "delivery_id",
         .doc = "How the provider calls it.",
         .json_name = "deliveryID",
         .max_length = 256},
        {.member = "urls",
         .doc = "Addresses of the repository that moved.",
         .max_length = 2048,
         .max_items = static_cast<std::int64_t>(max_delivery_urls)},
        {.member = "receipt",
         .doc = "Which replica of the operator took it and when, where another one leads.",
         .max_length = 512},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository_webhook_delivery)

BOOST_DESCRIBE_STRUCT(
    repository_status, (), (observed_generation, conditions, heads, last_fetch, last_webhook, applications)
)
template <>
struct docs<repository_status> {
    static constexpr std::string_view name = "RepositoryStatus";
    static constexpr std::string_view text = "How the repository is doing.";
    static constexpr field fields[] = {
        {.member = "observed_generation",
         .doc =
             "The metadata.generation that this status is about: for a greater one, nothing here counts yet.",
         .minimum = 0},
        {.member = "conditions",
         .doc = "Ready (the repository answered and was understood), Reconciling and Stalled.",
         .max_items = 32,
         .merge = list_merge::map,
         .key = "type"},
        {.member = "heads",
         .doc = "The revisions that applications follow, and where they stand; not more than 100 of them.",
         .max_items = static_cast<std::int64_t>(max_status_heads)},
        {.member = "last_fetch", .doc = "The last fetch that brought something, or failed."},
        {.member = "last_webhook", .doc = "The last delivery of the Git provider's webhook."},
        {.member = "applications", .doc = "How many applications read from it.", .minimum = 0},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository_status)

BOOST_DESCRIBE_STRUCT(repository, (), (metadata, spec, status))
template <>
struct docs<repository> {
    static constexpr std::string_view name = "Repository";
    static constexpr std::string_view text =
        "How a Git repository, or a group of them, is reached: credentials, trust, how often it is polled, "
        "how its "
        "webhook is verified. A repository that everybody may read needs none.";
    static constexpr field fields[] = {
        {.member = "metadata", .doc = "Standard object metadata.", .required = true},
        {.member = "spec", .doc = "How the repository is reached.", .required = true},
        {.member = "status", .doc = "How the repository is doing."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(repository)

} // namespace holdfast::crds
