#pragma once

#include "crds/types.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::crds {

inline constexpr std::size_t max_status_heads = 100;
inline constexpr std::size_t max_delivery_urls = 8;

/// What becomes of content that a plain fetch does not bring.
enum class foreign_content {
    /// It is an error that names it.
    refuse,
    /// It is taken as it is: a submodule as an empty folder, an LFS pointer as a text.
    ignore,
};

/// Which signatures have to be good, and by a key of the Secret.
enum class verify_mode { head, tag, tag_and_head };

std::string_view to_string(foreign_content value) noexcept;
std::string_view to_string(verify_mode value) noexcept;

struct repository_webhook {
    /// Key `secret`; each further key is another valid secret, as while one takes the place of another.
    secret_reference secret_ref;

    bool operator==(const repository_webhook&) const = default;
};

struct repository_proxy {
    std::string url;
    /// Keys `username` and `password`.
    std::optional<secret_reference> secret_ref;

    bool operator==(const repository_proxy&) const = default;
};

struct repository_verification {
    verify_mode mode = verify_mode::head;
    secret_reference secret_ref;

    bool operator==(const repository_verification&) const = default;
};

/// Which applications may read which entries of a password store. A list that is empty stands for all
/// entries, for the store's own namespace, for all applications there.
struct password_store_access {
    std::vector<std::string> entries;
    std::vector<std::string> namespaces;
    std::vector<std::string> applications;

    bool operator==(const password_store_access&) const = default;
};

/// The repository is a password store (the layout of `pass`), which applications read entries of.
struct repository_password_store {
    secret_reference key_secret_ref;
    std::optional<secret_reference> passphrase_secret_ref;
    std::string path;
    std::string target_revision;
    /// For references that name no store.
    bool default_ = false;
    /// None: applications in the store's own namespace read all of it.
    std::vector<password_store_access> allow;

    bool operator==(const repository_password_store&) const = default;
};

struct repository_spec {
    /// The URL of one repository, or what the URLs of a group of them begin with: the longest that fits wins.
    std::string url;
    std::optional<secret_reference> secret_ref;
    duration interval{std::chrono::minutes{3}};
    std::optional<repository_webhook> webhook;
    /// PEM.
    std::string ca_bundle;
    std::optional<repository_proxy> proxy;
    bool insecure_skip_tls_verify = false;
    bool insecure_ignore_host_key = false;
    std::optional<repository_verification> verify;
    std::optional<repository_password_store> password_store;
    duration timeout{std::chrono::seconds{60}};
    bool suspend = false;
    foreign_content submodules = foreign_content::ignore;
    foreign_content lfs = foreign_content::refuse;

    bool operator==(const repository_spec&) const = default;
};

/// Where a tracked revision of a repository stands.
struct repository_head {
    /// With a Repository for a group of them, which one it is; empty for `spec.url` itself.
    std::string url;
    /// As applications name it: "main", "v1.*", "HEAD".
    std::string ref;
    /// The commit.
    std::string sha;

    bool operator==(const repository_head&) const = default;
};

struct repository_fetch {
    /// When a fetch last brought something, or failed.
    timestamp time;
    bool succeeded = false;
    std::string message;

    bool operator==(const repository_fetch&) const = default;
};

struct repository_webhook_delivery {
    timestamp time;
    /// "github", "gitlab", "gitea" …
    std::string provider;
    bool verified = false;
    std::string delivery_id;
    /// Addresses of the repository that moved, as the provider names them; only of a verified one. At most
    /// `max_delivery_urls`.
    std::vector<std::string> urls;
    /// Which replica took it and when, where that was not the one that leads: unlike any other's.
    std::string receipt;

    bool operator==(const repository_webhook_delivery&) const = default;
};

struct repository_status {
    std::int64_t observed_generation = 0;
    std::vector<condition> conditions;
    /// At most `max_status_heads`; one for each pair of URL and ref.
    std::vector<repository_head> heads;
    std::optional<repository_fetch> last_fetch;
    std::optional<repository_webhook_delivery> last_webhook;
    /// How many applications read from it.
    std::int64_t applications = 0;

    bool operator==(const repository_status&) const = default;
};

/// kubectl get repositories.holdfast.dev
struct repository {
    object_metadata metadata;
    repository_spec spec;
    repository_status status;

    bool operator==(const repository&) const = default;
};

/// Reads a Repository as the API server gives it, with everything that is wrong with it.
reading<repository> examine_repository(const json::object& object);

/// Back to JSON: what is absent, empty or has its default is left out, unless it is required.
json::object write(const repository& value);
json::object write(const repository_spec& value);
json::object write(const repository_status& value);

/// What the object alone tells to be wrong, beyond the types and bounds that reading checks.
std::vector<problem> check(const repository& value);

} // namespace holdfast::crds
