#include "charts/registry.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"

#include <algorithm>

namespace holdfast::charts {

namespace {

constexpr unsigned most_pages = 200;
constexpr std::size_t most_tag_bytes = std::size_t{2} << 20U;
// A token is not used in its last moments.
constexpr std::chrono::seconds spare{5};
constexpr std::chrono::hours basic_lasts{1};

bool can_be_shown(const shared_credentials& with) {
    return with && (with->basic || with->bearer_token);
}

std::string key_of(const std::string& origin, const std::string& repository, const shared_credentials& with) {
    return origin + " " + repository + " " + fingerprint(with);
}

error wants_credentials(const web_address& registry) {
    return {
        error_kind::forbidden,
        "the registry " + registry.origin() +
            " wants credentials, and the repository has none: give it a Secret with \"username\" and "
            "\"password\""
    };
}

} // namespace

// https, but where the credentials allow http and it speaks nothing else.
asio::awaitable<result<web_address>> registries::place_of(web_address registry, shared_credentials with) {
    if (!with || !with->insecure_plain_http) {
        co_return registry;
    }
    const auto key = key_of(registry.origin(), {}, with);
    if (const auto* known = places_.find(key)) {
        co_return *known;
    }
    web_call ping;
    ping.where = registry;
    ping.where.path = "/v2/";
    ping.with = with;
    ping.much = trust::full;
    ping.deadline = std::chrono::seconds{15};
    auto secure = co_await web_->ask(ping);
    if (secure) {
        places_.insert(key, registry);
        co_return registry;
    }
    if (!secure.error().is_transient()) {
        co_return secure.error(); // a certificate that is not trusted is no reason to do without
    }
    ping.where.tls = false;
    ping.where.port = registry.port == 443 ? std::uint16_t{80} : registry.port;
    auto plain = co_await web_->ask(ping);
    if (!plain) {
        co_return secure.error();
    }
    registry.tls = false;
    registry.port = ping.where.port;
    places_.insert(key, registry);
    co_return registry;
}

asio::awaitable<result<registries::pass>>
registries::token(oci_address of, web_address registry, challenge bearer, shared_credentials with) {
    auto where = token_address(bearer, registry, "repository:" + of.repository + ":pull");
    if (!where) {
        co_return where.error();
    }
    web_call ask;
    ask.where = *where;
    ask.with = with;
    // The registry vouches for its token server, and the password goes there: that is how registries work. It
    // is behind the same authorities where those are private.
    ask.much = where->host == registry.host ? trust::full : trust::authorities;
    if (with && with->basic) {
        ask.authorization = "Basic " + base64_encode(with->basic->username + ":" + with->basic->password);
    }
    ask.max_body = std::size_t{64} << 10U;
    ask.redirects = 2;
    ask.deadline = std::chrono::seconds{30};
    auto answer = co_await web_->ask(std::move(ask));
    if (!answer) {
        co_return answer.error();
    }
    const auto doing = "asking for a token for " + of.shown();
    if (answer->response.status != 200) {
        co_return refusal(*answer, can_be_shown(with)).within(doing);
    }
    auto read = read_token(answer->response.body);
    if (!read) {
        co_return read.error().within(doing);
    }
    pass p;
    p.authorization = "Bearer " + read->token;
    p.until = steady_clock::now() + read->lifetime - spare;
    co_return p;
}

asio::awaitable<result<registries::pass>> registries::introduce(
    oci_address of, web_address registry, std::vector<challenge> challenges, shared_credentials with
) {
    const auto named = [&](std::string_view scheme) {
        return std::ranges::find(challenges, scheme, &challenge::scheme);
    };
    const auto bearer = named("bearer");
    const bool has_realm = bearer != challenges.end() && !bearer->find("realm").empty();
    if (has_realm && !(with && with->bearer_token)) {
        co_return co_await token(std::move(of), std::move(registry), *bearer, std::move(with));
    }
    if (!can_be_shown(with)) {
        co_return wants_credentials(registry);
    }
    pass p;
    p.authorization = authorization_of(with);
    p.until = steady_clock::now() + basic_lasts;
    co_return p;
}

asio::awaitable<result<web_answer>> registries::ask(oci_address of, call what, shared_credentials with) {
    auto registry = co_await place_of(of.registry, with);
    if (!registry) {
        co_return registry.error();
    }
    const auto key = key_of(registry->origin(), of.repository, with);
    for (bool again = false;; again = true) {
        web_call request;
        request.method = what.method;
        request.where = *registry;
        request.where.path = "/v2/" + what.path;
        request.where.query = what.query;
        request.with = with;
        request.much = trust::full;
        request.max_body = what.max_body;
        if (!what.accept.empty()) {
            request.headers.push_back({"Accept", what.accept});
        }
        if (const auto* known = passes_.find(key); known != nullptr && steady_clock::now() < known->until) {
            request.authorization = known->authorization;
        }
        auto answer = co_await web_->ask(std::move(request));
        if (!answer && answer.error().is_transient()) {
            places_.erase(key_of(of.registry.origin(), {}, with));
        }
        if (!answer || answer->response.status != 401 || again || !same_place(*registry, answer->from)) {
            co_return answer;
        }
        passes_.erase(key);
        auto challenges = challenges_of(answer->response.headers);
        auto introduced = co_await introduce(of, *registry, std::move(challenges), with);
        if (!introduced) {
            co_return introduced.error();
        }
        passes_.insert(key, std::move(*introduced));
    }
}

asio::awaitable<result<std::vector<std::string>>> registries::tags(oci_address of, shared_credentials with) {
    const auto doing = "listing the tags of " + of.shown();
    std::vector<std::string> all;
    std::size_t bytes = 0;
    call what;
    what.path = of.repository + "/tags/list";
    what.query = "n=1000";
    for (unsigned pages = 0; pages < most_pages; ++pages) {
        auto answer = co_await ask(of, what, with);
        if (!answer) {
            co_return answer.error().within(doing);
        }
        if (answer->response.status != 200) {
            co_return refusal(*answer, can_be_shown(with)).within(doing);
        }
        auto page = read_tags(answer->response.body, answer->response.find("Link").value_or(""));
        if (!page) {
            co_return page.error().within(doing);
        }
        for (auto& tag : page->tags) {
            bytes += tag.size() + sizeof(std::string);
            all.push_back(std::move(tag));
        }
        if (bytes > most_tag_bytes) {
            break;
        }
        if (page->next.empty()) {
            co_return all;
        }
        auto next = answer->from.resolve(page->next);
        const auto prefix = "/v2/" + what.path;
        if (!next || !same_place(answer->from, *next) || next->path != prefix) {
            co_return user_error(doing + ": the registry says that the list goes on elsewhere");
        }
        what.query = next->query;
    }
    co_return user_error(doing + ": there are too many to look for a version among them: name one exactly");
}

asio::awaitable<result<tagged_manifest>> registries::look(oci_address at, shared_credentials with) {
    call what;
    what.method = "HEAD";
    what.path = at.repository + "/manifests/" + at.tag;
    what.accept = manifest_type;
    auto answer = co_await ask(at, std::move(what), with);
    if (!answer) {
        co_return answer.error();
    }
    if (answer->response.status == 405 || answer->response.status == 501) {
        co_return co_await manifest(std::move(at), {}, std::move(with)); // it does not know HEAD
    }
    if (answer->response.status != 200) {
        co_return refusal(*answer, can_be_shown(with));
    }
    tagged_manifest found;
    const auto said = answer->response.find("Docker-Content-Digest");
    if (auto digest = sha256_of(said.value_or(""))) {
        found.digest = std::move(*digest);
        co_return found;
    }
    co_return co_await manifest(std::move(at), {}, std::move(with));
}

asio::awaitable<result<tagged_manifest>>
registries::manifest(oci_address at, std::string digest, shared_credentials with) {
    call what;
    what.path = at.repository + "/manifests/" + (digest.empty() ? at.tag : "sha256:" + digest);
    what.accept = manifest_type;
    auto answer = co_await ask(at, std::move(what), with);
    if (!answer) {
        co_return answer.error();
    }
    if (answer->response.status != 200) {
        co_return refusal(*answer, can_be_shown(with));
    }
    const auto shown = answer->from.shown();
    tagged_manifest found;
    found.digest = to_hex(sha256(answer->response.body));
    const auto said = answer->response.find("Docker-Content-Digest");
    const bool other_than_said =
        said && said->starts_with("sha256:") && sha256_of(*said) != std::optional{found.digest};
    if (other_than_said || (!digest.empty() && digest != found.digest)) {
        co_return transient_error(
            shown + ": the manifest has not the digest that it should have, but sha256:" + found.digest
        );
    }
    auto layer = read_manifest(answer->response.body);
    if (!layer) {
        co_return layer.error().within(shown);
    }
    found.layer = std::move(*layer);
    co_return found;
}

asio::awaitable<result<std::string>>
registries::blob(oci_address of, chart_layer layer, shared_credentials with) {
    call what;
    what.path = of.repository + "/blobs/sha256:" + layer.digest;
    what.max_body = layer.size;
    auto answer = co_await ask(of, std::move(what), with);
    if (!answer) {
        co_return answer.error();
    }
    if (answer->response.status != 200) {
        co_return refusal(*answer, can_be_shown(with));
    }
    if (answer->response.body.size() != layer.size) {
        co_return transient_error(
            answer->from.shown() + ": came with " + std::to_string(answer->response.body.size()) +
            " bytes instead of the " + std::to_string(layer.size) + " that the manifest says"
        );
    }
    co_return std::move(answer->response.body);
}

void registries::tidy() {
    const auto now = steady_clock::now();
    std::vector<std::string> old;
    for (const auto& [key, p] : passes_) {
        if (p.until < now) {
            old.push_back(key);
        }
    }
    for (const auto& key : old) {
        passes_.erase(key);
    }
}

} // namespace holdfast::charts
