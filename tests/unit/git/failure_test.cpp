#include "git/failure.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

namespace holdfast::git {
namespace {

error said(const char* address, std::string_view words, bool had_credentials = true, int status = 128) {
    const auto u = url::parse(address);
    failed_call call;
    call.doing = "fetching";
    call.remote = &*u;
    call.had_credentials = had_credentials;
    call.status = status;
    call.error_output = words;
    call.secrets = {"hunter2", "aGFuZA=="};
    call.directory = "/cache";
    call.size_limit = std::uint64_t{2} << 30U;
    call.memory_limit = std::uint64_t{768} << 20U;
    return explain(call);
}

struct row {
    const char* address;
    std::string_view words;
    error_kind kind;
    std::string_view sentence;
};

// Words that git 2.39, OpenSSH 9.2 and curl 7.88 with GnuTLS use, and those of well-known hosts.
const row table[] = {
    {"https://h/x", "fatal: Out of memory, malloc failed (tried to allocate 2040109466 bytes)\n",
     error_kind::user, "more than the 768 MiB of memory"},
    {"ssh://h/x", "error: inflate: out of memory\nfatal: index-pack failed\n", error_kind::user,
     "more than the 768 MiB of memory"},
    {"https://h/x", "fatal: could not read Username for 'https://h': terminal prompts disabled\n",
     error_kind::forbidden, "refused the credentials"},
    {"https://h/x", "fatal: Authentication failed for 'https://h/x/'\n", error_kind::forbidden,
     "refused the credentials"},
    {"https://h/x", "fatal: unable to access 'https://h/x/': The requested URL returned error: 403\n",
     error_kind::forbidden, "(403)"},
    {"https://h/x", "fatal: unable to access 'https://h/x/': Could not resolve host: h\n",
     error_kind::transient, "the name h cannot be resolved"},
    {"https://h:8443/x",
     "fatal: unable to access 'x': Failed to connect to h port 8443 after 0 ms: Couldn't connect to server\n",
     error_kind::transient, "cannot connect to h:8443"},
    {"https://h/x",
     "fatal: unable to access 'x': server certificate verification failed. CAfile: none CRLfile: none\n",
     error_kind::forbidden, "the certificate of h does not verify"},
    {"https://h/x",
     "fatal: unable to access 'x': SSL: certificate subject name (y) does not match target host name 'h'\n",
     error_kind::forbidden, "use a name that the certificate bears"},
    {"https://h/x", "fatal: repository 'https://h/x/' not found\n", error_kind::not_found,
     "there is no such repository"},
    {"https://h/x", "fatal: unable to access 'x': The requested URL returned error: 502\n",
     error_kind::transient, "(502)"},
    {"https://h/x", "fatal: unable to access 'x': The requested URL returned error: 429\n",
     error_kind::transient, "(429)"},
    {"https://h/x", "fatal: https://h/x/info/refs not valid: is this a git repository?\n",
     error_kind::not_found, "does not answer as a Git repository"},
    {"https://h/x",
     "fatal: unable to access 'x': Operation too slow. Less than 100 bytes/sec transferred the last 60 "
     "seconds\n",
     error_kind::transient, "too slow"},
    {"https://h/x",
     "error: RPC failed; curl 18 transfer closed\nfatal: early EOF\nfatal: fetch-pack: invalid index-pack "
     "output\n",
     error_kind::transient, "the connection broke"},
    {"https://h/x", "fatal: write error: No space left on device\nfatal: early EOF\n", error_kind::transient,
     "the disk of the cache directory /cache is full"},
    {"https://h/x", "error: index-pack died of signal 25\n", error_kind::user, "more than the 2048 MiB"},
    {"https://h/x", "fatal: remote error: upload-pack: not our ref 0123\n", error_kind::not_found,
     "does not have that commit"},
    {"https://h/x", "fatal: couldn't find remote ref refs/heads/x\n", error_kind::not_found,
     "does not have that commit or ref"},
    {"https://h/x", "error: Server does not allow request for unadvertised object 0123\n", error_kind::user,
     "uploadpack.allowReachableSHA1InWant"},
    {"https://h/x", "fatal: packfile /s/objects/pack/pack-1.pack is far too short to be a packfile\n",
     error_kind::conflict, "the store /cache is damaged"},
    {"https://h/x",
     "error: object file objects/1/2 is empty\nfatal: loose object 12 (stored in x) is corrupt\n",
     error_kind::conflict, "is damaged"},
    {"git@h:x", "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n",
     error_kind::forbidden, "refused the ssh key"},
    {"git@h:x",
     "No ED25519 host key is known for h and you have requested strict checking.\nHost key verification "
     "failed.\n",
     error_kind::forbidden, "`ssh-keyscan h`"},
    {"ssh://git@h:2222/x",
     "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n",
     error_kind::forbidden, "the host key of [h]:2222 is not the one"},
    {"git@h:x", "ssh: Could not resolve hostname h: Name or service not known\n", error_kind::transient,
     "cannot be resolved"},
    {"git@h:x", "ssh: connect to host h port 22: Connection refused\n", error_kind::transient,
     "cannot connect to h"},
    {"git@h:x", "ERROR: Repository not found.\nfatal: Could not read from remote repository.\n",
     error_kind::not_found, "no such repository"},
    {"git@h:x", "Load key \"/proc/1/fd/5\": error in libcrypto\ngit@h: Permission denied (publickey).\n",
     error_kind::user, "cannot read the private key"},
    {"git@h:x", "No user exists for uid 12345\nfatal: Could not read from remote repository.\n",
     error_kind::user, "/etc/passwd"},
    {"git@h:x", "kex_exchange_identification: Connection closed by remote host\n", error_kind::transient,
     "connection broke"},
    // What a server has git print is not what happened here.
    {"https://h/x", "remote: fatal: loose object 12 (stored in x) is corrupt\nfatal: early EOF\n",
     error_kind::transient, "connection broke"},
    {"https://h/x", "remote: No space left on device\nfatal: the remote end hung up unexpectedly\n",
     error_kind::transient, "connection broke"},
    {"https://h/x", "fatal: remote error: out of memory\nfatal: early EOF\n", error_kind::transient,
     "connection broke"},
    {"file:///x", "fatal: something nobody ever saw\n", error_kind::transient,
     "fatal: something nobody ever saw"},
};

BOOST_AUTO_TEST_SUITE(git_failure)

BOOST_AUTO_TEST_CASE(what_git_ssh_and_curl_say_is_told_as_a_kind_and_a_sentence) {
    for (const auto& r : table) {
        const auto e = said(r.address, r.words);
        BOOST_TEST_CONTEXT(r.words) {
            BOOST_TEST((e.kind() == r.kind), to_string(e.kind()));
            BOOST_TEST(e.message().find(r.sentence) != std::string::npos, e.message());
            BOOST_TEST(e.message().starts_with("fetching: "));
        }
    }
}

BOOST_AUTO_TEST_CASE(without_credentials_the_sentence_says_how_to_give_them) {
    const auto e = said(
        "https://h/x", "fatal: could not read Username for 'https://h': terminal prompts disabled\n", false
    );
    BOOST_TEST(e.message().find("make a Repository with a secretRef") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(silence_is_told_by_its_status) {
    BOOST_TEST(said("https://h/x", "", true, 1).message() == "fetching: git failed with status 1");
    BOOST_TEST(
        said("https://h/x", "", true, 128 + SIGKILL).message() == "fetching: git was ended by signal 9"
    );
    BOOST_TEST(
        said("https://h/x", "", true, 128 + SIGXFSZ).message().find("more than the 2048 MiB") !=
        std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(secrets_are_struck_out_and_words_are_capped) {
    const auto e = said("https://h/x", "fatal: bad https://ada:pw@h/x with hunter2 and aGFuZA== in it\n");
    BOOST_TEST(e.message() == "fetching: fatal: bad https://…@h/x with … and … in it");
    const auto many = scrub(std::string(100'000, 'x') + "\nlast line\n", {}, 100);
    BOOST_TEST(many == "last line");
    BOOST_TEST(scrub(std::string(100'000, 'x'), {}, 100).size() == 100U);
    BOOST_TEST(scrub("a\x1b[31mred\x07\n", {}) == "a[31mred");
    BOOST_TEST(scrub("hint: do this\nfatal: it\n", {}) == "fatal: it");
    BOOST_TEST(scrub("Receiving 1%\rReceiving 100%\n", {}) == "Receiving 100%");
    // What differs each time is no news.
    BOOST_TEST(
        scrub("Failed to connect to a.b port 1 after 12 ms: no\n", {}) ==
        "Failed to connect to a.b port 1: no"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git
