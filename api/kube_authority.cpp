#include "api/kube_authority.hpp"

#include "crds/types.hpp"

#include <boost/json/array.hpp>

namespace holdfast::api {

namespace {

using namespace std::chrono_literals;

// Somebody waits in front of a page.
constexpr auto patience = 10s;
constexpr std::string_view manager = "holdfast-page";

kube::resource review_kind(std::string_view group, std::string_view kind, std::string_view plural) {
    return {
        .group = std::string{group},
        .version = "v1",
        .plural = std::string{plural},
        .kind = std::string{kind},
        .namespaced = false,
        .verbs = {},
        .subresources = {}
    };
}

kube::call_options options() {
    kube::call_options made;
    made.deadline = patience;
    made.max_retries = 2;
    return made;
}

bool says(const json::object& review, std::string_view field) {
    const auto* said = kube::find_path(review, {"status", field});
    return said != nullptr && said->is_bool() && said->get_bool();
}

std::vector<std::string> texts_of(const json::array* list) {
    std::vector<std::string> all;
    for (const auto& one : list != nullptr ? *list : json::array{}) {
        if (one.is_string()) {
            all.emplace_back(one.get_string());
        }
    }
    return all;
}

identity identity_in(const json::object& review) {
    identity made;
    made.user = kube::find_text(review, {"status", "user", "username"});
    made.uid = kube::find_text(review, {"status", "user", "uid"});
    made.groups = texts_of(kube::find_array(review, {"status", "user", "groups"}));
    if (const auto* extra = kube::find_object(review, {"status", "user", "extra"})) {
        for (const auto& one : *extra) {
            made.extra.emplace(one.key(), texts_of(one.value().if_array()));
        }
    }
    return made;
}

json::object question_of(const identity& who, const right& what) {
    json::object attributes{
        {"group", crds::group}, {"version", crds::version}, {"resource", "applications"}, {"verb", what.verb}
    };
    const auto add = [&](std::string_view key, const std::string& value) {
        if (!value.empty()) {
            attributes[key] = value;
        }
    };
    add("subresource", what.subresource);
    add("namespace", what.namespace_);
    add("name", what.name);
    json::object extra;
    for (const auto& [name, values] : who.extra) {
        extra[name] = json::array(values.begin(), values.end());
    }
    return {
        {"apiVersion", "authorization.k8s.io/v1"},
        {"kind", "SubjectAccessReview"},
        {"spec",
         {{"user", who.user},
          {"uid", who.uid},
          {"groups", json::array(who.groups.begin(), who.groups.end())},
          {"extra", std::move(extra)},
          {"resourceAttributes", std::move(attributes)}}}
    };
}

} // namespace

asio::awaitable<result<std::optional<identity>>> kube_authority::who(std::string token) {
    static const auto kind = review_kind("authentication.k8s.io", "TokenReview", "tokenreviews");
    const json::object question{
        {"apiVersion", "authentication.k8s.io/v1"},
        {"kind", "TokenReview"},
        {"spec", json::object{{"token", token}}}
    };
    const auto how = options();
    const auto said = co_await api_.create(kind, question, manager, {}, how);
    if (!said) {
        co_return said.error();
    }
    if (!says(*said, "authenticated")) {
        co_return std::optional<identity>{};
    }
    auto found = identity_in(*said);
    if (found.user.empty()) {
        co_return std::optional<identity>{};
    }
    co_return std::optional{std::move(found)};
}

asio::awaitable<result<verdict>> kube_authority::may(identity who, right what) {
    static const auto kind =
        review_kind("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews");
    const auto question = question_of(who, what);
    const auto how = options();
    const auto said = co_await api_.create(kind, question, manager, {}, how);
    if (!said) {
        co_return said.error();
    }
    co_return says(*said, "allowed") && !says(*said, "denied") ? verdict::allowed : verdict::denied;
}

} // namespace holdfast::api
