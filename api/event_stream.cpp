#include "api/event_stream.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace holdfast::api {

namespace json = boost::json;

namespace {

constexpr std::size_t most_opened = 10;
// What a browser waits before it connects again.
constexpr std::string_view retry = "retry: 2000\n\n";
// An event, so that a page hears it: it knows a dead stream by its silence.
constexpr std::string_view alive = "event: alive\ndata: {}\n\n";

json::object name_in_json(const application_name& id) {
    return {{"namespace", id.namespace_}, {"name", id.name}};
}

} // namespace

result<topics> read_topics(std::string_view text) {
    constexpr std::string_view opened = "application:";
    topics made;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const auto one = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto slash = one.find('/');
        if (one == "applications") {
            made.applications = true;
        } else if (one.starts_with(opened) && slash != std::string_view::npos && slash + 1 < one.size()) {
            made.opened.push_back(
                {.namespace_ = std::string{one.substr(opened.size(), slash - opened.size())},
                 .name = std::string{one.substr(slash + 1)}}
            );
        } else {
            return user_error(
                "topics: must be \"applications\" and \"application:NAMESPACE/NAME\", separated by commas; one is \"" +
                std::string{one} + "\""
            );
        }
    }
    if (made.opened.size() > most_opened) {
        return user_error("topics: at most " + std::to_string(most_opened) + " applications");
    }
    if (!made.applications && made.opened.empty()) {
        return user_error("topics: must say what to tell of: topics=applications");
    }
    return made;
}

std::string event_text(std::string_view event, std::string_view id, std::string_view data) {
    std::string text;
    if (!id.empty()) {
        text.append("id: ").append(id).append("\n");
    }
    text.append("event: ").append(event).append("\ndata: ").append(data).append("\n\n");
    return text;
}

event_stream::event_stream(
    parts with, settings how, viewer whose, topics wanted, std::optional<change_number> after,
    std::shared_ptr<void> place
)
    : with_{std::move(with)},
      how_{how},
      whose_{std::move(whose)},
      wanted_{std::move(wanted)},
      after_{after},
      place_{std::move(place)},
      checked_{steady_clock::now()} {}

asio::awaitable<std::optional<std::string>> event_stream::next() {
    if (is_ended_ || with_.is_over()) {
        co_return std::nullopt;
    }
    if (!std::exchange(has_begun_, true)) {
        co_return std::string{retry};
    }
    const auto now = steady_clock::now();
    if (now >= checked_ + how_.check) {
        checked_ = now;
        co_return co_await check();
    }
    if (!after_) {
        co_return reset();
    }
    if (now < sent_ + how_.pace) {
        co_await sleep_for(sent_ + how_.pace - now);
    }
    co_await with_.shown.wait(*after_, steady_clock::now() + how_.look);
    if (with_.is_over()) {
        co_return std::nullopt;
    }
    co_return co_await changes();
}

std::string event_stream::reset() {
    after_ = with_.shown.now();
    sent_ = steady_clock::now();
    return event_text("reset", with_.shown.name_of(*after_), "{}");
}

asio::awaitable<std::string> event_stream::check() {
    const auto said = co_await with_.rights.who(whose_.token, whose_.peer);
    // Where the API server cannot be asked, nobody is thrown out.
    if (said && !said->who && !said->wait) {
        is_ended_ = true;
        co_return event_text("session", {}, R"({"reason":"the token is not valid any more"})");
    }
    if (wanted_.applications) {
        auto namespaces = with_.shown.namespaces();
        auto seen = co_await with_.rights.visible(whose_.who, namespaces);
        const auto is_otherwise = [&](const std::string& one) {
            return namespaces.contains(one) && seen_->sees(one) != seen->sees(one);
        };
        const bool is_another = seen && seen_ && std::ranges::any_of(namespaces_, is_otherwise);
        if (seen) {
            seen_ = std::move(*seen);
            namespaces_ = std::move(namespaces);
        }
        if (is_another) {
            co_return reset();
        }
    }
    co_return std::string{alive};
}

asio::awaitable<std::string> event_stream::changes() {
    const auto until = with_.shown.now();
    const auto what = with_.shown.since(*after_);
    if (!what) {
        co_return reset();
    }
    std::vector<event> events;
    if (wanted_.applications && !what->rows.empty()) {
        std::set<std::string, std::less<>> namespaces;
        for (const auto& id : what->rows) {
            namespaces.insert(id.namespace_);
        }
        const auto seen = co_await with_.rights.visible(whose_.who, std::move(namespaces));
        if (!seen) {
            co_return std::string{}; // it is tried again
        }
        if (auto data = rows_of(*what, *seen); !data.empty()) {
            events.push_back({"applications", std::move(data)});
        }
    }
    for (const auto& id : wanted_.opened) {
        if (!what->any.contains(id)) {
            continue;
        }
        auto one = co_await with_.detail(whose_.who, id);
        if (!one) {
            co_return std::string{};
        }
        const json::object gone{{"gone", name_in_json(id)}};
        events.push_back({"application", *one ? std::move(**one) : json::serialize(gone)});
    }
    after_ = until;
    std::string text;
    for (const auto& one : events) {
        // Who is cut off before the last gets all of them again.
        const bool is_last = &one == &events.back();
        text += event_text(one.name, is_last ? with_.shown.name_of(until) : "", one.data);
    }
    if (!text.empty()) {
        sent_ = steady_clock::now();
    }
    co_return text;
}

std::string event_stream::rows_of(const board::changes& what, const visibility& seen) const {
    json::array upsert;
    json::array remove;
    for (const auto& id : what.rows) {
        if (!seen.sees(id.namespace_)) {
            continue;
        }
        if (const auto* one = with_.shown.find(id)) {
            upsert.push_back(write(*one));
        } else {
            remove.push_back(name_in_json(id));
        }
    }
    if (upsert.empty() && remove.empty()) {
        return {};
    }
    const json::object data{{"upsert", std::move(upsert)}, {"remove", std::move(remove)}};
    return json::serialize(data);
}

} // namespace holdfast::api
