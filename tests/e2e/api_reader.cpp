#include "e2e/api_reader.hpp"

#include "kube/client.hpp"
#include "kube/config.hpp"
#include "kube/connect.hpp"
#include "kube/discovery.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cctype>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace holdfast::test {

using namespace std::chrono_literals;

namespace {

std::string in_small_letters(std::string_view text) {
    std::string small{text};
    std::ranges::transform(small, small.begin(), [](unsigned char c) { return std::tolower(c); });
    return small;
}

// As kubectl understands a kind: its plural or its name, in letters of any size, with its group where it is not clear
// without. Discovery does not keep short names; these two are what tests use.
const kube::resource* find(const kube::api_catalog& catalog, std::string_view kind) {
    const auto dot = kind.find('.');
    auto name = in_small_letters(kind.substr(0, dot));
    const auto group = dot == std::string_view::npos ? std::string_view{} : kind.substr(dot + 1);
    if (name == "crd") name = "customresourcedefinitions";
    if (name == "pvc") name = "persistentvolumeclaims";
    for (const auto& each : catalog.all()) {
        if ((group.empty() || each.group == group) &&
            (each.plural == name || in_small_letters(each.kind) == name)) {
            return catalog.find(kube::group_kind{each.group, each.kind});
        }
    }
    return nullptr;
}

} // namespace

struct api_reader::impl {
    explicit impl(const std::string& kubeconfig) {
        auto config = kube::load_kubeconfig({kubeconfig});
        if (!config) throw std::runtime_error{kubeconfig + ": " + config.error().message()};
        auto connected = kube::connect(context.get_executor(), std::move(config.value()));
        if (!connected) throw std::runtime_error{kubeconfig + ": " + connected.error().message()};
        connection = std::move(connected.value());
        api.emplace(*connection);
        kinds.emplace(*api);
    }

    // The kind as the server has it now; nothing where it has none.
    std::optional<kube::resource> kind_called(const std::string& kind) {
        const auto* found = find(kinds->catalog(), kind);
        if (found == nullptr) {
            (void)run(context, kinds->refresh(), 60s);
            found = find(kinds->catalog(), kind);
        }
        return found != nullptr ? std::optional{*found} : std::nullopt;
    }

    // What `read` gives for a kind. One that is not served as it was any more is looked up anew, once.
    template <class T, class Read>
    std::optional<T> reading(const std::string& kind, Read read) {
        const std::lock_guard lock{one_at_a_time};
        for (const bool again : {false, true}) {
            const auto found = kind_called(kind);
            if (!found) return {};
            auto answer = run(context, read(*found), 60s);
            if (answer) return std::move(answer.value());
            // Of an object that is not there the server says more than of a path that it does not serve.
            if (again || !answer.error().is_not_found() || answer.error().reason() == "NotFound") return {};
            (void)run(context, kinds->refresh(), 60s);
        }
        return {};
    }

    std::mutex one_at_a_time;
    boost::asio::io_context context;
    std::unique_ptr<http::client> connection;
    std::optional<kube::client> api;
    std::optional<kube::discovery> kinds;
    // One try more than one: the server may have closed what was kept.
    kube::call_options calls{.deadline = 30s, .max_retries = 1};
};

api_reader::api_reader(const std::string& kubeconfig) : impl_{std::make_unique<impl>(kubeconfig)} {}

api_reader::~api_reader() = default;

std::optional<json::object>
api_reader::get(const std::string& kind, const std::string& ns, const std::string& name) {
    return impl_->reading<json::object>(kind, [&](const kube::resource& r) {
        return impl_->api->get(r, ns.empty() && r.namespaced ? "default" : ns, name, impl_->calls);
    });
}

std::optional<std::vector<json::object>>
api_reader::list(const std::string& kind, const std::string& ns, const std::string& selector) {
    auto listed = impl_->reading<kube::object_list>(kind, [&](const kube::resource& r) {
        return impl_->api->list(r, {.namespace_ = ns, .label_selector = selector}, impl_->calls);
    });
    if (!listed) return {};
    return std::move(listed->items);
}

} // namespace holdfast::test
