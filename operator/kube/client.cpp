#include "kube/client_call.hpp"

#include "base/async.hpp"
#include "kube/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>

namespace holdfast::kube {

namespace {

std::string_view verb_of(std::string_view method) noexcept {
    if (method == "GET") return "get";
    if (method == "POST") return "create";
    if (method == "PUT") return "update";
    return method == "DELETE" ? "delete" : "patch";
}

constexpr std::chrono::milliseconds least_retry_delay{100};

/// Header values are ours but for names that users chose; a line break in one would begin another header.
bool fits_a_header(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
}

unsigned leading_number(std::string_view text) {
    unsigned number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace

void tell_warnings(const http::response& answer, const std::function<void(std::string_view)>& tell) {
    if (!tell) {
        return;
    }
    constexpr std::string_view name = "warning";
    for (const auto& header : answer.headers) {
        const bool is_warning =
            std::equal(header.name.begin(), header.name.end(), name.begin(), name.end(), [](char a, char b) {
                return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
            });
        if (!is_warning) {
            continue;
        }
        std::string sentence;
        bool inside = false;
        for (std::size_t i = 0; i < header.value.size(); ++i) {
            const char c = header.value[i];
            if (c == '"') {
                if (inside) {
                    tell(sentence);
                    sentence.clear();
                }
                inside = !inside;
            } else if (inside) {
                if (c == '\\' && i + 1 < header.value.size()) {
                    ++i;
                }
                sentence += header.value[i];
            }
        }
    }
}

std::string
describe(std::string_view verb, const resource& kind, std::string_view ns, std::string_view name) {
    std::string text{verb};
    text.append(" ");
    if (!kind.group.empty()) {
        text.append(kind.group).append("/");
    }
    text.append(kind.kind);
    if (!ns.empty() || !name.empty()) {
        text.append(" ");
    }
    if (!ns.empty() && kind.namespaced) {
        text.append(ns).append(name.empty() ? "" : "/");
    }
    return text.append(name);
}

reply<json::object> read_object(std::string_view body, std::string_view what, json::storage_ptr storage) {
    boost::system::error_code code;
    auto value = json::parse(body, code, std::move(storage), server_json());
    if (code || !value.is_object()) {
        return failure{internal_error(
            std::string{what} + ": the server's answer is not a JSON object" +
            (code ? " (" + code.message() + ")" : std::string{})
        )};
    }
    return std::move(value.get_object());
}

client::client(http::client& connection, client_settings settings)
    : connection_{connection}, settings_{std::move(settings)} {
    if (settings_.user_agent.empty()) {
        settings_.user_agent = "holdfast/" HOLDFAST_VERSION;
    }
}

client::~client() = default;

client::call client::make_call(
    std::string_view method, std::string target, std::string what, const call_options& options
) const {
    call c;
    c.request.method = method;
    c.verb = verb_of(method);
    c.request.target = std::move(target);
    c.request.headers.push_back({"User-Agent", settings_.user_agent});
    c.request.headers.push_back({"Accept", std::string{json_type}});
    c.what = std::move(what);
    c.options = options;
    c.max_body = settings_.max_object_bytes;
    c.idempotent = method == "GET";
    c.writes = method != "GET";
    if (options.as) {
        const auto add = [&](std::string name, const std::string& value) {
            if (!fits_a_header(value)) {
                c.refused = failure{user_error(c.what + ": " + name + " contains control characters")};
            }
            c.request.headers.push_back({std::move(name), value});
        };
        add("Impersonate-User", options.as->user);
        for (const auto& group : options.as->groups) {
            add("Impersonate-Group", group);
        }
        if (!options.as->uid.empty()) {
            add("Impersonate-Uid", options.as->uid);
        }
        for (const auto& [key, value] : options.as->extra) {
            add("Impersonate-Extra-" + percent_encode(key), value);
        }
    }
    return c;
}

client::call client::make_write(
    std::string_view method, std::string target, std::string what, std::string_view content_type,
    std::string body, const call_options& options
) const {
    auto c = make_call(method, std::move(target), std::move(what), options);
    c.request.headers.push_back({"Content-Type", std::string{content_type}});
    c.request.body = std::move(body);
    if (c.request.body.size() > settings_.max_sent_bytes) {
        c.refused = failure{
            user_error(
                c.what + ": the object has " + std::to_string(c.request.body.size()) +
                " bytes, more than the " + std::to_string(settings_.max_sent_bytes) +
                " that an API server accepts; split it or leave something out"
            ),
            413, "RequestEntityTooLarge"
        };
    }
    return c;
}

client::answer<http::response> client::send(call what) {
    if (what.refused) {
        co_return std::move(*what.refused);
    }
    using clock = std::chrono::steady_clock;
    const auto deadline = clock::now() + what.options.deadline;
    const auto remaining = [&] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
    };
    for (unsigned tries = 0;; ++tries) {
        if (what.writes && settings_.may_write && !settings_.may_write()) {
            co_return failure{transient_error(what.what + ": not sent, since another replica leads")};
        }
        const bool last = tries >= what.options.max_retries;
        http::send_options how{
            .deadline = std::max(remaining(), std::chrono::milliseconds{1}), .max_body = what.max_body
        };
        http::request request = last ? std::move(what.request) : what.request;
        const auto sent_bytes = request.body.size();
        const auto began = clock::now();
        auto answer = co_await connection_.send(std::move(request), how);
        if (settings_.observer != nullptr) {
            settings_.observer->answered(what.verb, answer ? answer->status : 0U, clock::now() - began);
        }
        std::chrono::milliseconds delay{0};
        std::optional<failure> why;
        if (answer.has_error()) {
            why = failure{answer.error().within(what.what)};
            if (last || !what.idempotent || !answer.error().is_transient()) {
                co_return std::move(*why);
            }
            delay = settings_.network_retry_delay;
        } else {
            tell_warnings(*answer, what.options.on_warning);
            if (answer->status >= 200 && answer->status < 300) {
                co_return std::move(*answer);
            }
            why = failure_from_response(*answer, what.what);
            if (answer->status == 413 && sent_bytes > 0) {
                why = why->within("the object of " + std::to_string(sent_bytes) + " bytes is too large");
            }
            const bool again = (answer->status == 429 || answer->status >= 500) && why->retry_after();
            if (last || !again) {
                co_return std::move(*why);
            }
            delay = std::max(*why->retry_after(), least_retry_delay);
        }
        if (remaining() <= delay) {
            co_return std::move(*why);
        }
        co_await sleep_for(delay);
    }
}

client::answer<json::object> client::send_for_object(call what) {
    const std::string name = what.what;
    auto answer = co_await send(std::move(what));
    if (answer.has_error()) {
        co_return std::move(answer).error();
    }
    co_return read_object(answer->body, name);
}

client::answer<http::response> client::get_raw(
    std::string_view target, std::string_view accept, std::string_view what, const call_options& options
) {
    auto c = make_call("GET", std::string{target}, std::string{what}, options);
    c.max_body = settings_.max_list_bytes;
    if (!accept.empty()) {
        c.request.headers[1].value = accept;
    }
    return send(std::move(c));
}

client::answer<json::object> client::get(
    const resource& kind, std::string_view namespace_, std::string_view name, const call_options& options
) {
    return send_for_object(make_call(
        "GET", object_path(kind, namespace_, name), describe("get", kind, namespace_, name), options
    ));
}

// ---- questions

client::answer<server_version> client::version(const call_options& options) {
    return ask_version(make_call("GET", "/version", "ask the server's version", options));
}

client::answer<server_version> client::ask_version(call what) {
    auto answer = co_await send_for_object(std::move(what));
    if (answer.has_error()) {
        co_return std::move(answer).error();
    }
    server_version version;
    version.git_version = find_text(*answer, {"gitVersion"});
    // Some distributions write "31+".
    version.major = leading_number(find_text(*answer, {"major"}));
    version.minor = leading_number(find_text(*answer, {"minor"}));
    co_return version;
}

client::answer<std::vector<openapi_document>> client::openapi_v3_index(const call_options& options) {
    return ask_openapi_index(make_call("GET", "/openapi/v3", "list the server's OpenAPI documents", options));
}

client::answer<std::vector<openapi_document>> client::ask_openapi_index(call what) {
    auto answer = co_await send_for_object(std::move(what));
    if (answer.has_error()) {
        co_return std::move(answer).error();
    }
    std::vector<openapi_document> documents;
    if (const auto* paths = find_object(*answer, {"paths"})) {
        for (const auto& entry : *paths) {
            const auto* about = entry.value().if_object();
            const auto url = about == nullptr ? std::string_view{} : find_text(*about, {"serverRelativeURL"});
            if (url.empty()) {
                continue;
            }
            const auto hash = url.find("hash=");
            documents.push_back(
                {.path = std::string{entry.key()},
                 .url = std::string{url},
                 .hash = hash == std::string_view::npos ? "" : std::string{url.substr(hash + 5)}}
            );
        }
    }
    co_return documents;
}

client::answer<std::string> client::openapi_v3(std::string_view url, const call_options& options) {
    return ask_text(get_raw(url, json_type, "read the server's OpenAPI document " + std::string{url}, options)
    );
}

client::answer<std::string> client::ask_text(answer<http::response> asked) {
    auto answer = co_await std::move(asked);
    if (answer.has_error()) {
        co_return std::move(answer).error();
    }
    co_return std::move(answer->body);
}

client::answer<access_answer>
client::access_review(const access_question& question, const call_options& options) {
    json::object attributes{{"verb", question.verb}, {"resource", question.plural}};
    const auto add = [&](std::string_view key, const std::string& value) {
        if (!value.empty()) {
            attributes[key] = value;
        }
    };
    add("group", question.group);
    add("subresource", question.subresource);
    add("namespace", question.namespace_);
    add("name", question.name);
    const json::object review{
        {"apiVersion", "authorization.k8s.io/v1"},
        {"kind", "SelfSubjectAccessReview"},
        {"spec", json::object{{"resourceAttributes", std::move(attributes)}}}
    };
    auto c = make_write(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "ask whether we may " + question.verb + ' ' + question.plural, json_type, json::serialize(review),
        options
    );
    c.idempotent = true; // it only asks
    c.writes = false;
    return ask_access(std::move(c));
}

client::answer<access_answer> client::ask_access(call what) {
    auto answer = co_await send_for_object(std::move(what));
    if (answer.has_error()) {
        co_return std::move(answer).error();
    }
    const auto* allowed = find_path(*answer, {"status", "allowed"});
    access_answer said;
    said.allowed = allowed != nullptr && allowed->is_bool() && allowed->get_bool();
    said.reason = find_text(*answer, {"status", "reason"});
    co_return said;
}

} // namespace holdfast::kube
