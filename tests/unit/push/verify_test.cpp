// Whether a delivery is genuine.

#include "deliveries.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

namespace holdfast::push {

std::ostream& boost_test_print_type(std::ostream& out, verdict v) {
    return out << explain(v);
}

namespace {

using strings = std::vector<std::string>;

struct sender {
    const char* file;
    provider from;
    std::string secret = "It's a Secret to Everybody";
};

const std::vector<sender>& senders() {
    static const std::vector<sender> all{
        {"github_push", provider::github},
        {"github_push_form", provider::github},
        {"gitlab_push", provider::gitlab},
        {"gitlab_push", provider::gitlab, "whsec_" + base64_encode("thirty-two bytes of a random key")},
        {"gitea_push", provider::gitea},
        {"forgejo_push", provider::forgejo},
        {"gogs_push", provider::gogs},
        {"bitbucket_cloud_push", provider::bitbucket_cloud},
        {"bitbucket_data_center_push", provider::bitbucket_data_center},
        {"azure_devops_push", provider::azure_devops},
        {"generic_push", provider::generic},
    };
    return all;
}

verdict judged(const http::request_info& request, provider from, const strings& secrets) {
    return verify(from, request, secrets, test::signing_time());
}

bool is_signed(const sender& s) {
    return s.from != provider::azure_devops && (s.from != provider::gitlab || s.secret.starts_with("whsec_"));
}

std::string proof_of(const sender& s) {
    return s.secret.starts_with("whsec_") ? "webhook-signature" : test::proof_header(s.from);
}

} // namespace

BOOST_AUTO_TEST_SUITE(push_verify)

// https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
BOOST_AUTO_TEST_CASE(githubs_own_example_is_genuine) {
    http::request_info request;
    request.what.body = "Hello, World!";
    request.what.headers = {
        {"X-GitHub-Event", "push"},
        {"X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    };
    BOOST_TEST(judged(request, provider::github, {"It's a Secret to Everybody"}) == verdict::genuine);
    BOOST_TEST(judged(request, provider::github, {"It's a secret to everybody"}) == verdict::wrong_signature);
}

// https://github.com/standard-webhooks/standard-webhooks: the example of its libraries' tests.
BOOST_AUTO_TEST_CASE(the_example_of_standard_webhooks_is_genuine) {
    http::request_info request;
    request.what.body = R"({"test": 2432232314})";
    request.what.headers = {
        {"X-Gitlab-Event", "Push Hook"},
        {"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
        {"webhook-timestamp", "1614265330"},
        {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
    };
    const strings secret{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    const wall_clock::time_point then{std::chrono::seconds{1614265330}};
    BOOST_TEST(verify(provider::gitlab, request, secret, then) == verdict::genuine);
    BOOST_TEST(verify(provider::gitlab, request, secret, then + std::chrono::minutes{6}) == verdict::stale);
    BOOST_TEST(verify(provider::gitlab, request, secret, then - std::chrono::minutes{6}) == verdict::stale);
}

BOOST_AUTO_TEST_CASE(genuine_with_any_of_the_secrets_and_with_no_other) {
    for (const auto& s : senders()) {
        BOOST_TEST_CONTEXT(s.file << " " << s.secret.substr(0, 6)) {
            const auto request = test::signed_with(test::recorded(s.file), s.from, s.secret);
            BOOST_TEST(judged(request, s.from, {s.secret}) == verdict::genuine);
            BOOST_TEST(judged(request, s.from, {"another", s.secret}) == verdict::genuine);
            BOOST_TEST(judged(request, s.from, {s.secret, "another"}) == verdict::genuine);
            BOOST_TEST(judged(request, s.from, {s.secret + "\n"}) == verdict::genuine); // as editors leave it
            BOOST_TEST(judged(request, s.from, {s.secret + "\r\n"}) == verdict::genuine);
            BOOST_TEST(judged(request, s.from, {"another"}) == verdict::wrong_signature);
            BOOST_TEST(judged(request, s.from, {s.secret + "x"}) != verdict::genuine);
            BOOST_TEST(judged(request, s.from, {s.secret.substr(1)}) == verdict::wrong_signature);
            BOOST_TEST(judged(request, s.from, {}) == verdict::no_secret);
            BOOST_TEST(judged(request, s.from, {"", "\n"}) == verdict::no_secret);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_secret_proves_nothing_though_somebody_signed_with_it) {
    for (const auto& s : senders()) {
        if (s.secret.starts_with("whsec_")) {
            continue;
        }
        const auto request = test::signed_with(test::recorded(s.file), s.from, "");
        BOOST_TEST(judged(request, s.from, {""}) == verdict::no_secret);
        BOOST_TEST(judged(request, s.from, {"", "real"}) != verdict::genuine);
    }
    const auto request = test::signed_with(test::recorded("gitlab_push"), provider::gitlab, "whsec_");
    BOOST_TEST(judged(request, provider::gitlab, {"whsec_"}) == verdict::wrong_signature);
}

BOOST_AUTO_TEST_CASE(what_is_unsigned_is_refused) {
    for (const auto& s : senders()) {
        auto request = test::signed_with(test::recorded(s.file), s.from, s.secret);
        test::remove_header(request, proof_of(s));
        BOOST_TEST(judged(request, s.from, {s.secret}) == verdict::unsigned_delivery, s.file);
        test::set_header(request, proof_of(s), "");
        BOOST_TEST(judged(request, s.from, {s.secret}) == verdict::unsigned_delivery, s.file);
    }
}

BOOST_AUTO_TEST_CASE(a_changed_body_is_refused_wherever_it_is_signed) {
    std::mt19937 random{42}; // NOLINT(cert-msc51-cpp): the same every time
    for (const auto& s : senders()) {
        if (!is_signed(s)) {
            continue;
        }
        const auto genuine = test::signed_with(test::recorded(s.file), s.from, s.secret);
        for (int i = 0; i < 50; ++i) {
            auto request = genuine;
            auto& body = request.what.body;
            switch (i % 3) {
            case 0: body[random() % body.size()] ^= static_cast<char>(1U << (random() % 8)); break;
            case 1: body.insert(random() % body.size(), 1, ' '); break;
            default: body.erase(random() % body.size(), 1); break;
            }
            BOOST_TEST(judged(request, s.from, {s.secret}) == verdict::wrong_signature, s.file);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_changed_proof_is_refused) {
    for (const auto& s : senders()) {
        const auto genuine = test::signed_with(test::recorded(s.file), s.from, s.secret);
        const std::string proof{genuine.find(proof_of(s)).value()};
        const auto with = [&](const std::string& value) {
            auto request = genuine;
            test::set_header(request, proof_of(s), value);
            return judged(request, s.from, {s.secret});
        };
        BOOST_TEST_CONTEXT(s.file << " " << s.secret.substr(0, 6)) {
            BOOST_TEST(with(proof) == verdict::genuine);
            BOOST_TEST(with(proof.substr(0, proof.size() - 6)) != verdict::genuine);
            BOOST_TEST(with(proof + "00") != verdict::genuine);
            BOOST_TEST(with("sha1=" + std::string(40, '0')) != verdict::genuine);
            BOOST_TEST(with("md5=nonsense") != verdict::genuine);
            BOOST_TEST(with("sha256=") != verdict::genuine);
            BOOST_TEST(with(std::string(64, '0')) != verdict::genuine);
            BOOST_TEST(with("sha256=" + std::string(64, '0')) != verdict::genuine);
            BOOST_TEST(with("sha256=" + std::string(64, 'g')) != verdict::genuine);
            // Twice: whoever stands before us may have looked at the other one.
            auto twice = genuine;
            twice.what.headers.push_back({proof_of(s), proof});
            BOOST_TEST(judged(twice, s.from, {s.secret}) == verdict::unreadable_signature);
        }
    }
}

BOOST_AUTO_TEST_CASE(hexadecimal_of_either_case_is_the_same_signature) {
    auto request = test::signed_with(test::recorded("github_push"), provider::github, "s");
    auto text = std::string{request.find("X-Hub-Signature-256").value()}.substr(7);
    boost::algorithm::to_upper(text);
    test::set_header(request, "X-Hub-Signature-256", "sha256=" + text);
    BOOST_TEST(judged(request, provider::github, {"s"}) == verdict::genuine);
}

BOOST_AUTO_TEST_CASE(githubs_sha1_signature_is_not_looked_at) {
    auto request = test::recorded("github_push");
    // Right, by openssl: that is not the point.
    test::set_header(request, "X-Hub-Signature", "sha1=0123456789012345678901234567890123456789");
    BOOST_TEST(judged(request, provider::github, {"s"}) == verdict::unsigned_delivery);
}

BOOST_AUTO_TEST_CASE(a_signature_of_another_member_of_the_family_does_not_count) {
    // Forgejo sends Gitea's and GitHub's headers as well: with a proof in those alone somebody tries
    // something.
    auto request = test::signed_with(test::recorded("forgejo_push"), provider::gitea, "s");
    BOOST_TEST((recognise(request) == provider::forgejo));
    BOOST_TEST(judged(request, provider::forgejo, {"s"}) == verdict::unsigned_delivery);
}

BOOST_AUTO_TEST_CASE(gitlabs_token_is_not_taken_where_a_signature_is_there_and_a_signing_secret_is_no_token) {
    const auto secret = "whsec_" + base64_encode("thirty-two bytes of a random key");
    auto request = test::signed_with(test::recorded("gitlab_push"), provider::gitlab, secret);
    test::set_header(request, "webhook-signature", "v1," + base64_encode(std::string(32, 'x')));
    test::set_header(request, "X-Gitlab-Token", "plain");
    BOOST_TEST(judged(request, provider::gitlab, {"plain", secret}) == verdict::wrong_signature);

    auto sent_as_token = test::recorded("gitlab_push");
    test::set_header(sent_as_token, "X-Gitlab-Token", secret);
    BOOST_TEST(judged(sent_as_token, provider::gitlab, {secret}) == verdict::wrong_signature);
}

BOOST_AUTO_TEST_CASE(one_of_several_standard_signatures_is_enough) {
    const auto secret = "whsec_" + base64_encode("thirty-two bytes of a random key");
    auto request = test::signed_with(test::recorded("gitlab_push"), provider::gitlab, secret);
    const std::string proof{request.find("webhook-signature").value()};
    test::set_header(
        request, "webhook-signature", "v1a,Zm9v v1," + base64_encode(std::string(32, 'x')) + " " + proof
    );
    BOOST_TEST(judged(request, provider::gitlab, {secret}) == verdict::genuine);
    test::set_header(request, "webhook-signature", "v1a,Zm9v");
    BOOST_TEST(judged(request, provider::gitlab, {secret}) == verdict::unreadable_signature);
    test::set_header(request, "webhook-signature", proof);
    for (const auto* when : {"", "soon", "-", "99999999999999999999", "1760000000.5"}) {
        test::set_header(request, "webhook-timestamp", when);
        BOOST_TEST(judged(request, provider::gitlab, {secret}) != verdict::genuine, when);
    }
    for (const auto* when : {"-9223372036854775808", "9223372036854775807", "0"}) {
        test::set_header(request, "webhook-timestamp", when); // another message: not what was signed
        BOOST_TEST(judged(request, provider::gitlab, {secret}) == verdict::wrong_signature, when);
    }
}

BOOST_AUTO_TEST_CASE(azure_devops_password_is_that_of_any_user_or_of_the_one_that_the_secret_names) {
    const auto as = [](const std::string& credentials, const std::string& scheme = "Basic ") {
        auto request = test::recorded("azure_devops_push");
        test::set_header(request, "Authorization", scheme + base64_encode(credentials));
        return request;
    };
    const auto from = provider::azure_devops;
    BOOST_TEST(judged(as("anybody:pass"), from, {"pass"}) == verdict::genuine);
    BOOST_TEST(judged(as(":pass"), from, {"pass"}) == verdict::genuine);
    BOOST_TEST(judged(as("hook:pass"), from, {"hook:pass"}) == verdict::genuine);
    BOOST_TEST(judged(as("other:pass"), from, {"hook:pass"}) == verdict::wrong_signature);
    BOOST_TEST(judged(as("hook:"), from, {"pass"}) == verdict::unsigned_delivery);
    BOOST_TEST(judged(as("pass"), from, {"pass"}) == verdict::unreadable_signature);
    BOOST_TEST(judged(as("hook:pass", "Bearer "), from, {"pass"}) == verdict::unreadable_signature);
}

BOOST_AUTO_TEST_CASE(a_generic_signature_may_be_of_sha512) {
    auto request = test::recorded("generic_push");
    const auto mac = hmac(hmac_algorithm::sha512, "s", request.what.body);
    const auto hex = to_hex(reinterpret_cast<const unsigned char*>(mac.data()), mac.size()); // NOLINT: bytes
    test::set_header(request, "X-Signature", "sha512=" + hex);
    BOOST_TEST(judged(request, provider::generic, {"s"}) == verdict::genuine);
    BOOST_TEST(judged(request, provider::generic, {"t"}) == verdict::wrong_signature);
    test::set_header(request, "X-Signature", "sha512=" + hex.substr(0, 64));
    BOOST_TEST(judged(request, provider::generic, {"s"}) == verdict::unreadable_signature);
}

BOOST_AUTO_TEST_CASE(where_the_body_is_signed_the_same_bytes_again_are_a_replay) {
    for (const auto& s : senders()) {
        const auto request = test::signed_with(test::recorded(s.file), s.from, s.secret);
        BOOST_TEST(signs_each_body(s.from, request) == (is_signed(s) && s.from != provider::generic), s.file);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::push
