#include "kube/exec_credentials.hpp"

#include "base/backoff.hpp"
#include "base/process.hpp"
#include "base/trim.hpp"
#include "kube/small_file.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

#include <unistd.h>

namespace holdfast::kube {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::minutes plugin_deadline{1};
// Credentials refused when they are younger than this are refused for another reason than their age.
constexpr std::chrono::seconds too_young{5};
constexpr std::size_t shown_of_errors = 400;

std::string text_at(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(json::string_view{key.data(), key.size()});
    if (value == nullptr || !value->is_string()) {
        return {};
    }
    return std::string{value->get_string().c_str(), value->get_string().size()};
}

// All of ours, as kubectl gives its plugins (they need HOME, PATH, AWS_PROFILE …), and theirs.
std::vector<std::string> environment_for(const exec_credentials& spec) {
    std::vector<std::string> all;
    const auto is_replaced = [&spec](std::string_view variable) {
        const auto name = variable.substr(0, variable.find('='));
        return name == "KUBERNETES_EXEC_INFO" ||
               std::ranges::any_of(spec.env, [name](const auto& e) { return e.first == name; });
    };
    for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
        if (!is_replaced(*variable)) {
            all.emplace_back(*variable);
        }
    }
    for (const auto& [name, value] : spec.env) {
        all.push_back(name);
        all.back().append("=").append(value);
    }
    all.push_back("KUBERNETES_EXEC_INFO=" + exec_info(spec));
    return all;
}

std::string end_of(const std::string& text) {
    std::string end{trimmed(text)};
    if (end.size() > shown_of_errors) {
        end = "…" + end.substr(end.size() - shown_of_errors);
    }
    return end;
}

class exec_source final : public credential_source {
public:
    exec_source(const asio::any_io_executor& executor, exec_credentials spec, credential_clock clock)
        : spec_{std::move(spec)}, clock_{std::move(clock)}, ended_{executor} {
        ended_.expires_at(asio::steady_timer::time_point::max());
    }

    asio::awaitable<result<credentials>> get() override {
        // One runs the plugin, the others wait for its end; when the one is cancelled, another takes over.
        while (!is_good() && running_) {
            boost::system::error_code ec;
            co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) {
                throw boost::system::system_error{asio::error::operation_aborted};
            }
        }
        if (is_good()) {
            co_return current_;
        }
        if (failure_ && clock_.steady() < next_try_) {
            co_return *failure_;
        }
        const turn mine{*this};
        auto answer = co_await run();
        if (!answer) {
            failure_ = answer.error();
            next_try_ = clock_.steady() + retry_.next();
            co_return answer.error();
        }
        failure_.reset();
        retry_.reset();
        valid_ = true;
        got_at_ = clock_.steady();
        expires_ = (*answer).expires;
        const auto round = current_.round + 1;
        current_ = std::move((*answer).given);
        current_.round = round;
        co_return current_;
    }

    bool rejected(const credentials& used) override {
        if (used.round != current_.round || !valid_) {
            return true;
        }
        if (clock_.steady() - got_at_ < too_young) {
            return false;
        }
        valid_ = false;
        return true;
    }

    [[nodiscard]] bool can_change() const noexcept override { return true; }

private:
    // The right to run the plugin, given back in every way a coroutine can end.
    struct turn {
        explicit turn(exec_source& s) : source{s} { source.running_ = true; }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        ~turn() {
            source.running_ = false;
            source.ended_.cancel();
        }
        exec_source& source;
    };

    [[nodiscard]] bool is_good() const { return valid_ && (!expires_ || clock_.wall() < *expires_); }

    asio::awaitable<result<exec_answer>> run() {
        const auto name = "the credential plugin " + spec_.command;
        process_options options;
        options.argv.push_back(spec_.command);
        options.argv.insert(options.argv.end(), spec_.args.begin(), spec_.args.end());
        options.environment = environment_for(spec_);
        options.deadline = plugin_deadline;
        options.max_output = std::size_t{1} << 20U;
        auto ran = co_await run_process(std::move(options));
        if (!ran) {
            auto why = ran.error().within(name);
            if (why.kind() == error_kind::user && !spec_.install_hint.empty()) {
                why = user_error(why.message() + ". " + std::string{trimmed(spec_.install_hint)});
            }
            co_return why;
        }
        if ((*ran).status != 0) {
            const auto said = end_of((*ran).error_output);
            co_return transient_error(
                name + " failed with status " + std::to_string((*ran).status) +
                (said.empty() ? "" : ": " + said)
            );
        }
        auto answer = parse_exec_credential((*ran).output, spec_.api_version);
        if (!answer) {
            co_return answer.error().within(name);
        }
        co_return answer;
    }

    exec_credentials spec_;
    credential_clock clock_;
    asio::steady_timer ended_; // never expires: cancelled when the plugin has ended
    credentials current_;
    std::optional<wall_clock::time_point> expires_;
    std::optional<error> failure_;
    backoff retry_{{.base = std::chrono::milliseconds{1'000}}};
    std::chrono::steady_clock::time_point got_at_;
    std::chrono::steady_clock::time_point next_try_;
    bool valid_ = false;
    bool running_ = false;
};

} // namespace

std::string exec_info(const exec_credentials& spec) {
    json::object inner{{"interactive", false}};
    if (spec.provide_cluster_info) {
        boost::system::error_code ignored;
        inner["cluster"] = json::parse(spec.cluster_info, ignored);
    }
    json::object info{
        {"kind", "ExecCredential"}, {"apiVersion", spec.api_version}, {"spec", std::move(inner)}
    };
    return json::serialize(info);
}

result<exec_answer> parse_exec_credential(std::string_view text, std::string_view api_version) {
    boost::system::error_code ec;
    const auto value = json::parse(json::string_view{text.data(), text.size()}, ec);
    if (ec || !value.is_object()) {
        return user_error("its output is not a JSON object");
    }
    const auto& object = value.get_object();
    if (text_at(object, "kind") != "ExecCredential") {
        return user_error("its output is not of kind ExecCredential");
    }
    if (const auto version = text_at(object, "apiVersion"); version != api_version) {
        return user_error(
            "it answered in version \"" + version + "\" where \"" + std::string{api_version} +
            "\" was asked for"
        );
    }
    const auto* status = object.if_contains("status");
    if (status == nullptr || !status->is_object()) {
        return user_error("its output has no status");
    }
    const auto& given = status->get_object();
    exec_answer answer;
    if (const auto token = text_at(given, "token"); !token.empty()) {
        answer.given.headers.push_back({"Authorization", "Bearer " + token});
    }
    answer.given.certificate = text_at(given, "clientCertificateData");
    answer.given.key = text_at(given, "clientKeyData");
    if (answer.given.certificate.empty() != answer.given.key.empty()) {
        return user_error("its output has only one of clientCertificateData and clientKeyData");
    }
    if (answer.given.headers.empty() && answer.given.certificate.empty()) {
        return user_error("its output has neither a token nor a client certificate");
    }
    if (const auto expires = text_at(given, "expirationTimestamp"); !expires.empty()) {
        answer.expires = parse_time(expires);
        if (!answer.expires) {
            return user_error(
                "its expirationTimestamp \"" + expires + "\" is not a time like 2026-01-31T12:00:00Z"
            );
        }
    }
    return answer;
}

std::unique_ptr<credential_source>
make_exec_source(const asio::any_io_executor& executor, exec_credentials spec, credential_clock clock) {
    return std::make_unique<exec_source>(executor, std::move(spec), std::move(clock));
}

} // namespace holdfast::kube
