#pragma once

#include "api/access.hpp"
#include "api/row.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <set>
#include <string>

namespace holdfast::api {

using namespace std::chrono_literals;

/// An authority whose people and rights are written down: whoever has none may nothing.
struct written_authority final : authority {
    std::map<std::string, std::string> tokens; // token → user
    std::map<std::string, std::set<right>> rights;
    bool is_away = false;
    int asked_who = 0;
    int asked_may = 0;

    asio::awaitable<result<std::optional<identity>>> who(std::string token) override {
        ++asked_who;
        if (is_away) {
            co_return transient_error("refused");
        }
        const auto at = tokens.find(token);
        if (at == tokens.end()) {
            co_return std::optional<identity>{};
        }
        co_return std::optional{identity{.user = at->second, .uid = {}, .groups = {"people"}, .extra = {}}};
    }
    asio::awaitable<result<verdict>> may(identity who, right what) override {
        ++asked_may;
        if (is_away) {
            co_return transient_error("refused");
        }
        const auto has = [&](const right& one) { return rights[who.user].contains(one); };
        auto any_name = what;
        any_name.name.clear();
        auto anywhere = any_name;
        anywhere.namespace_.clear();
        co_return has(what) || has(any_name) || has(anywhere) ? verdict::allowed : verdict::denied;
    }
    void give(const std::string& user, std::initializer_list<std::string> verbs, const std::string& ns) {
        for (const auto& verb : verbs) {
            const auto slash = verb.find('/');
            rights[user].insert(
                {.verb = verb.substr(0, slash),
                 .subresource = slash == std::string::npos ? "" : verb.substr(slash + 1),
                 .namespace_ = ns,
                 .name = {}}
            );
        }
    }
};

inline crds::application application(std::string ns, std::string name) {
    crds::application one;
    one.metadata.namespace_ = std::move(ns);
    one.metadata.name = std::move(name);
    one.metadata.uid = "1";
    one.spec.destination.server = "https://kubernetes.default.svc";
    one.spec.source.emplace().repo_url = "https://git.example/deploy.git";
    one.spec.source->path = "apps/" + one.metadata.name;
    one.status.sync.status = crds::sync_code::synced;
    one.status.health.status = crds::health_code::healthy;
    return one;
}

} // namespace holdfast::api
