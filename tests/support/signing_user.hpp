#pragma once

#include "support/temporary_directory.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::test {

/// Somebody who signs with the real gpg, ssh-keygen and git: a home of its own with keys and a work tree, whose
/// agent ends with it.
class signing_user {
public:
    signing_user() {
        run("mkdir -m 700 gnupg && git init -q -b main tree");
        write(
            "git-gpg", "#!/bin/sh\nexport GNUPGHOME='" + home() +
                           "/gnupg'\nexec gpg ${AT:+--faked-system-time \"$AT\"} $GPG_OPTIONS \"$@\"\n"
        );
        run("chmod +x git-gpg");
    }
    ~signing_user() {
        try {
            run("gpgconf --kill all");
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): there was none
        }
    }
    signing_user(const signing_user&) = delete;
    signing_user& operator=(const signing_user&) = delete;

    /// Runs a script of bash in the home, which must succeed; what it printed.
    std::string run(const std::string& script) const { // NOLINT(modernize-use-nodiscard)
        write(
            "script",
            "set -euo pipefail\nexport GNUPGHOME=$PWD/gnupg HOME=$PWD GIT_CONFIG_NOSYSTEM=1 LC_ALL=C\n"
            "export GIT_AUTHOR_NAME=Dev GIT_AUTHOR_EMAIL=dev@example.org\n"
            "export GIT_COMMITTER_NAME=Dev GIT_COMMITTER_EMAIL=dev@example.org\n"
            "signing_git() { git -C tree -c gpg.program=\"$PWD/git-gpg\" \"$@\"; }\n" +
                script + "\n"
        );
        const auto command = "cd '" + home() + "' && bash script 2>errors";
        std::string output;
        FILE* pipe = ::popen(command.c_str(), "r"); // NOLINT(cert-env33-c): a test
        if (pipe == nullptr) {
            throw std::runtime_error{"popen"};
        }
        std::array<char, 4096> buffer{};
        for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
            output.append(buffer.data(), count);
        }
        if (::pclose(pipe) != 0) {
            throw std::runtime_error{script + ": " + read("errors")};
        }
        return output;
    }

    /// Makes an OpenPGP key for signing; its fingerprint. `expire` as gpg takes it ("0": never). `at`: as if it
    /// were then ("20200101T000000!").
    std::string
    openpgp_key(const std::string& user, const std::string& expire = "0", const std::string& at = "") const {
        const auto said =
            run("gpg --batch --yes --quiet " +
                (at.empty() ? std::string{} : "--faked-system-time '" + at + "' ") +
                "--status-fd 1 --passphrase '' --quick-gen-key '" + user + "' ed25519 sign " + expire +
                " | sed -n 's/.*KEY_CREATED . //p'");
        return said.substr(0, 40);
    }
    /// The public key in armour.
    std::string exported(const std::string& key) const { // NOLINT(modernize-use-nodiscard)
        return run("gpg --armor --export " + key);
    }
    /// Revokes it, with the certificate that gpg made along with it.
    void revoke(const std::string& key) const {
        run("sed 's/^:-/-/' gnupg/openpgp-revocs.d/" + key + ".rev | gpg --batch --quiet --import");
    }
    /// Makes an SSH key in the file of this name; the line of its public key.
    std::string ssh_key(const std::string& name, const std::string& comment) const {
        run("ssh-keygen -q -t ed25519 -N '' -C '" + comment + "' -f " + name);
        return read(name + ".pub");
    }

    /// Commits a file in the work tree; the commit's id. `by`: options of git, as signed_by() gives them; `at`
    /// as for openpgp_key.
    std::string commit(const std::string& content, const std::string& by, const std::string& at = "") const {
        write("tree/file.yaml", content);
        const auto said =
            run((at.empty() ? std::string{} : "export AT='" + at + "'; ") +
                "git -C tree add -A; signing_git " + by + " commit -q --allow-empty -m 'A change'" +
                (by.empty() ? "" : " -S") + "; git -C tree rev-parse HEAD");
        return said.substr(0, 40);
    }
    /// Options of git for who signs with an OpenPGP key, or with an SSH key in a file.
    [[nodiscard]] static std::string by_openpgp(const std::string& key) {
        return "-c gpg.format=openpgp -c user.signingkey=" + key + "!";
    }
    [[nodiscard]] std::string by_ssh(const std::string& name) const {
        return "-c gpg.format=ssh -c user.signingkey='" + home() + "/" + name + "'";
    }
    /// The same for git elsewhere: what is put before its command. `at` as for openpgp_key.
    [[nodiscard]] std::vector<std::string>
    git_by_openpgp(const std::string& key, const std::string& at = "") const {
        const auto program = at.empty() ? std::string{"git-gpg"} : "git-gpg-" + at.substr(0, 8);
        if (!at.empty()) {
            write(program, "#!/bin/sh\nAT='" + at + "' exec '" + home() + "/git-gpg' \"$@\"\n");
            run("chmod +x " + program);
        }
        return {"-c", "gpg.program=" + home() + "/" + program, "-c", "user.signingkey=" + key + "!"};
    }
    [[nodiscard]] std::vector<std::string> git_by_ssh(const std::string& name) const {
        return {"-c", "gpg.format=ssh", "-c", "user.signingkey=" + home() + "/" + name};
    }

    /// An object's bytes; `kind`: "commit" or "tag".
    std::string
    object(const std::string& kind, const std::string& id) const { // NOLINT(modernize-use-nodiscard)
        return run("git -C tree cat-file " + kind + " " + id);
    }
    /// Makes an object of these bytes, whatever they are; its id.
    std::string make_object(const std::string& kind, std::string_view bytes) const {
        write("object", bytes);
        return run("git -C tree hash-object -w --literally -t " + kind + " ../object").substr(0, 40);
    }

    void write(const std::string& name, std::string_view text) const {
        std::ofstream file{std::filesystem::path{home()} / name, std::ios::binary | std::ios::trunc};
        file << text;
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file{std::filesystem::path{home()} / name, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    [[nodiscard]] std::string home() const { return directory_.path().string(); }

private:
    temporary_directory directory_{"hf-signing"};
};

} // namespace holdfast::test
