#include "kube/exec_credentials.hpp"

#include "base/task_group.hpp"
#include "support/coroutine.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace holdfast::kube {

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct sources {
    test::temporary_directory dir;
    asio::io_context context;
    // Time stands still until a test moves it.
    std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
    wall_clock::time_point wall = parse_time("2026-01-31T12:00:00Z").value();

    credential_clock clock() {
        return {[this] { return steady; }, [this] { return wall; }};
    }
    void pass(std::chrono::seconds time) {
        steady += time;
        wall += time;
    }
    std::unique_ptr<credential_source> make(credential_spec spec) {
        return make_credential_source(context.get_executor(), std::move(spec), clock());
    }
    result<credentials> get(credential_source& s) { return test::run(context, s.get()); }
    std::string authorization(credential_source& s) {
        const auto got = get(s);
        return got && !got->headers.empty() ? got->headers.at(0).value : "";
    }

    // A plugin that counts its runs in a file and prints its count as the token.
    exec_credentials counting_plugin(const std::string& more_status = {}) {
        exec_credentials spec;
        spec.api_version = "client.authentication.k8s.io/v1";
        spec.command = dir.program(
            "plugin",
            "#!/bin/sh\n"
            "echo run >> " +
                (dir / "runs") +
                "\n"
                "echo \"$KUBERNETES_EXEC_INFO\" > " +
                (dir / "info") +
                "\n"
                "n=$(wc -l < " +
                (dir / "runs") +
                " | tr -d ' ')\n"
                "echo "
                "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":"
                "{\"token\":\"'$EXTRA'token-'$n'\"" +
                more_status + "}}'\n"
        );
        return spec;
    }
    [[nodiscard]] std::string read(std::string_view name) const {
        std::ifstream file{dir / name};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    [[nodiscard]] long runs() const { return std::ranges::count(read("runs"), '\n'); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(fixed_credentials, sources)

BOOST_AUTO_TEST_CASE(a_token_and_a_password_become_headers_and_never_change) {
    BOOST_TEST(authorization(*make(token_credentials{"abc"})) == "Bearer abc");
    BOOST_TEST(
        authorization(*make(basic_credentials{"Aladdin", "open sesame"})) ==
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    );
    const auto none = make(no_credentials{});
    BOOST_TEST(get(*none).value().headers.empty());
    BOOST_TEST(!none->can_change());
    BOOST_TEST(!none->rejected({}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(token_file, sources)

BOOST_AUTO_TEST_CASE(it_is_reread_after_a_minute_through_its_path) {
    // As the kubelet does it: the path goes through a symbolic link that is swapped.
    static_cast<void>(dir.write("one/token", "first\n"));
    static_cast<void>(dir.write("two/token", "second\n"));
    std::filesystem::create_directory_symlink("one", dir / "data");
    const auto s = make(token_file_credentials{dir / "data/token"});
    BOOST_TEST(authorization(*s) == "Bearer first");
    std::filesystem::remove(dir / "data");
    std::filesystem::create_directory_symlink("two", dir / "data");
    pass(59s);
    BOOST_TEST(authorization(*s) == "Bearer first");
    pass(1s);
    BOOST_TEST(authorization(*s) == "Bearer second");
}

BOOST_AUTO_TEST_CASE(the_old_one_is_kept_when_it_cannot_be_read) {
    const auto path = dir.write("token", "first");
    const auto s = make(token_file_credentials{path});
    BOOST_TEST(authorization(*s) == "Bearer first");
    std::filesystem::remove(path);
    pass(2min);
    BOOST_TEST(authorization(*s) == "Bearer first");
    static_cast<void>(dir.write("token", "\n"));
    pass(2min);
    BOOST_TEST(authorization(*s) == "Bearer first");
    static_cast<void>(dir.write("token", "second"));
    pass(2min);
    BOOST_TEST(authorization(*s) == "Bearer second");
}

BOOST_AUTO_TEST_CASE(one_that_was_never_there_is_an_error_that_names_it) {
    const auto got = get(*make(token_file_credentials{dir / "gone"}));
    BOOST_TEST_REQUIRE(!got.has_value());
    BOOST_TEST(got.error().message().find("gone") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refused_one_is_reread_at_once_and_asking_again_makes_sense_only_with_another) {
    static_cast<void>(dir.write("token", "first"));
    const auto s = make(token_file_credentials{dir / "token"});
    const auto first = get(*s).value();
    BOOST_TEST(!s->rejected(first));
    static_cast<void>(dir.write("token", "second"));
    BOOST_TEST(s->rejected(first));
    BOOST_TEST(authorization(*s) == "Bearer second");
    // Somebody else who still held the first one.
    BOOST_TEST(s->rejected(first));
    BOOST_TEST(!s->rejected(get(*s).value()));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(exec_plugin, sources)

BOOST_AUTO_TEST_CASE(it_runs_once_and_its_token_is_kept) {
    const auto s = make(counting_plugin());
    BOOST_TEST(authorization(*s) == "Bearer token-1");
    pass(24h);
    BOOST_TEST(authorization(*s) == "Bearer token-1");
    BOOST_TEST(runs() == 1);
    BOOST_TEST(
        read("info") ==
        R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}})"
        "\n"
    );
}

BOOST_AUTO_TEST_CASE(it_gets_its_environment_and_the_cluster_when_it_wants_it) {
    auto spec = counting_plugin();
    spec.env = {{"EXTRA", "extra-"}};
    spec.provide_cluster_info = true;
    spec.cluster_info = R"({"server":"https://c.test"})";
    BOOST_TEST(authorization(*make(spec)) == "Bearer extra-token-1");
    BOOST_TEST(read("info").find(R"("cluster":{"server":"https://c.test"})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(it_runs_again_when_its_token_has_expired) {
    const auto s = make(counting_plugin(R"(,"expirationTimestamp":"2026-01-31T12:10:00Z")"));
    BOOST_TEST(authorization(*s) == "Bearer token-1");
    pass(599s);
    BOOST_TEST(authorization(*s) == "Bearer token-1");
    pass(1s);
    BOOST_TEST(authorization(*s) == "Bearer token-2");
}

BOOST_AUTO_TEST_CASE(it_runs_again_when_the_server_refused_its_token_but_not_a_brand_new_one) {
    const auto s = make(counting_plugin());
    const auto first = get(*s).value();
    BOOST_TEST(!s->rejected(first));
    pass(1min);
    BOOST_TEST(s->rejected(first));
    BOOST_TEST(authorization(*s) == "Bearer token-2");
    // Many had the first one in flight; they all may try the second, and it is not thrown away.
    BOOST_TEST(s->rejected(first));
    BOOST_TEST(authorization(*s) == "Bearer token-2");
    BOOST_TEST(runs() == 2);
}

BOOST_AUTO_TEST_CASE(many_who_ask_at_once_share_one_run) {
    const auto s = make(counting_plugin());
    task_group group{context.get_executor()};
    std::vector<std::string> got;
    for (int i = 0; i < 5; ++i) {
        group.spawn(
            "caller",
            [](credential_source* source, std::vector<std::string>* into) -> asio::awaitable<void> {
                const auto given = co_await source->get();
                into->push_back(given.value().headers.at(0).value);
            }(s.get(), &got)
        );
    }
    test::run(context, group.join());
    BOOST_TEST(got == std::vector<std::string>(5, "Bearer token-1"), boost::test_tools::per_element());
    BOOST_TEST(runs() == 1);
}

BOOST_AUTO_TEST_CASE(when_the_one_who_runs_it_is_cancelled_another_takes_over) {
    auto spec = counting_plugin();
    spec.command = dir.program(
        "slow", "#!/bin/sh\n[ -e " + (dir / "go") + " ] || { touch " + (dir / "go") +
                    "; sleep 600; }\nexec " + spec.command + "\n"
    );
    const auto s = make(spec);
    const auto ask = [](credential_source* source, bool* done) -> asio::awaitable<void> {
        const auto given = co_await source->get();
        *done = given.has_value();
    };
    bool first = false;
    bool second = false;
    task_group leaving{context.get_executor()};
    task_group staying{context.get_executor()};
    leaving.spawn("first", ask(s.get(), &first));
    while (!std::filesystem::exists(dir / "go")) {
        context.restart();
        context.run_one_for(1ms);
    }
    staying.spawn("second", ask(s.get(), &second));
    context.restart();
    context.run_one_for(1ms);
    leaving.cancel();
    test::run(context, leaving.join());
    test::run(context, staying.join());
    BOOST_TEST(!first);
    BOOST_TEST(second);
}

BOOST_AUTO_TEST_CASE(one_that_is_not_installed_is_a_user_error_with_the_hint) {
    exec_credentials spec;
    spec.api_version = "client.authentication.k8s.io/v1";
    spec.command = "no-such-plugin-anywhere";
    spec.install_hint = "Get it from the shop.\n";
    const auto got = get(*make(spec));
    BOOST_TEST_REQUIRE(!got.has_value());
    BOOST_TEST((got.error().kind() == error_kind::user));
    BOOST_TEST(
        got.error().message().find("no-such-plugin-anywhere") != std::string::npos, got.error().message()
    );
    BOOST_TEST(
        got.error().message().find("Get it from the shop.") != std::string::npos, got.error().message()
    );
}

BOOST_AUTO_TEST_CASE(one_that_fails_says_why_and_is_not_run_again_at_once) {
    exec_credentials spec;
    spec.api_version = "client.authentication.k8s.io/v1";
    spec.command = dir.program(
        "failing", "#!/bin/sh\necho run >> " + (dir / "runs") + "\necho not logged in >&2\nexit 3\n"
    );
    const auto s = make(spec);
    for (int i = 0; i < 3; ++i) {
        const auto got = get(*s);
        BOOST_TEST_REQUIRE(!got.has_value());
        BOOST_TEST(got.error().is_transient());
        BOOST_TEST(
            got.error().message().find("status 3: not logged in") != std::string::npos, got.error().message()
        );
    }
    BOOST_TEST(runs() == 1);
    pass(5s);
    BOOST_TEST(!get(*s).has_value());
    BOOST_TEST(runs() == 2);
}

BOOST_AUTO_TEST_CASE(answers_that_make_no_sense_are_refused_without_being_repeated) {
    const std::string v1 = "client.authentication.k8s.io/v1";
    const auto status = [&](const std::string& fields) {
        return R"({"kind":"ExecCredential","apiVersion":")" + v1 + R"(","status":)" + fields + "}";
    };
    BOOST_TEST(parse_exec_credential(status(R"({"token":"t"})"), v1).has_value());
    for (const auto& bad :
         {std::string{"secret"}, std::string{"[]"}, std::string{R"({"kind":"Other"})"}, status("null"),
          status("{}"), status(R"({"clientCertificateData":"secret"})"),
          status(R"({"clientKeyData":"secret"})"),
          status(R"({"token":"secret","expirationTimestamp":"soon"})")}) {
        const auto r = parse_exec_credential(bad, v1);
        BOOST_TEST_REQUIRE(!r.has_value(), bad);
        BOOST_TEST(r.error().message().find("secret") == std::string::npos, r.error().message());
    }
    const auto other =
        parse_exec_credential(status(R"({"token":"t"})"), "client.authentication.k8s.io/v1beta1");
    BOOST_TEST_REQUIRE(!other.has_value());
    BOOST_TEST(other.error().message().find("v1beta1") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::kube
