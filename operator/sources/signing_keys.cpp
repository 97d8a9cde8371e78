#include "sources/signing_keys.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"
#include "git/signature.hpp"
#include "policy/signing_key_names.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::sources {

namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::size_t most_ssh_keys = 1000;
constexpr std::size_t most_files = 100;

// Of keys, not of certificates; of what OpenSSH takes today.
constexpr std::array<std::string_view, 7> key_kinds{
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com"
};

bool is_key_kind(std::string_view word) {
    return std::ranges::find(key_kinds, word) != key_kinds.end();
}

// A word, in which blanks between quotes do not count; the rest begins with the next.
std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    std::size_t end = 0;
    bool is_quoted = false;
    for (; end < text.size() && (is_quoted || blanks.find(text[end]) == std::string_view::npos); ++end) {
        is_quoted = is_quoted != (text[end] == '"');
    }
    const auto word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

std::string without_quotes(std::string_view text) {
    std::string out{text};
    std::erase(out, '"');
    return out;
}

// 20260131, 202601311200 or 20260131120000, each with or without a Z: in UTC.
std::optional<wall_clock::time_point> read_time(std::string_view text) {
    using namespace std::chrono;
    if (text.ends_with('Z')) {
        text.remove_suffix(1);
    }
    const bool is_number = text.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_number || (text.size() != 8 && text.size() != 12 && text.size() != 14)) {
        return std::nullopt;
    }
    const auto number = [&](std::size_t at, std::size_t count) {
        int value = 0;
        if (at < text.size()) {
            std::from_chars(text.data() + at, text.data() + at + count, value);
        }
        return value;
    };
    const year_month_day day{
        year{number(0, 4)}, month{static_cast<unsigned>(number(4, 2))},
        std::chrono::day{static_cast<unsigned>(number(6, 2))}
    };
    const auto hour = number(8, 2);
    const auto minute = number(10, 2);
    const auto second = number(12, 2);
    if (!day.ok() || hour > 23 || minute > 59 || second > 59) {
        return std::nullopt;
    }
    return sys_days{day} + hours{hour} + minutes{minute} + seconds{second};
}

// The options between who may sign and the key. False: the key is not for what git signs.
result<bool> read_options(std::string_view text, ssh_signer& into) {
    bool is_for_git = true;
    while (!text.empty()) {
        std::size_t end = 0;
        bool is_quoted = false;
        for (; end < text.size() && (is_quoted || text[end] != ','); ++end) {
            is_quoted = is_quoted != (text[end] == '"');
        }
        const auto option = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto equals = option.find('=');
        const auto name = option.substr(0, equals);
        const auto value =
            equals == std::string_view::npos ? std::string{} : without_quotes(option.substr(equals + 1));
        if (name == "namespaces") {
            is_for_git = false;
            for (std::string_view rest{value}; !rest.empty();) {
                const auto comma = rest.find(',');
                is_for_git = is_for_git || rest.substr(0, comma) == "git" || rest.substr(0, comma) == "*";
                rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
            }
        } else if (name == "valid-after" || name == "valid-before") {
            const auto time = read_time(value);
            if (!time) {
                return user_error(fmt::format(
                    "{}=\"{}\" is not a time: write it as 20260131 or 20260131120000, which is taken as UTC",
                    name, value
                ));
            }
            (name == "valid-after" ? into.valid_after : into.valid_before) = time;
        } else if (name == "cert-authority") {
            return user_error("certificate authorities are not served: name the public keys themselves");
        } else {
            return user_error(fmt::format(
                "\"{}\" is not an option of allowed_signers: there are namespaces, valid-after and valid-before",
                option
            ));
        }
    }
    return is_for_git;
}

result<void> read_ssh_line(std::string_view line, std::vector<ssh_signer>& into) {
    ssh_signer made;
    auto rest = line;
    auto word = take_word(rest);
    bool is_for_git = true;
    if (!is_key_kind(word)) {
        made.name = without_quotes(word);
        word = take_word(rest);
        if (!is_key_kind(word)) {
            const auto read = read_options(word, made);
            if (!read) {
                return read.error();
            }
            is_for_git = *read;
            word = take_word(rest);
        }
    }
    const auto digits = take_word(rest);
    auto key = base64_decode(digits);
    if (!is_key_kind(word) || !key || git::ssh_key_kind(*key) != word) {
        return user_error("this is not an SSH public key, as \"ssh-ed25519 AAAA… alice@example.com\"");
    }
    made.public_key = std::move(*key);
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    if (made.name.empty()) {
        made.name = rest.substr(0, rest.find_last_not_of(blanks) + 1);
    }
    if (is_for_git) {
        into.push_back(std::move(made));
    }
    return {};
}

result<void> read_ssh_file(const std::string& where, std::string_view text, std::vector<ssh_signer>& into) {
    if (text.find("PRIVATE KEY-----") != std::string_view::npos) {
        return user_error(
            where + ": this is a private key; the public one is needed (the file that ends in .pub)"
        );
    }
    for (int number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        if (auto read = read_ssh_line(line, into); !read) {
            return read.error().within(where + ", line " + std::to_string(number));
        }
        if (into.size() > most_ssh_keys) {
            return user_error(where + ": there are more than " + std::to_string(most_ssh_keys) + " SSH keys");
        }
    }
    return {};
}

std::string written(wall_clock::time_point time) {
    return fmt::format("{:%Y%m%d%H%M%S}", fmt::gmtime(wall_clock::to_time_t(time)));
}

} // namespace

result<signing_keys> read_signing_keys(const git::secret_data& data, std::string from) {
    signing_keys made;
    made.from = std::move(from);
    hasher h;
    for (const auto& [name, text] : data) {
        if (!policy::is_signing_key_name(name)) {
            continue;
        }
        h.add(name).add(text);
        const auto where = made.from + ", key \"" + name + '"';
        if (name.ends_with(".sshpub")) {
            if (auto read = read_ssh_file(where, text, made.ssh); !read) {
                return read.error();
            }
            continue;
        }
        if (text.find("-----BEGIN PGP PRIVATE KEY BLOCK-----") != std::string::npos) {
            return user_error(
                where + ": this is a private key; the public one is needed (gpg --armor --export ID)"
            );
        }
        if (text.find("-----BEGIN PGP PUBLIC KEY BLOCK-----") == std::string::npos) {
            return user_error(
                where + ": this is not an OpenPGP public key in armour (gpg --armor --export ID)"
            );
        }
        made.openpgp.push_back({name, text});
        if (made.openpgp.size() > most_files) {
            return user_error(
                made.from + ": there are more than " + std::to_string(most_files) +
                " keys that end in .asc: put several public keys into one (gpg --armor --export ID ID…)"
            );
        }
    }
    if (made.openpgp.empty() && made.ssh.empty()) {
        return user_error(
            made.from +
            " has no key that signatures are checked with: OpenPGP public keys stand in keys of it "
            "that end in .asc (gpg --armor --export ID), SSH public keys in those that end in .sshpub"
        );
    }
    made.id = to_hex(h.finish());
    return made;
}

std::string allowed_signers_of(const ssh_signer& one) {
    auto text = std::string{"holdfast namespaces=\"git\""};
    if (one.valid_after) {
        text += ",valid-after=\"" + written(*one.valid_after) + '"';
    }
    if (one.valid_before) {
        text += ",valid-before=\"" + written(*one.valid_before) + '"';
    }
    return text + ' ' + git::ssh_key_kind(one.public_key) + ' ' + base64_encode(one.public_key) + '\n';
}

} // namespace holdfast::sources
