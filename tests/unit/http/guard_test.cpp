#include "http/guard.hpp"

#include "support/coroutine.hpp"
#include "support/imposter.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <utility>

namespace holdfast::http {

namespace {

namespace ip = boost::asio::ip;
using namespace std::chrono_literals;

std::shared_ptr<const address_rules>
rules(const std::vector<std::string>& allowed = {}, const std::vector<std::string>& cluster = {}) {
    auto made = std::make_shared<address_rules>();
    made->allowed = address_list::parse(allowed, true).value();
    made->cluster = address_list::parse(cluster, false).value();
    made->way_to_private = "PRIVATE";
    made->way_to_local = "LOCAL";
    return made;
}

bool passes(const guard& by, const char* address) {
    return by.check("h", ip::make_address(address)).has_value();
}

asio::awaitable<result<response>>
ask_once(asio::any_io_executor executor, client_options options, guards by) {
    const auto client = make_client(executor, std::move(options), std::move(by)).value();
    request what;
    co_return co_await client->send(std::move(what));
}

result<response> ask(client_options options, guards by) {
    asio::io_context context;
    return test::run(context, ask_once(context.get_executor(), std::move(options), std::move(by)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(addresses_that_are_connected_to)

BOOST_AUTO_TEST_CASE(what_an_address_is_for) {
    using enum address_class;
    const std::pair<const char*, address_class> cases[] = {
        {"8.8.8.8", open},
        {"1.1.1.1", open},
        {"9.255.255.255", open},
        {"11.0.0.0", open},
        {"172.15.255.255", open},
        {"172.32.0.0", open},
        {"192.167.255.255", open},
        {"192.169.0.0", open},
        {"100.63.255.255", open},
        {"100.128.0.0", open},
        {"169.253.255.255", open},
        {"169.255.0.0", open},
        {"223.255.255.255", open},
        {"2606:4700::1111", open},
        {"2a00:1450:4001::1", open},
        {"64:ff9b::8.8.8.8", open},
        {"::ffff:8.8.8.8", open},
        {"0.0.0.0", unspecified},
        {"0.1.2.3", unspecified},
        {"::", unspecified},
        {"::ffff:0.0.0.0", unspecified},
        {"127.0.0.1", loopback},
        {"127.255.255.254", loopback},
        {"::1", loopback},
        {"::ffff:127.0.0.1", loopback},
        {"::127.0.0.1", loopback},
        {"::ffff:0:127.0.0.1", loopback},
        {"64:ff9b::127.0.0.1", loopback},
        {"2002:7f00:1::", loopback},
        {"169.254.0.1", link_local},
        {"169.254.169.254", link_local},
        {"169.254.170.2", link_local},
        {"::ffff:169.254.169.254", link_local},
        {"64:ff9b::a9fe:a9fe", link_local},
        {"2002:a9fe:a9fe::1", link_local},
        {"fe80::1", link_local},
        {"febf::1", link_local},
        {"168.63.129.16", metadata},
        {"100.100.100.200", metadata},
        {"192.0.0.192", metadata},
        {"fd00:ec2::254", metadata},
        {"fd20:ce::254", metadata},
        {"::ffff:168.63.129.16", metadata},
        {"10.0.0.0", private_network},
        {"10.255.255.255", private_network},
        {"172.16.0.0", private_network},
        {"172.31.255.255", private_network},
        {"192.168.1.1", private_network},
        {"::ffff:10.0.0.1", private_network},
        {"64:ff9b::10.96.0.1", private_network},
        {"64:ff9b:1::1", private_network},
        {"fc00::1", private_network},
        {"fdff::1", private_network},
        {"fec0::1", private_network},
        {"100.64.0.0", shared},
        {"100.127.255.255", shared},
        {"224.0.0.1", multicast},
        {"239.255.255.255", multicast},
        {"ff02::1", multicast},
        {"192.0.0.1", reserved},
        {"192.0.2.1", reserved},
        {"198.18.0.1", reserved},
        {"198.51.100.1", reserved},
        {"203.0.113.1", reserved},
        {"240.0.0.1", reserved},
        {"255.255.255.255", reserved},
        {"2001::1", reserved},
        {"2001:db8::1", reserved},
        {"100::1", reserved},
        {"4000::1", reserved},
    };
    for (const auto& [text, expected] : cases) {
        const auto is = class_of(ip::make_address(text));
        BOOST_TEST((is == expected), text << " is " << describe(is));
    }
}

BOOST_AUTO_TEST_CASE(a_host_that_is_an_address_is_known_as_one) {
    const std::pair<const char*, const char*> cases[] = {
        {"127.0.0.1", "127.0.0.1"},
        {"2130706433", "127.0.0.1"},
        {"0x7f000001", "127.0.0.1"},
        {"0177.0.0.1", "127.0.0.1"},
        {"127.1", "127.0.0.1"},
        {"169.254.169.254.", "169.254.169.254"},
        {"LOCALHOST", "127.0.0.1"},
        {"a.localhost.", "127.0.0.1"},
        {"::1", "::1"},
        {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
    };
    for (const auto& [host, address] : cases) {
        const auto found = literal_address(host);
        BOOST_REQUIRE_MESSAGE(found.has_value(), host);
        BOOST_TEST(found->to_string() == address, host);
    }
    for (const auto* name : {"example.com", "localhost.example.com", "1password.com", "a", ""}) {
        BOOST_TEST(!literal_address(name).has_value(), name);
    }
}

BOOST_AUTO_TEST_CASE(how_far_one_gets) {
    const guard stranger{rules(), reach::public_addresses};
    const guard tenant{rules(), reach::private_addresses};
    const guard owner{rules(), reach::all_addresses};
    for (const auto* address : {"127.0.0.1", "169.254.169.254", "fd00:ec2::254", "0.0.0.0", "224.0.0.1"}) {
        BOOST_TEST(!passes(stranger, address), address);
        BOOST_TEST(!passes(tenant, address), address);
        BOOST_TEST(passes(owner, address), address);
    }
    for (const auto* address : {"10.1.2.3", "100.64.0.1", "fd12::1", "::ffff:192.168.0.1"}) {
        BOOST_TEST(!passes(stranger, address), address);
        BOOST_TEST(passes(tenant, address), address);
        BOOST_TEST(passes(owner, address), address);
    }
    BOOST_TEST(passes(stranger, "8.8.8.8"));
    BOOST_TEST(passes(guard{}, "127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(options_add_and_take_away) {
    const guard by{
        rules({"127.0.0.0/8", "10.1.0.0/16", "Git.Corp"}, {"11.0.0.0/8"}), reach::public_addresses
    };
    BOOST_TEST(passes(by, "127.9.9.9"));
    BOOST_TEST(passes(by, "::ffff:127.0.0.1"));
    BOOST_TEST(passes(by, "10.1.255.255"));
    BOOST_TEST(!passes(by, "10.2.0.0"));
    BOOST_TEST(!passes(by, "11.2.3.4"));
    BOOST_TEST(by.check("git.corp", ip::make_address("169.254.169.254")).has_value());
    BOOST_TEST(by.check("not.git.corp", ip::make_address("169.254.169.254")).has_error());
    const guard tenant{by.rules, reach::private_addresses};
    BOOST_TEST(passes(tenant, "11.2.3.4"));
}

BOOST_AUTO_TEST_CASE(a_refusal_says_what_and_the_way_out) {
    const guard by{rules(), reach::public_addresses};
    const auto local = by.check("meta.example", ip::make_address("169.254.169.254")).error();
    BOOST_TEST((local.kind() == error_kind::forbidden));
    BOOST_TEST(
        local.message() == "meta.example is not connected to: it is a link-local address, and nothing that "
                           "counts for this declares it. LOCAL"
    );
    BOOST_TEST(by.check("x", ip::make_address("10.0.0.1")).error().message().ends_with("it. PRIVATE"));
}

// The imposter would answer whoever came.
BOOST_AUTO_TEST_CASE(nothing_is_sent_where_one_does_not_get) {
    test::imposter server;
    server.when("GET", "/").always(test::answer(200, "secret"));
    guards by;
    by.server = {rules(), reach::private_addresses};
    for (const auto* host : {"127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"}) {
        client_options options;
        options.url = "http://" + std::string{host} + ":" + std::to_string(server.port());
        const auto answer = ask(options, by);
        BOOST_REQUIRE_MESSAGE(answer.has_error(), host);
        BOOST_TEST((answer.error().kind() == error_kind::forbidden), answer.error().message());
        BOOST_TEST(answer.error().message().find("loopback") != std::string::npos, answer.error().message());
    }
    BOOST_TEST(server.connections() == 0U);
}

// A proxy resolves names: what it is asked for is judged as far as that can be without.
BOOST_AUTO_TEST_CASE(a_proxy_is_no_way_round) {
    test::imposter proxy;
    proxy.when("GET", "").always(test::answer(200, "secret"));
    client_options options;
    options.proxy = proxy.url();
    guards by;
    by.server = {rules(), reach::public_addresses};
    for (const auto* url : {"http://169.254.169.254", "http://localhost", "http://0x7f.1", "http://[::1]"}) {
        options.url = url;
        BOOST_TEST((ask(options, by).error().kind() == error_kind::forbidden), url);
    }
    // One that a tenant names himself is reached no further than he gets.
    by.proxy = {rules(), reach::private_addresses};
    options.url = "http://example.com";
    BOOST_TEST((ask(options, by).error().kind() == error_kind::forbidden));
    BOOST_TEST(proxy.connections() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
