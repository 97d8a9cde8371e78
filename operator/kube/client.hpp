#pragma once

#include "kube/failure.hpp"
#include "kube/object.hpp"
#include "kube/resource.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::http {
class client;
class body_stream;
struct request;
struct response;
} // namespace holdfast::http

namespace holdfast::kube {

/// As whom a call is made, when not as ourselves. The server checks that we may.
struct impersonation {
    std::string user;
    std::vector<std::string> groups;
    std::string uid;
    std::vector<std::pair<std::string, std::string>> extra;
};

/// What every call takes.
struct call_options {
    /// For all of it, tries included.
    std::chrono::milliseconds deadline{30'000};
    /// How often a call is sent again where that is allowed: on 429 and 5xx with a Retry-After; on network
    /// errors for GET only.
    unsigned max_retries = 10;
    std::optional<impersonation> as;
    /// Called for each Warning header of the answer; on the loop's thread.
    std::function<void(std::string_view)> on_warning;
};

/// Who does not fit into a label: what is wanted of a list or watch.
struct selection {
    /// Empty: all namespaces (or a kind of the cluster).
    std::string namespace_;
    std::string label_selector;
    std::string field_selector;
    /// Only apiVersion, kind and metadata: a large saving where that is enough.
    bool metadata_only = false;
};

struct object_list {
    std::vector<json::object> items;
    /// Of the list: where a watch continues.
    std::string resource_version;
};

/// One page of a list.
struct list_page {
    /// The decoded list, its items with it; they share one block of memory.
    json::object list;
    std::string resource_version;
    /// Empty on the last page.
    std::string continue_token;

    /// All are objects, with their apiVersion and kind.
    [[nodiscard]] json::array& items();
};

struct page_request {
    std::string resource_version;
    /// 0: no limit.
    unsigned limit = 0;
    std::string continue_token;
};

struct watch_request {
    std::string resource_version;
    /// The streaming list of KEP-3157.
    bool send_initial_events = false;
    std::chrono::seconds timeout{300};
};

/// How the server looks at unknown and duplicate fields.
enum class field_validation { ignore, warn, strict };

struct write_options {
    bool dry_run = false;
    field_validation validation = field_validation::strict;
};

struct apply_options {
    /// Who owns the fields that are applied; at most 128 characters.
    std::string field_manager;
    /// Takes fields from other managers; without, a field of another manager is a conflict.
    bool force = false;
    bool dry_run = false;
    field_validation validation = field_validation::strict;
};

enum class propagation { server_default, background, foreground, orphan };

struct delete_options {
    /// Only this very object: otherwise it is a conflict.
    std::string uid;
    std::string resource_version;
    propagation policy = propagation::server_default;
    std::optional<std::chrono::seconds> grace_period;
    bool dry_run = false;
};

/// What a deletion came to.
enum class deletion {
    /// It is gone now.
    done,
    /// It was marked; finalizers, dependents or the grace period hold it.
    started,
    /// There was none.
    was_gone,
};

/// One document of the server's OpenAPI v3.
struct openapi_document {
    /// "apis/apps/v1", "api/v1".
    std::string path;
    /// What to ask for; with the hash in it.
    std::string url;
    /// Changes when the document does; may be empty.
    std::string hash;
};

struct server_version {
    std::string git_version; // "v1.37.2"
    unsigned major = 0;
    unsigned minor = 0;
};

/// What is asked of SelfSubjectAccessReview.
struct access_question {
    std::string verb;
    std::string group;
    std::string plural;
    std::string subresource;
    std::string namespace_;
    std::string name;
};

struct access_answer {
    bool allowed = false;
    std::string reason;
};

struct client_settings {
    /// "holdfast/<version>" when empty.
    std::string user_agent;
    /// An answer to one object may not be longer.
    std::size_t max_object_bytes = std::size_t{16} << 20U;
    /// The answer to a list, a page, or an OpenAPI document.
    std::size_t max_list_bytes = std::size_t{256} << 20U;
    /// A longer object is refused before it is sent: what an API server reads. What it then stores may not
    /// exceed 1.5 MiB, which only it can tell (413).
    std::size_t max_sent_bytes = std::size_t{3} << 20U;
    /// Wait between two tries after a network error.
    std::chrono::milliseconds network_retry_delay{1'000};
    /// Asked just before each request that changes something is sent; where it says false, the request is
    /// not sent and the answer is a transient failure. Empty: always. For what only a leader may do.
    std::function<bool()> may_write;
};

/// Speaks to one API server: one method per verb, generic over kinds. Thin: it builds the request, sends it
/// through an authenticated http::client, retries by the rules (429 and 5xx only when the server says
/// Retry-After; network errors only for GET), and reads the answer.
///
/// Parameters are read before a method returns its awaitable, so they need not live until it is awaited; the
/// client itself must. Any number of calls at once, on the thread of its loop. A cancelled call throws
/// operation_aborted.
class client {
public:
    /// `connection` must outlive the client, and must add credentials itself.
    explicit client(http::client& connection, client_settings settings = {});
    ~client();
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    template <class T>
    using answer = boost::asio::awaitable<reply<T>>;

    answer<json::object>
    get(const resource& kind, std::string_view namespace_, std::string_view name,
        const call_options& options = {});
    /// The whole list, read in pages of 500. A continue token that expires on the way makes it ask once more
    /// for all of it. Every item is given its apiVersion and kind.
    answer<object_list>
    list(const resource& kind, const selection& what = {}, const call_options& options = {});
    /// One page, as the reflector wants it.
    answer<list_page> list_some(
        const resource& kind, const selection& what, const page_request& page,
        const call_options& options = {}
    );
    /// Starts a watch: the stream's bytes are for a watch_decoder.
    answer<std::unique_ptr<http::body_stream>> watch(
        const resource& kind, const selection& what, const watch_request& how,
        const call_options& options = {}
    );

    /// The object's namespace and name say where.
    answer<json::object> create(
        const resource& kind, const json::object& object, std::string_view field_manager,
        const write_options& how = {}, const call_options& options = {}
    );
    /// Server-side apply: creates it, or takes the fields in `object` for this manager, and gives the object
    /// as it is then.
    answer<json::object> apply(
        const resource& kind, const json::object& object, const apply_options& how,
        const call_options& options = {}
    );
    /// The same on a subresource, usually "status".
    answer<json::object> apply_subresource(
        const resource& kind, std::string_view subresource, const json::object& object,
        const apply_options& how, const call_options& options = {}
    );
    /// Replaces the object; its resourceVersion must be the present one, where it has one.
    answer<json::object> update(
        const resource& kind, const json::object& object, std::string_view field_manager,
        const write_options& how = {}, const call_options& options = {}
    );
    answer<json::object> update_subresource(
        const resource& kind, std::string_view subresource, const json::object& object,
        std::string_view field_manager, const write_options& how = {}, const call_options& options = {}
    );
    /// RFC 7386; `subresource` may be empty.
    answer<json::object> patch_merge(
        const resource& kind, std::string_view namespace_, std::string_view name, const json::object& patch,
        std::string_view field_manager, std::string_view subresource = {}, const write_options& how = {},
        const call_options& options = {}
    );
    /// RFC 6902.
    answer<json::object> patch_json(
        const resource& kind, std::string_view namespace_, std::string_view name, const json::array& patch,
        std::string_view field_manager, std::string_view subresource = {}, const write_options& how = {},
        const call_options& options = {}
    );
    /// That there is none is a success of its own.
    answer<deletion> remove(
        const resource& kind, std::string_view namespace_, std::string_view name,
        const delete_options& how = {}, const call_options& options = {}
    );

    answer<server_version> version(const call_options& options = {});
    answer<std::vector<openapi_document>> openapi_v3_index(const call_options& options = {});
    /// The document's JSON, as it was sent. `url` is from the index.
    answer<std::string> openapi_v3(std::string_view url, const call_options& options = {});
    /// Whether we (or whom the options impersonate) may do that.
    answer<access_answer> access_review(const access_question& question, const call_options& options = {});

    /// GET of any path, 2xx or a failure: for discovery, health and whatever has no method here. `accept` may
    /// be empty.
    answer<http::response> get_raw(
        std::string_view target, std::string_view accept, std::string_view what,
        const call_options& options = {}
    );

private:
    struct call;
    call make_call(std::string_view method, std::string target, std::string what, const call_options& options)
        const;
    call make_write(
        std::string_view method, std::string target, std::string what, std::string_view content_type,
        std::string body, const call_options& options
    ) const;
    call make_list(
        const resource& kind, const selection& what, const page_request& page, const call_options& options
    ) const;
    answer<http::response> send(call what);
    answer<json::object> send_for_object(call what);
    answer<list_page> fetch_page(call what, resource kind, bool own_storage);
    answer<object_list> list_all(resource kind, selection what, call_options options);
    answer<std::unique_ptr<http::body_stream>> open(call what);
    answer<deletion> send_deletion(call what);
    answer<server_version> ask_version(call what);
    answer<std::vector<openapi_document>> ask_openapi_index(call what);
    answer<std::string> ask_text(answer<http::response> asked);
    answer<access_answer> ask_access(call what);

    http::client& connection_;
    client_settings settings_;
};

} // namespace holdfast::kube
