// holdfast-keyring HOME QUESTION ANSWER: opens entries of a password store. HOME is an empty private
// directory on tmpfs, which our parent removes; the other two are memory files (secrets/memory_file.hpp),
// written and read as secrets/decrypt.cpp does it. Its status is 0 when there is an answer, 2 for what the
// owner of the keys can change, 1 for the rest; then the first line of its error output says why.

#include "agent.hpp"
#include "keyring.hpp"
#include "secrets/memory_file.hpp"

#include <gpgme.h>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

using namespace holdfast;

namespace {

// Room in the answer for what is not plain text: outcome, lengths, detail.
constexpr std::size_t max_detail = 2048;

void write_settings(const std::string& home) {
    std::ofstream{home + "/gpg.conf"} << "no-autostart\n"         // the agent is ours
                                         "no-auto-key-retrieve\n" // nothing of this goes to the network
                                         "no-auto-key-locate\n"
                                         "disable-dirmngr\n"
                                         "trust-model always\n"
                                         "no-auto-check-trustdb\n";
}

void answer(const std::string& home, const std::string& question_path, const std::string& answer_path) {
    auto question = secrets::memory_file::open(question_path).value();
    auto reply = secrets::memory_file::open(answer_path).value();
    secrets::unpacker from{question.view()};
    const auto max_plain = from.number();
    auto left = from.number();

    write_settings(home);
    const keyring::agent agent{home};
    keyring::keyring keys{home};
    for (auto count = from.number(); count > 0 && from.good(); --count) {
        const auto name = from.text();
        keys.import(name, from.text());
    }
    std::vector<std::string_view> passphrases;
    for (auto count = from.number(); count > 0 && from.good(); --count)
        passphrases.push_back(from.text());
    keys.ready(std::move(passphrases));

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

} // namespace

int main(int argc, char** argv) {
    ::prctl(PR_SET_DUMPABLE, 0);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (argc != 4) {
        std::fputs(
            "holdfast-keyring opens password stores for the operator; it is not for the command line\n",
            stderr
        );
        return 1;
    }
    gpgme_check_version(nullptr);
    try {
        answer(argv[1], argv[2], argv[3]);
        return 0;
    } catch (const keyring::wrong_key& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 2;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
