#include "push/receiver.hpp"

#include "base/async.hpp"
#include "base/log.hpp"
#include "push/rate_limit.hpp"
#include "push/replay_guard.hpp"
#include "push/scheme.hpp"

namespace holdfast::push {

using namespace std::chrono_literals;

namespace {

constexpr auto secrets_deadline = 5s;
// What a refused delivery costs its sender beyond the one that each costs.
constexpr double nuisance = 4;

// The same for every reason: whoever has no secret learns nothing, not even which repositories there are.
constexpr std::string_view unverified =
    "not verified: no Repository with a webhook secret knows this delivery as genuine; the operator's events "
    "and log say more\n";

class receiver {
public:
    explicit receiver(target& to) : to_{to} {}

    static asio::awaitable<http::response>
    answer(std::shared_ptr<receiver> self, http::request_info request) {
        const auto now = steady_clock::now();
        const auto source = source_of(request.peer);
        if (const auto wait = self->limit_.take(source, now)) {
            self->to_.counted({}, "limited");
            auto refusal = http::text_response(429, "too many deliveries from here\n");
            refusal.headers.push_back({"Retry-After", std::to_string(wait->count())});
            co_return refusal;
        }
        const auto from = recognise(request);
        auto answered = co_await self->judge(from, std::move(request));
        if (answered.status >= 400 && answered.status < 500) {
            self->limit_.charge(source, nuisance, now);
        }
        self->to_.counted(from ? to_string(*from) : std::string_view{}, answered.outcome);
        co_return http::text_response(answered.status, std::move(answered.text));
    }

private:
    struct judgement {
        unsigned status;
        std::string_view outcome;
        std::string text;
    };

    asio::awaitable<judgement> judge(std::optional<provider> from, http::request_info request) {
        if (const auto coding = request.find("Content-Encoding"); coding && *coding != "identity") {
            co_return judgement{415, "malformed", "send the body as it is, without Content-Encoding\n"};
        }
        if (!from) {
            co_return judgement{
                400, "unknown",
                "this is no delivery of GitHub, GitLab, Gitea, Forgejo, Gogs, Bitbucket or Azure DevOps, and "
                "it "
                "has no X-Signature header\n"
            };
        }
        const auto read = read_claim(*from, request);
        if (!read) {
            co_return judgement{400, "malformed", read.error().message() + "\n"};
        }
        auto found =
            co_await with_deadline(secrets_deadline, "reading webhook secrets", to_.holders(read->urls));
        if (!found) {
            log::warn("webhook secrets cannot be read", {{"error", found.error().message()}});
            co_return judgement{
                503, "unavailable", "the webhook secrets cannot be read now; send it again\n"
            };
        }
        std::vector<std::string> all;
        std::vector<std::string> believed;
        auto why = verdict::no_secret;
        for (const auto& h : *found) {
            all.push_back(h.repository);
            const auto verdict_here = verify(*from, request, h.secrets, wall_clock::now());
            if (verdict_here == verdict::genuine) {
                believed.push_back(h.repository);
            } else {
                why = verdict_here;
            }
        }
        if (believed.empty()) {
            const auto sentence = all.empty()
                                      ? std::string_view{"no Repository with webhook.secretRef is for it"}
                                      : explain(why);
            log::warn(
                "a webhook delivery is refused", {{"provider", std::string{to_string(*from)}},
                                                  {"peer", request.peer},
                                                  {"delivery", read->delivery_id},
                                                  {"why", std::string{sentence}}}
            );
            to_.refused(all, *read, sentence);
            co_return judgement{401, "unverified", std::string{unverified}};
        }
        if (read->what == claim::kind::ping) {
            co_return judgement{
                200, "ping",
                "the webhook is set up: " + std::to_string(believed.size()) +
                    " Repository objects know its secret\n"
            };
        }
        if (read->what == claim::kind::other) {
            co_return judgement{200, "ignored", "nothing to do: this event moves no ref\n"};
        }
        if (is_replay(*read, request)) {
            to_.refused(believed, *read, "it was received before");
            co_return judgement{409, "replayed", "this delivery was received before\n"};
        }
        to_.accepted(believed, *read);
        co_return judgement{202, "accepted", "accepted\n"};
    }

    // Most providers do not sign the delivery's id, so that a replayed body might come under another one.
    bool is_replay(const claim& what, const http::request_info& request) {
        const auto now = steady_clock::now();
        const std::string from{to_string(what.from)};
        std::vector<std::string> marks;
        if (!what.delivery_id.empty()) {
            marks.push_back(from + " id " + what.delivery_id);
        }
        if (signs_each_body(what.from, request)) {
            marks.push_back(from + " body " + request.what.body);
        }
        bool known = false;
        for (const auto& mark : marks) {
            known = seen_.knows(mark, now) || known;
        }
        if (!known) {
            for (const auto& mark : marks) {
                seen_.remember(mark, now);
            }
        }
        return known;
    }

    target& to_;
    rate_limit limit_;
    replay_guard seen_;
};

} // namespace

std::vector<http::route> make_routes(target& to) {
    const auto shared = std::make_shared<receiver>(to);
    const http::handler handle = [shared](http::request_info request) {
        return receiver::answer(shared, std::move(request));
    };
    return {{"POST", "/hooks/push", handle}, {"POST", "/api/webhook", handle}};
}

http::listen_options listen_options(std::string address) {
    http::listen_options options;
    options.address = std::move(address);
    options.max_connections = 128;
    options.max_body = max_body;
    options.header_timeout = 5s;
    options.body_timeout = 15s;
    options.write_timeout = 10s;
    options.idle_timeout = 30s;
    return options;
}

} // namespace holdfast::push
