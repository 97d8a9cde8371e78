#include "secrets/decrypt.hpp"

#include "base/async.hpp"
#include "secrets/password_store.hpp"
#include "store_fixture.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

namespace holdfast::secrets::test {
namespace {

namespace fs = std::filesystem;

struct with_context {
    boost::asio::io_context context;
    decrypt_options options;

    result<std::vector<decrypted>>
    open(std::shared_ptr<const key_material> keys, std::vector<std::string> messages) {
        return holdfast::test::run(context, decrypt(std::move(keys), std::move(messages), options));
    }

    static std::string message(gpg_user& user, const std::string& entry) {
        auto store = password_store::open(user.snapshot(), "", "test").value();
        return store.read(store.find(entry).value()).value();
    }
};

std::size_t keyrings() {
    std::size_t count = 0;
    for (const auto& each : fs::directory_iterator{"/dev/shm"}) {
        if (each.path().filename().string().starts_with("holdfast-keyring-")) ++count;
    }
    return count;
}

BOOST_FIXTURE_TEST_SUITE(decrypt_suite, with_context)

BOOST_AUTO_TEST_CASE(entries_of_pass_are_opened_in_order_and_nothing_is_left) {
    auto& user = shared_user();
    const auto before = keyrings();
    const auto opened = open(
        shared_keys(), {message(user, "shop/db"), message(user, "shop/binary"), message(user, "shop/empty")}
    );
    BOOST_REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
    BOOST_REQUIRE_EQUAL(opened->size(), 3U);
    for (const auto& each : *opened)
        BOOST_TEST((each.outcome == decrypt_outcome::done), each.detail);
    BOOST_TEST((*opened)[0].plain.view().starts_with("s3cret-first\nuser: shop-user\n"));
    BOOST_TEST(((*opened)[1].plain.view() == std::string_view{"\x00\xff\xfe\x80 bytes\n", 11}));
    BOOST_TEST((*opened)[2].plain.empty());
    BOOST_TEST(keyrings() == before);
}

BOOST_AUTO_TEST_CASE(nothing_to_open_starts_nothing) {
    options.program = "/nowhere";
    BOOST_TEST(open(shared_keys(), {})->empty());
}

BOOST_AUTO_TEST_CASE(a_protected_key_opens_with_its_passphrase_among_others) {
    gpg_user user;
    const auto key = user.make_key("guarded", "open sesame");
    user.run("pass init " + key + " >/dev/null; pass git init >/dev/null");
    user.insert("a", "guarded value\n");
    user.insert("b", "another\n");
    const auto keys = secret_of("keys", {{"k", user.private_key(key, "open sesame")}});
    const std::vector<std::string> messages{message(user, "a"), message(user, "b")};

    const auto right = secret_of("phrase", {{"1", "not this"}, {"2", "open sesame\n"}});
    const auto opened = open(read_keys(keys, &right).value(), messages);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
    BOOST_TEST((opened->at(0).plain.view() == "guarded value\n"), opened->at(0).detail);
    BOOST_TEST((opened->at(1).plain.view() == "another\n"));

    const auto wrong = secret_of("phrase", {{"1", "not this"}});
    const auto refused = open(read_keys(keys, &wrong).value(), messages);
    BOOST_REQUIRE_MESSAGE(refused.has_value(), refused.error().message());
    BOOST_TEST((refused->at(0).outcome == decrypt_outcome::bad_passphrase), refused->at(0).detail);

    const auto none = open(read_keys(keys, nullptr).value(), messages);
    BOOST_REQUIRE_MESSAGE(none.has_value(), none.error().message());
    BOOST_TEST((none->at(0).outcome == decrypt_outcome::bad_passphrase), none->at(0).detail);
    BOOST_TEST(none->at(0).plain.empty());
}

BOOST_AUTO_TEST_CASE(a_key_that_is_not_there_is_told_with_those_that_would_do) {
    gpg_user user;
    const auto key = user.make_key("stranger");
    const auto opened = open(
        read_keys(secret_of("keys", {{"k", user.private_key(key)}}), nullptr).value(),
        {message(shared_user(), "shop/db")}
    );
    BOOST_REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
    BOOST_TEST((opened->at(0).outcome == decrypt_outcome::no_key), opened->at(0).detail);
    const auto wanted =
        shared_user().run("gpg --list-keys --with-colons shop@example.org | awk -F: '/^sub/{print $5}'");
    BOOST_TEST(opened->at(0).detail.find(wanted.substr(0, 16)) != std::string::npos, opened->at(0).detail);
    BOOST_TEST(opened->at(0).detail.find("stranger@example.org") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_expired_key_is_named_with_its_day) {
    gpg_user user;
    const auto key = user.make_key("late", {}, "20200110T000000", "--faked-system-time 20200101T000000!");
    const auto armoured = user.private_key(key);
    user.run(
        "echo value | gpg --batch --quiet --trust-model always --faked-system-time 20200102T000000! -r " +
        key + " -e -o m.gpg"
    );
    std::ifstream file{user.home() + "/m.gpg", std::ios::binary};
    const std::string encrypted{std::istreambuf_iterator<char>{file}, {}};
    const auto opened = open(read_keys(secret_of("keys", {{"k", armoured}}), nullptr).value(), {encrypted});
    BOOST_REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
    BOOST_TEST((opened->at(0).outcome == decrypt_outcome::expired_key), opened->at(0).detail);
    BOOST_TEST(opened->at(0).detail.find("late@example.org") != std::string::npos, opened->at(0).detail);
    BOOST_TEST(opened->at(0).detail.find("2020-01-10") != std::string::npos, opened->at(0).detail);
    BOOST_TEST(opened->at(0).plain.empty());
}

BOOST_AUTO_TEST_CASE(damage_and_size_concern_one_entry_alone) {
    auto damaged = message(shared_user(), "shop/multi");
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
    auto& user = shared_user();
    user.insert("big", std::string(200'000, 'x'));
    options.max_plain_bytes = 100'000;
    const auto opened =
        open(shared_keys(), {damaged, "no message", message(user, "big"), message(user, "shop/plain")});
    BOOST_REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
    BOOST_TEST((opened->at(0).outcome != decrypt_outcome::done));
    BOOST_TEST((opened->at(1).outcome == decrypt_outcome::bad_data), opened->at(1).detail);
    BOOST_TEST((opened->at(2).outcome == decrypt_outcome::too_large), opened->at(2).detail);
    BOOST_TEST((opened->at(3).plain.view() == "one-line-value"), opened->at(3).detail);
}

BOOST_AUTO_TEST_CASE(a_passed_deadline_leaves_no_keyring) {
    options.deadline = std::chrono::milliseconds{1};
    const auto before = keyrings();
    const auto opened = open(shared_keys(), {message(shared_user(), "shop/db")});
    BOOST_REQUIRE(opened.has_error());
    BOOST_TEST((opened.error().kind() == error_kind::transient));
    BOOST_TEST(keyrings() == before);
}

BOOST_AUTO_TEST_CASE(what_is_no_private_key_is_refused_by_name) {
    const auto public_key = shared_user().run("gpg --armor --export shop");
    for (const std::string_view wrong : {std::string_view{public_key}, std::string_view{"hello"}}) {
        const auto read = read_keys(secret_of("keys", {{"mine.asc", wrong}}), nullptr);
        BOOST_REQUIRE(read.has_error());
        BOOST_TEST(
            read.error().message().find("Secret shop/keys, key \"mine.asc\"") != std::string::npos,
            read.error().message()
        );
    }
    const auto broken =
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----\n";
    const auto opened = open(
        read_keys(secret_of("keys", {{"mine.asc", broken}}), nullptr).value(),
        {message(shared_user(), "shop/db")}
    );
    BOOST_REQUIRE(opened.has_error());
    BOOST_TEST((opened.error().kind() == error_kind::user));
    BOOST_TEST(opened.error().message().find("mine.asc") != std::string::npos, opened.error().message());
}

BOOST_AUTO_TEST_CASE(keyrings_of_the_dead_are_removed_and_those_of_the_living_stay) {
    const temporary_directory directory;
    const auto abandoned = directory.path() + "/holdfast-keyring-abcdef";
    const auto used = directory.path() + "/holdfast-keyring-ghijkl";
    fs::create_directories(abandoned + "/private-keys-v1.d");
    std::ofstream{abandoned + "/private-keys-v1.d/key"} << "x";
    fs::create_directories(used);
    fs::create_directories(directory.path() + "/something else");
    FILE* holder = ::popen(("flock '" + used + "' sh -c 'read line'").c_str(), "we");
    BOOST_REQUIRE(holder != nullptr);
    // It holds the lock once another try for it fails.
    shell(
        directory.path(),
        "for i in $(seq 500); do flock -n '" + used + "' true || exit 0; sleep 0.01; done; exit 1"
    );
    remove_abandoned_keyrings(directory.path());
    BOOST_TEST(!fs::exists(abandoned));
    BOOST_TEST(fs::exists(used));
    BOOST_TEST(fs::exists(directory.path() + "/something else"));
    ::pclose(holder);
    remove_abandoned_keyrings(directory.path());
    BOOST_TEST(!fs::exists(used));
}

BOOST_AUTO_TEST_CASE(a_keyring_is_not_made_on_a_disk) {
    options.directory = HOLDFAST_SOURCE_DIR;
    const auto opened = open(shared_keys(), {"x"});
    BOOST_REQUIRE(opened.has_error());
    BOOST_TEST(opened.error().message().find("tmpfs") != std::string::npos, opened.error().message());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::secrets::test
