// Years of certificates in a model of a cluster: replicas that see late and die, a Secret that is deleted,
// broken and replaced, a bundle that somebody overwrites. Whatever a replica serves, API servers trust.

#include "admission/rotation.hpp"

#include "trust.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <utility>

namespace holdfast::admission {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using test::distrust;
using time_point = wall_clock::time_point;

const std::vector<std::string> names{"holdfast.holdfast.svc", "127.0.0.1"};

constexpr rotation_settings settings{
    .authority_life = std::chrono::hours{1}, .serving_life = 20min, .settle = 120s, .overlap = 600s
};
// A bad day: how late a watch tells, at most.
constexpr seconds latest{4};
// From being ready until a Service leads there: longer than a watch takes.
constexpr seconds until_asked = 20s;
// What is done to the Secret is done once in the time that a change of authority takes.
constexpr auto between_faults = 30min;

/// An object in the API, with what it was before, for those who see late.
template <class T>
class object {
public:
    struct seen {
        std::size_t at = 0;
    };

    explicit object(time_point begin) { write({}, begin); }

    void write(T value, time_point now) { states_.emplace_back(now, std::move(value)); }
    [[nodiscard]] const T& now() const { return states_.back().second; }
    [[nodiscard]] const T& as_seen(seen s) const { return states_[s.at].second; }
    [[nodiscard]] seen newest() const { return {states_.size() - 1}; }
    /// Moves on to what there was some time ago; says whether there is something new.
    bool catch_up(seen& s, time_point then) const {
        const auto before = s.at;
        while (s.at + 1 < states_.size() && states_[s.at + 1].first <= then) {
            ++s.at;
        }
        return s.at != before;
    }

private:
    std::vector<std::pair<time_point, T>> states_;
};

struct stored {
    std::optional<secret_data> data;
    bool ours = true;
};

struct replica {
    object<stored>::seen secret;
    object<std::string>::seen bundle;
    std::map<std::string, time_point> published;
    std::optional<issued> serves;
    std::optional<time_point> ready;
    time_point look_again;
    bool started = false;
    std::pair<std::size_t, std::string> checked;
};

class model {
public:
    explicit model(unsigned seed) : random_{seed} {}

    void walk(std::chrono::minutes length) {
        const auto end = now_ + length;
        for (int tick = 0; now_ < end; ++tick) {
            now_ += seconds{1 + random_() % 4};
            disturb();
            for (auto& r : replicas_) {
                wake(r);
            }
            bundle_.catch_up(server_, now_ - late());
            check(tick % 100 == 0);
        }
    }

    int rotations = 0;
    int renewals = 0;
    int side_by_side = 0;
    int faults = 0;
    int asked = 0;

private:
    unsigned pick(unsigned of) { return static_cast<unsigned>(random_() % of); }
    bool once_in(unsigned many) { return pick(many) == 0; }
    seconds late() { return seconds{pick(static_cast<unsigned>(latest.count()) + 1)}; }

    void disturb() {
        if (once_in(400)) {
            replicas_[pick(3)] = {}; // killed
            ++faults;
        }
        if (once_in(1500)) { // API servers trust nobody until it is put back
            const std::array<std::string, 3> junk{"", "junk", make_authority("x", around_now()).certificate};
            bundle_.write(junk[pick(3)], now_);
            bundle_.catch_up(server_, now_);
            untrusted_until_ = now_ + 60s;
            ++faults;
        }
        if (issuer_ && secret_.now().data && !secret_.now().ours && now_ > issued_until_) {
            issue();
        }
        if (now_ < next_fault_ || !secret_.now().data || !once_in(300)) {
            return;
        }
        next_fault_ = now_ + between_faults;
        ++faults;
        auto state = secret_.now();
        switch (pick(3)) {
        case 0: {
            auto entry = state.data->begin();
            std::advance(entry, pick(static_cast<unsigned>(state.data->size())));
            if (state.ours) { // in somebody else's, it is theirs to repair
                entry->second = "garbage";
                secret_.write(state, now_);
            }
            break;
        }
        case 1: secret_.write({}, now_); break;
        default: issuer_ = make_authority("somebody's", {now_ - 1h, now_ + 24h}); issue();
        }
    }

    validity around_now() const { return {now_ - 1h, now_ + 1h}; }

    // As cert-manager does: tls.crt, tls.key, ca.crt.
    void issue() {
        const auto served = make_serving(*issuer_, names, around_now()).value();
        secret_.write(
            {secret_data{
                 {"ca.crt", issuer_->certificate}, {"tls.crt", served.certificate}, {"tls.key", served.key}
             },
             false},
            now_
        );
        issued_until_ = now_ + 40min;
    }

    void wake(replica& r) {
        bool moved = !r.started;
        if (!r.started) {
            r.started = true;
            r.secret = secret_.newest(); // it lists
            r.bundle = bundle_.newest();
        }
        moved = secret_.catch_up(r.secret, now_ - late()) || moved;
        moved = bundle_.catch_up(r.bundle, now_ - late()) || moved;
        for (int i = 0; i < 4 && (moved || now_ >= r.look_again); ++i) {
            moved = look(r);
            if (!r.started) {
                return;
            }
        }
    }

    void note_publication(replica& r) const {
        std::map<std::string, time_point> told;
        for (const auto& one : certificates_in(bundle_.as_seen(r.bundle))) {
            const auto before = r.published.find(one);
            told.emplace(one, before == r.published.end() ? now_ : before->second);
        }
        r.published = std::move(told);
    }

    // Whether to look again at once.
    bool look(replica& r) {
        note_publication(r);
        const auto& seen = secret_.as_seen(r.secret);
        const auto step = next_step(
            {.secret = seen.data,
             .ours = seen.ours,
             .names = names,
             .published = r.published,
             .serves = r.serves},
            settings, now_
        );
        r.look_again = std::max(step.look_again, now_ + 1s);
        if (step.write) {
            if (once_in(5)) {
                r = {}; // killed before it wrote
                return false;
            }
            if (r.secret.at != secret_.newest().at) {
                r.look_again = now_ + 1s; // somebody else was faster
                return false;
            }
            write(*step.write);
            r.secret = secret_.newest();
            if (once_in(5)) {
                r = {}; // killed after it wrote
            }
            return true;
        }
        if (!step.serve) {
            return false;
        }
        r.serves = step.serve;
        if (!step.bundle.empty() && step.bundle != bundle_.as_seen(r.bundle)) {
            bundle_.write(step.bundle, now_); // even if what it saw is not what there is
            r.bundle = bundle_.newest();
            side_by_side += certificates_in(step.bundle).size() > 1 ? 1 : 0;
        }
        if (!r.ready) {
            r.ready = now_;
        }
        const auto before = r.published;
        note_publication(r);
        return r.published != before;
    }

    void write(const secret_data& data) {
        if (const auto& before = secret_.now().data) {
            const auto changed = [&](const char* key) {
                return before->contains(key) && before->at(key) != "garbage" &&
                       before->at(key) != data.at(key);
            };
            rotations += changed("ca.crt") ? 1 : 0;
            renewals += !changed("ca.crt") && changed("tls.crt") ? 1 : 0;
        }
        secret_.write({data, true}, now_);
    }

    void check(bool all) {
        if (now_ < untrusted_until_) {
            return;
        }
        const auto& trusted = bundle_.as_seen(server_);
        for (auto& r : replicas_) {
            if (!r.ready || now_ < *r.ready + until_asked) {
                continue;
            }
            ++asked;
            // What is the same as before is looked at for its time only.
            if (r.checked == std::pair{server_.at, r.serves->certificate} && !all) {
                continue;
            }
            r.checked = {server_.at, r.serves->certificate};
            for (const auto& name : names) {
                BOOST_TEST_REQUIRE(distrust(trusted, r.serves->certificate, name, now_) == "");
            }
            BOOST_TEST_REQUIRE(fits(r.serves->certificate, r.serves->key));
        }
    }

    std::mt19937 random_;
    time_point now_{seconds{1'760'000'000}};
    object<stored> secret_{now_};
    object<std::string> bundle_{now_};
    object<std::string>::seen server_; // what API servers have of it
    std::array<replica, 3> replicas_;
    std::optional<issued> issuer_;
    time_point issued_until_;
    time_point next_fault_ = now_ + between_faults;
    time_point untrusted_until_ = now_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(admission_rotation)

BOOST_AUTO_TEST_CASE(whatever_any_replica_serves_is_trusted_at_every_moment) {
    int rotations = 0;
    int renewals = 0;
    int side_by_side = 0;
    int faults = 0;
    int asked = 0;
    for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            model one{seed};
            one.walk(std::chrono::hours{8});
            rotations += one.rotations;
            renewals += one.renewals;
            side_by_side += one.side_by_side;
            faults += one.faults;
            asked += one.asked;
        }
    }
    BOOST_TEST_MESSAGE(
        rotations << " authorities, " << renewals << " renewals, " << side_by_side << " bundles of several, "
                  << faults << " faults, " << asked << " looks"
    );
    BOOST_TEST(rotations >= 10);
    BOOST_TEST(renewals >= 50);
    BOOST_TEST(side_by_side >= 20);
    BOOST_TEST(faults >= 200);
    BOOST_TEST(asked >= 100'000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::admission
