// Signatures that a Project asks for, beyond what the Repositories ask for.

#include "e2e/projects.hpp"
#include "e2e/signing.hpp"
#include "e2e/waiting.hpp"
#include "support/signing_user.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
namespace json = boost::json;

namespace {

json::object demanding(const scene& s, const std::string& key) {
    const json::object policy{
        {"repos", json::array{json::object{{"url", "*"}}}},
        {"gpg", {{"mode", "head"}, {"keys", json::array{key}}}}
    };
    return with(permitting(s), "sourceIntegrity", json::object{{"git", {{"policies", json::array{policy}}}}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(project_signatures)

BOOST_AUTO_TEST_CASE(only_what_those_signed_whom_the_project_names_is_deployed) {
    signing_user user;
    const auto alice = user.openpgp_key("Alice <alice@example.org>");
    const auto carol = user.openpgp_key("Carol <carol@example.org>");
    scene s{"project-signed"};
    s.config_map("a", "1");
    const auto one = push_signed(s.repository, user.git_by_openpgp(alice));
    project p{s.w, "signed", demanding(s, alice)};
    s.follow({.spec = {{"project", "signed"}}});
    // Nobody checks signatures here.
    await_condition(
        s.name, "ComparisonError",
        {"commit " + one + " of " + s.repository.url() + " is refused by project 'signed'",
         "a Repository with spec.verify has to cover it"}
    );
    BOOST_TEST(!s.has("a"));

    store_keys(s, {{"people.asc", user.exported(alice) + user.exported(carol)}});
    s.w.kubectl(
        {"patch", "repository.holdfast.dev", s.name, "-n", home, "--type=merge", "-p",
         R"({"spec": {"verify": {"mode": "HEAD", "secretRef": {"name": ")" + s.name + R"(-signers"}}}})"}
    );
    s.until(is_ready, "Alice may sign");
    BOOST_TEST(s.value("a") == "1");

    // The Repository takes her, the Project does not.
    s.config_map("a", "2");
    const auto two = push_signed(s.repository, user.git_by_openpgp(carol));
    await_condition(
        s.name, "ComparisonError",
        {"commit " + two, "is refused by project 'signed'",
         "the key " + carol + " is none of those that it names"}
    );
    BOOST_TEST(s.value("a") == "1");
    // Not even a commit that changes nothing for it.
    s.config_map("a", "1");
    const auto same = push_signed(s.repository, user.git_by_openpgp(carol));
    await_condition(s.name, "ComparisonError", {"commit " + same});
    // By the identifier as people write it.
    p.apply(demanding(s, carol.substr(carol.size() - 16)));
    s.until([&](const application_view& v) { return is_ready(v) && v.revision == same; }, "Carol may sign");

    // What was let in goes by what is asked for now.
    p.apply(with(permitting(s), "signatureKeys", json::array{json::object{{"keyID", alice}}}));
    await_condition(s.name, "ComparisonError", {"commit " + same, "the key " + carol});
    s.config_map("a", "3");
    push_signed(s.repository, user.git_by_openpgp(alice));
    s.until(is_ready, "Alice may sign again");
    BOOST_TEST(s.value("a") == "3");
}

BOOST_AUTO_TEST_SUITE_END()
