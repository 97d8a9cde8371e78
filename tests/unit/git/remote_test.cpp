// Stores against real servers: git http-backend over TLS, and sshd.
#include "servers.hpp"

#include "base/task_group.hpp"
#include "http/guard.hpp"
#include "support/needs.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <optional>

namespace holdfast::git::test {
namespace {

struct with_servers {
    temporary_directory directory;
    std::string root = directory / "root";
    origin shop{root, "shop"};
    authority tls{directory / "tls"};

    [[nodiscard]] credentials trusting() const {
        credentials c;
        c.ca = tls.ca;
        return c;
    }
    [[nodiscard]] credentials with_password(const std::string& password) const {
        auto c = trusting();
        c.basic = basic_auth{.username = "ada", .password = password};
        return c;
    }
};

std::string file_of(const snapshot& s, std::string_view path) {
    const auto reader = s.read();
    BOOST_REQUIRE_MESSAGE(reader.has_value(), reader.error().message());
    const auto content = (*reader)->file(path);
    BOOST_REQUIRE_MESSAGE(content.has_value(), content.error().message());
    return *content;
}

// What processes of ours there are whose command line contains `part`.
std::size_t processes_with(std::string_view part) {
    std::size_t count = 0;
    std::error_code ec;
    for (std::filesystem::directory_iterator it{"/proc", ec}, end; !ec && it != end; it.increment(ec)) {
        std::ifstream in{it->path() / "cmdline", std::ios::binary};
        const std::string line{std::istreambuf_iterator<char>{in}, {}};
        count += line.starts_with("git") && line.find(part) != std::string::npos ? 1U : 0U;
    }
    return count;
}

#define REQUIRE_ERROR(outcome, wanted, words)                                                                \
    BOOST_REQUIRE((outcome).has_error());                                                                    \
    BOOST_TEST(((outcome).error().kind() == error_kind::wanted), (outcome).error().message());               \
    BOOST_TEST((outcome).error().message().find(words) != std::string::npos, (outcome).error().message())

BOOST_FIXTURE_TEST_SUITE(git_remote, with_servers)

BOOST_AUTO_TEST_CASE(a_private_repository_is_read_with_a_password_over_tls) {
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--basic", "ada:correct horse"}, &tls};
    world w;
    const auto s = w.open(server.url("shop.git"), with_password("correct horse"));
    const auto got = w.get(s, "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    BOOST_TEST(got->commit().hex() == sha);
    BOOST_TEST(file_of(*got, "a.yaml") == "a: 1\n");
    BOOST_TEST(server.requests(" 401") == 0U); // the credentials go with the first request
    BOOST_TEST(files_below(w.cache(), "credential").empty());
    for (const auto& file : files_below(w.cache())) {
        BOOST_TEST(read_file(file).find("correct horse") == std::string::npos, file);
    }
}

BOOST_AUTO_TEST_CASE(how_one_person_spells_an_address_does_not_decide_how_others_reach_it) {
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--basic", "ada:correct horse"}, &tls};
    world w;
    const auto https = server.url("shop.git");
    const auto path = https.substr(https.find("://"));
    // The same host, port and path, first by what the server does not speak.
    credentials key;
    key.ssh_key = "a key";
    key.insecure_ignore_host_key = true;
    BOOST_TEST(!w.get(w.open("http" + path), "main").has_value());
    BOOST_TEST(!w.get(w.open("ssh" + path, key), "main").has_value());
    const auto s = w.open(https, with_password("correct horse"));
    const auto got = w.get(s, "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    // And afterwards: whoever holds the store goes on as before.
    BOOST_TEST(!w.get(w.open("http" + path), "main").has_value());
    BOOST_TEST(!w.get(w.open("ssh" + path, key), "main").has_value());
    shop.commit("b.yaml", "b: 1\n");
    BOOST_TEST(w.get(s, "main").has_value());
    BOOST_TEST(s->remote().text() == https);
    BOOST_TEST(got->commit().hex() == sha);
}

BOOST_AUTO_TEST_CASE(refs_are_listed_over_http_without_a_process) {
    const auto first = shop.commit("a.yaml", "a: 1\n");
    shop.git("tag -a -m one v1; git push -q origin v1; git push -q origin HEAD:refs/pull/7/head");
    const http_server server{root, {"--basic", "ada:right"}, &tls};
    const http_server old{root, {"--basic", "ada:right", "--no-protocol-v2"}, &tls};
    store_manager_options options;
    // A git that says when it is run, and does nothing.
    options.path = directory / "programs";
    shell(
        directory.path(),
        "mkdir programs; printf '#!/bin/sh\necho run >> \"$0.log\"; exit 1\n' > programs/git; chmod +x programs/git"
    );
    world w{options};
    const auto s = w.open(server.url("shop.git"), with_password("right"));
    const auto refs = w.run(s->list_refs({}));
    BOOST_REQUIRE_MESSAGE(refs.has_value(), refs.error().message());
    BOOST_TEST((*refs)->head_branch() == "refs/heads/main");
    BOOST_TEST((*refs)->find("refs/tags/v1")->commit().hex() == first);
    BOOST_TEST(server.requests("GET /shop.git/info/refs") == 1U);
    BOOST_TEST(server.requests("POST /shop.git/git-upload-pack") == 1U);
    // What it speaks is known: from now on it is one request. Other refs are asked for by name.
    const auto second = shop.commit("a.yaml", "a: 2\n");
    BOOST_TEST(w.resolve(s, "main")->commit.hex() == second);
    BOOST_TEST(w.resolve(s, "pull/7/head")->commit.hex() == first);
    BOOST_TEST(server.requests("GET /shop.git/info/refs") == 1U);
    BOOST_TEST(server.requests("POST /shop.git/git-upload-pack") == 3U);
    BOOST_TEST(server.requests(" 401") == 0U);
    BOOST_TEST(!std::filesystem::exists(directory / "programs/git.log"));
    // It is what git itself lists, which is asked where a server does not speak version 2.
    world with_git;
    const auto by_git = with_git.open(old.url("shop.git"), with_password("right"));
    const auto same = with_git.run(by_git->list_refs({}));
    BOOST_REQUIRE_MESSAGE(same.has_value(), same.error().message());
    const auto now = w.run(w.open(server.url("shop.git"), with_password("right"))->list_refs({}));
    BOOST_TEST((*now)->head_branch() == (*same)->head_branch());
    for (const auto& r : (*same)->refs()) {
        const auto* found = (*now)->find(r.name);
        BOOST_TEST_REQUIRE(found != nullptr, r.name);
        BOOST_TEST((*found == r), r.name);
    }
    // And is not tried again each time.
    const auto asked = old.requests("GET /shop.git/info/refs");
    BOOST_TEST(with_git.run(by_git->list_refs({})).has_value());
    BOOST_TEST(old.requests("GET /shop.git/info/refs") == asked + 1);
}

BOOST_AUTO_TEST_CASE(a_bearer_token_opens_it_too) {
    shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--bearer", "tok-123"}, &tls};
    world w;
    auto c = trusting();
    c.bearer_token = "tok-123";
    const auto got = w.get(w.open(server.url("shop.git"), c), "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_forbidden_and_not_repeated) {
    shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--basic", "ada:right"}, &tls};
    world w;
    const auto got = w.get(w.open(server.url("shop.git"), with_password("wr0ng-secret")), "main");
    REQUIRE_ERROR(got, forbidden, "refused the credentials");
    BOOST_TEST(got.error().message().find("wr0ng-secret") == std::string::npos);
    const auto none = w.get(w.open(server.url("shop.git"), trusting()), "main");
    REQUIRE_ERROR(none, forbidden, "asks for credentials");
}

BOOST_AUTO_TEST_CASE(an_unknown_authority_is_forbidden_and_says_what_to_do) {
    shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {}, &tls};
    world w;
    const auto got = w.get(w.open(server.url("shop.git")), "main");
    REQUIRE_ERROR(got, forbidden, "ca.crt");
    const authority other{directory / "other"};
    credentials c;
    c.ca = other.ca;
    REQUIRE_ERROR(w.get(w.open(server.url("shop.git"), c), "main"), forbidden, "does not verify");
    c.insecure_skip_tls_verify = true;
    BOOST_TEST(w.get(w.open(server.url("shop.git"), c), "main").has_value());
}

BOOST_AUTO_TEST_CASE(a_client_certificate_is_shown_where_one_is_asked_for) {
    shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--client-ca", tls.ca_file}, &tls};
    world w;
    const auto without = w.get(w.open(server.url("shop.git"), trusting()), "main");
    BOOST_TEST(without.has_error());
    auto c = trusting();
    c.client_certificate = tls.client_certificate;
    c.client_key = tls.client_key;
    const auto got = w.get(w.open(server.url("shop.git"), c), "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
}

BOOST_AUTO_TEST_CASE(with_credentials_a_renamed_repository_of_the_same_host_is_found) {
    shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--basic", "ada:pw1", "--redirect-to", "/shop.git"}, &tls};
    world w;
    for (const auto* name : {"shop", "old-name.git"}) {
        const auto s = w.open(server.url(name), with_password("pw1"));
        const auto got = w.get(s, "main");
        BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
        BOOST_TEST(s->remote().text() == server.url(name)); // it is that repository for all who name it so
        const auto redirects = server.requests(" 301");
        const auto sha = shop.commit("a.yaml", std::string{"a: "} + name + "\n");
        const auto next = w.get(s, "main");
        BOOST_REQUIRE_MESSAGE(next.has_value(), next.error().message());
        BOOST_TEST(next->commit().hex() == sha);
        BOOST_TEST(server.requests(" 301") == redirects); // where it is, is known
    }
}

BOOST_AUTO_TEST_CASE(credentials_never_follow_a_redirect_to_another_place) {
    shop.commit("a.yaml", "a: 1\n");
    const http_server other{root, {}, &tls};
    const http_server server{root, {"--basic", "ada:pw1", "--redirect-to", other.url("shop.git")}, &tls};
    world w;
    const auto got = w.get(w.open(server.url("shop"), with_password("pw1")), "main");
    REQUIRE_ERROR(got, user, "must not go");
    BOOST_TEST(got.error().message().find(other.url("shop.git")) != std::string::npos, got.error().message());
    BOOST_TEST(other.requests("/shop") == 0U);
    // Without credentials there is nothing to keep from it.
    const http_server open_to_all{root, {"--redirect-to", other.url("shop.git")}, &tls};
    const auto followed = w.get(w.open(open_to_all.url("shop"), trusting()), "main");
    BOOST_REQUIRE_MESSAGE(followed.has_value(), followed.error().message());
}

// Which of this machine's ports are reached is for the test to say.
std::shared_ptr<const http::reachable> only(std::vector<int> ports) {
    auto made = std::make_shared<http::reachable>();
    made->rules = std::make_shared<const http::address_rules>();
    made->of = [ports = std::move(ports)](std::string_view, std::uint16_t port) {
        return std::ranges::find(ports, port) != ports.end() ? http::reach::all_addresses
                                                             : http::reach::private_addresses;
    };
    return made;
}

int port_of(const http_server& server) {
    return *url::parse(server.url("x"))->port();
}

BOOST_AUTO_TEST_CASE(a_server_is_reached_only_where_its_address_may_be_and_so_is_where_it_leads) {
    shop.commit("a.yaml", "a: 1\n");
    const http_server inner{root, {}, &tls};
    const http_server outer{root, {"--redirect-to", inner.url("shop.git")}, &tls};
    world w;
    auto c = trusting();
    c.reachable = only({});
    REQUIRE_ERROR(w.get(w.open(inner.url("shop.git"), c), "main"), forbidden, "a loopback address");
    BOOST_TEST(inner.requests("") == 0U);
    c.reachable = only({port_of(outer)});
    REQUIRE_ERROR(w.get(w.open(outer.url("shop"), c), "main"), forbidden, "a loopback address");
    BOOST_TEST(inner.requests("") == 0U);
    c.reachable = only({port_of(outer), port_of(inner)});
    const auto got = w.get(w.open(outer.url("shop"), c), "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    // Not even to ask a proxy of one's own, where that is no proxy at all.
    c.proxy = outer.url("");
    c.reachable = only({port_of(inner)});
    const auto before = outer.requests("");
    REQUIRE_ERROR(w.get(w.open(inner.url("shop.git"), c), "main"), forbidden, "a loopback address");
    BOOST_TEST(outer.requests("") == before);
}

BOOST_AUTO_TEST_CASE(a_redirect_from_http_to_https_is_followed) {
    shop.commit("a.yaml", "a: 1\n");
    const http_server secure{root, {}, &tls};
    const http_server plain{root, {"--redirect-to", secure.url("shop.git")}};
    world w;
    const auto got = w.get(w.open(plain.url("shop.git"), trusting()), "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
}

BOOST_AUTO_TEST_CASE(redirects_that_lead_round_end) {
    const http_server server{root, {"--basic", "ada:pw1", "--redirect-to", "/a/a"}, &tls};
    world w;
    // Each leads to a longer address, and to nothing in the end.
    BOOST_TEST(w.get(w.open(server.url("b"), with_password("pw1")), "main").has_error());
    BOOST_TEST(server.requests("") <= 12U);
}

BOOST_AUTO_TEST_CASE(a_server_without_shallow_fetches_gives_the_whole_history) {
    const auto first = shop.commit("a.yaml", "a: 1\n");
    shop.commit("a.yaml", "a: 2\n");
    shop.git("-C " + root + "/shop.git update-server-info");
    for (const auto& kind :
         {std::vector<std::string>{"--dumb"}, std::vector<std::string>{"--no-shallow"},
          std::vector<std::string>{"--no-shallow", "--no-protocol-v2"}}) {
        BOOST_TEST_CONTEXT(kind.back()) {
            const http_server server{root, kind, &tls};
            world w;
            const auto s = w.open(server.url("shop.git"), trusting());
            const auto got = w.get(s, "main");
            BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
            BOOST_TEST(file_of(*got, "a.yaml") == "a: 2\n");
            // What is older is there as well, and is no second exchange that fails.
            const auto older = w.get(s, first);
            BOOST_REQUIRE_MESSAGE(older.has_value(), older.error().message());
            BOOST_TEST(file_of(*older, "a.yaml") == "a: 1\n");
        }
    }
}

BOOST_AUTO_TEST_CASE(statuses_are_told_apart) {
    shop.commit("a.yaml", "a: 1\n");
    for (const auto& [status, kind] :
         {std::pair{"403", error_kind::forbidden}, std::pair{"404", error_kind::not_found},
          std::pair{"429", error_kind::transient}, std::pair{"503", error_kind::transient}}) {
        const http_server server{root, {"--status", status}, &tls};
        world w;
        const auto got = w.get(w.open(server.url("shop.git"), with_password("pw1")), "main");
        BOOST_REQUIRE(got.has_error());
        BOOST_TEST((got.error().kind() == kind), got.error().message());
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_a_passing_fault) {
    int port = 0;
    {
        const http_server server{root, {}, &tls};
        port = server.port();
    }
    world w;
    const auto got = w.get(w.open("https://localhost:" + std::to_string(port) + "/shop.git"), "main");
    REQUIRE_ERROR(got, transient, "cannot connect");
}

BOOST_AUTO_TEST_CASE(a_server_that_never_answers_is_left_at_the_deadline_with_no_process_remaining) {
    const http_server server{root, {"--hang"}};
    store_manager_options options;
    options.limits.list_deadline = std::chrono::milliseconds{500};
    world w{options};
    const auto got = w.get(w.open(server.url("shop.git")), "main");
    REQUIRE_ERROR(got, transient, "no answer within 500ms");
    const auto end = steady_clock::now() + std::chrono::seconds{10};
    const auto mark = ":" + std::to_string(server.port()) + "/shop.git";
    while (processes_with(mark) > 0 && steady_clock::now() < end) {
        w.run(sleep_for(std::chrono::milliseconds{20}));
    }
    BOOST_TEST(processes_with(mark) == 0U);
}

BOOST_AUTO_TEST_CASE(a_fetch_that_hangs_leaves_the_store_as_it_was) {
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--hang"}};
    store_manager_options options;
    options.limits.fetch_deadline = std::chrono::milliseconds{500};
    world w{options};
    const auto s = w.open(server.url("shop.git"));
    REQUIRE_ERROR(w.get(s, sha), transient, "no answer within 500ms");
    BOOST_TEST(files_below(s->directory(), ".lock").empty());
    BOOST_TEST(files_below(s->directory() + "/objects").empty());
}

BOOST_AUTO_TEST_CASE(a_fetch_may_take_five_times_as_long_as_a_listing) {
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--hang"}};
    world w;
    credentials patient;
    patient.deadline = std::chrono::milliseconds{200};
    const auto s = w.open(server.url("shop.git"), std::move(patient));
    REQUIRE_ERROR(w.get(s, "main"), transient, "no answer within 200ms");
    REQUIRE_ERROR(w.get(s, sha), transient, "no answer within 1s");
}

BOOST_AUTO_TEST_CASE(a_pack_that_is_cut_leaves_no_disk_behind) {
    shop.git("--version; head -c 400000 /dev/urandom > big.bin");
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--cut-after", "100000", "--cut-once"}, &tls};
    world w;
    const auto s = w.open(server.url("shop.git"), trusting());
    const auto got = w.get(s, sha);
    REQUIRE_ERROR(got, transient, "connection broke");
    BOOST_TEST(files_below(s->directory() + "/objects").empty());
    BOOST_TEST(!std::filesystem::exists(s->directory() + "/shallow"));
    const auto again = w.get(s, sha);
    BOOST_REQUIRE_MESSAGE(again.has_value(), again.error().message());
    BOOST_TEST(file_of(*again, "a.yaml") == "a: 1\n");
}

BOOST_AUTO_TEST_CASE(who_wants_the_same_at_the_same_time_shares_one_exchange) {
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {}, &tls};
    world w;
    const auto s = w.open(server.url("shop.git"), trusting());
    const resolved_revision what{.commit = *object_id::from_hex(sha), .ref = {}};
    std::vector<result<snapshot>> got;
    task_group tasks{w.context.get_executor()};
    for (int i = 0; i < 20; ++i) {
        tasks.spawn(
            "one",
            [](std::shared_ptr<git::store> from, resolved_revision r,
               std::vector<result<snapshot>>* into) -> asio::awaitable<void> {
                auto one = co_await from->fetch(r);
                into->push_back(std::move(one));
            }(s, what, &got)
        );
    }
    w.run(tasks.join());
    BOOST_TEST(got.size() == 20U);
    for (const auto& g : got) {
        BOOST_TEST(g.has_value());
    }
    BOOST_TEST(s->exchanges() == 1U);
    BOOST_TEST(server.requests("GET /shop.git/info/refs") == 1U);
    // One listing for all who ask before it began, and none for who takes one that is fresh enough.
    task_group listing{w.context.get_executor()};
    for (int i = 0; i < 20; ++i) {
        listing.spawn("one", [](std::shared_ptr<git::store> from) -> asio::awaitable<void> {
            BOOST_TEST((co_await from->list_refs({})).has_value());
        }(s));
    }
    w.run(listing.join());
    BOOST_TEST(s->exchanges() == 2U);
    BOOST_TEST(w.run(s->list_refs(std::chrono::hours{1})).has_value());
    BOOST_TEST(s->exchanges() == 2U);
    BOOST_TEST(w.get(s, sha).has_value());
    BOOST_TEST(s->exchanges() == 2U);
}

BOOST_AUTO_TEST_CASE(one_caller_that_is_cancelled_does_not_take_it_from_the_others) {
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {}, &tls};
    world w;
    const auto s = w.open(server.url("shop.git"), trusting());
    const resolved_revision what{.commit = *object_id::from_hex(sha), .ref = {}};
    task_group impatient{w.context.get_executor()};
    impatient.spawn(
        "impatient",
        [](std::shared_ptr<git::store> from, resolved_revision r) -> asio::awaitable<void> {
            static_cast<void>(co_await from->fetch(r));
            BOOST_ERROR("was to be cancelled");
        }(s, what)
    );
    asio::post(w.context, [&] { impatient.cancel(); });
    const auto got = w.run(s->fetch(what));
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    w.run(impatient.join());
    BOOST_TEST(s->exchanges() == 1U);
}

BOOST_AUTO_TEST_CASE(a_server_without_protocol_2_that_refuses_shas_is_asked_for_the_ref) {
    const auto first = shop.commit("a.yaml", "a: 1\n");
    const auto second = shop.commit("a.yaml", "a: 2\n");
    const http_server server{root, {"--no-protocol-v2"}, &tls};
    world w;
    const auto s = w.open(server.url("shop.git"), trusting());
    const auto tip = w.get(s, "main");
    BOOST_REQUIRE_MESSAGE(tip.has_value(), tip.error().message());
    BOOST_TEST(tip->commit().hex() == second);
    // The branch moved since it was resolved: what is brought is what was asked for, not the new tip.
    const auto moved = w.run(s->fetch({.commit = *object_id::from_hex(first), .ref = "refs/heads/main"}));
    BOOST_REQUIRE_MESSAGE(moved.has_value(), moved.error().message());
    BOOST_TEST(file_of(*moved, "a.yaml") == "a: 1\n");
    BOOST_TEST(shell(s->directory(), "git for-each-ref refs/holdfast-tmp").empty());
    const auto third = shop.commit("a.yaml", "a: 3\n");
    shop.commit("a.yaml", "a: 4\n");
    const auto by_sha = w.get(s, third);
    BOOST_REQUIRE_MESSAGE(by_sha.has_value(), by_sha.error().message());
    BOOST_TEST(file_of(*by_sha, "a.yaml") == "a: 3\n");
    REQUIRE_ERROR(w.get(s, "0123456789012345678901234567890123456789"), not_found, "is not in any branch");
}

BOOST_AUTO_TEST_CASE(what_is_pushed_over_http_is_fetched) {
    shop.commit("a.yaml", "a: 1\n");
    const http_server server{root, {"--allow-push"}};
    shell(
        directory.path(), "git clone -q " + server.url("shop.git") +
                              " clone; cd clone; echo 'a: pushed' > a.yaml; "
                              "git commit -qam Push; git push -q origin HEAD:main"
    );
    world w;
    const auto got = w.get(w.open(server.url("shop.git")), "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    BOOST_TEST(file_of(*got, "a.yaml") == "a: pushed\n");
}

BOOST_AUTO_TEST_CASE(hostile_ref_names_do_nothing) {
    shop.commit("a.yaml", "a: 1\n");
    const auto mark = directory / "touched";
    for (const auto* name :
         {"$(touch${IFS}MARK)", "`touch${IFS}MARK`", "x;touch${IFS}MARK", "x'y\"z", "-x&&y", "a|b",
          "--upload-pack=touch MARK"}) {
        auto text = std::string{name};
        for (auto at = text.find("MARK"); at != std::string::npos; at = text.find("MARK")) {
            text.replace(at, 4, "T");
        }
        // Straight into packed-refs: git itself would refuse some of them.
        std::ofstream{shop.bare() + "/packed-refs", std::ios::app} << shop.git("rev-parse HEAD")
                                                                   << " refs/heads/" << text << "\n";
    }
    const http_server server{root, {}, &tls};
    world w;
    const auto s = w.open(server.url("shop.git"), trusting());
    BOOST_TEST(w.get(s, "main").has_value());
    const auto odd = w.get(s, "x'y\"z");
    BOOST_TEST(odd.has_value());
    for (const auto* text :
         {"--upload-pack=touch", "-x", "a b", "a..b", "x\ny", "refs/heads/../../x", "@{-1}"}) {
        const auto got = w.get(s, text);
        BOOST_REQUIRE(got.has_error());
        BOOST_TEST((got.error().kind() == error_kind::user), got.error().message());
    }
    BOOST_TEST(!std::filesystem::exists(mark));
    BOOST_TEST(files_below(w.cache(), "/T").empty());
}

BOOST_AUTO_TEST_CASE(ssh_opens_it_with_keys_of_both_kinds) {
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    const ssh_server server{directory / "ssh"};
    for (const auto& key : {server.ed25519_key, server.rsa_key}) {
        world w;
        credentials c;
        c.ssh_key = key;
        c.known_hosts = server.known_hosts();
        c.reachable = only({});
        REQUIRE_ERROR(w.get(w.open(server.url(shop.bare()), c), "main"), forbidden, "a loopback address");
        c.reachable = only({server.port()});
        const auto s = w.open(server.url(shop.bare()), c);
        const auto got = w.get(s, "main");
        BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
        BOOST_TEST(got->commit().hex() == sha);
        BOOST_TEST(read_file(s->directory() + "/shallow") == sha + "\n");
        for (const auto& file : files_below(w.cache())) {
            BOOST_TEST(read_file(file).find("PRIVATE KEY") == std::string::npos, file);
        }
    }
}

BOOST_AUTO_TEST_CASE(ssh_hosts_are_who_they_are_known_to_be) {
    shop.commit("a.yaml", "a: 1\n");
    const ssh_server server{directory / "ssh"};
    const ssh_server other{directory / "other-ssh"};
    credentials c;
    c.ssh_key = server.ed25519_key;
    c.known_hosts =
        "example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n";
    const auto name = "[127.0.0.1]:" + std::to_string(server.port());
    c.reachable =
        only({server.port()}); // ssh is told an address, and knows the host by its name all the same
    world w;
    const auto unknown = w.get(w.open(server.url(shop.bare()), c), "main");
    REQUIRE_ERROR(unknown, forbidden, "no host key of " + name + " is in known_hosts");
    BOOST_TEST(unknown.error().message().find("ssh-keyscan -p ") != std::string::npos);
    c.known_hosts = name + other.known_hosts().substr(other.known_hosts().find(' '));
    const auto changed = w.get(w.open(server.url(shop.bare()), c), "main");
    REQUIRE_ERROR(changed, forbidden, "the host key of " + name + " is not the one in known_hosts");
    c.insecure_ignore_host_key = true;
    BOOST_TEST(w.get(w.open(server.url(shop.bare()), c), "main").has_value());
}

BOOST_AUTO_TEST_CASE(ssh_troubles_have_sentences) {
    shop.commit("a.yaml", "a: 1\n");
    const ssh_server server{directory / "ssh"};
    const ssh_server other{directory / "other-ssh"};
    credentials c;
    c.known_hosts = server.known_hosts();
    c.ssh_key = other.ed25519_key;
    world w;
    REQUIRE_ERROR(w.get(w.open(server.url(shop.bare()), c), "main"), forbidden, "refused the ssh key");
    c.ssh_key = "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n";
    REQUIRE_ERROR(w.get(w.open(server.url(shop.bare()), c), "main"), user, "cannot read the private key");
    c.ssh_key = server.ed25519_key;
    REQUIRE_ERROR(w.get(w.open(server.url("/nowhere.git"), c), "main"), not_found, "no such repository");
}

BOOST_AUTO_TEST_CASE(a_github_app_gets_a_token_and_renews_it_once_when_it_is_refused) {
    shop.commit("a.yaml", "a: 1\n");
    shell(
        directory.path(),
        "openssl genrsa -traditional -out app.pem 2048; openssl rsa -in app.pem -pubout -out app.pub"
    );
    // The first token that the server gives out is one that it does not take.
    const http_server server{
        root, {"--app-token", "ghs-secret", "--stale-tokens", "1", "--jwt-log", directory / "jwt.log"}, &tls
    };
    world w;
    auto c = trusting();
    c.app = github_app{
        .app_id = 7,
        .installation_id = 42,
        .private_key = read_file(directory / "app.pem"),
        .api_url = "https://localhost:" + std::to_string(server.port())
    };
    const auto s = w.open(server.url("shop.git"), c);
    const auto got = w.get(s, "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    BOOST_TEST(server.requests("POST /app/installations/42/access_tokens 201") == 2U);
    shop.commit("a.yaml", "a: 2\n");
    BOOST_TEST(w.get(s, "main").has_value());
    BOOST_TEST(server.requests("POST /app/installations/42/access_tokens 201") == 2U); // kept
    // The signature is one of the app's key.
    shell(directory.path(), R"(
jwt=$(head -1 jwt.log); printf %s "${jwt%.*}" > signed; pad=$(printf %s "${jwt##*.}" | tr -- '-_' '+/')
while [ $(( ${#pad} % 4 )) != 0 ]; do pad="$pad="; done; printf %s "$pad" | base64 -d > signature
openssl dgst -sha256 -verify app.pub -signature signature signed)");
}

BOOST_AUTO_TEST_CASE(a_github_app_that_is_refused_is_forbidden_and_no_token_is_told) {
    shop.commit("a.yaml", "a: 1\n");
    shell(directory.path(), "openssl genrsa -traditional -out app.pem 2048");
    const http_server server{root, {"--app-token", "ghs-secret", "--stale-tokens", "1000"}, &tls};
    world w;
    auto c = trusting();
    c.app = github_app{
        .app_id = 7,
        .installation_id = 42,
        .private_key = read_file(directory / "app.pem"),
        .api_url = "https://localhost:" + std::to_string(server.port())
    };
    const auto got = w.get(w.open(server.url("shop.git"), c), "main");
    REQUIRE_ERROR(got, forbidden, "refused the credentials");
    BOOST_TEST(got.error().message().find("ghs-secret") == std::string::npos);
    c.app->private_key = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    REQUIRE_ERROR(w.get(w.open(server.url("shop.git"), c), "main"), user, "githubAppPrivateKey");
}

BOOST_AUTO_TEST_CASE(
    a_full_disk_is_told_with_the_directory_and_nothing_is_left,
    *holdfast::test::needs(holdfast::test::lacks_small_disk)
) {
    const auto mounted = directory / "small";
    std::filesystem::create_directory(mounted);
    shell(directory.path(), "mount -t tmpfs -o size=512k none " + mounted);
    shop.git("--version; head -c 2000000 /dev/urandom > big.bin");
    shop.commit("a.yaml", "a: 1\n");
    {
        store_manager_options options;
        options.directory = mounted + "/cache";
        world w{options};
        const auto s = w.open(shop.file_url());
        const auto got = w.get(s, "main");
        REQUIRE_ERROR(got, transient, "the disk of the cache directory " + mounted + "/cache is full");
        BOOST_TEST(files_below(s->directory() + "/objects").empty());
    }
    shell(directory.path(), "umount " + mounted);
}

BOOST_AUTO_TEST_CASE(close_ends_what_is_under_way) {
    const http_server server{root, {"--hang"}};
    world w;
    const auto s = w.open(server.url("shop.git"));
    std::optional<result<std::shared_ptr<const ref_list>>> got;
    task_group tasks{w.context.get_executor()};
    tasks.spawn("one", [](std::shared_ptr<git::store> from, auto* into) -> asio::awaitable<void> {
        into->emplace(co_await from->list_refs({}));
    }(s, &got));
    w.run(sleep_for(std::chrono::milliseconds{100}));
    w.run(w.manager->close());
    w.run(tasks.join());
    BOOST_REQUIRE(got.has_value());
    REQUIRE_ERROR(*got, cancelled, "shutting down");
    REQUIRE_ERROR(w.run(s->list_refs({})), cancelled, "shutting down");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git::test
