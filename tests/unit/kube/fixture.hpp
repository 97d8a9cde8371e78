#pragma once

#include "base/async.hpp"
#include "base/task_group.hpp"
#include "http/client.hpp"
#include "kube/client.hpp"
#include "support/coroutine.hpp"
#include "support/imposter.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::kube {

using namespace std::chrono_literals;
using test::answer_json;
using test::answer_stream;
using test::script;

/// A client of a server that does as it is told.
struct fixture {
    asio::io_context context;
    test::imposter server;
    std::unique_ptr<http::client> connection{connect(server)};
    client_settings quick{.network_retry_delay = 10ms};
    client api{*connection, quick};

    std::unique_ptr<http::client> connect(const test::imposter& to) {
        http::client_options options;
        options.url = to.url();
        auto made = http::make_client(context.get_executor(), std::move(options));
        return std::move(made.value());
    }

    template <class T>
    T run(asio::awaitable<T> task) {
        return test::run(context, std::move(task));
    }

    /// Lets `task` run beside until `done` holds; throws when it does not within 20 s. The task has ended
    /// then.
    void run_until(asio::awaitable<void> task, std::function<bool()> done) {
        test::run(context, watch_over(std::move(task), std::move(done)));
    }

    std::vector<std::string> targets() const {
        std::vector<std::string> all;
        for (const auto& request : server.requests()) {
            all.push_back(request.method + ' ' + request.target);
        }
        return all;
    }

private:
    static asio::awaitable<void> watch_over(asio::awaitable<void> task, std::function<bool()> done) {
        auto executor = co_await asio::this_coro::executor;
        task_group group{executor};
        group.spawn("under test", std::move(task));
        const auto end = steady_clock::now() + 20s;
        while (!done() && steady_clock::now() < end) {
            co_await sleep_for(2ms);
        }
        group.cancel();
        co_await group.join();
        if (!done()) {
            throw std::runtime_error{"what was waited for did not happen"};
        }
    }
};

inline resource deployments() {
    return {.group = "apps", .version = "v1", .plural = "deployments", .kind = "Deployment"};
}

inline json::object named(std::string_view kind, std::string_view ns, std::string_view name) {
    return {
        {"apiVersion", "v1"}, {"kind", kind}, {"metadata", json::object{{"namespace", ns}, {"name", name}}}
    };
}

inline std::string status_text(unsigned code, std::string_view reason, std::string_view message) {
    return R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" + std::string{message} +
           R"(","reason":")" + std::string{reason} + R"(","code":)" + std::to_string(code) + "}";
}

} // namespace holdfast::kube
