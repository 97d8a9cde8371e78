// holdfast-keyring HOME QUESTION ANSWER: opens entries of a password store. HOME is an empty private
// directory on tmpfs, which our parent removes; the other two are memory files (secrets/memory_file.hpp),
// written and read as secrets/decrypt.cpp does it. Its status is 0 when there is an answer, 2 for what the
// owner of the keys can change, 1 for the rest; then the first line of its error output says why.
//
// holdfast-keyring prepare HOME: makes a GNUPGHOME for others, where gpg asks for no passphrase. Keys and
// passphrases come from descriptor 3, as secrets/store_copy.cpp packs them. Status and words as above.

#include "agent.hpp"
#include "keyring.hpp"
#include "secrets/memory_file.hpp"

#include <gpgme.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

using namespace holdfast;

namespace {

// Room in the answer for what is not plain text: outcome, lengths, detail.
constexpr std::size_t max_detail = 2048;

// Nothing of this goes to the network.
constexpr const char* gpg_settings = "no-auto-key-retrieve\n"
                                     "no-auto-key-locate\n"
                                     "disable-dirmngr\n"
                                     "trust-model always\n"
                                     "no-auto-check-trustdb\n";

void import_all(secrets::unpacker& from, keyring::keyring& keys) {
    for (auto count = from.number(); count > 0 && from.good(); --count) {
        const auto name = from.text();
        keys.import(name, from.text());
    }
}

std::vector<std::string_view> passphrases_of(secrets::unpacker& from) {
    std::vector<std::string_view> all;
    for (auto count = from.number(); count > 0 && from.good(); --count)
        all.push_back(from.text());
    return all;
}

void answer(const std::string& home, const std::string& question_path, const std::string& answer_path) {
    auto question = secrets::memory_file::open(question_path).value();
    auto reply = secrets::memory_file::open(answer_path).value();
    secrets::unpacker from{question.view()};
    const auto max_plain = from.number();
    auto left = from.number();

    std::ofstream{home + "/gpg.conf"} << "no-autostart\n" << gpg_settings; // the agent is ours
    const keyring::agent agent{home};
    keyring::keyring keys{home};
    import_all(from, keys);
    keys.ready(passphrases_of(from));

    secrets::packer to{reply.data()};
    for (auto count = from.number(); count > 0 && from.good(); --count) {
        const auto each = keys.decrypt(from.text(), std::min(max_plain, left));
        left -= each.plain.size();
        to.number(static_cast<std::size_t>(each.outcome));
        to.text(std::string_view{each.detail}.substr(0, max_detail));
        to.text(each.plain.view());
    }
    if (!from.good()) throw std::runtime_error{"the question ends too early"};
}

secrets::sensitive read_all(int descriptor) {
    secrets::sensitive all;
    std::array<char, 65536> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (ssize_t count = 0; (count = ::read(descriptor, buffer.data(), buffer.size())) > 0;)
        all.append({buffer.data(), static_cast<std::size_t>(count)});
    ::explicit_bzero(buffer.data(), buffer.size());
    return all;
}

void prepare(const std::string& home) {
    const auto question = read_all(3);
    ::close(3); // not for gpg
    secrets::unpacker from{question.view()};
    if (::mkdir(home.c_str(), S_IRWXU) != 0) throw std::runtime_error{"cannot make the keyring's directory"};
    std::ofstream{home + "/gpg.conf"} << gpg_settings;
    std::ofstream{home + "/gpg-agent.conf"} << "disable-scdaemon\n"
                                               "no-allow-external-cache\n";
    const keyring::agent agent{home};
    keyring::keyring keys{home};
    import_all(from, keys);
    const auto passphrases = passphrases_of(from);
    if (!from.good()) throw std::runtime_error{"the question ends too early"};
    keys.ready(passphrases);
    keys.unprotect(passphrases);
}

} // namespace

int main(int argc, char** argv) {
    ::prctl(PR_SET_DUMPABLE, 0);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    const bool prepares = argc == 3 && std::string_view{argv[1]} == "prepare";
    if (argc != 4 && !prepares) {
        std::fputs(
            "holdfast-keyring opens password stores for the operator; it is not for the command line\n",
            stderr
        );
        return 1;
    }
    gpgme_check_version(nullptr);
    try {
        if (prepares) {
            prepare(argv[2]);
        } else {
            answer(argv[1], argv[2], argv[3]);
        }
        return 0;
    } catch (const keyring::wrong_key& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 2;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
