#include "api/access.hpp"

#include "base/side_by_side.hpp"

#include <utility>

namespace holdfast::api {

namespace {

// No token is kept, nor can one be made of what is.
std::string key_of(std::string_view token) {
    return to_hex(sha256(token));
}

std::string key_of(const identity& who, const right& what) {
    hasher all;
    all.add(who.user).add(who.uid).add(std::to_string(who.groups.size()));
    for (const auto& group : who.groups) {
        all.add(group);
    }
    for (const auto& [name, values] : who.extra) {
        all.add(name).add(std::to_string(values.size()));
        for (const auto& value : values) {
            all.add(value);
        }
    }
    all.add(what.verb).add(what.subresource).add(what.namespace_).add(what.name);
    return to_hex(all.finish());
}

} // namespace

std::string describe(const right& one) {
    auto text = one.verb + " applications.holdfast.dev";
    if (!one.subresource.empty()) {
        text += "/" + one.subresource;
    }
    return text + (one.namespace_.empty() ? " in all namespaces" : " in the namespace " + one.namespace_);
}

access::access(const asio::any_io_executor& executor, authority& asked, access_limits limits)
    : asked_{asked},
      limits_{limits},
      places_{executor, limits.at_once},
      tokens_{limits.most_tokens},
      rights_{limits.most_rights},
      failures_{limits.failures} {}

asio::awaitable<result<login>> access::who(std::string token, std::string peer) {
    const auto key = key_of(token);
    if (const auto* known = tokens_.find(key); known != nullptr && steady_clock::now() < known->until) {
        co_return login{.who = known->value, .wait = {}};
    }
    const auto source = http::source_of(peer);
    if (const auto wait = failures_.spent(source, steady_clock::now())) {
        co_return login{.who = {}, .wait = wait};
    }
    const auto place = co_await places_.enter();
    auto said = co_await asked_.who(std::move(token));
    if (!said) {
        co_return said.error();
    }
    if (!*said) {
        tokens_.erase(key);
        failures_.charge(source, 1, steady_clock::now());
        co_return login{};
    }
    tokens_.insert(key, {**said, steady_clock::now() + limits_.token});
    co_return login{.who = std::move(**said), .wait = {}};
}

asio::awaitable<result<verdict>> access::may(identity who, right what) {
    const auto key = key_of(who, what);
    if (const auto* known = rights_.find(key); known != nullptr && steady_clock::now() < known->until) {
        co_return known->value;
    }
    const auto place = co_await places_.enter();
    const auto said = co_await asked_.may(std::move(who), std::move(what));
    if (said) {
        rights_.insert(key, {*said, steady_clock::now() + limits_.right});
    }
    co_return said;
}

std::optional<verdict> access::known(const identity& who, const right& what) {
    const auto* said = rights_.find(key_of(who, what));
    return said != nullptr && steady_clock::now() < said->until ? std::optional{said->value} : std::nullopt;
}

asio::awaitable<void>
access::look_up(const identity& who, right what, visibility& made, std::optional<error>& failed) {
    const auto said = co_await may(who, what);
    if (!said) {
        failed = said.error();
    } else if (*said == verdict::allowed) {
        made.namespaces.insert(what.namespace_);
    }
}

asio::awaitable<result<visibility>>
access::visible(identity who, std::set<std::string, std::less<>> namespaces) {
    visibility made;
    const auto to_list = [](const std::string& in) {
        return right{.verb = "list", .subresource = {}, .namespace_ = in, .name = {}};
    };
    const auto anywhere = to_list({});
    const auto everywhere = co_await may(who, anywhere);
    if (!everywhere) {
        co_return everywhere.error();
    }
    made.everywhere = *everywhere == verdict::allowed;
    if (made.everywhere) {
        co_return made;
    }
    std::optional<error> failed;
    std::vector<asio::awaitable<void>> questions;
    for (const auto& one : namespaces) {
        const auto here = to_list(one);
        if (const auto said = known(who, here); !said) {
            questions.push_back(look_up(who, here, made, failed));
        } else if (*said == verdict::allowed) {
            made.namespaces.insert(one);
        }
    }
    co_await all_of(std::move(questions));
    if (failed) {
        co_return *failed;
    }
    co_return made;
}

} // namespace holdfast::api
