// The life of the certificates, decided step by step by replicas that know different things, and die.

#include "admission/rotation.hpp"

#include "trust.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace holdfast::admission {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;
using test::distrust;

const wall_clock::time_point begin{std::chrono::seconds{1'760'000'000}};
const std::vector<std::string> names{"holdfast.holdfast.svc"};

using publication = std::map<std::string, wall_clock::time_point>;

rotation_step first_step(wall_clock::time_point now = begin) {
    return next_step(
        {.secret = std::nullopt, .ours = true, .names = names, .published = publication{}, .serves = {}}, {},
        now
    );
}

rotation_step step_of(
    const std::optional<secret_data>& secret, wall_clock::time_point now, const publication& published = {}
) {
    return next_step(
        {.secret = secret, .ours = true, .names = names, .published = published, .serves = {}}, {}, now
    );
}

secret_data issued_by(const issued& authority) {
    const auto served = make_serving(authority, names, {begin - 1h, begin + 24h}).value();
    return {{"ca.crt", authority.certificate}, {"tls.crt", served.certificate}, {"tls.key", served.key}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(admission_rotation)

BOOST_AUTO_TEST_CASE(at_the_first_start_all_is_made_and_then_nothing_is_done_for_long) {
    const auto made = first_step();
    BOOST_TEST_REQUIRE(made.write.has_value());
    BOOST_TEST(made.reason.find("there are no certificates yet") == 0U, made.reason);
    BOOST_TEST(distrust(made.bundle, made.serve->certificate, names[0], begin) == "");
    const auto next = step_of(*made.write, begin);
    BOOST_TEST(!next.write.has_value());
    BOOST_TEST(next.serve->certificate == made.serve->certificate);
    BOOST_TEST(next.bundle == made.bundle);
    BOOST_TEST((next.look_again > begin + 1h && next.look_again <= begin + 6h));
}

BOOST_AUTO_TEST_CASE(a_serving_certificate_is_renewed_before_it_ends_and_by_the_same_authority) {
    const auto made = *first_step().write;
    BOOST_TEST(!step_of(made, begin + hours{24 * 59}).write.has_value());
    const auto renewed = step_of(made, begin + hours{24 * 61});
    BOOST_TEST_REQUIRE(renewed.write.has_value());
    BOOST_TEST(renewed.reason == "the serving certificate is two thirds through its life");
    BOOST_TEST(renewed.write->at("ca.crt") == made.at("ca.crt"));
    BOOST_TEST(renewed.write->at("tls.crt") != made.at("tls.crt"));
    BOOST_TEST(distrust(renewed.bundle, renewed.serve->certificate, names[0], begin + hours{24 * 61}) == "");
}

BOOST_AUTO_TEST_CASE(another_name_makes_another_serving_certificate) {
    const auto made = *first_step().write;
    const std::vector<std::string> more{"holdfast.holdfast.svc", "10.0.0.7"};
    const auto step =
        next_step({.secret = made, .ours = true, .names = more, .published = {}, .serves = {}}, {}, begin);
    BOOST_TEST_REQUIRE(step.write.has_value());
    for (const auto& name : more) {
        BOOST_TEST(distrust(step.bundle, step.serve->certificate, name, begin) == "");
    }
    // At once, also where the authority was published just now: it is the one of the certificate before.
    const auto sooner = next_step(
        {.secret = made,
         .ours = true,
         .names = more,
         .published = publication{{made.at("ca.crt"), begin}},
         .serves = issued{made.at("tls.crt"), made.at("tls.key")}},
        {}, begin
    );
    BOOST_TEST(distrust(sooner.bundle, sooner.serve->certificate, more[1], begin) == "");
}

BOOST_AUTO_TEST_CASE(an_authority_is_published_before_it_signs_and_remains_so_after) {
    auto secret = *first_step().write;
    const auto old_authority = secret.at("ca.crt");
    auto now = begin + hours{24 * 250};
    auto step = step_of(secret, now);
    BOOST_TEST_REQUIRE(step.write.has_value());
    secret = *step.write;
    const auto next_authority = secret.at("next.crt");
    BOOST_TEST(secret.at("ca.crt") == old_authority);
    BOOST_TEST((step.bundle == old_authority + next_authority));
    // Nobody knows of it yet, so nothing is signed by it, however long that takes.
    BOOST_TEST(!step_of(secret, now + 1h).write.has_value());
    const publication just_now{{old_authority, begin}, {next_authority, now + 1h}};
    BOOST_TEST(!step_of(secret, now + 1h, just_now).write.has_value());
    BOOST_TEST((step_of(secret, now + 1h, just_now).look_again == now + 1h + 120s));
    now += 2h;
    step = step_of(secret, now, {{old_authority, begin}, {next_authority, now - 120s}});
    BOOST_TEST_REQUIRE(step.write.has_value());
    secret = *step.write;
    BOOST_TEST(secret.at("ca.crt") == next_authority);
    BOOST_TEST(secret.at("previous.crt") == old_authority);
    BOOST_TEST((step.bundle == next_authority + old_authority));
    BOOST_TEST(distrust(next_authority, step.serve->certificate, names[0], now) == "");
    // The other replicas had their time.
    BOOST_TEST(!step_of(secret, now + 599s).write.has_value());
    step = step_of(secret, now + 601s);
    BOOST_TEST_REQUIRE(step.write.has_value());
    BOOST_TEST(step.bundle == next_authority);
    BOOST_TEST(!step.write->contains("previous.crt"));
    BOOST_TEST(!step.write->contains("next.crt"));
}

BOOST_AUTO_TEST_CASE(what_is_broken_is_made_anew) {
    const auto made = *first_step().write;
    const auto without = [&](const char* key, const std::string& value) {
        auto secret = made;
        secret[key] = value;
        return step_of(secret, begin);
    };
    for (const auto* key : {"ca.crt", "ca.key", "tls.crt", "tls.key"}) {
        for (const auto* value : {"", "nonsense"}) {
            const auto step = without(key, value);
            BOOST_TEST_REQUIRE(step.write.has_value(), key);
            BOOST_TEST(distrust(step.bundle, step.serve->certificate, names[0], begin) == "", key);
        }
    }
    const auto next = without("next.crt", "nonsense");
    BOOST_TEST(!next.write->contains("next.crt"));
    const auto previous = without("previous.crt", made.at("ca.crt"));
    BOOST_TEST(!previous.write->contains("previous.crt")); // nobody says until when
    const auto empty = step_of({}, begin);
    BOOST_TEST(distrust(empty.bundle, empty.serve->certificate, names[0], begin) == "");
}

BOOST_AUTO_TEST_CASE(somebody_elses_secret_is_used_and_never_written) {
    // As cert-manager leaves it: tls.crt with its chain, tls.key, ca.crt.
    const validity good{begin - 1h, begin + 24h};
    const auto ca = make_authority("somebody's", good);
    const auto served = make_serving(ca, names, good).value();
    secret_data foreign{
        {"ca.crt", ca.certificate}, {"tls.crt", served.certificate + ca.certificate}, {"tls.key", served.key}
    };
    const auto look = [&] {
        return next_step(
            {.secret = foreign, .ours = false, .names = names, .published = {}, .serves = {}}, {}, begin
        );
    };
    auto step = look();
    BOOST_TEST(!step.write.has_value());
    BOOST_TEST(step.bundle == ca.certificate);
    BOOST_TEST(distrust(step.bundle, step.serve->certificate, names[0], begin) == "");
    // An issuer of public certificates gives no ca.crt: then it is not ours to say whom to trust.
    foreign.erase("ca.crt");
    step = look();
    BOOST_TEST(step.bundle == "");
    BOOST_TEST(step.serve.has_value());
    // While it is being issued.
    foreign.clear();
    step = look();
    BOOST_TEST(!step.serve.has_value());
    BOOST_TEST(!step.write.has_value());
    BOOST_TEST(step.reason == "tls.crt and tls.key are missing, or do not fit");
}

BOOST_AUTO_TEST_CASE(where_nobody_has_to_be_told_an_authority_takes_over_at_once) {
    const auto now = begin + hours{24 * 250};
    const auto secret = *step_of(*first_step().write, now).write;
    const auto step = next_step(
        {.secret = secret, .ours = true, .names = names, .published = std::nullopt, .serves = {}}, {}, now
    );
    BOOST_TEST_REQUIRE(step.write.has_value());
    BOOST_TEST(step.write->at("ca.crt") == secret.at("next.crt"));
}

BOOST_AUTO_TEST_CASE(when_the_secret_is_gone_what_is_trusted_is_served_on_until_the_new_authority_is) {
    const auto before = *first_step().write;
    const auto old_authority = before.at("ca.crt");
    rotation_input known{
        .secret = std::nullopt,
        .ours = true,
        .names = names,
        .published = publication{{old_authority, begin}},
        .serves = issued{before.at("tls.crt"), before.at("tls.key")}
    };
    const auto now = begin + 1h;
    auto step = next_step(known, {}, now);
    BOOST_TEST_REQUIRE(step.write.has_value());
    const auto secret = *step.write;
    const auto authority = secret.at("ca.crt");
    BOOST_TEST(authority != old_authority);
    BOOST_TEST((step.bundle == authority + old_authority));
    BOOST_TEST(step.serve->certificate == before.at("tls.crt"));
    // Published, but API servers are still to learn of it.
    known.secret = secret;
    known.published->emplace(authority, now);
    step = next_step(known, {}, now + 119s);
    BOOST_TEST(!step.write.has_value());
    BOOST_TEST(step.serve->certificate == before.at("tls.crt"));
    BOOST_TEST((step.look_again == now + 120s));
    step = next_step(known, {}, now + 120s);
    BOOST_TEST(step.serve->certificate == secret.at("tls.crt"));
    BOOST_TEST((step.bundle == authority + old_authority)); // others serve it perhaps
    step = next_step(known, {}, now + 721s);
    BOOST_TEST(step.bundle == authority);
    // Who serves nothing, or nothing that is trusted, has nothing to wait for.
    known.serves.reset();
    BOOST_TEST(next_step(known, {}, now).serve->certificate == secret.at("tls.crt"));
    known.serves = issued{before.at("tls.crt"), before.at("tls.key")};
    known.published = publication{{authority, now}};
    BOOST_TEST(next_step(known, {}, now).serve->certificate == secret.at("tls.crt"));
}

BOOST_AUTO_TEST_CASE(of_much_that_is_published_only_what_may_matter_is_kept) {
    const auto before = *first_step().write;
    publication published{{before.at("ca.crt"), begin}};
    for (int i = 0; i < 20; ++i) {
        published.emplace(make_authority("other", {begin - 1h, begin + 24h}).certificate, begin);
    }
    const auto step = next_step(
        {.secret = std::nullopt,
         .ours = true,
         .names = names,
         .published = published,
         .serves = issued{before.at("tls.crt"), before.at("tls.key")}},
        {}, begin
    );
    BOOST_TEST(certificates_in(step.bundle).size() == 5U);
    BOOST_TEST(distrust(step.bundle, before.at("tls.crt"), names[0], begin) == "");
    BOOST_TEST(distrust(step.bundle, step.write->at("tls.crt"), names[0], begin) == "");
}

BOOST_AUTO_TEST_CASE(when_the_secret_becomes_somebody_elses_both_authorities_are_published_for_a_while) {
    const auto before = *first_step().write;
    const auto ca = make_authority("somebody's", {begin - 1h, begin + 24h});
    rotation_input known{
        .secret = issued_by(ca),
        .ours = false,
        .names = names,
        .published = publication{{before.at("ca.crt"), begin - 1h}},
        .serves = issued{before.at("tls.crt"), before.at("tls.key")}
    };
    auto step = next_step(known, {}, begin);
    BOOST_TEST(!step.write.has_value());
    BOOST_TEST((step.bundle == ca.certificate + before.at("ca.crt")));
    BOOST_TEST(step.serve->certificate == before.at("tls.crt"));
    known.published->emplace(ca.certificate, begin);
    step = next_step(known, {}, begin + 121s);
    BOOST_TEST(step.serve->certificate == known.secret->at("tls.crt"));
    BOOST_TEST((step.bundle == ca.certificate + before.at("ca.crt")));
    BOOST_TEST((step.look_again == begin + 720s));
    BOOST_TEST(next_step(known, {}, begin + 721s).bundle == ca.certificate);
    // What is issued anew by the same authority needs no waiting.
    known.serves = issued{known.secret->at("tls.crt"), known.secret->at("tls.key")};
    known.secret = issued_by(ca);
    BOOST_TEST(next_step(known, {}, begin + 121s).serve->certificate == known.secret->at("tls.crt"));
}

BOOST_AUTO_TEST_CASE(a_name_that_no_certificate_can_have_breaks_nothing) {
    const auto made = *first_step().write;
    const auto step = next_step(
        {.secret = made, .ours = true, .names = {"a,DNS:evil.example"}, .published = {}, .serves = {}}, {},
        begin
    );
    BOOST_TEST(!step.write.has_value());
    BOOST_TEST(step.serve->certificate == made.at("tls.crt"));
    BOOST_TEST(step.reason.find("must be a DNS name or an address") != std::string::npos, step.reason);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::admission
