#pragma once

#include "http/client.hpp"

#include "base/async.hpp"
#include "support/certificates.hpp"
#include "support/coroutine.hpp"
#include "support/imposter.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace holdfast::http {

using namespace std::chrono_literals;
using test::answer;
using test::script;

/// A thread of its own for the client, and short ways to call it.
struct fixture {
    asio::io_context context;

    std::unique_ptr<client> make(client_options options) {
        auto made = make_client(context.get_executor(), std::move(options));
        return std::move(made.value());
    }
    std::unique_ptr<client> make(std::string url) {
        client_options options;
        options.url = std::move(url);
        return make(std::move(options));
    }

    result<response> send(client& c, request what, send_options how = {}) {
        return test::run(context, c.send(std::move(what), how));
    }
    result<response> get(client& c, std::string target = "/", send_options how = {}) {
        request what;
        what.target = std::move(target);
        return send(c, std::move(what), how);
    }
    result<std::unique_ptr<body_stream>>
    open(client& c, std::string target, std::chrono::milliseconds limit = 10s) {
        request what;
        what.target = std::move(target);
        return test::run(context, c.open(std::move(what), limit));
    }
    result<std::string> read(body_stream& s, std::chrono::milliseconds idle = 10s) {
        return test::run(context, s.read_some(idle));
    }
};

} // namespace holdfast::http
