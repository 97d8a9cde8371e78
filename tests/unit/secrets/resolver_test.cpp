#include "base/worker_pool.hpp"
#include "secrets/resolver.hpp"

#include "base/async.hpp"
#include "base/base64.hpp"
#include "render/normalise.hpp"
#include "render/yaml.hpp"
#include "secrets/pass_secret.hpp"
#include "store_fixture.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::secrets::test {
namespace {

using objects = std::vector<render::manifest>;

objects read(std::string_view yaml) {
    objects all;
    for (auto& each : render::read_yaml(yaml).value()) {
        all.push_back({std::move(each.value.as_object()), {"app/secret.yaml", each.index, each.line}});
    }
    return all;
}

objects secret_with(std::string_view value) {
    return read(
        "{apiVersion: v1, kind: Secret, metadata: {name: creds, namespace: prod}, stringData: {key: '" +
        std::string{value} + "'}}"
    );
}

struct with_resolver {
    boost::asio::io_context context;
    worker_pool pool{1};
    secrets::resolver resolver{context.get_executor(), pool};
    places where = places::secrets_only;
    usable_store shared{
        .url = "https://example.org/store",
        .at = shared_user().snapshot(),
        .path = {},
        .keys = shared_keys(),
        .keys_from = "Secret shop/pass-key",
        .access = access_rules::compile("shop", std::nullopt).value(),
        .is_default = true
    };

    render::render_result<objects>
    resolve(objects all, std::vector<usable_store> stores, requester who = {"shop", "web"}) {
        return holdfast::test::run(
            context, resolver.resolve(std::move(all), std::move(stores), std::move(who), where)
        );
    }
    render::render_result<objects> resolve(objects all) { return resolve(std::move(all), {shared}); }

    // The bytes of a Secret's key.
    std::string value(objects all, std::string_view key) {
        const auto done = resolve(std::move(all));
        BOOST_REQUIRE_MESSAGE(done.has_value(), done.error().summary().message());
        BOOST_TEST(!done->front().object.contains("stringData"));
        return *base64_decode(done->front().object.at("data").at(key).as_string());
    }
    std::string value_of(std::string_view text) { return value(secret_with(text), "key"); }

    render::render_errors errors(render::render_result<objects> done) {
        BOOST_REQUIRE(done.has_error());
        for (const auto& each : done.error().all) {
            for (const std::string_view secret :
                 {"s3cret-first", "shop-user", "postgres://", "one-line-value"}) {
                BOOST_TEST(to_string(each).find(secret) == std::string::npos, to_string(each));
            }
        }
        return done.error();
    }
    render::render_errors errors_of(std::string_view text) { return errors(resolve(secret_with(text))); }
};

BOOST_FIXTURE_TEST_SUITE(resolver_suite, with_resolver)

BOOST_AUTO_TEST_CASE(each_part_of_an_entry_of_pass_arrives) {
    BOOST_TEST(value_of("ref+pass://shop/db") == "s3cret-first");
    BOOST_TEST(value_of("ref+pass://shop/db#user") == "shop-user");
    BOOST_TEST(value_of("ref+pass://shop/db#url") == "postgres://db/shop  ");
    BOOST_TEST(value_of("ref+pass://shop/multi#*") == "line one\nline two\n\n  line four");
    BOOST_TEST(value_of("ref+pass://shop/newlines#*") == "ends-with-two\n");
    BOOST_TEST(value_of("ref+pass://shop/unicode") == "pässwörd-🔑");
    BOOST_TEST((value_of("ref+pass://shop/binary#*") == std::string{"\x00\xff\xfe\x80 bytes\n", 11}));
    BOOST_TEST(value_of("ref+pass://shop/empty#*").empty());
    BOOST_TEST(value_of("ref+pass://other team/with %2B sign") == "odd-name-value");
    BOOST_TEST(
        value_of("postgres://ref+pass://shop/db#user+:ref+pass://shop/db+@db/x") ==
        "postgres://shop-user:s3cret-first@db/x"
    );
    BOOST_TEST((value_of("<ref+pass://shop/binary#*+>") == std::string{"<\x00\xff\xfe\x80 bytes\n>", 13}));
}

BOOST_AUTO_TEST_CASE(a_value_is_not_looked_through_for_references) {
    BOOST_TEST(value_of("ref+pass://nested/ref") == "ref+pass://shop/db+");
}

BOOST_AUTO_TEST_CASE(references_stand_in_data_as_they_are_and_in_base64) {
    auto all = read(
        "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {raw: 'ref+pass://shop/plain', other: "
        "aGVsbG8=, encoded: " +
        base64_encode("x=ref+pass://shop/plain+!") + "}}"
    );
    const auto done = resolve(std::move(all)).value();
    const auto& data = done.front().object.at("data").as_object();
    BOOST_TEST(*base64_decode(data.at("raw").as_string()) == "one-line-value");
    BOOST_TEST(*base64_decode(data.at("encoded").as_string()) == "x=one-line-value!");
    BOOST_TEST(data.at("other").as_string() == "aGVsbG8=");
}

BOOST_AUTO_TEST_CASE(a_secret_that_was_normalised_gets_the_same_values) {
    auto all = secret_with("ref+pass://shop/db#user");
    BOOST_TEST(render::normalise(all.front().object).empty());
    BOOST_TEST(has_references(all.front().object));
    BOOST_TEST(value(std::move(all), "key") == "shop-user");
}

BOOST_AUTO_TEST_CASE(objects_without_references_need_no_store) {
    auto all =
        read("{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: b}, data: {c: aGVsbG8=}}");
    BOOST_TEST(!has_references(all.front().object));
    const auto before = json::serialize(all.front().object);
    const auto done = resolve(std::move(all), {});
    BOOST_REQUIRE(done.has_value());
    BOOST_TEST(json::serialize(done->front().object) == before);
}

BOOST_AUTO_TEST_CASE(a_reference_elsewhere_is_an_error_unless_the_application_wants_it) {
    const auto yaml = R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: prod}
spec: {template: {spec: {containers: [{name: a, env: [{name: P, value: "u:ref+pass://shop/db+!"}]}]}}}
)";
    const auto failed = errors(resolve(read(yaml)));
    BOOST_REQUIRE_EQUAL(failed.all.size(), 1U);
    BOOST_TEST(to_string(failed.all[0]).find("app/secret.yaml:2") == 0, to_string(failed.all[0]));
    BOOST_TEST(
        failed.all[0].message.find("Deployment.apps prod/web, spec.template.spec.containers.0.env.0.value: "
        ) == 0,
        failed.all[0].message
    );
    where = places::everywhere;
    const auto done = resolve(read(yaml)).value();
    BOOST_TEST(
        json::value(done.front().object)
            .at_pointer("/spec/template/spec/containers/0/env/0/value")
            .as_string() == "u:s3cret-first!"
    );
    BOOST_TEST(
        errors(resolve(read("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: "
                            "'ref+pass://shop/binary#*'}}")))
            .all.size() == 1U
    );
    BOOST_TEST(
        errors(resolve(read(
                   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {'ref+pass://shop/db': x}}"
               )))
            .all.size() == 1U
    );
}

BOOST_AUTO_TEST_CASE(definitions_and_applications_keep_their_texts) {
    const auto yaml = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: x}
spec: {description: "say ref+pass://entry"}
---
apiVersion: holdfast.dev/v1alpha1
kind: Application
metadata: {name: child}
spec: {source: {helm: {values: "password: ref+pass://shop/db"}}}
)";
    const auto done = resolve(read(yaml), {});
    BOOST_REQUIRE(done.has_value());
    BOOST_TEST(json::serialize(done->at(1).object).find("ref+pass://shop/db") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(all_that_is_wrong_is_said_at_once_with_object_entry_and_store) {
    const auto failed = errors(resolve(read(R"(
apiVersion: v1
kind: Secret
metadata: {name: creds, namespace: prod}
stringData:
  a: ref+pass://shop/nothing
  b: ref+pass://shop
  c: ref+pass://shop/db?store=https://example.org/other
  d: ref+pass://shop/plain
)")));
    BOOST_REQUIRE_EQUAL(failed.all.size(), 3U);
    BOOST_TEST((failed.all[0].kind == error_kind::not_found));
    BOOST_TEST(
        failed.all[0].message.find("Secret prod/creds, stringData.a: entry \"shop/nothing\" of the password "
                                   "store https://example.org/store does not exist") == 0,
        failed.all[0].message
    );
    BOOST_TEST(failed.all[1].message.find("is a folder") != std::string::npos, failed.all[1].message);
    BOOST_TEST(
        failed.all[2].message.find("no password store https://example.org/other for this application (it may "
                                   "use https://example.org/store)") != std::string::npos,
        failed.all[2].message
    );

    const auto field = errors_of("ref+pass://shop/db#nothing");
    BOOST_TEST(
        field.all.at(0).message.find("entry \"shop/db\" of the password store https://example.org/store, "
                                     "field \"nothing\": it has no line") != std::string::npos,
        field.all.at(0).message
    );
    BOOST_TEST(
        errors_of("ref+pass://shop/db#").all.at(0).message.find("name of a field") != std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(keys_that_are_missing_wrong_or_guarded_are_told_with_what_to_do) {
    shared.keys = nullptr;
    BOOST_TEST(
        errors_of("ref+pass://shop/db").all.at(0).message.find("spec.passwordStore.keySecretRef") !=
        std::string::npos
    );

    gpg_user stranger;
    const auto key = stranger.make_key("stranger", "guard");
    shared.keys = read_keys(secret_of("k", {{"k", stranger.private_key(key, "guard")}}), nullptr).value();
    const auto wrong = errors_of("ref+pass://shop/db").all.at(0).message;
    BOOST_TEST(wrong.find("Secret shop/pass-key") != std::string::npos, wrong);
    BOOST_TEST(wrong.find(".gpg-id names ") != std::string::npos, wrong);
    BOOST_TEST(wrong.find("stranger@example.org") != std::string::npos, wrong);

    stranger.run("pass init " + key + " >/dev/null; pass git init >/dev/null");
    stranger.insert("mine", "guarded");
    shared.at = stranger.snapshot();
    const auto guarded = errors_of("ref+pass://mine").all.at(0).message;
    BOOST_TEST(
        guarded.find("there is no passphrase; spec.passwordStore.passphraseSecretRef") != std::string::npos,
        guarded
    );
}

BOOST_AUTO_TEST_CASE(an_entry_that_the_application_may_not_read_is_refused_before_it_is_looked_for) {
    shared.access =
        access_rules::compile(
            "shop",
            std::vector<access_rule>{{.entries = {"shop/plain"}, .namespaces = {}, .applications = {}}}
        ).value();
    BOOST_TEST(value_of("ref+pass://shop/plain") == "one-line-value");
    for (const std::string entry : {"shop/db", "shop/nothing"}) {
        const auto failed = errors_of("ref+pass://" + entry);
        BOOST_TEST((failed.all.at(0).kind == error_kind::forbidden));
        BOOST_TEST(
            failed.all.at(0).message.find("may not be read by the application shop/web") != std::string::npos
        );
    }
    BOOST_TEST(resolve(secret_with("ref+pass://shop/plain"), {shared}, {"elsewhere", "web"}).has_error());
}

BOOST_AUTO_TEST_CASE(several_stores_have_keys_of_their_own) {
    gpg_user other;
    const auto key = other.make_key("other");
    other.run("pass init " + key + " >/dev/null; pass git init >/dev/null");
    other.insert("token", "other-token\n");
    usable_store second{
        .url = "https://Example.org/team/other.git",
        .at = other.snapshot(),
        .path = {},
        .keys = read_keys(secret_of("k", {{"k", other.private_key(key)}}), nullptr).value(),
        .keys_from = "Secret shop/other",
        .access = access_rules::everything()
    };
    const auto done = resolve(
        secret_with("ref+pass://token?store=git@example.org:team/other+/ref+pass://shop/plain"),
        {shared, second}
    );
    BOOST_REQUIRE_MESSAGE(done.has_value(), done.error().summary().message());
    BOOST_TEST(
        *base64_decode(done->front().object.at("data").at("key").as_string()) == "other-token/one-line-value"
    );
    shared.is_default = false;
    const auto failed = errors(resolve(secret_with("ref+pass://shop/plain"), {shared, second}));
    BOOST_TEST(failed.all.at(0).message.find("no default password store") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_rotated_entry_changes_the_reference_of_a_pass_secret_and_an_old_one_is_built_anew) {
    const auto pass_secret = read(
        R"({apiVersion: ftsell.de/v1beta1, kind: PassSecret, metadata: {name: a}, data: {k: rotated, s: shop/plain}})"
    );
    const auto reference_of = [&] {
        const auto index = make_index({shared}, {"shop", "web"}).value();
        return expand_pass_secrets(pass_secret, &index).value();
    };
    shared_user().insert("rotated", "old\n");
    shared.at = shared_user().snapshot();
    const auto old = reference_of();
    BOOST_TEST(value(old, "k") == "old");
    shared_user().insert("rotated", "new\n");
    shared.at = shared_user().snapshot();
    const auto rotated = reference_of();
    const auto data_of = [](const objects& all) { return all.front().object.at("data").as_object(); };
    BOOST_TEST(data_of(old).at("k") != data_of(rotated).at("k"));
    BOOST_TEST(data_of(old).at("s") == data_of(rotated).at("s"));
    BOOST_TEST(value(rotated, "k") == "new");
    BOOST_TEST((errors(resolve(old)).all.at(0).kind == error_kind::transient));
}

BOOST_AUTO_TEST_CASE(an_index_has_what_an_application_may_read_and_survives_its_file) {
    shared.access =
        access_rules::compile(
            "shop", std::vector<access_rule>{{.entries = {"shop/*"}, .namespaces = {}, .applications = {}}}
        ).value();
    const auto index = store_index::from_json(make_index({shared}, {"shop", "web"})->to_json()).value();
    BOOST_TEST(index.blob_of("", "shop/db").size() == 40U);
    BOOST_TEST(index.blob_of("git@example.org:store.git", "shop/db") == index.blob_of("", "shop/db"));
    BOOST_TEST(index.blob_of("", "nested/ref").empty());
    BOOST_TEST(index.blob_of("https://example.org/other", "shop/db").empty());
    BOOST_TEST(make_index({shared}, {"elsewhere", "web"})->empty());
    BOOST_TEST(store_index::from_json("[]").has_error());
    BOOST_TEST(store_index::from_json("{").has_error());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::secrets::test
