#include "state_key.hpp"

#include "base/async.hpp"
#include "base/base64.hpp"
#include "base/log.hpp"
#include "kube/object.hpp"
#include "kube/resource.hpp"

#include <boost/json/object.hpp>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace holdfast {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view secret_name = "holdfast-state-key";
constexpr std::string_view data_key = "key";
constexpr std::string_view field_manager = "holdfast-state-key";
/// A key that somebody put there may be another one; a guess of it is not to be easier than of a value.
constexpr std::size_t least_bytes = 16;
constexpr int most_tries = 4;
constexpr auto longest_wait = 5min;

std::string new_key() {
    std::array<unsigned char, 32> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
        throw std::runtime_error{"no random bytes"};
    }
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string key_in(const json::object& secret) {
    const auto* data = kube::find_object(secret, {"data"});
    const auto* value = data != nullptr ? data->if_contains(data_key) : nullptr;
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    auto key = text != nullptr ? base64_decode(*text).value_or("") : std::string{};
    return key.size() < least_bytes ? std::string{} : key;
}

json::object secret_with(std::string_view key, std::string_view in_namespace) {
    return {
        {"apiVersion", "v1"},
        {"kind", "Secret"},
        {"metadata",
         {{"name", secret_name},
          {"namespace", in_namespace},
          {"labels", {{"app.kubernetes.io/managed-by", "holdfast"}, {"app.kubernetes.io/part-of", "holdfast"}}
          }}},
        {"type", "Opaque"},
        {"data", {{data_key, base64_encode(key)}}}
    };
}

} // namespace

state_key::state_key(kube::client& api, std::string own_namespace)
    : api_{api}, namespace_{std::move(own_namespace)} {}

asio::awaitable<bool> state_key::load() {
    key_.clear();
    std::string why;
    auto wait = 100ms;
    for (int left = most_tries; left > 0; --left) {
        auto read = co_await read_or_make();
        if (read) {
            key_ = std::move(*read);
            co_return !key_.empty();
        }
        why = read.error().message();
        if (!read.error().is_transient() && !read.error().is_already_exists()) {
            break;
        }
        co_await sleep_for(wait);
        wait *= 2;
    }
    log::warn(
        "no key for digests in statuses yet: until there is one, all applications are compared after a "
        "restart; the operator needs to get this Secret, and to create Secrets in its namespace",
        {{"secret", namespace_ + "/" + std::string{secret_name}}, {"error", why}}
    );
    co_return false;
}

asio::awaitable<void> state_key::keep_loading() {
    std::chrono::milliseconds wait = 1s;
    do {
        co_await sleep_for(wait);
        wait = std::min<std::chrono::milliseconds>(wait * 4, longest_wait);
    } while (!co_await load());
}

asio::awaitable<void> state_key::wait_for_another() {
    std::chrono::milliseconds wait = 1s;
    while (key_.empty()) {
        if (const auto there = co_await api_.get(kube::resources::secrets(), namespace_, secret_name);
            there && key_.empty()) {
            key_ = key_in(*there);
        }
        if (key_.empty()) {
            co_await sleep_for(wait);
            wait = std::min<std::chrono::milliseconds>(wait * 2, longest_wait);
        }
    }
}

asio::awaitable<kube::reply<std::string>> state_key::read_or_make() {
    const auto there = co_await api_.get(kube::resources::secrets(), namespace_, secret_name);
    if (there) {
        auto key = key_in(*there);
        if (key.empty()) {
            log::warn(
                "a key for digests in statuses is of no use: delete it, and another one is made",
                {{"secret", namespace_ + "/" + std::string{secret_name}},
                 {"key", std::string{data_key}},
                 {"least_bytes", std::to_string(least_bytes)}}
            );
        }
        co_return key;
    }
    if (!there.error().is_not_found()) {
        co_return there.error();
    }
    auto key = new_key();
    const auto object = secret_with(key, namespace_);
    const auto made = co_await api_.create(kube::resources::secrets(), object, field_manager);
    if (!made) {
        co_return made.error(); // a conflict: another replica was faster, and its key is read next
    }
    log::info(
        "made a key for digests in statuses", {{"secret", namespace_ + "/" + std::string{secret_name}}}
    );
    co_return key;
}

} // namespace holdfast
