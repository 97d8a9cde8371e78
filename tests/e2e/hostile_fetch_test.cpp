// Somebody who can only push to a repository, and a tenant, have the operator fetch what they cannot reach
// themselves: what listens beside it, metadata services, what is in the cluster's network. Nothing is asked.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/free_port.hpp"
#include "support/imposter.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <map>
#include <string>
#include <tuple>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr const char* tenant = "fetching";
constexpr const char* secret = "what-the-inside-knows";

// An address of this machine that only its own network knows.
class private_address {
public:
    explicit private_address(std::string address) : address_{std::move(address)} {
        is_there_ = std::system(("ip addr add " + address_ + "/32 dev lo").c_str()) == 0; // NOLINT
    }
    private_address(const private_address&) = delete;
    private_address& operator=(const private_address&) = delete;
    ~private_address() {
        if (is_there_) {
            std::ignore = std::system(("ip addr del " + address_ + "/32 dev lo").c_str()); // NOLINT
        }
    }
    [[nodiscard]] bool is_there() const noexcept { return is_there_; }
    [[nodiscard]] const std::string& text() const noexcept { return address_; }

private:
    std::string address_;
    bool is_there_ = false;
};

// The operator as it is installed: nothing private is reached that nobody declares.
struct installed {
    installed() {
        metrics = "127.0.0.1:" + std::to_string(free_port());
        if (w.shared_operator().running()) {
            w.shared_operator().stop(); // another suite's
        }
        w.shared_operator().start({"--private-addresses", "", "--metrics-listen", metrics});
        inside.when("", "/").always(answer(200, std::string{"a: "} + secret + "\n"));
        if (!w.exists("namespace", "", tenant)) {
            w.create_namespace(tenant);
            w.kubectl({"create", "role", "all", "-n", tenant, "--verb=*", "--resource=configmaps"});
            w.kubectl(
                {"create", "rolebinding", "all", "-n", tenant, "--role=all",
                 "--serviceaccount=" + std::string{tenant} + ":default"}
            );
        }
    }
    ~installed() { w.shared_operator().stop(); }

    world& w = world::get();
    std::string metrics;
    imposter inside;
};

json::object repository(const std::string& name, const std::string& ns, const json::object& spec) {
    return {
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", name}, {"namespace", ns}}},
        {"spec", spec}
    };
}

std::string on_port(const std::string& host, int port, const std::string& path) {
    return "http://" + host + ":" + std::to_string(port) + path;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(hostile_fetches, installed)

BOOST_AUTO_TEST_CASE(what_a_repository_names_leads_to_nothing_inside) {
    git_repository pushed{"pushed"};
    pushed.declare();
    // What is declared is read; where it leads is another matter.
    imposter outside;
    outside.when("GET", "/x.yaml").always(answer(302, "", "Location: " + inside.url() + "/x.yaml\r\n"));
    outside.when("GET", "/charts/index.yaml")
        .always(answer(
            200, "apiVersion: v1\nentries:\n  c:\n  - {apiVersion: v2, name: c, version: 1.0.0, urls: ['" +
                     inside.url() + "/c.tgz']}\n"
        ));
    w.apply(json::serialize(repository("outside", home, {{"url", outside.url()}})));
    pushed.write("a.yaml", config_map("a", "a", "b")).push("Harmless");
    w.apply(application("pushed", {.url = pushed.url(), .into = "default"}));
    await_synced("pushed");
    const auto kustomization = [](const std::string& resource) {
        return std::map<std::string, std::string>{{"kustomization.yaml", "resources: ['" + resource + "']\n"}
        };
    };
    const auto chart = [](const std::string& from) {
        return std::map<std::string, std::string>{
            {"Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: c, version: "
                           "1.0.0, repository: '" +
                               from + "'}\n"},
            {"templates/a.yaml", config_map("a", "a", "b")}
        };
    };
    struct attempt {
        std::map<std::string, std::string> files;
        /// What the refusal names.
        std::string named;
        std::string is;
    };
    const auto port = inside.port();
    const auto resource = [&](const std::string& url, const std::string& is) {
        return attempt{kustomization(url), url.substr(0, url.find('?')), is};
    };
    const auto loopback = "a loopback address";
    const attempt attempts[] = {
        resource(inside.url() + "/a-file.yaml", loopback),
        resource(on_port("2130706433", port, "/spelled.yaml"), loopback),
        resource(on_port("localhost", port, "/named.yaml"), loopback),
        resource(on_port("[::ffff:127.0.0.1]", port, "/mapped.yaml"), loopback),
        resource(inside.url() + "/team/base.git?ref=main", loopback),
        resource(outside.url() + "/x.yaml", loopback), // it redirects
        {chart(inside.url() + "/charts"), inside.url() + "/charts", loopback},
        {chart(outside.url() + "/charts"), "chart c of " + outside.url() + "/charts", loopback},
        {chart("oci://127.0.0.1:" + std::to_string(port) + "/registry"), "/registry", loopback},
        resource("http://" + metrics + "/metrics", loopback),
        resource("http://169.254.169.254/latest/role.yaml", "a link-local address"),
        resource("http://[64:ff9b::a9fe:a9fe]/nat64.yaml", "a link-local address"),
        resource("http://10.96.0.1/service.yaml", "a private address"),
    };
    std::vector<std::string> written{"a.yaml"};
    for (const auto& one : attempts) {
        BOOST_TEST_CONTEXT(one.named) {
            for (const auto& path : written) {
                pushed.remove(path);
            }
            written.clear();
            for (const auto& [path, text] : one.files) {
                pushed.write(path, text);
                written.push_back(path);
            }
            pushed.push(one.named);
            const auto seen =
                await_condition("pushed", "ComparisonError", {one.named, one.is, "--private-addresses"});
            BOOST_TEST(json::serialize(seen.object).find(secret) == std::string::npos);
            BOOST_TEST(inside.connections() == 0U);
        }
    }
    BOOST_TEST(inside.connections() == 0U);
    BOOST_TEST(w.shared_operator().log().find(secret) == std::string::npos);
    w.kubectl({"delete", "applications.holdfast.dev/pushed", "-n", home});
    w.kubectl({"delete", "repositories.holdfast.dev/outside", "-n", home});
}

BOOST_AUTO_TEST_CASE(what_a_tenant_names_leads_to_nothing_inside) {
    const auto tried = [&](const json::object& spec, const std::string& is) {
        BOOST_TEST_CONTEXT(json::serialize(spec)) {
            w.apply(application(
                "theirs", {.url = inside.url() + "/x.git",
                           .into = tenant,
                           .finalizer = false,
                           .ns = tenant,
                           .spec = spec}
            ));
            const auto seen =
                await_condition("theirs", "ComparisonError", {is, "--private-addresses"}, tenant);
            BOOST_TEST(json::serialize(seen.object).find(secret) == std::string::npos);
            w.kubectl({"delete", "applications.holdfast.dev/theirs", "-n", tenant});
        }
    };
    tried({}, "a loopback address");
    tried({{"source", {{"repoURL", "http://169.254.169.254/x.git"}}}}, "a link-local address");
    tried(
        {{"source",
          {{"repoURL", inside.url()}, {"chart", "c"}, {"path", nullptr}, {"targetRevision", "1.0.0"}}}},
        "a loopback address"
    );
    // To say so himself opens what is his network's, and not what is the operator's own.
    w.apply(json::serialize(repository("inside", tenant, {{"url", inside.url()}, {"interval", "1s"}})));
    tried({}, "a loopback address");
    w.apply(json::serialize(
        repository("inside", tenant, {{"url", "https://git.example.com"}, {"proxy", {{"url", inside.url()}}}})
    ));
    tried({{"source", {{"repoURL", "https://git.example.com/x.git"}}}}, "a loopback address");
    w.kubectl({"delete", "repositories.holdfast.dev/inside", "-n", tenant});
    BOOST_TEST(inside.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_declared_is_read) {
    // An Application of the operator's namespace may name any address itself.
    git_repository own{"own"};
    own.write("a.yaml", config_map("own", "a", "b")).push("A");
    w.apply(application("own", {.url = own.url(), .into = "default"}));
    await_synced("own");
    // One of another namespace may not, though the platform reads the same.
    w.apply(application("theirs", {.url = own.url(), .into = tenant, .finalizer = false, .ns = tenant}));
    await_condition("theirs", "ComparisonError", {"a loopback address", "holdfast"}, tenant);
    // Until the platform declares it for everybody.
    own.declare();
    await_synced("theirs", {}, tenant);
    w.kubectl({"delete", "applications.holdfast.dev/theirs", "-n", tenant});
    w.kubectl({"delete", "applications.holdfast.dev/own", "-n", home});
}

BOOST_AUTO_TEST_CASE(a_tenant_declares_a_server_of_his_own_network) {
    const private_address address{"10.213.7.1"};
    if (!address.is_there()) {
        BOOST_TEST_MESSAGE("an address cannot be added to this machine: left out");
        return;
    }
    git_repository served{"served", {}, address.text()};
    served.write("a.yaml", config_map("served", "a", "b")).push("A");
    w.apply(application("theirs", {.url = served.url(), .into = tenant, .finalizer = false, .ns = tenant}));
    await_condition(
        "theirs", "ComparisonError", {"a private address", "a Repository for this URL in the application's"},
        tenant
    );
    BOOST_TEST(served.requests().empty());
    w.apply(json::serialize(repository("served", tenant, {{"url", served.url()}, {"interval", "1s"}})));
    await_synced("theirs", {}, tenant);
    w.kubectl({"delete", "applications.holdfast.dev/theirs", "-n", tenant});
    w.kubectl({"delete", "repositories.holdfast.dev/served", "-n", tenant});
}

BOOST_AUTO_TEST_SUITE_END()
