// What one person declares and others notice nothing of: the same repository by another transport, and very
// many objects.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/free_port.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>
#include <thread>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr const char* tenant = "tenant";
constexpr const char* platform = "platform";

/// An operator whose metrics are read, and the namespaces of two who do not know each other.
class street {
public:
    static street& get() {
        static auto* one = new street; // NOLINT: as the world, for the program
        return *one;
    }

    world& w;

    [[nodiscard]] double metric(const std::string& name) const {
        std::istringstream lines{run_command("curl", {"-sS", "http://" + metrics_ + "/metrics"}, {}, 60s).out
        };
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with(name + " ")) {
                return std::stod(line.substr(name.size() + 1));
            }
        }
        return -1;
    }
    [[nodiscard]] bool is_ready() const {
        return run_command("curl", {"-sS", "http://" + metrics_ + "/readyz"}, {}, 60s).out == "ok\n";
    }

    void tenant_follows(const std::string& name, const std::string& url, const std::string& path = ".") {
        w.apply(
            application(name, {.url = url, .path = path, .into = tenant, .finalizer = false, .ns = tenant})
        );
    }
    void platform_follows(const std::string& name, const std::string& url) {
        w.apply(application(name, {.url = url, .into = platform, .finalizer = false}));
    }

private:
    street() : w{world::get()}, metrics_{"127.0.0.1:" + std::to_string(holdfast::test::free_port())} {
        w.create_namespace(tenant);
        w.create_namespace(platform);
        w.kubectl(
            {"create", "rolebinding", "admin", "-n", tenant, "--clusterrole=admin",
             "--serviceaccount=tenant:default"}
        );
        w.shared_operator().start({"--metrics-listen", metrics_});
    }

    std::string metrics_;
};

std::string with_scheme(const std::string& url, const std::string& scheme) {
    return scheme + url.substr(url.find("://"));
}

json::object a_repository(const std::string& ns, const std::string& name, const std::string& url) {
    return {
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", name}, {"namespace", ns}}},
        {"spec", {{"url", url}}}
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(neighbours)

BOOST_AUTO_TEST_CASE(who_comes_first_does_not_decide_how_the_others_reach_a_repository) {
    auto& s = street::get();
    git_repository repository{"shared"};
    repository.write("a.yaml", config_map("shared", "a", "b"));
    const auto commit = repository.push("First");
    repository.declare();
    // The same host, port and path, by what the server there does not speak.
    s.tenant_follows("tls", with_scheme(repository.url(), "https"));
    s.tenant_follows("ssh", with_scheme(repository.url(), "ssh"), "elsewhere");
    await_condition("tls", "ComparisonError", {repository.name()}, tenant);
    await_condition("ssh", "ComparisonError", {repository.name()}, tenant);

    s.platform_follows("first", repository.url());
    await_synced("first", commit);
    repository.write("a.yaml", config_map("shared", "a", "c"));
    await_synced("first", repository.push("Second"));
    // And one that comes later changes nothing.
    s.w.kubectl({"annotate", "applications.holdfast.dev/tls", "-n", tenant, "holdfast.dev/refresh=hard"});
    repository.write("a.yaml", config_map("shared", "a", "d"));
    await_synced("first", repository.push("Third"));
    BOOST_TEST(view("tls", tenant).sync != "Synced");
    s.w.kubectl({"delete", "applications.holdfast.dev", "--all", "-n", tenant});
    s.w.kubectl({"delete", "applications.holdfast.dev/first", "-n", home});
    s.w.kubectl({"delete", "repository.holdfast.dev/shared", "-n", home});
}

BOOST_AUTO_TEST_CASE(credentials_for_one_transport_are_not_sent_by_another) {
    auto& s = street::get();
    git_repository repository{"private", {"--basic", "ada:right"}};
    repository.write("a.yaml", config_map("known", "a", "b"));
    repository.push("First");
    s.w.kubectl(
        {"create", "secret", "generic", "private", "-n", home, "--from-literal=username=ada",
         "--from-literal=password=right", "--from-literal=insecure=true"}
    );
    // The platform's is read over TLS, or not at all.
    repository.declare({{"url", with_scheme(repository.url(), "https")}, {"secretRef", {{"name", "private"}}}}
    );
    s.tenant_follows("plain", repository.url());
    await_condition("plain", "ComparisonError", {repository.url(), "credentials"}, tenant);
    BOOST_TEST(repository.requests().find(" 200") == std::string::npos, repository.requests());
    BOOST_TEST(!s.w.exists("configmap", tenant, "known"));
    // Declared for what it is, it is given.
    repository.declare({{"secretRef", {{"name", "private"}}}});
    await_synced("plain", {}, tenant);
    s.w.kubectl({"delete", "applications.holdfast.dev/plain", "-n", tenant});
    s.w.kubectl({"delete", "repository.holdfast.dev/private", "-n", home});
}

BOOST_AUTO_TEST_CASE(some_hundred_repositories_for_one_url_hold_up_nobody) {
    auto& s = street::get();
    git_repository repository{"crowd"};
    repository.write("a.yaml", config_map("crowd", "a", "b"));
    repository.push("First");
    repository.declare();
    s.platform_follows("crowd", repository.url());
    await_synced("crowd");
    constexpr int many = 250;
    const auto crowd = [&](const std::string& interval) {
        json::array items;
        for (int i = 0; i < many; ++i) {
            auto one = a_repository(tenant, "r" + std::to_string(i), repository.url());
            one["spec"].as_object()["interval"] = interval;
            items.emplace_back(std::move(one));
        }
        return json::serialize(
            json::object{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}}
        );
    };
    const auto told = [&] {
        std::istringstream lines{s.w.kubectl(
            {"get", "repositories.holdfast.dev", "-n", tenant,
             "-o=jsonpath={range .items[*]}{.status.conditions[0].message}{\"\\n\"}{end}"}
        )};
        int count = 0;
        for (std::string line; std::getline(lines, line);) {
            count += line.find("only one can be right") != std::string::npos ? 1 : 0;
        }
        return count;
    };
    s.w.apply(crowd("1m"));
    eventually([&] { return told() == many - 1; }, "all but one are told", 180s);
    s.w.apply(crowd("2m")); // each is another one than before
    repository.write("a.yaml", config_map("crowd", "a", "c"));
    await_synced("crowd", repository.push("Second"));

    // A new start has them all at once.
    s.w.shared_operator().restart();
    eventually([&] { return s.is_ready(); }, "the operator is ready", 60s);
    repository.write("a.yaml", config_map("crowd", "a", "d"));
    await_synced("crowd", repository.push("Third"));
    // It was minutes; how long it is to be is for the bench to say.
    BOOST_TEST(s.metric("holdfast_loop_longest_silence_seconds") >= 0.0);
    BOOST_TEST(s.metric("holdfast_loop_longest_silence_seconds") < 5.0);
    s.w.kubectl({"delete", "repositories.holdfast.dev", "--all", "-n", tenant, "--wait=false"});
    s.w.kubectl({"delete", "applications.holdfast.dev/crowd", "-n", home});
    s.w.kubectl({"delete", "repository.holdfast.dev/crowd", "-n", home});
}

BOOST_AUTO_TEST_CASE(when_the_one_that_is_right_goes_the_next_one_is) {
    auto& s = street::get();
    git_repository repository{"next"};
    repository.write("a.yaml", config_map("next", "a", "b"));
    repository.push("First");
    const auto ready = [&](const std::string& name) {
        return s.w.field("repository.holdfast.dev", tenant, name, ".status.conditions[0].status");
    };
    for (const auto* name : {"first", "second", "third"}) {
        s.w.apply(json::serialize(a_repository(tenant, name, repository.url())));
        eventually([&] { return !ready(name).empty(); }, "it is looked at");
        std::this_thread::sleep_for(1100ms); // the server's clock has seconds
    }
    s.tenant_follows("one", repository.url());
    s.tenant_follows("two", repository.url()); // makes the same as the first
    await_synced("one", {}, tenant);
    await_condition("two", "InvalidSpecError", {"tenant/one"}, tenant);
    eventually([&] { return ready("first") == "True" && ready("second") == "False"; }, "the oldest serves");
    s.w.kubectl({"delete", "repository.holdfast.dev/first", "-n", tenant});
    eventually([&] { return ready("second") == "True" && ready("third") == "False"; }, "then the second");
    eventually(
        [&] {
            return s.w.field("repository.holdfast.dev", tenant, "third", ".status.conditions[0].message")
                       .find("tenant/second") != std::string::npos;
        },
        "and the third is told of that one"
    );
    s.w.kubectl({"delete", "applications.holdfast.dev/one", "-n", tenant});
    await_synced("two", {}, tenant);
    s.w.kubectl({"delete", "applications.holdfast.dev/two", "-n", tenant});
    s.w.kubectl({"delete", "repositories.holdfast.dev", "--all", "-n", tenant});
}

BOOST_AUTO_TEST_SUITE_END()
