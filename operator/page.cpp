#include "page.hpp"

#include "admission/certificates.hpp"
#include "admission/validator.hpp"
#include "api/request_rules.hpp"
#include "api/sealing.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "policy/own_kinds.hpp"
#include "serving_files.hpp"
#include "ui/page_routes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view manager = "holdfast-page";
// Browsers, each with a stream and a few requests beside it.
constexpr std::size_t most_connections = 512;
// One that takes what is sent more slowly begins anew.
constexpr auto patience = 10s;

// Another one for each process.
std::string new_epoch() {
    const auto random = api::random_key();
    return to_hex(reinterpret_cast<const unsigned char*>(random.data()), 6);
}

api::application_name name_of(const kube::object_name& name) {
    return {.namespace_ = name.namespace_, .name = name.name};
}

} // namespace

page::page(surroundings with)
    : with_{std::move(with)}, tasks_{with_.executor}, board_{new_epoch()}, authority_{with_.api} {}

result<void> page::open(const operator_options& options) {
    if (options.page_listen.empty()) {
        return {};
    }
    installation_ = options.installation;
    http::listen_options listen;
    listen.address = options.page_listen;
    listen.max_connections = most_connections;
    listen.max_body = api::longest_body;
    listen.write_timeout = patience;
    const serving_files files{options.page_certificate, options.page_key};
    has_own_certificate_ = !files.certificate.empty();
    if (has_own_certificate_) {
        auto tls = files.read();
        if (!tls) {
            return tls.error().within("--page-certificate, --page-key");
        }
        listen.tls = std::move(*tls);
    } else {
        listen.tls = admission::placeholder(); // until the one of admission is there
    }
    const auto first = *listen.tls;
    service_.emplace(
        with_.executor,
        api::service_parts{
            .shown = board_,
            .asked = authority_,
            .find = [this](const api::application_name& id
                    ) { return with_.around.application(id.namespace_, id.name); },
            .judge = [this](const auto& before, const auto& now) { return judge(before, now); },
            .write = [this](api::requested_change wanted) { return write(std::move(wanted)); },
            .secret = with_.secret,
            .version = HOLDFAST_VERSION
        }
    );
    auto routes = service_->routes();
    auto files_of_the_page = ui::make_routes();
    std::ranges::move(files_of_the_page, std::back_inserter(routes));
    auto server = http::listen(
        with_.executor, std::move(listen), api::with_security_headers(http::make_router(std::move(routes)))
    );
    if (!server) {
        return server.error().within("--page-listen " + options.page_listen);
    }
    server_ = std::move(*server);
    log::info("the page is served", {{"port", std::to_string(server_->port())}});
    if (has_own_certificate_) {
        tasks_.spawn("follow the page's certificate", serving_files::follow(files, first, *server_));
    }
    return {};
}

void page::use_certificate(const http::server_tls& tls) {
    if (!server_ || has_own_certificate_) {
        return;
    }
    auto plain = tls;
    plain.client_ca.clear(); // it is people who come here
    if (auto replaced = server_->replace_tls(std::move(plain)); !replaced) {
        log::error("the page cannot use a certificate", {{"error", replaced.error().message()}});
    }
}

void page::application_told(const json::object& one) {
    if (!service_) {
        return;
    }
    const auto name = kube::object_name_of(one);
    const auto* known = with_.names.get().is_for(one, installation_)
                            ? with_.around.application(name.namespace_, name.name)
                            : nullptr;
    if (known != nullptr) {
        board_.put(api::row_of(*known));
    } else {
        board_.remove(name_of(name));
    }
}

void page::application_gone(const kube::object_name& name) {
    if (service_) {
        board_.remove(name_of(name));
    }
}

// The webhook does not ask about what the operator itself writes, so what it would say is asked here.
std::string page::judge(const crds::application& before, const crds::application& now) const {
    admission::review of;
    of.operation = "UPDATE";
    of.group = crds::group;
    of.version = crds::version;
    of.kind = "Application";
    of.namespace_ = now.metadata.namespace_;
    of.name = now.metadata.name;
    of.object = crds::write(now);
    of.old_object = crds::write(before);
    auto said = admission::decide(of, with_.around, installation_);
    return said.allowed ? std::string{} : std::move(said.message);
}

asio::awaitable<result<void>> page::write(api::requested_change wanted) {
    const auto& of = wanted.made.then.metadata;
    const std::string_view subresource = wanted.made.of_status ? "status" : "";
    const auto written = co_await with_.api.patch_merge(
        policy::application_kind(), of.namespace_, of.name, wanted.made.patch, manager, subresource
    );
    if (!written) {
        co_return written.error();
    }
    const kube::object_reference about{
        .api_version = std::string{crds::api_version},
        .kind = "Application",
        .namespace_ = of.namespace_,
        .name = of.name,
        .uid = of.uid,
        .resource_version = of.resource_version
    };
    std::string doing{to_string(wanted.what)};
    doing.front() = static_cast<char>(doing.front() - 'a' + 'A');
    with_.events.record(
        about, {.severity = kube::event_severity::normal,
                .reason = wanted.told.reason,
                .action = std::move(doing),
                .note = wanted.told.note}
    );
    co_return result<void>{};
}

asio::awaitable<void> page::stop() {
    if (service_) {
        service_->close();
    }
    if (server_) {
        co_await server_->stop(1s);
    }
    tasks_.cancel();
    co_await tasks_.join();
}

} // namespace holdfast
