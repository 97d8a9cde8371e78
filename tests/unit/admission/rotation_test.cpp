// The life of the certificates, decided step by step by replicas that know different things, and die.

#include "admission/rotation.hpp"

#include "trust.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <set>

namespace holdfast::admission {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;
using test::distrust;

const wall_clock::time_point begin{std::chrono::seconds{1'760'000'000}};
const std::vector<std::string> names{"holdfast.holdfast.svc"};

rotation_step first_step(wall_clock::time_point now = begin) {
    return next_step({.secret = std::nullopt, .ours = true, .names = names, .next_published = {}}, {}, now);
}

rotation_step step_of(
    const secret_data& secret, wall_clock::time_point now,
    std::optional<wall_clock::time_point> published = {}
) {
    return next_step({.secret = secret, .ours = true, .names = names, .next_published = published}, {}, now);
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
        next_step({.secret = made, .ours = true, .names = more, .next_published = {}}, {}, begin);
    BOOST_TEST_REQUIRE(step.write.has_value());
    for (const auto& name : more) {
        BOOST_TEST(distrust(step.bundle, step.serve->certificate, name, begin) == "");
    }
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
    BOOST_TEST(!step_of(secret, now + 1h, now + 1h).write.has_value());
    BOOST_TEST((step_of(secret, now + 1h, now + 1h).look_again == now + 1h + 120s));
    now += 2h;
    step = step_of(secret, now, now - 120s);
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
        return next_step({.secret = foreign, .ours = false, .names = names, .next_published = {}}, {}, begin);
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

// Three replicas take steps at random moments, each with what it has seen so far of the Secret and of the
// published bundle; writes are refused when the Secret moved meanwhile, replicas die between any two steps
// and forget, the Secret is deleted now and then. Whatever a replica serves, the API server trusts.
BOOST_AUTO_TEST_CASE(whatever_any_replica_serves_is_trusted_at_every_moment) {
    struct replica {
        std::optional<secret_data> seen;
        int seen_version = 0;
        std::optional<wall_clock::time_point> next_published;
        std::string serves;
        int behind = 0; // steps
    };
    const rotation_settings settings{
        .authority_life = hours{3}, .serving_life = 40min, .settle = 120s, .overlap = 600s
    };
    std::mt19937 random{3}; // NOLINT(cert-msc51-cpp): the same every time
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    int rotations = 0;
    int renewals = 0;
    for (int walk = 0; walk < 3; ++walk) {
        auto now = begin;
        std::optional<secret_data> secret;
        int version = 0;
        std::string published; // what the API server has of the bundle
        std::array<replica, 3> replicas;
        std::string last_authority;
        std::set<std::string> judged; // what cannot have changed is looked at now and then only
        for (int i = 0; i < 800; ++i) {
            now += std::chrono::seconds{1 + random() % 60};
            auto& r = replicas[random() % replicas.size()];
            if (chance(2)) {
                r = {}; // killed, and started anew
            }
            // A watch tells within seconds, as all that matters here.
            r.seen = secret;
            r.seen_version = version;
            const auto next = r.seen ? r.seen->find("next.crt") : secret_data::const_iterator{};
            const bool there =
                r.seen && next != r.seen->end() && published.find(next->second) != std::string::npos;
            if (!there) {
                r.next_published.reset();
            } else if (!r.next_published) {
                r.next_published = now;
            }
            const auto step = next_step(
                {.secret = r.seen, .ours = true, .names = names, .next_published = r.next_published},
                settings, now
            );
            if (step.write) {
                if (r.seen_version == version && !chance(5)) { // or it dies before the write
                    renewals += secret && secret->at("tls.crt") != step.write->at("tls.crt") ? 1 : 0;
                    secret = *step.write;
                    ++version;
                }
                continue;
            }
            published = step.bundle;
            r.serves = step.serve->certificate;
            if (!last_authority.empty() && last_authority != secret->at("ca.crt")) {
                ++rotations;
            }
            last_authority = secret->at("ca.crt");
            for (const auto& each : replicas) {
                if (!each.serves.empty() && (i % 10 == 0 || judged.insert(published + each.serves).second)) {
                    BOOST_TEST_REQUIRE(distrust(published, each.serves, names[0], now) == "");
                }
            }
            // Everybody is told by a watch: within some minutes even on a bad day.
            for (auto& each : replicas) {
                if (!each.serves.empty() && each.serves != secret->at("tls.crt") &&
                    (chance(30) || ++each.behind > 5)) {
                    each.serves = secret->at("tls.crt");
                    each.behind = 0;
                }
            }
        }
    }
    BOOST_TEST(rotations >= 4);
    BOOST_TEST(renewals >= 15);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::admission
