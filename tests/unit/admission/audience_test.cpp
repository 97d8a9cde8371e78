// Who is told of what.

#include "admission/audience.hpp"

#include "unit/policy/fake_surroundings.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::admission {
namespace {

using policy::test::fake_surroundings;
using policy::test::repository;

constexpr const char* open_spec = R"({"url": "https://git.example.com/"})";
constexpr const char* private_spec = R"({"url": "https://git.example.com/", "secretRef": {"name": "s"}})";

std::string named(const std::string& ns) {
    return R"({"name": "r", "namespace": ")" + ns + "\"}";
}

BOOST_AUTO_TEST_SUITE(admission_audience)

BOOST_AUTO_TEST_CASE(what_is_told_of_a_source) {
    struct example {
        const char* what;
        // Of the Repository that covers it; empty: there is none.
        const char* spec;
        std::string in;
        // Who writes.
        std::string writer;
        std::string url;
        bool anyone;
        bool api_server;
    };
    const std::string url = "https://git.example.com/team/deploy";
    const std::vector<example> examples{
        {"no Repository", "", "", "team", url, true, true},
        {"without a credential", open_spec, "team", "team", url, true, true},
        {"the operator's, without one", open_spec, "holdfast", "team", url, true, true},
        {"with a credential", private_spec, "team", "team", url, false, true},
        {"the operator's, with one", private_spec, "holdfast", "team", url, false, true},
        // It is no Repository for who writes elsewhere: what is told is what can be fetched without it.
        {"another tenant's", private_spec, "other", "team", url, true, true},
        {"nobody's namespace", open_spec, "holdfast", "", url, false, false},
        {"the operator's disk", "", "", "holdfast", "file:///srv/git/deploy", false, true},
        {"what only a key opens", "", "", "team", "git@git.example.com:team/deploy.git", false, true},
        {"what is no URL", "", "", "team", "nonsense", false, true},
    };
    for (const auto& e : examples) {
        fake_surroundings around;
        around.branches[e.url] = {"main"};
        if (*e.spec != 0) {
            around.repositories = {repository(e.spec, named(e.in))};
        }
        for (const auto to : {audience::anyone, audience::api_server}) {
            const told_surroundings told{around, to};
            const bool wanted = to == audience::anyone ? e.anyone : e.api_server;
            BOOST_TEST(told.may_tell_of(e.writer, e.url) == wanted, e.what);
            BOOST_TEST(told.has_revision(e.writer, e.url, "main", "").has_value() == wanted, e.what);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_keys_of_secrets_are_for_api_servers) {
    fake_surroundings around;
    around.secrets["team/s"] = {"password"};
    BOOST_TEST((told_surroundings{around, audience::api_server}.secret_keys("team", "s").has_value()));
    BOOST_TEST((!told_surroundings{around, audience::anyone}.secret_keys("team", "s").has_value()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::admission
