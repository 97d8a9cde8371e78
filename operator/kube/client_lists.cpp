#include "kube/client_call.hpp"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast::kube {

namespace {

constexpr unsigned page_size = 500;
constexpr std::size_t max_refusal = std::size_t{64} << 10U;

query selection_query(const selection& what) {
    query q;
    q.add_if("labelSelector", what.label_selector);
    q.add_if("fieldSelector", what.field_selector);
    return q;
}

/// Servers leave apiVersion and kind out of a list's items; metadata-only ones bear the envelope's.
void name_items(json::array& items, const resource& kind) {
    const auto api_version = kind.api_version();
    for (auto& item : items) {
        if (auto* object = item.if_object()) {
            (*object)["apiVersion"] = api_version;
            (*object)["kind"] = kind.kind;
        }
    }
}

} // namespace

json::array& list_page::items() {
    return list["items"].as_array();
}

client::answer<list_page> client::fetch_page(call what, resource kind, bool own_storage) {
    const std::string name = what.what;
    auto answer = co_await send(std::move(what));
    if (answer.has_error()) {
        co_return std::move(answer).error();
    }
    json::storage_ptr storage;
    if (!own_storage) {
        storage = json::make_shared_resource<json::monotonic_resource>(
            std::clamp<std::size_t>(answer->body.size(), 1024, std::size_t{4} << 20U)
        );
    }
    auto list = read_object(answer->body, name, storage);
    // The text is not needed while the page is worked through.
    answer->body = {};
    if (list.has_error()) {
        co_return std::move(list).error();
    }
    auto& items = (*list)["items"];
    if (items.is_null()) {
        items.emplace_array();
    }
    if (!items.is_array() ||
        !std::all_of(items.get_array().begin(), items.get_array().end(), [](const auto& item) {
            return item.is_object();
        })) {
        co_return failure{internal_error(name + ": the server's answer is not a list of objects")};
    }
    name_items(items.get_array(), kind);
    // Moved whole, not assigned: an assignment to another storage would copy.
    const json::object& read = *list;
    std::string version{find_text(read, {"metadata", "resourceVersion"})};
    std::string token{find_text(read, {"metadata", "continue"})};
    co_return list_page{std::move(*list), std::move(version), std::move(token)};
}

client::call client::make_list(
    const resource& kind, const selection& what, const page_request& page, const call_options& options
) const {
    auto q = selection_query(what);
    if (page.limit > 0) {
        q.add("limit", std::to_string(page.limit));
    }
    if (page.continue_token.empty()) {
        q.add_if("resourceVersion", page.resource_version);
    } else {
        q.add("continue", page.continue_token);
    }
    auto c = make_call(
        "GET", q.on(collection_path(kind, what.namespace_)), describe("list", kind, what.namespace_, ""),
        options
    );
    c.verb = "list";
    c.max_body = settings_.max_list_bytes;
    if (what.metadata_only) {
        c.request.headers[1].value = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    }
    return c;
}

client::answer<list_page> client::list_some(
    const resource& kind, const selection& what, const page_request& page, const call_options& options
) {
    return fetch_page(make_list(kind, what, page, options), kind, false);
}

client::answer<object_list>
client::list(const resource& kind, const selection& what, const call_options& options) {
    return list_all(kind, what, options);
}

client::answer<object_list> client::list_all(resource kind, selection what, call_options options) {
    const auto end = std::chrono::steady_clock::now() + options.deadline;
    object_list all;
    page_request wanted{.resource_version = "", .limit = page_size, .continue_token = ""};
    while (true) {
        options.deadline =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        auto call = make_list(kind, what, wanted, options);
        auto page = co_await fetch_page(std::move(call), kind, true);
        if (page.has_error()) {
            if (page.error().is_expired() && !wanted.continue_token.empty()) {
                // It took longer than the server keeps a snapshot: all of it at once, then.
                all.items.clear();
                wanted = {};
                continue;
            }
            co_return std::move(page).error();
        }
        for (auto& item : page->items()) {
            all.items.push_back(std::move(item.get_object()));
        }
        all.resource_version = std::move(page->resource_version);
        if (page->continue_token.empty()) {
            co_return all;
        }
        wanted.continue_token = std::move(page->continue_token);
    }
}

client::answer<std::unique_ptr<http::body_stream>> client::watch(
    const resource& kind, const selection& what, const watch_request& how, const call_options& options
) {
    auto q = selection_query(what);
    q.add("watch", "1").add("allowWatchBookmarks", "true");
    q.add("timeoutSeconds", std::to_string(how.timeout.count()));
    if (how.send_initial_events) {
        q.add("sendInitialEvents", "true").add("resourceVersionMatch", "NotOlderThan");
        q.add("resourceVersion", how.resource_version);
    } else {
        q.add_if("resourceVersion", how.resource_version);
    }
    auto c = make_call(
        "GET", q.on(collection_path(kind, what.namespace_)), describe("watch", kind, what.namespace_, ""),
        options
    );
    c.verb = "watch";
    if (what.metadata_only) {
        c.request.headers[1].value = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    }
    return open(std::move(c));
}

client::answer<std::unique_ptr<http::body_stream>> client::open(call what) {
    if (what.refused) {
        co_return std::move(*what.refused);
    }
    const auto began = std::chrono::steady_clock::now();
    auto opened = co_await connection_.open(std::move(what.request), what.options.deadline);
    if (settings_.observer != nullptr) {
        settings_.observer->answered(
            what.verb, opened ? (*opened)->head().status : 0U, std::chrono::steady_clock::now() - began
        );
    }
    if (opened.has_error()) {
        co_return failure{opened.error().within(what.what)};
    }
    auto stream = std::move(*opened);
    http::response head = stream->head();
    tell_warnings(head, what.options.on_warning);
    if (head.status == 200) {
        co_return std::move(stream);
    }
    // Why not: as much of it as makes sense, and for no longer than the head took.
    while (head.body.size() < max_refusal) {
        auto bytes = co_await stream->read_some(
            std::min<std::chrono::milliseconds>(what.options.deadline, std::chrono::seconds{10})
        );
        if (bytes.has_error() || bytes->empty()) {
            break;
        }
        head.body += *bytes;
    }
    co_return failure_from_response(head, what.what);
}

} // namespace holdfast::kube
