#include "kube/discovery.hpp"

#include "base/async.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "http/client.hpp"
#include "kube/informer.hpp"
#include "kube/json.hpp"
#include "kube/object_store.hpp"

#include <boost/json/parse.hpp>

#include <exception>
#include <variant>

namespace holdfast::kube {

namespace {

constexpr std::string_view aggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

reply<json::object> document_of(const reply<http::response>& answer) {
    if (answer.has_error()) {
        return answer.error();
    }
    boost::system::error_code code;
    auto value = json::parse(answer->body, code, {}, server_json());
    if (code || !value.is_object()) {
        return failure{internal_error("the server's discovery document is not a JSON object")};
    }
    return std::move(value.get_object());
}

/// Something has changed: how often, and who waits for it.
struct change_signal {
    pulse changed;
    std::uint64_t count = 0;
    void raise() {
        ++count;
        changed.notify_all();
    }
};

/// Raises the signal when a collection changes, and after each list: what answers then may be a server of
/// another version, with other kinds of its own.
object_store<std::monostate> watcher_of(change_signal& signal) {
    const auto raise = [&signal](auto&&...) { signal.raise(); };
    return object_store<std::monostate>{
        [](const json::object&) { return std::monostate{}; },
        {.added = raise, .changed = raise, .removed = raise, .synced = raise}
    };
}

resource api_services() {
    return {
        .group = "apiregistration.k8s.io",
        .version = "v1",
        .plural = "apiservices",
        .kind = "APIService",
        .namespaced = false,
        .verbs = {},
        .subresources = {}
    };
}

informer_options metadata_of(resource kind) {
    informer_options options{.kind = std::move(kind), .what = {}};
    options.what.metadata_only = true;
    return options;
}

} // namespace

discovery::discovery(client& api, discovery_settings settings) : api_{api}, settings_{std::move(settings)} {}

boost::asio::awaitable<reply<void>> discovery::refresh() {
    // One that has begun already may have been answered before what our caller knows of.
    const auto wanted = begun_ + 1;
    while (ended_ < wanted) {
        if (refreshing_) {
            co_await done_.wait();
            continue;
        }
        struct in_progress {
            discovery& self;
            explicit in_progress(discovery& d) : self{d} { self.refreshing_ = true; }
            in_progress(const in_progress&) = delete;
            in_progress& operator=(const in_progress&) = delete;
            ~in_progress() {
                self.refreshing_ = false;
                self.done_.notify_all();
            }
        } guard{*this};
        const auto number = ++begun_;
        invalid_ = false;
        auto got = co_await fetch();
        ended_ = number;
        last_refresh_ = steady_clock::now();
        if (got.has_error()) {
            last_failure_ = got.error();
            invalid_ = true;
            break;
        }
        last_failure_.reset();
        ready_ = true;
        got->keep_stale_from(catalog_);
        if (!(*got == catalog_)) {
            catalog_ = std::move(*got);
            ++generation_;
            changed_.notify_all();
        }
    }
    if (last_failure_) {
        co_return *last_failure_;
    }
    co_return reply<void>{};
}

boost::asio::awaitable<reply<api_catalog>> discovery::fetch() {
    api_catalog found;
    for (const std::string_view root : {"/api", "/apis"}) {
        const auto answer =
            co_await api_.get_raw(root, aggregated, "ask what the server serves", settings_.calls);
        auto document = document_of(answer);
        if (document.has_error()) {
            co_return document.error();
        }
        if (kind_of(*document) != "APIGroupDiscoveryList") {
            co_return co_await fetch_old_way();
        }
        if (const auto added = found.add_groups(*document); added.has_error()) {
            co_return added.error();
        }
    }
    co_return found;
}

boost::asio::awaitable<reply<api_catalog>> discovery::fetch_old_way() {
    constexpr std::string_view what = "ask what the server serves";
    const auto core = document_of(co_await api_.get_raw("/api", "", what, settings_.calls));
    if (core.has_error()) {
        co_return core.error();
    }
    const auto groups = document_of(co_await api_.get_raw("/apis", "", what, settings_.calls));
    if (groups.has_error()) {
        co_return groups.error();
    }
    std::vector<std::string> versions; // "v1", "apps/v1"
    if (const auto* list = find_array(*core, {"versions"})) {
        for (const auto& version : *list) {
            if (const auto* text = version.if_string()) {
                versions.emplace_back(text->data(), text->size());
            }
        }
    }
    if (const auto* list = find_array(*groups, {"groups"})) {
        for (const auto& value : *list) {
            const auto* group = value.if_object();
            if (group == nullptr) {
                continue;
            }
            const auto preferred = find_text(*group, {"preferredVersion", "groupVersion"});
            if (!preferred.empty()) {
                versions.emplace_back(preferred);
            }
            if (const auto* all = find_array(*group, {"versions"})) {
                for (const auto& entry : *all) {
                    const auto* version = entry.if_object();
                    const auto name =
                        version == nullptr ? std::string_view{} : find_text(*version, {"groupVersion"});
                    if (!name.empty() && name != preferred) {
                        versions.emplace_back(name);
                    }
                }
            }
        }
    }
    api_catalog found;
    for (const auto& version : versions) {
        const auto gvk = make_gvk(version, "");
        const auto path = gvk.group.empty() ? "/api/" + version : "/apis/" + version;
        const auto document = document_of(co_await api_.get_raw(path, "", what, settings_.calls));
        if (document.has_error()) {
            if (document.error().status() == 0) {
                co_return document.error(); // not this group: the server
            }
            found.add_stale(gvk.group, gvk.version);
            continue;
        }
        if (const auto added = found.add_resource_list(*document); added.has_error()) {
            co_return added.error();
        }
    }
    co_return found;
}

const resource* discovery::find(const group_version_kind& gvk) const noexcept {
    return gvk.version.empty() ? catalog_.find(group_kind{gvk.group, gvk.kind}) : catalog_.find(gvk);
}

bool discovery::worth_asking(bool known) const noexcept {
    const bool rested = steady_clock::now() - last_refresh_ >= settings_.unknown_kind_interval;
    if (invalid_) {
        return rested || !last_failure_;
    }
    return !known && rested;
}

failure discovery::not_served(const group_version_kind& gvk) const {
    if (!ready_ && last_failure_) {
        return *last_failure_;
    }
    const auto name =
        gvk.version.empty() ? gvk.kind + (gvk.group.empty() ? "" : " of " + gvk.group) : gvk.to_string();
    if (catalog_.is_stale(gvk.group)) {
        return failure{transient_error(
            "the server cannot tell about " + name + ": the API group " + gvk.group + " does not answer"
        )};
    }
    std::string message = "the server has no " + name;
    const auto versions = catalog_.versions_of({gvk.group, gvk.kind});
    if (versions.empty()) {
        message += "; is its CustomResourceDefinition installed?";
    } else {
        message += "; it has the kind in";
        for (const auto& version : versions) {
            message += ' ' + version;
        }
    }
    return failure{error{error_kind::not_found, std::move(message)}, 404, "NoKindMatch"};
}

boost::asio::awaitable<reply<resource>> discovery::look_up(group_version_kind gvk) {
    if (worth_asking(find(gvk) != nullptr)) {
        (void)co_await refresh(); // what is known is better than nothing when this fails
    }
    if (const auto* known = find(gvk)) {
        co_return *known;
    }
    if (last_failure_) {
        co_return *last_failure_;
    }
    co_return not_served(gvk);
}

boost::asio::awaitable<reply<resource>> discovery::resolve(group_version_kind gvk) {
    return look_up(std::move(gvk));
}

boost::asio::awaitable<reply<resource>> discovery::resolve(group_kind kind) {
    return look_up({std::move(kind.group), "", std::move(kind.kind)});
}

boost::asio::awaitable<void> discovery::wait_changed(std::uint64_t seen) {
    while (generation_ == seen) {
        co_await changed_.wait();
    }
}

boost::asio::awaitable<void> discovery::follow() {
    using namespace std::chrono_literals;
    // What a CRD's event announces is in the server's discovery a moment later, at its own pace.
    constexpr std::chrono::milliseconds looks[] = {100ms, 400ms, 1500ms, 5000ms};
    constexpr auto all_looks = std::size(looks);

    auto executor = co_await boost::asio::this_coro::executor;
    change_signal seen;
    auto definitions_handler = watcher_of(seen);
    auto services_handler = watcher_of(seen);
    informer definitions{api_, metadata_of(resources::custom_resource_definitions()), definitions_handler};
    informer services{api_, metadata_of(api_services()), services_handler};
    task_group watches{executor};
    watches.spawn("watch CustomResourceDefinitions", definitions.run());
    watches.spawn("watch APIServices", services.run());
    std::exception_ptr end;
    try {
        std::uint64_t handled = 0;
        std::size_t look = all_looks;
        while (true) {
            if (look == all_looks) {
                while (seen.count == handled) {
                    co_await seen.changed.wait();
                }
                look = 0;
                invalidate();
            }
            if (co_await seen.changed.wait_until(steady_clock::now() + looks[look])) {
                co_await sleep_for(looks[0]); // more of them may follow, as when an operator is installed
            }
            const bool again = std::exchange(handled, seen.count) != seen.count;
            const auto refreshed = co_await refresh();
            if (refreshed.has_error()) {
                log::info(
                    "the list of the server's kinds could not be read",
                    {{"error", refreshed.error().message()}}
                );
                co_await sleep_for(settings_.unknown_kind_interval);
                look = 0;
            } else {
                look = again ? 0 : look + 1;
            }
        }
    } catch (...) {
        end = std::current_exception();
    }
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    watches.cancel();
    co_await watches.join();
    std::rethrow_exception(end);
}

} // namespace holdfast::kube
