#include "push/receiver.hpp"

#include "base/async.hpp"
#include "base/log.hpp"
#include "http/rate_limit.hpp"
#include "push/replay_guard.hpp"
#include "push/scheme.hpp"

#include <map>
#include <optional>
#include <span>
#include <utility>

namespace holdfast::push {

using namespace std::chrono_literals;

namespace {

constexpr auto secrets_deadline = 5s;
// What a refused delivery costs its sender.
constexpr double nuisance = 5;

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
        const auto source = http::source_of(request.peer);
        // Of a source that sent too much that was wrong, what is right is taken all the same. So it is
        // verified first, as far as that is cheap; and of what is wrong nothing is said, written down or
        // counted as its.
        const auto wait = self->limit_.spent(source, now);
        const auto from = recognise(request);
        auto answered = co_await self->judge(from, std::move(request), wait.has_value());
        if (answered.status >= 400 && answered.status < 500) {
            self->limit_.charge(source, nuisance, now);
            if (wait) {
                self->to_.counted({}, "limited");
                auto refusal = http::text_response(429, "too many deliveries from here that are not right\n");
                refusal.headers.push_back({"Retry-After", std::to_string(wait->count())});
                co_return refusal;
            }
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

    asio::awaitable<judgement>
    judge(std::optional<provider> from, http::request_info request, bool is_from_a_nuisance) {
        if (const auto coding = request.find("Content-Encoding"); coding && *coding != "identity") {
            co_return judgement{415, "malformed", "send the body as it is, without Content-Encoding\n"};
        }
        if (!from) {
            co_return judgement{
                400, "unknown",
                "this is not a delivery of GitHub, GitLab, Gitea, Forgejo, Gogs, Bitbucket or Azure DevOps, and "
                "it "
                "has no X-Signature header\n"
            };
        }
        auto taken = co_await take_body(*from, request, is_from_a_nuisance);
        if (!taken.what) {
            co_return std::move(taken.failure);
        }
        const auto* read = &*taken.what;
        std::vector<std::string> all;
        std::vector<std::string> believed;
        auto why = verdict::no_secret;
        for (const auto& h : taken.holders) {
            all.push_back(h.repository);
            const auto verdict_here = taken.worth(h);
            if (verdict_here == verdict::genuine) {
                believed.push_back(h.repository);
            } else {
                why = verdict_here;
            }
        }
        if (believed.empty() && is_from_a_nuisance) {
            co_return judgement{401, "unverified", std::string{unverified}};
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
        if (is_replay(*read, request, taken.digest)) {
            if (!is_from_a_nuisance) {
                to_.refused(believed, *read, "it was received before");
            }
            co_return judgement{409, "replayed", "this delivery was received before\n"};
        }
        to_.accepted(believed, *read);
        co_return judgement{202, "accepted", "accepted\n"};
    }

    // What a delivery's body says, and who has the secret that it was signed with.
    struct taken_body {
        // Nothing: `failure` is the answer.
        std::optional<claim> what;
        judgement failure{};
        // Those who serve a repository that it names.
        std::vector<holder> holders;
        // By secret.
        std::map<std::string, verdict> verdicts;
        sha256_digest digest{};

        [[nodiscard]] verdict worth(const holder& of) const {
            auto worth = verdict::no_secret;
            for (const auto& secret : of.secrets) {
                const auto found = verdicts.find(secret);
                if (found != verdicts.end() && worth != verdict::genuine &&
                    found->second != verdict::no_secret) {
                    worth = found->second;
                }
            }
            return worth;
        }
    };

    // A body that is not in memory as a whole is read once, so its signature is computed with all secrets
    // that may be the right one while it comes: those of the repositories that its begin names, or of all.
    asio::awaitable<taken_body>
    take_body(provider from, const http::request_info& request, bool is_from_a_nuisance) {
        taken_body taken;
        if (is_from_a_nuisance && (request.rest || request.what.body.size() > max_kept)) {
            taken.failure = {413, "malformed", "too long for a source that sent so much that was wrong\n"};
            co_return taken;
        }
        claim_reader reader{from, request};
        std::optional<error> malformed;
        if (auto added = reader.add(request.what.body); !added) {
            malformed = added.error();
        }
        if (!request.rest && !malformed) {
            if (auto read = reader.finish(); read) {
                taken.what = std::move(*read);
            } else {
                malformed = read.error();
            }
        }
        if (malformed) {
            taken.failure = {400, "malformed", malformed->message() + "\n"};
            co_return taken;
        }
        const auto& urls = taken.what ? taken.what->urls : reader.so_far().urls;
        if (is_from_a_nuisance && urls.empty()) { // it would be tried with everybody's secrets
            taken.what.reset();
            taken.failure = {400, "malformed", "a delivery that names no repository\n"};
            co_return taken;
        }
        if (!co_await ask_holders(taken, urls)) {
            co_return taken;
        }
        std::map<std::string, signature_check> checks;
        for (const auto& h : taken.holders) {
            for (const auto& secret : h.secrets) {
                checks.try_emplace(secret, from, request, std::span{&secret, 1}, wall_clock::now());
            }
        }
        if (request.rest && checks.empty()) {
            taken.what = reader.so_far(); // nothing that comes later makes it genuine
            co_return taken;
        }
        if (request.rest && checks.size() > max_secrets_at_once) {
            taken.failure = {
                413, "malformed", "a body of this length has to name its repository within the first MiB\n"
            };
            co_return taken;
        }
        byte_hasher digest;
        const auto add = [&](std::string_view piece) {
            digest.add(piece);
            for (auto& [secret, check] : checks) {
                check.add(piece);
            }
        };
        add(request.what.body);
        if (request.rest) {
            for (;;) {
                auto piece = co_await request.rest->next();
                if (!piece) { // the server knows how to answer
                    taken.failure = {400, "malformed", piece.error().message() + "\n"};
                    co_return taken;
                }
                if (piece->empty()) {
                    break;
                }
                add(*piece);
                if (auto added = reader.add(*piece); !added) {
                    taken.failure = {400, "malformed", added.error().message() + "\n"};
                    co_return taken;
                }
            }
            auto read = reader.finish();
            if (!read) {
                taken.failure = {400, "malformed", read.error().message() + "\n"};
                co_return taken;
            }
            // It may have named its repository, or another one, only now.
            if (!co_await ask_holders(taken, read->urls)) {
                co_return taken;
            }
            taken.what = std::move(*read);
        }
        taken.digest = digest.finish();
        for (auto& [secret, check] : checks) {
            taken.verdicts.emplace(secret, check.finish());
        }
        co_return taken;
    }

    // False: `taken.failure` says why it is not known who they are.
    asio::awaitable<bool> ask_holders(taken_body& taken, std::vector<std::string> urls) {
        auto found =
            co_await with_deadline(secrets_deadline, "reading webhook secrets", to_.holders(std::move(urls)));
        if (found) {
            taken.holders = std::move(*found);
            co_return true;
        }
        log::warn("webhook secrets cannot be read", {{"error", found.error().message()}});
        taken.what.reset();
        taken.failure = {503, "unavailable", "the webhook secrets cannot be read now; send it again\n"};
        co_return false;
    }

    // Most providers do not sign the delivery's id, so that a replayed body might come under another one.
    bool is_replay(const claim& what, const http::request_info& request, const sha256_digest& digest) {
        const auto now = steady_clock::now();
        const std::string from{to_string(what.from)};
        std::vector<std::string> marks;
        if (!what.delivery_id.empty()) {
            marks.push_back(from + " id " + what.delivery_id);
        }
        if (signs_each_body(what.from, request)) {
            marks.push_back(from + " body " + to_hex(digest));
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
    http::rate_limit limit_;
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
    options.body_limit = [](const http::request_info& head) {
        return header_of(head, "Content-Type").starts_with("application/x-www-form-urlencoded") ? max_form
                                                                                                : max_body;
    };
    options.whole_body = max_kept;
    // As long a body as providers may send, once more.
    options.linger_bytes = std::size_t{32} << 20U;
    options.linger_time = 10s;
    options.header_timeout = 5s;
    options.body_timeout = 30s;
    options.write_timeout = 10s;
    options.idle_timeout = 30s;
    return options;
}

} // namespace holdfast::push
