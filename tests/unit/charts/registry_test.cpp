// Charts of OCI registries that do what they are told: tokens, tags, manifests, blobs.
#include "fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>

namespace holdfast::charts::test {
namespace {

std::string manifest_of(const std::string& archive, const std::string& digest = {}, std::size_t size = 0) {
    return R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:)" +
           std::string(64, '0') + R"(","size":2},"layers":[{"mediaType":)" +
           R"("application/vnd.cncf.helm.chart.content.v1.tar+gzip","digest":"sha256:)" +
           (digest.empty() ? digest_of(archive) : digest) + R"(","size":)" +
           std::to_string(size == 0 ? archive.size() : size) + "}]}";
}

std::string content_digest(const std::string& manifest) {
    return "Docker-Content-Digest: sha256:" + digest_of(manifest) + "\r\n";
}

// A whole answer to HEAD: what GET would say, without the body.
script head_of(const std::string& manifest) {
    return script{}.head(
        200, "Content-Length: " + std::to_string(manifest.size()) + "\r\n" + content_digest(manifest)
    );
}

struct with_registry : fixture {
    holdfast::test::authority ours;
    holdfast::test::key_pair pair = ours.server({"DNS:localhost", "IP:127.0.0.1"});
    imposter registry{{.certificate = pair.certificate, .key = pair.key, .client_ca = {}}};
    imposter tokens{{.certificate = pair.certificate, .key = pair.key, .client_ca = {}}};
    std::string web_1 = chart_tgz("web", "1.0.0");
    std::string host = registry.url().substr(8);

    [[nodiscard]] git::credentials trusting() const {
        git::credentials c;
        c.ca = ours.certificate();
        return c;
    }
    [[nodiscard]] git::credentials ada() const {
        auto c = with_password();
        c.ca = ours.certificate();
        return c;
    }
    chart_request web(const std::string& version, const git::credentials& with) const {
        return request("oci://" + host + "/charts", "web", version, with);
    }
    chart_request web(const std::string& version) const { return web(version, trusting()); }

    void serve(imposter& at, const std::string& tag, const std::string& manifest) {
        at.when("HEAD", "/v2/charts/web/manifests/" + tag).always(head_of(manifest));
        at.when("GET", "/v2/charts/web/manifests/" + tag)
            .always(answer(200, manifest, content_digest(manifest)));
        at.when("GET", "/v2/charts/web/manifests/sha256:" + digest_of(manifest))
            .always(answer(200, manifest, content_digest(manifest)));
    }
    void serve_blob(imposter& at, const std::string& archive) {
        at.when("GET", "/v2/charts/web/blobs/sha256:" + digest_of(archive)).always(answer(200, archive));
    }
    void serve() {
        serve(registry, "1.0.0", manifest_of(web_1));
        serve_blob(registry, web_1);
    }
    // Everything needs this, or is answered with a challenge.
    void guard(const std::string& challenge, const std::string& accepted) {
        registry.when("", "/v2/").always([=, this](const holdfast::test::seen_request& r) {
            const auto manifest = manifest_of(web_1);
            if (r.header("Authorization") != accepted) {
                return answer(401, "{}", "WWW-Authenticate: " + challenge + "\r\n");
            }
            if (r.target.find("/blobs/") != std::string::npos) {
                return answer(200, web_1);
            }
            return r.method == "HEAD" ? head_of(manifest) : answer(200, manifest, content_digest(manifest));
        });
    }
    [[nodiscard]] std::string bearer(const std::string& realm) const {
        return "Bearer realm=\"" + realm + "\",service=\"reg\",scope=\"repository:charts/web:pull\"";
    }
    [[nodiscard]] static std::size_t
    seen(const imposter& at, const std::string& method, const std::string& containing) {
        std::size_t count = 0;
        for (const auto& r : at.requests()) {
            count += r.method == method && r.target.find(containing) != std::string::npos ? 1U : 0U;
        }
        return count;
    }
};

BOOST_FIXTURE_TEST_SUITE(charts_registry, with_registry)

BOOST_AUTO_TEST_CASE(a_version_is_looked_for_and_its_archive_pulled) {
    serve();
    const auto version = resolve(web("1.0.0"));
    REQUIRE_OK(version);
    BOOST_TEST(*version == "1.0.0");
    BOOST_TEST(seen(registry, "GET", "") == 0U); // registries count manifests that are read
    const auto c = fetch(web("1.0.0"));
    REQUIRE_OK(c);
    BOOST_TEST(c->digest == "sha256:" + digest_of(web_1));
    BOOST_TEST(read_file(c->file) == web_1);
    const auto count = registry.requests().size();
    REQUIRE_OK(resolve(web("1.0.0"), 1h));
    REQUIRE_OK(fetch(web("1.0.0")));
    BOOST_TEST(registry.requests().size() == count);
    for (const auto& r : registry.requests()) {
        if (r.target.find("/manifests/") != std::string::npos) {
            BOOST_TEST(r.header("Accept") == "application/vnd.oci.image.manifest.v1+json");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_registry_that_does_not_know_head_or_digests_is_asked_for_manifests) {
    registry.when("HEAD", "/v2/").always(script{}.head(405, "Content-Length: 2\r\n"));
    registry.when("GET", "/v2/charts/web/manifests/").always(answer(200, manifest_of(web_1)));
    serve_blob(registry, web_1);
    REQUIRE_OK(resolve(web("1.0.0")));
    REQUIRE_OK(fetch(web("1.0.0")));
}

BOOST_AUTO_TEST_CASE(a_repository_may_be_written_without_a_scheme) {
    serve();
    REQUIRE_OK(fetch(request(host + "/charts", "web", "1.0.0", trusting())));
    REQUIRE_OK(fetch(request(host, "charts/web", "1.0.0", trusting())));
}

BOOST_AUTO_TEST_CASE(a_version_that_was_pushed_again_is_pulled_again) {
    const auto again = chart_tgz("web", "1.0.0", "again");
    const auto one = manifest_of(web_1);
    const auto two = manifest_of(again);
    registry.when("HEAD", "/v2/charts/web/manifests/1.0.0")
        .then(head_of(one))
        .then(head_of(one))
        .then(head_of(two));
    for (const auto* m : {&one, &two}) {
        registry.when("GET", "/v2/charts/web/manifests/sha256:" + digest_of(*m)).always(answer(200, *m));
    }
    serve_blob(registry, web_1);
    serve_blob(registry, again);
    REQUIRE_OK(resolve(web("1.0.0"), 0ms));
    BOOST_TEST(fetch(web("1.0.0"))->digest == "sha256:" + digest_of(web_1));
    REQUIRE_OK(resolve(web("1.0.0"), 0ms));
    BOOST_TEST(fetch(web("1.0.0"))->digest == "sha256:" + digest_of(web_1));
    BOOST_TEST(seen(registry, "GET", "/manifests/") == 1U);
    REQUIRE_OK(resolve(web("1.0.0"), 0ms));
    BOOST_TEST(fetch(web("1.0.0"))->digest == "sha256:" + digest_of(again));
}

BOOST_AUTO_TEST_CASE(after_a_restart_a_look_is_enough) {
    serve();
    REQUIRE_OK(fetch(web("1.0.0")));
    open();
    const auto before = registry.requests().size();
    REQUIRE_OK(fetch(web("1.0.0")));
    BOOST_TEST(registry.requests().size() == before);
    REQUIRE_OK(resolve(web("1.0.0"), 0ms));
    REQUIRE_OK(fetch(web("1.0.0")));
    BOOST_TEST(registry.requests().size() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_range_is_looked_for_among_all_pages_of_tags) {
    const auto two = chart_tgz("web", "1.2.0+b.4");
    serve(registry, "1.2.0_b.4", manifest_of(two));
    serve_blob(registry, two);
    registry.when("GET", "/v2/charts/web/tags/list", "last=1.0.0")
        .always(answer(200, R"({"tags":["1.2.0_b.4","2.0.0-rc.1","sha256-abc.sig"]})"));
    registry.when("GET", "/v2/charts/web/tags/list")
        .always(answer(
            200, R"({"tags":["0.9.0","1.0.0","latest"]})",
            "Link: </v2/charts/web/tags/list?n=3&last=1.0.0>; rel=\"next\"\r\n"
        ));
    const auto version = resolve(web("^1"));
    REQUIRE_OK(version);
    BOOST_TEST(*version == "1.2.0+b.4");
    BOOST_TEST(fetch(web(*version))->version == "1.2.0+b.4");
    REQUIRE_OK(resolve(web(""), 1h));
    BOOST_TEST(seen(registry, "GET", "/tags/") == 2U);
    REQUIRE_ERROR(
        resolve(web("^5")), error_kind::not_found, "the highest versions are 1.2.0+b.4, 1.0.0, 0.9.0"
    );
    REQUIRE_ERROR(
        resolve(web("1.1.0")), error_kind::not_found,
        "no version 1.1.0; nearest versions are 1.0.0, 1.2.0+b.4, 0.9.0"
    );
    REQUIRE_ERROR(fetch(web("1.1.0")), error_kind::not_found, "nearest versions are 1.0.0, 1.2.0+b.4, 0.9.0");
    REQUIRE_ERROR(resolve(web("nonsense")), error_kind::user, "not a version range");
}

BOOST_AUTO_TEST_CASE(a_list_of_tags_cannot_lead_elsewhere_nor_go_on_for_ever) {
    registry.when("GET", "/v2/charts/web/tags/list")
        .always(answer(200, R"({"tags":["1.0.0"]})", "Link: <" + tokens.url() + "/x>; rel=\"next\"\r\n"));
    REQUIRE_ERROR(resolve(web("*")), error_kind::user, "elsewhere");
    registry.when("GET", "/v2/endless/web/tags/list")
        .always(answer(
            200, R"({"tags":["1.0.0"]})", "Link: </v2/endless/web/tags/list?n=1&last=1.0.0>; rel=\"next\"\r\n"
        ));
    REQUIRE_ERROR(
        resolve(request("oci://" + host + "/endless", "web", "*", trusting())), error_kind::user, "too many"
    );
    BOOST_TEST(tokens.requests().empty());
}

// ---- tokens

BOOST_AUTO_TEST_CASE(a_token_is_asked_for_with_the_password_once) {
    tokens.when("GET", "/token").always(answer_json(200, R"({"token":"t1","expires_in":300})"));
    guard(bearer(tokens.url() + "/token"), "Bearer t1");
    REQUIRE_OK(resolve(web("1.0.0", ada())));
    REQUIRE_OK(fetch(web("1.0.0", ada())));
    BOOST_REQUIRE(tokens.requests().size() == 1U);
    const auto asked = tokens.requests()[0];
    BOOST_TEST(asked.header("Authorization") == basic_ada);
    BOOST_TEST(asked.target == "/token?service=reg&scope=repository%3Acharts%2Fweb%3Apull");
    for (const auto& r : registry.requests()) {
        BOOST_TEST(r.header("Authorization") != basic_ada); // the registry itself never sees it
    }
}

BOOST_AUTO_TEST_CASE(a_token_may_be_had_without_a_password) {
    tokens.when("GET", "/token").always(answer_json(200, R"({"access_token":"open"})"));
    guard(bearer(tokens.url() + "/token"), "Bearer open");
    REQUIRE_OK(fetch(web("1.0.0")));
    BOOST_TEST(tokens.requests().at(0).header("Authorization") == "");
}

BOOST_AUTO_TEST_CASE(a_token_that_is_not_taken_any_more_is_replaced_once) {
    tokens.when("GET", "/token")
        .then(answer_json(200, R"({"token":"t1","expires_in":3600})"))
        .always(answer_json(200, R"({"token":"t2","expires_in":3600})"));
    const auto manifest = manifest_of(web_1);
    std::atomic<bool> first{true};
    registry.when("HEAD", "/v2/").always([&](const holdfast::test::seen_request& r) {
        if (r.header("Authorization") == (first ? "Bearer t1" : "Bearer t2")) {
            first = false; // the next time it wants another
            return head_of(manifest);
        }
        return script{}.head(
            401, "Content-Length: 2\r\nWWW-Authenticate: " + bearer(tokens.url() + "/token") + "\r\n"
        );
    });
    REQUIRE_OK(resolve(web("1.0.0", ada()), 0ms));
    REQUIRE_OK(resolve(web("1.0.0", ada()), 0ms));
    BOOST_TEST(tokens.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(refusals_are_forbidden_and_say_by_whom) {
    tokens.when("GET", "/refuses").always(answer(401, "no"));
    tokens.when("GET", "/gives").always(answer_json(200, R"({"token":"t"})"));
    tokens.when("GET", "/broken").always(answer(503, "no"));
    tokens.when("GET", "/empty").always(answer_json(200, "{}"));
    const auto with_challenge = [&](const std::string& path, const std::string& challenge) {
        registry.when("", "/v2/" + path).always(answer(401, "", "WWW-Authenticate: " + challenge + "\r\n"));
        return resolve(request("oci://" + host + "/" + path, "web", "1.0.0", ada()));
    };
    REQUIRE_ERROR(
        with_challenge("a", bearer(tokens.url() + "/refuses")), error_kind::forbidden,
        "refused the credentials"
    );
    REQUIRE_ERROR(
        with_challenge("b", bearer(tokens.url() + "/gives")), error_kind::forbidden, "refused the credentials"
    );
    REQUIRE_ERROR(with_challenge("c", bearer(tokens.url() + "/broken")), error_kind::transient, "503");
    REQUIRE_ERROR(with_challenge("d", bearer(tokens.url() + "/empty")), error_kind::transient, "no token");
    REQUIRE_ERROR(with_challenge("e", "Basic realm=\"x\""), error_kind::forbidden, "refused the credentials");
    registry.when("", "/v2/f").always(answer(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
    REQUIRE_ERROR(
        resolve(request("oci://" + host + "/f", "web", "1.0.0", trusting())), error_kind::forbidden,
        "has none"
    );
    registry.when("", "/v2/g").always(answer(403, ""));
    REQUIRE_ERROR(
        resolve(request("oci://" + host + "/g", "web", "1.0.0", trusting())), error_kind::forbidden, "403"
    );
}

BOOST_AUTO_TEST_CASE(a_password_never_goes_to_a_token_server_over_http) {
    imposter plain;
    guard(bearer(plain.url() + "/token"), "Bearer never");
    REQUIRE_ERROR(fetch(web("1.0.0", ada())), error_kind::user, "not https");
    REQUIRE_ERROR(fetch(web("1.0.0", over_http(ada()))), error_kind::user, "not https");
    BOOST_TEST(plain.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_password_is_shown_to_the_registry_only_when_it_asks) {
    guard("Basic realm=\"registry\"", std::string{basic_ada});
    REQUIRE_OK(fetch(web("1.0.0", ada())));
    BOOST_TEST(registry.requests().at(0).header("Authorization") == "");
    BOOST_TEST(registry.requests().at(1).header("Authorization") == basic_ada);
    const auto count = registry.requests().size();
    REQUIRE_OK(resolve(web("1.0.0", ada()), 0ms));
    BOOST_TEST(registry.requests().size() == count + 1); // known by now
}

BOOST_AUTO_TEST_CASE(a_bearer_token_of_the_secret_is_used_as_it_is) {
    guard(bearer(tokens.url() + "/token"), "Bearer given");
    auto c = trusting();
    c.bearer_token = "given";
    REQUIRE_OK(fetch(web("1.0.0", c)));
    BOOST_TEST(tokens.requests().empty());
}

// ---- what comes

BOOST_AUTO_TEST_CASE(a_blob_on_another_host_is_fetched_without_the_token) {
    imposter storage{{.certificate = pair.certificate, .key = pair.key, .client_ca = {}}};
    tokens.when("GET", "/token").always(answer_json(200, R"({"token":"t1"})"));
    const auto manifest = manifest_of(web_1);
    registry.when("GET", "/v2/charts/web/manifests/").always([&](const holdfast::test::seen_request& r) {
        return r.header("Authorization") == "Bearer t1"
                   ? answer(200, manifest)
                   : answer(401, "", "WWW-Authenticate: " + bearer(tokens.url() + "/token") + "\r\n");
    });
    registry.when("GET", "/v2/charts/web/blobs/")
        .always(answer(307, "", "Location: " + storage.url() + "/blob?signature=secret\r\n"));
    storage.when("GET", "/blob?signature=secret").always(answer(200, web_1));
    auto c = ada();
    // The storage is none of the repository's: our authority does not count there.
    REQUIRE_ERROR(fetch(web("1.0.0", c)), error_kind::forbidden, "certificate");
    BOOST_TEST(storage.requests().empty());
    imposter plain_registry;
    imposter plain_storage;
    serve(plain_registry, "1.0.0", manifest);
    plain_registry.when("GET", "/v2/charts/web/blobs/")
        .then(answer(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n"))
        .always(answer(307, "", "Location: " + plain_storage.url() + "/blob?signature=secret\r\n"));
    plain_storage.when("GET", "/blob?signature=secret").always(answer(200, web_1));
    plain_registry.when("GET", "/v2/").always(answer(200, "{}"));
    REQUIRE_OK(fetch(request(plain_registry.url().substr(7) + "/charts", "web", "1.0.0", over_http(ada()))));
    BOOST_TEST(plain_registry.requests().back().header("Authorization") == basic_ada);
    BOOST_TEST(plain_storage.requests().at(0).header("Authorization") == "");
}

BOOST_AUTO_TEST_CASE(http_is_spoken_only_where_it_is_allowed) {
    imposter plain;
    serve(plain, "1.0.0", manifest_of(web_1));
    serve_blob(plain, web_1);
    plain.when("GET", "/v2/").always(answer(200, "{}"));
    const auto where = "oci://" + plain.url().substr(7) + "/charts";
    plain.on_connect(script{}.send("HTTP/1.1 400 Bad Request\r\n\r\n").close());
    REQUIRE_ERROR(fetch(request(where, "web", "1.0.0")), error_kind::transient, "does not speak TLS");
    BOOST_TEST(plain.requests().empty());
    REQUIRE_OK(fetch(request(where, "web", "1.0.0", over_http({}))));
    // Where both are possible it is https, and a certificate that is not trusted is no reason to do without.
    serve();
    REQUIRE_OK(fetch(web("1.0.0", over_http(trusting()))));
    REQUIRE_ERROR(fetch(web("1.0.0", over_http({}))), error_kind::forbidden, "certificate");
}

BOOST_AUTO_TEST_CASE(what_is_not_what_was_promised_is_not_kept) {
    const auto manifest = manifest_of(web_1);
    const auto other = chart_tgz("web", "1.0.0", "other");
    const auto path = [&](const std::string& name) { return "/v2/" + name + "/web/"; };
    const auto get = [&](const std::string& name) {
        return fetch(request("oci://" + host + "/" + name, "web", "1.0.0", trusting()));
    };
    registry.when("GET", path("a") + "manifests/")
        .always(answer(200, manifest, content_digest("something else")));
    REQUIRE_ERROR(get("a"), error_kind::transient, "the manifest has not the digest");

    registry.when("GET", path("b") + "manifests/").always(answer(200, manifest));
    registry.when("GET", path("b") + "blobs/")
        .always(answer(200, other + std::string(web_1.size() - other.size() % web_1.size(), 'x')));
    BOOST_TEST(get("b").has_error());

    auto flipped = web_1;
    flipped[30] = static_cast<char>(flipped[30] ^ 1);
    registry.when("GET", path("c") + "manifests/").always(answer(200, manifest));
    registry.when("GET", path("c") + "blobs/").always(answer(200, flipped));
    REQUIRE_ERROR(get("c"), error_kind::transient, "instead of sha256:" + digest_of(web_1));

    registry.when("GET", path("d") + "manifests/").always(answer(200, manifest));
    registry.when("GET", path("d") + "blobs/").always(answer(200, web_1.substr(0, 20)));
    REQUIRE_ERROR(get("d"), error_kind::transient, "20 bytes instead of");

    registry.when("GET", path("e") + "manifests/").always(answer(200, manifest_of(web_1, {}, 5)));
    registry.when("GET", path("e") + "blobs/").always(answer(200, web_1));
    REQUIRE_ERROR(get("e"), error_kind::user, "longer than 5 bytes");

    registry.when("GET", path("f") + "manifests/")
        .always(answer(200, manifest_of(web_1, {}, std::size_t{1} << 40U)));
    REQUIRE_ERROR(get("f"), error_kind::user, "more than the");
    BOOST_TEST(seen(registry, "GET", "/v2/f/web/blobs/") == 0U);

    registry.when("GET", path("g") + "manifests/")
        .always(answer(200, R"({"mediaType":"x/y","manifests":[]})"));
    REQUIRE_ERROR(get("g"), error_kind::user, "not a Helm chart");

    registry.when("GET", path("h") + "manifests/").always(answer(200, manifest));
    registry.when("GET", path("h") + "blobs/")
        .always(script{}
                    .head(200, "Content-Length: " + std::to_string(web_1.size()) + "\r\n")
                    .send(web_1.substr(0, 9))
                    .close());
    REQUIRE_ERROR(get("h"), error_kind::transient, "before the end");
    BOOST_TEST(files_in(directory / "charts/sha256").empty());
}

BOOST_AUTO_TEST_CASE(an_index_may_lead_to_a_registry) {
    serve();
    imposter index{{.certificate = pair.certificate, .key = pair.key, .client_ca = {}}};
    index.when("GET", "/index.yaml")
        .always(answer(
            200,
            index_of(
                "web", {index_entry("1.0.0", std::string(64, 'd'), {"oci://" + host + "/charts/web:1.0.0"})}
            )
        ));
    auto what = request(index.url(), "web", "1.0.0", ada());
    // Another host: neither the password nor our authority.
    REQUIRE_ERROR(fetch(what), error_kind::forbidden, "certificate");
    what.pass_credentials = true;
    REQUIRE_OK(fetch(what));
    const auto count = registry.requests().size();
    REQUIRE_OK(fetch(what));
    BOOST_TEST(registry.requests().size() == count);
}

BOOST_AUTO_TEST_CASE(concurrent_calls_share_one_pull) {
    serve();
    open();
    std::size_t fine = 0;
    for (int i = 0; i < 40; ++i) {
        boost::asio::co_spawn(
            context, store->fetch(web("1.0.0")),
            [&](const std::exception_ptr& e, const result<chart>& c) {
                fine += !e && c.has_value() ? 1U : 0U;
            }
        );
    }
    context.restart();
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (fine < 40 && context.run_one_until(end) > 0) {
    }
    BOOST_TEST(fine == 40U);
    BOOST_TEST(seen(registry, "GET", "/manifests/") == 1U);
    BOOST_TEST(seen(registry, "GET", "/blobs/") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::charts::test
