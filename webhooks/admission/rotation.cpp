#include "admission/rotation.hpp"

#include <algorithm>

namespace holdfast::admission {

using namespace std::chrono_literals;

namespace {

// Clocks differ.
constexpr auto earlier = 1h;
constexpr auto longest_sleep = 6h;

constexpr const char* authority_certificate = "ca.crt";
constexpr const char* authority_key = "ca.key";
constexpr const char* serving_certificate = "tls.crt";
constexpr const char* serving_key = "tls.key";
constexpr const char* next_certificate = "next.crt";
constexpr const char* next_key = "next.key";
constexpr const char* previous_certificate = "previous.crt";
constexpr const char* previous_until = "previous.until";

std::string at(const secret_data& data, const char* key) {
    const auto found = data.find(key);
    return found == data.end() ? std::string{} : found->second;
}

std::optional<wall_clock::time_point> time_at(const secret_data& data, const char* key) {
    return parse_time(at(data, key));
}

// When two thirds of a certificate's life are over.
wall_clock::time_point renewal_of(const validity& good) {
    return good.begin + (good.end - good.begin) / 3 * 2;
}

class rotation {
public:
    rotation(const rotation_input& known, const rotation_settings& settings, wall_clock::time_point now)
        : known_{known}, settings_{settings}, now_{now}, step_{.look_again = now + longest_sleep} {}

    rotation_step decide() && {
        data_ = known_.secret.value_or(secret_data{});
        if (known_.secret && !known_.ours) {
            take_foreign();
        } else {
            keep_ours();
        }
        stay_trusted();
        return std::move(step_);
    }

private:
    void keep_ours() {
        if (!authority_is_good()) {
            begin_anew();
        }
        rotate_authority();
        renew_serving();
        step_.serve = issued{at(data_, serving_certificate), at(data_, serving_key)};
        step_.bundle = bundle_of(
            {at(data_, authority_certificate), at(data_, next_certificate), at(data_, previous_certificate)},
            now_
        );
        if (!known_.secret || data_ != *known_.secret) {
            step_.write = data_;
        }
    }

    void look_again_at(wall_clock::time_point when) { step_.look_again = std::min(step_.look_again, when); }
    void because(std::string_view reason) {
        step_.reason += (step_.reason.empty() ? "" : "; ") + std::string{reason};
    }
    [[nodiscard]] validity from_now(std::chrono::seconds life) const {
        // A short life, as in tests, is not to be over two thirds from its beginning on.
        const auto before = std::min<std::chrono::seconds>(earlier, life / 4);
        return {now_ - before, now_ + life};
    }

    // Since when API servers can know of all of these authorities; nothing when they cannot of one.
    [[nodiscard]] std::optional<wall_clock::time_point> published_since(const std::string& authorities
    ) const {
        auto latest = wall_clock::time_point::min();
        for (const auto& one : certificates_in(authorities)) {
            const auto found = known_.published->find(one);
            if (found == known_.published->end()) {
                return std::nullopt;
            }
            latest = std::max(latest, found->second);
        }
        return latest;
    }

    // What the Secret has may be by an authority that API servers do not know yet.
    void stay_trusted() {
        const auto& serves = known_.serves;
        if (!serves || !step_.serve || serves->certificate == step_.serve->certificate || !known_.published ||
            step_.bundle.empty()) {
            return;
        }
        const auto since = published_since(at(data_, authority_certificate));
        if (since && *since + settings_.settle <= now_) {
            return;
        }
        if (is_signed_by(serves->certificate, at(data_, authority_certificate))) {
            return; // who trusts the one trusts the other, as where only the names are others
        }
        const auto good = validity_of(serves->certificate);
        const bool trusted = std::ranges::any_of(*known_.published, [&](const auto& one) {
            return is_signed_by(serves->certificate, one.first);
        });
        if (!good || good->end <= now_ || !trusted) {
            return;
        }
        step_.serve = serves;
        look_again_at(good->end);
        if (since) { // else its publication is told
            look_again_at(*since + settings_.settle);
        }
    }

    void take_foreign() {
        const auto certificate = at(data_, serving_certificate);
        const auto key = at(data_, serving_key);
        if (fits(certificate, key)) {
            step_.serve = issued{certificate, key};
        } else {
            because("tls.crt and tls.key are missing, or do not fit");
        }
        std::vector<std::string> trusted{at(data_, authority_certificate)};
        step_.bundle = bundle_of(trusted, now_);
        if (step_.bundle.empty() || !known_.published) {
            return;
        }
        // Nothing can be kept in somebody's Secret: what is published already stays so until it is not
        // needed.
        const auto since = published_since(step_.bundle);
        if (since && *since + settings_.settle + settings_.overlap <= now_) {
            return;
        }
        if (since) {
            look_again_at(*since + settings_.settle + settings_.overlap);
        }
        const auto before = published_before();
        trusted.insert(trusted.end(), before.begin(), before.end());
        step_.bundle = bundle_of(trusted, now_);
    }

    // What is published now, as much as may matter: first of all who signed what we serve.
    [[nodiscard]] std::vector<std::string> published_before() const {
        constexpr std::size_t most = 4;
        std::vector<std::string> all;
        if (!known_.published) {
            return all;
        }
        for (const auto& [one, since] : *known_.published) {
            const bool first = known_.serves && is_signed_by(known_.serves->certificate, one);
            all.insert(first ? all.begin() : all.end(), one);
        }
        all.resize(std::min(all.size(), most));
        return all;
    }

    [[nodiscard]] bool authority_is_good() const {
        const auto good = validity_of(at(data_, authority_certificate));
        return good && good->end > now_ && fits(at(data_, authority_certificate), at(data_, authority_key));
    }

    void begin_anew() {
        if (known_.secret) {
            because("the authority is missing, broken or over");
        } else {
            because("there are no certificates yet");
        }
        data_.clear();
        if (auto before = bundle_of(published_before(), now_); !before.empty()) {
            data_[previous_certificate] = std::move(before);
            data_[previous_until] = format_time(now_ + settings_.settle + settings_.overlap);
        }
        const auto made = make_authority("holdfast admission", from_now(settings_.authority_life));
        data_[authority_certificate] = made.certificate;
        data_[authority_key] = made.key;
    }

    void rotate_authority() {
        if (const auto until = time_at(data_, previous_until); data_.contains(previous_certificate)) {
            if (!until || *until <= now_ || *until > now_ + (settings_.settle + settings_.overlap) * 2) {
                because("the authority before is not needed any more");
                data_.erase(previous_certificate);
                data_.erase(previous_until);
            } else {
                look_again_at(*until);
            }
        }
        if (data_.contains(next_certificate)) {
            take_over();
            return;
        }
        const auto renewal = renewal_of(*validity_of(at(data_, authority_certificate)));
        if (now_ < renewal) {
            look_again_at(renewal);
            return;
        }
        because("the authority is two thirds through its life: another one is published beside it");
        const auto made = make_authority("holdfast admission", from_now(settings_.authority_life));
        data_[next_certificate] = made.certificate;
        data_[next_key] = made.key;
        look_again_at(now_ + settings_.settle);
    }

    void take_over() {
        const auto certificate = at(data_, next_certificate);
        const auto good = validity_of(certificate);
        if (!good || good->end <= now_ || !fits(certificate, at(data_, next_key))) {
            because("the next authority is broken or over");
            data_.erase(next_certificate);
            data_.erase(next_key);
            look_again_at(now_); // for another one
            return;
        }
        if (known_.published) { // else nobody has to know
            const auto since = published_since(certificate);
            if (!since) {
                return; // its publication is told
            }
            if (now_ < *since + settings_.settle) {
                look_again_at(*since + settings_.settle);
                return;
            }
        }
        because("the next authority has been published long enough: it takes over");
        data_[previous_certificate] = at(data_, authority_certificate);
        data_[previous_until] = format_time(now_ + settings_.overlap);
        data_[authority_certificate] = certificate;
        data_[authority_key] = at(data_, next_key);
        data_.erase(next_certificate);
        data_.erase(next_key);
        look_again_at(now_ + settings_.overlap);
    }

    void renew_serving() {
        const auto certificate = at(data_, serving_certificate);
        const auto good = validity_of(certificate);
        std::string_view why;
        if (!good || !fits(certificate, at(data_, serving_key))) {
            why = "there is no serving certificate that fits its key";
        } else if (!is_signed_by(certificate, at(data_, authority_certificate))) {
            why = "the serving certificate is by another authority";
        } else if (good->end <= now_ || now_ >= renewal_of(*good)) {
            why = "the serving certificate is two thirds through its life";
        } else if (!std::all_of(known_.names.begin(), known_.names.end(), [&](const std::string& name) {
                       return is_for_name(certificate, name);
                   })) {
            why = "the webhook is reached by another name";
        }
        if (why.empty()) {
            look_again_at(renewal_of(*good));
            return;
        }
        because(why);
        auto life = from_now(settings_.serving_life);
        // It cannot be good for longer than its authority.
        const auto authority = *validity_of(at(data_, authority_certificate));
        life.begin = std::max(life.begin, authority.begin);
        life.end = std::min(life.end, authority.end);
        const auto made =
            make_serving({at(data_, authority_certificate), at(data_, authority_key)}, known_.names, life);
        if (!made) { // the authority was found to be good above
            because(made.error().message());
            return;
        }
        data_[serving_certificate] = made->certificate;
        data_[serving_key] = made->key;
        look_again_at(renewal_of(life));
    }

    const rotation_input& known_;
    const rotation_settings& settings_;
    wall_clock::time_point now_;
    rotation_step step_;
    secret_data data_;
};

} // namespace

rotation_step
next_step(const rotation_input& known, const rotation_settings& settings, wall_clock::time_point now) {
    return rotation{known, settings, now}.decide();
}

} // namespace holdfast::admission
