// Charts made by helm itself: in a repository behind an HTTPS server, and pushed to the registry of the
// distribution project.
#include "../git/servers.hpp"
#include "fixture.hpp"
#include "support/free_port.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace holdfast::charts::test {
namespace {

using git::test::shell;

std::string helm() {
    const char* programs = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT: nobody writes the environment
    const auto path = std::string{programs == nullptr ? "" : programs} + "/helm";
    if (programs == nullptr || ::access(path.c_str(), X_OK) != 0) {
        throw std::runtime_error{
            "this test needs helm: HOLDFAST_PROGRAMS must name the directory it is in, as "
            "./dev test does"
        };
    }
    return path;
}

std::string registry_program() {
    const char* path = std::getenv("HOLDFAST_TEST_REGISTRY"); // NOLINT: nobody writes the environment
    if (path == nullptr || ::access(path, X_OK) != 0) {
        throw std::runtime_error{"this test needs the registry that unit.charts_registry_build makes"};
    }
    return path;
}

// A place to work in, with helm's own files in it too.
struct workshop {
    git::test::temporary_directory directory;
    git::test::authority tls{directory / "tls"};

    // What helm prints.
    std::string run(const std::string& arguments) const {
        return shell(
            directory.path(), "export HOME='" + directory.path() + "' HELM_CONFIG_HOME='" + directory.path() +
                                  "/helm'\n'" + helm() + "' " + arguments
        );
    }
    // Packages web at these versions; gives the directory.
    std::string package(const std::vector<std::string>& versions) const {
        run("create web");
        for (const auto& version : versions) {
            run("package web --destination packages --version '" + version + "'");
        }
        return directory / "packages";
    }
    // A server's Last-Modified counts in seconds: what was written in this one may change in it once more.
    static void age(const std::string& file) {
        std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - 10s);
    }
};

struct with_helm : fixture, workshop {
    // Both have one.
    const temporary_directory& cache() const { return fixture::directory; }
    const std::string& here() const { return workshop::directory.path(); }

    [[nodiscard]] git::credentials trusting() const {
        git::credentials c;
        c.ca = tls.ca;
        return c;
    }
    [[nodiscard]] git::credentials ada() const {
        auto c = with_password();
        c.ca = tls.ca;
        return c;
    }
};

BOOST_FIXTURE_TEST_SUITE(charts_helm_repository, with_helm)

struct file_server {
    file_server(const std::string& root, const git::test::authority& tls, std::vector<std::string> options)
        : log{root + ".log"} {
        std::vector<std::string> argv{
            "python3",       std::string{HOLDFAST_SOURCE_DIR} + "/tests/support/file_server.py",
            "--root",        root,
            "--log",         log,
            "--key",         tls.key_file,
            "--certificate", tls.certificate_file
        };
        argv.insert(argv.end(), options.begin(), options.end());
        child = git::test::running{argv, true};
        url = "https://localhost:" + child.first_line().substr(std::string{"listening on "}.size());
    }
    [[nodiscard]] std::size_t lines(std::string_view containing) const {
        return git::test::count_lines(log, containing);
    }
    std::string log;
    git::test::running child;
    std::string url;
};

BOOST_AUTO_TEST_CASE(what_helm_packages_and_indexes_is_found_and_fetched) {
    const auto packages = package({"1.0.0", "1.1.0", "2.0.0-rc.1"});
    run("repo index packages");
    age(packages + "/index.yaml");
    const file_server server{packages, tls, {"--basic", "ada:secret"}};

    REQUIRE_ERROR(resolve(request(server.url, "web", "*", trusting())), error_kind::forbidden, "has none");
    const auto version = resolve(request(server.url, "web", "^1.0", ada()), 0ms);
    REQUIRE_OK(version);
    BOOST_TEST(*version == "1.1.0");
    const auto c = fetch(request(server.url, "web", *version, ada()));
    REQUIRE_OK(c);
    BOOST_TEST(read_file(c->file) == read_file(packages + "/web-1.1.0.tgz"));
    BOOST_TEST(run("show chart '" + c->file + "'").find("version: 1.1.0") != std::string::npos);
    REQUIRE_OK(fetch(request(server.url, "web", "2.0.0-rc.1", ada())));
    REQUIRE_ERROR(
        resolve(request(server.url, "web", "1.2.0", ada())), error_kind::not_found,
        "nearest versions are 1.1.0, 2.0.0-rc.1, 1.0.0"
    );
    // Python's server compares times.
    REQUIRE_OK(resolve(request(server.url, "web", "*", ada()), 0ms));
    BOOST_TEST(server.lines("GET /index.yaml 200 ada") == 1U);
    BOOST_TEST(server.lines("GET /index.yaml 304 ada") == 1U);
    BOOST_TEST(server.lines(".tgz 200 ada") == 2U);
}

BOOST_AUTO_TEST_CASE(an_index_of_many_megabytes_is_read_and_little_of_it_kept) {
    std::string index = "apiVersion: v1\nentries:\n";
    const std::string description(1000, 'd');
    for (int chart = 0; chart < 100; ++chart) {
        index += "  chart-" + std::to_string(chart) + ":\n";
        for (int i = 0; i < 200; ++i) {
            const auto version = "1.0." + std::to_string(i);
            index += "  - apiVersion: v2\n    appVersion: \"1\"\n    created: \"2026-01-01T00:00:00Z\"\n"
                     "    description: " +
                     description +
                     "\n    keywords: [a, b, c]\n    name: chart\n"
                     "    digest: " +
                     std::string(64, 'a') + "\n    urls:\n    - https://charts.example.com/chart-" + version +
                     ".tgz\n    version: " + version + "\n";
        }
    }
    BOOST_TEST(index.size() > (std::size_t{20} << 20U));
    git::test::write_file(here() + "/large/index.yaml", index);
    const file_server server{here() + "/large", tls, {}};
    const auto version = resolve(request(server.url, "chart-99", "*", trusting()));
    REQUIRE_OK(version);
    BOOST_TEST(*version == "1.0.199");
}

BOOST_AUTO_TEST_SUITE_END()

// The registry of the distribution project, over TLS, with passwords as htpasswd(1) writes them.
struct registry_server {
    registry_server(const std::string& directory, const git::test::authority& tls) {
        // "ada:secret", by bcrypt.
        git::test::write_file(
            directory + "/htpasswd", "ada:$2b$04$N1J9.YHnLOVmt0ISxSpkVeOeUXW.cFbbovoPi4JaWtpc97pXvaNLq\n"
        );
        git::test::write_file(
            directory + "/registry.yaml",
            "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n "
            "   rootdirectory: " +
                directory + "/storage\nauth:\n  htpasswd:\n    realm: charts\n    path: " + directory +
                "/htpasswd\nhttp:\n  addr: 127.0.0.1:" + std::to_string(port) +
                "\n  tls:\n    certificate: " + tls.certificate_file + "\n    key: " + tls.key_file + "\n"
        );
        child = git::test::running{{registry_program(), "serve", directory + "/registry.yaml"}, false};
    }
    int port = holdfast::test::free_port();
    std::string host = "localhost:" + std::to_string(port);
    git::test::running child;
};

struct with_registry : with_helm {
    registry_server registry{here(), tls};

    with_registry() {
        const auto end = std::chrono::steady_clock::now() + 60s;
        for (;;) {
            try {
                run("registry login " + registry.host + " --username ada --password secret --ca-file '" +
                    tls.ca_file + "'");
                return;
            } catch (const std::exception&) {
                if (std::chrono::steady_clock::now() > end) {
                    throw;
                }
                std::this_thread::sleep_for(100ms);
            }
        }
    }
    void push(const std::string& package) const {
        run("push '" + package + "' oci://" + registry.host + "/charts --ca-file '" + tls.ca_file + "'");
    }
    chart_request web(const std::string& version, const git::credentials& with) const {
        return request("oci://" + registry.host + "/charts", "web", version, with);
    }
};

BOOST_FIXTURE_TEST_SUITE(charts_real_registry, with_registry)

BOOST_AUTO_TEST_CASE(what_helm_pushes_is_found_and_pulled) {
    const auto packages = package({"1.0.0", "1.1.0+build.7", "2.0.0-rc.1"});
    for (const auto* version : {"1.0.0", "1.1.0+build.7", "2.0.0-rc.1"}) {
        push(packages + "/web-" + version + ".tgz");
    }
    const auto version = resolve(web("^1", ada()));
    REQUIRE_OK(version);
    BOOST_TEST(*version == "1.1.0+build.7");
    const auto c = fetch(web(*version, ada()));
    REQUIRE_OK(c);
    BOOST_TEST(read_file(c->file) == read_file(packages + "/web-1.1.0+build.7.tgz"));
    BOOST_TEST(c->version == "1.1.0+build.7");
    REQUIRE_OK(resolve(web("1.0.0", ada())));
    REQUIRE_OK(fetch(web("1.0.0", ada())));
    REQUIRE_ERROR(
        resolve(web("1.0.7", ada())), error_kind::not_found,
        "nearest versions are 1.0.0, 1.1.0+build.7, 2.0.0-rc.1"
    );
    REQUIRE_ERROR(
        resolve(request(registry.host + "/charts", "nothing", "*", ada())), error_kind::not_found, "404"
    );
    REQUIRE_ERROR(fetch(web("1.0.0", trusting())), error_kind::forbidden, "has none");
    auto eve = ada();
    eve.basic->password = "guess";
    REQUIRE_ERROR(resolve(web("1.0.0", eve)), error_kind::forbidden, "refused the credentials");

    // Pushed again with another content, and found out by the next look.
    git::test::write_file(here() + "/web/templates/new.yaml", "# new\n");
    run("package web --destination again --version 1.0.0");
    push(here() + "/again/web-1.0.0.tgz");
    REQUIRE_OK(resolve(web("1.0.0", ada()), 0ms));
    const auto again = fetch(web("1.0.0", ada()));
    REQUIRE_OK(again);
    BOOST_TEST(read_file(again->file) == read_file(here() + "/again/web-1.0.0.tgz"));

    registry.child = {};
    open();
    REQUIRE_OK(fetch(web("1.0.0", ada()))); // no registry any more
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::charts::test
