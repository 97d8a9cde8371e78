#include "api/service.hpp"

#include "api/detail.hpp"
#include "api/request_rules.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "http/query.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <utility>
#include <variant>

namespace holdfast::api {

namespace json = boost::json;

struct service::state {
    state(const asio::any_io_executor& executor, service_parts p, service_limits l)
        : parts{std::move(p)},
          limits{l},
          rights{executor, parts.asked, l.access},
          logins{parts.secret, l.session} {}

    service_parts parts;
    service_limits limits;
    access rights;
    sessions logins;
    std::map<std::string, std::size_t> streams; // of each user
    std::size_t all_streams = 0;
    bool is_closed = false;
};

namespace {

using shared = std::shared_ptr<service::state>;

// A place among the streams, given back when it goes.
class stream_place {
public:
    stream_place(shared of, std::string user) : of_{std::move(of)}, user_{std::move(user)} {
        ++of_->streams[user_];
        ++of_->all_streams;
    }
    stream_place(const stream_place&) = delete;
    stream_place& operator=(const stream_place&) = delete;
    ~stream_place() {
        --of_->all_streams;
        if (const auto at = of_->streams.find(user_); --at->second == 0) {
            of_->streams.erase(at);
        }
    }

private:
    shared of_;
    std::string user_;
};

http::response cannot_ask(const error& why) {
    return refuse(503, "ServiceUnavailable", "the API server cannot be asked just now: " + why.message());
}

http::response too_many_failures(std::chrono::seconds wait) {
    auto made = refuse(
        429, "TooManyRequests",
        "too many tokens that are not valid came from this address; try again in " +
            std::to_string(wait.count()) + " s"
    );
    made.headers.push_back({"Retry-After", std::to_string(wait.count())});
    return made;
}

http::response no_such_application(const application_name& id) {
    return refuse(
        404, "NotFound",
        "there is no Application " + id.namespace_ + "/" + id.name + ", or you may not see it",
        describe({.verb = "get", .subresource = {}, .namespace_ = id.namespace_, .name = id.name})
    );
}

application_name named_in(const http::request_info& request) {
    return {
        .namespace_ = request.parameters.find("namespace")->second,
        .name = request.parameters.find("name")->second
    };
}

// ---- login

struct admitted {
    viewer who;
    // Set: a cookie that says when it was used last.
    std::string cookie;
};

// Who sends the request, or what is answered to it.
asio::awaitable<std::variant<admitted, http::response>>
admit(shared self, const http::request_info* request) {
    admitted made;
    std::optional<session> known;
    std::string token{bearer_token(*request)};
    if (token.empty()) {
        const auto now = wall_clock::now();
        known = self->logins.read(find_cookie(request->find("Cookie").value_or(""), session_cookie), now);
        if (known) {
            token = known->token;
            if (self->logins.is_due(*known, now)) {
                known->seen = now;
                made.cookie = self->logins.write(*known).value_or("");
            }
        }
    }
    if (token.empty()) {
        co_return refuse(401, "Unauthorized", "log in, or send a token: Authorization: Bearer …");
    }
    auto said = co_await self->rights.who(token, request->peer);
    if (!said) {
        co_return cannot_ask(said.error());
    }
    if (said->wait) {
        co_return too_many_failures(*said->wait);
    }
    if (!said->who) {
        co_return refuse(401, "Unauthorized", "the token is not valid, or not any more");
    }
    made.who = {.who = std::move(*said->who), .token = std::move(token), .peer = request->peer};
    co_return made;
}

json::object write(const identity& one, const std::string& version) {
    return {
        {"username", one.user},
        {"groups", json::array(one.groups.begin(), one.groups.end())},
        {"version", version}
    };
}

std::optional<std::string> token_in(const std::string& body) {
    boost::system::error_code ec;
    const auto read = json::parse(body, ec);
    const auto* fields = ec ? nullptr : read.if_object();
    const auto* token = fields != nullptr ? fields->if_contains("token") : nullptr;
    if (token == nullptr || !token->is_string() || token->get_string().empty()) {
        return std::nullopt;
    }
    return std::string{token->get_string()};
}

asio::awaitable<http::response> log_in(shared self, http::request_info request) {
    if (auto refused = refusal_of(request)) {
        co_return std::move(*refused);
    }
    auto token = token_in(request.what.body);
    if (!token) {
        co_return refuse(400, "BadRequest", "the body must be {\"token\": \"…\"}");
    }
    const auto said = co_await self->rights.who(*token, request.peer);
    if (!said) {
        co_return cannot_ask(said.error());
    }
    if (said->wait) {
        co_return too_many_failures(*said->wait);
    }
    if (!said->who) {
        log::warn("a login by the page is refused: the token is not valid", {{"peer", request.peer}});
        co_return refuse(401, "Unauthorized", "the API server does not take this token");
    }
    const auto now = wall_clock::now();
    const auto cookie = self->logins.write({.token = std::move(*token), .begun = now, .seen = now});
    if (!cookie) {
        co_return refuse(
            400, "BadRequest",
            "the token is too long for a browser's cookie (about 2,900 bytes); use a shorter one"
        );
    }
    log::info("somebody logs in by the page", {{"user", said->who->user}, {"peer", request.peer}});
    auto answer = json_response(200, json::serialize(write(*said->who, self->parts.version)));
    answer.headers.push_back({"Set-Cookie", set_cookie(*cookie)});
    co_return answer;
}

asio::awaitable<http::response> log_out(shared /*self*/, http::request_info request) {
    if (auto refused = refusal_of(request)) {
        co_return std::move(*refused);
    }
    auto answer = json_response(200, "{}");
    answer.headers.push_back({"Set-Cookie", remove_cookie()});
    co_return answer;
}

// ---- what is there

asio::awaitable<http::response> me(shared self, viewer who, http::request_info /*request*/) {
    co_return json_response(200, json::serialize(write(who.who, self->parts.version)));
}

asio::awaitable<http::response> applications(shared self, viewer who, http::request_info request) {
    const auto values = http::read_query(request.what.target);
    const auto query = values ? read_list_query(*values)
                              : result<list_query>{user_error("the query is wrongly percent-encoded")};
    if (!query) {
        co_return refuse(400, "BadRequest", query.error().message());
    }
    auto& shown = self->parts.shown;
    const auto seen = co_await self->rights.visible(who.who, shown.namespaces());
    if (!seen) {
        co_return cannot_ask(seen.error());
    }
    const auto page =
        list(shown.all(), *query, [&](const row& one) { return seen->sees(one.id.namespace_); });
    if (!page) {
        co_return refuse(400, "BadRequest", page.error().message());
    }
    auto said = write(*page);
    // Where the changes go on from is no part of what is the same or not.
    const auto tag = '"' + to_hex(sha256(json::serialize(said))).substr(0, 32) + '"';
    const auto place = shown.name_of(shown.now());
    const bool is_known = request.find("If-None-Match").value_or("") == tag;
    said["changes"] = place;
    auto answer = json_response(is_known ? 304 : 200, is_known ? std::string{} : json::serialize(said));
    answer.headers.push_back({"ETag", tag});
    co_return answer;
}

// Nothing where there is none, or they may not see it.
asio::awaitable<result<std::optional<std::string>>> detail(shared self, identity who, application_name id) {
    const std::optional<std::string> none;
    const right to_get{.verb = "get", .subresource = {}, .namespace_ = id.namespace_, .name = id.name};
    const auto sees = co_await self->rights.may(who, to_get);
    if (!sees) {
        co_return sees.error();
    }
    if (*sees == verdict::denied) {
        co_return none;
    }
    possible_actions can;
    for (const auto what : {action::sync, action::refresh, action::terminate}) {
        const auto wanted = right_for(what, id);
        const auto allowed = co_await self->rights.may(who, wanted);
        if (!allowed) {
            co_return allowed.error();
        }
        can[what] = *allowed == verdict::allowed ? std::string{} : describe(wanted);
    }
    const auto* one = self->parts.shown.find(id) != nullptr ? self->parts.find(id) : nullptr;
    if (one == nullptr) {
        co_return none;
    }
    co_return std::optional{json::serialize(detail_of(*one, can))};
}

asio::awaitable<http::response> application(shared self, viewer who, http::request_info request) {
    const auto id = named_in(request);
    auto one = co_await detail(self, who.who, id);
    if (!one) {
        co_return cannot_ask(one.error());
    }
    if (!*one) {
        co_return no_such_application(id);
    }
    co_return json_response(200, std::move(**one));
}

// ---- what changes

asio::awaitable<http::response> watch(shared self, viewer who, http::request_info request) {
    const auto values = http::read_query(request.what.target);
    std::string topics_text;
    std::string after{request.find("Last-Event-ID").value_or("")};
    for (const auto& [name, value] : values.value_or(http::query_values{})) {
        if (name == "topics") {
            topics_text = value;
        } else if (name == "after" && after.empty()) {
            after = value;
        }
    }
    auto wanted = read_topics(topics_text);
    if (!wanted) {
        co_return refuse(400, "BadRequest", wanted.error().message());
    }
    const auto& limits = self->limits;
    const auto& user = who.who.user;
    const auto of_one = self->streams.find(user);
    if (self->is_closed || self->all_streams >= limits.most_streams ||
        (of_one != self->streams.end() && of_one->second >= limits.most_streams_of_one)) {
        auto refused = refuse(
            503, "ServiceUnavailable",
            "too many pages are open: " + std::to_string(limits.most_streams_of_one) + " of one user, and " +
                std::to_string(limits.most_streams) + " in all"
        );
        refused.headers.push_back({"Retry-After", "10"});
        co_return refused;
    }
    event_stream::parts parts{
        .shown = self->parts.shown,
        .rights = self->rights,
        .detail =
            [self](identity of, application_name id) { return detail(self, std::move(of), std::move(id)); },
        .is_over = [self] { return self->is_closed; }
    };
    auto place = std::make_shared<stream_place>(self, user);
    auto known = self->parts.shown.read_name(after);
    http::response answer;
    answer.status = 200;
    answer.headers = {
        {"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}
    };
    answer.more = std::make_shared<event_stream>(
        std::move(parts), limits.stream, std::move(who), std::move(*wanted), known, std::move(place)
    );
    co_return answer;
}

// ---- what people do

http::response refusal_by(const error& why) {
    switch (why.kind()) {
    case error_kind::not_found: return refuse(404, "NotFound", why.message());
    case error_kind::conflict: return refuse(409, "Conflict", why.message());
    case error_kind::user: return refuse(422, "Invalid", why.message());
    case error_kind::transient: return refuse(503, "ServiceUnavailable", why.message());
    default: break;
    }
    return refuse(500, "InternalError", "the operator could not write it: " + why.message());
}

asio::awaitable<http::response> act(shared self, action what, viewer who, http::request_info request) {
    const auto id = named_in(request);
    const right to_get{.verb = "get", .subresource = {}, .namespace_ = id.namespace_, .name = id.name};
    const auto needed = right_for(what, id);
    for (const auto& one : {to_get, needed}) {
        const auto allowed = co_await self->rights.may(who.who, one);
        if (!allowed) {
            co_return cannot_ask(allowed.error());
        }
        if (*allowed == verdict::denied && one == to_get) {
            co_return no_such_application(id);
        }
        if (*allowed == verdict::denied) {
            co_return refuse(
                403, "Forbidden", "you may not " + std::string{to_string(what)} + " this application",
                describe(one)
            );
        }
    }
    const auto* of = self->parts.shown.find(id) != nullptr ? self->parts.find(id) : nullptr;
    if (of == nullptr) {
        co_return no_such_application(id);
    }
    auto made = change_for(what, *of, request.what.body, who.who.user);
    if (!made) {
        co_return refuse(400, "BadRequest", made.error().message());
    }
    if (const auto why = in_the_way(what, *of); !why.empty()) {
        co_return refuse(409, "Conflict", why);
    }
    if (const auto why = self->parts.judge(*of, made->then); !why.empty()) {
        co_return refuse(422, "Invalid", why);
    }
    requested_change wanted{.what = what, .made = std::move(*made), .told = {}};
    wanted.told = tell(what, wanted.made, who.who.user);
    log::info(
        "somebody acts by the page", {{"user", who.who.user},
                                      {"action", std::string{to_string(what)}},
                                      {"application", id.namespace_ + "/" + id.name},
                                      {"what", wanted.told.note},
                                      {"peer", who.peer}}
    );
    const auto written = co_await self->parts.write(std::move(wanted));
    if (!written) {
        log::warn(
            "what somebody asked for by the page cannot be written",
            {{"user", who.who.user},
             {"application", id.namespace_ + "/" + id.name},
             {"error", written.error().message()}}
        );
        co_return refusal_by(written.error());
    }
    co_return json_response(202, "{}");
}

// ---- all of it

using known_handler = std::function<asio::awaitable<http::response>(shared, viewer, http::request_info)>;

asio::awaitable<http::response> for_known(shared self, known_handler handle, http::request_info request) {
    if (auto refused = refusal_of(request)) {
        co_return std::move(*refused);
    }
    auto who = co_await admit(self, &request);
    if (auto* refused = std::get_if<http::response>(&who)) {
        co_return std::move(*refused);
    }
    auto& known = std::get<admitted>(who);
    auto answer = co_await handle(self, std::move(known.who), std::move(request));
    if (!known.cookie.empty()) {
        answer.headers.push_back({"Set-Cookie", set_cookie(known.cookie)});
    }
    co_return answer;
}

asio::awaitable<http::response> nothing_here(http::request_info request) {
    co_return refuse(404, "NotFound", "there is nothing at " + std::string{request.path()});
}

} // namespace

service::service(const asio::any_io_executor& executor, service_parts parts, service_limits limits)
    : state_{std::make_shared<state>(executor, std::move(parts), limits)} {}

service::~service() {
    close();
}

void service::close() {
    state_->is_closed = true;
    state_->parts.shown.wake();
}

std::vector<http::route> service::routes() const {
    const std::string base = "/api/holdfast/v1/";
    std::vector<http::route> all;
    const auto add = [&](std::string method, const std::string& path, http::handler handle) {
        all.push_back({std::move(method), base + path, std::move(handle)});
    };
    const auto add_known = [&](std::string method, const std::string& path, known_handler handle) {
        add(std::move(method), path, [self = state_, handle = std::move(handle)](http::request_info request) {
            return for_known(self, handle, std::move(request));
        });
    };
    add("POST", "session", [self = state_](http::request_info r) { return log_in(self, std::move(r)); });
    add("DELETE", "session", [self = state_](http::request_info r) { return log_out(self, std::move(r)); });
    add_known("GET", "me", me);
    add_known("GET", "applications", applications);
    add_known("GET", "applications/{namespace}/{name}", application);
    add_known("GET", "watch", watch);
    for (const auto what : {action::sync, action::refresh, action::terminate}) {
        add_known(
            "POST", "applications/{namespace}/{name}/" + std::string{to_string(what)},
            [what](shared self, viewer who, http::request_info request) {
                return act(std::move(self), what, std::move(who), std::move(request));
            }
        );
    }
    add("GET", "", nothing_here);
    return all;
}

} // namespace holdfast::api
