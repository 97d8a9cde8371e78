#include "git/signature.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"
#include "base/take_line.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace holdfast::git {

namespace {

constexpr std::string_view openpgp_begin = "-----BEGIN PGP SIGNATURE-----";
constexpr std::string_view openpgp_end = "-----END PGP SIGNATURE-----";
constexpr std::string_view openpgp_message = "-----BEGIN PGP MESSAGE-----";
constexpr std::string_view ssh_begin = "-----BEGIN SSH SIGNATURE-----";
constexpr std::string_view ssh_end = "-----END SSH SIGNATURE-----";
constexpr std::string_view x509_begin = "-----BEGIN SIGNED MESSAGE-----";

constexpr std::size_t longest_signature = std::size_t{64} << 10U;

signature_format format_of(std::string_view signature) {
    // A signed message in place of a signature is git's oldest form; it has content of its own.
    if (signature.starts_with(openpgp_begin) || signature.starts_with(openpgp_message)) {
        return signature_format::openpgp;
    }
    if (signature.starts_with(ssh_begin)) {
        return signature_format::ssh;
    }
    return signature.starts_with(x509_begin) ? signature_format::x509 : signature_format::other;
}

// The value of a header of an object ("tree", "object", "type", "tag"), where the next line is that.
std::optional<std::string_view> take_header(std::string_view& text, std::string_view name) {
    auto rest = text;
    auto line = take_line(rest);
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') {
        return std::nullopt;
    }
    text = rest;
    return line.substr(name.size() + 1);
}

// What lies between the lines `begin` and `end` of an armour: its headers end with an empty line, and its
// last line may be a checksum.
std::optional<std::string>
decode_armour(std::string_view text, std::string_view begin, std::string_view end, bool has_headers) {
    if (text.size() > longest_signature || take_line(text) != begin) {
        return std::nullopt;
    }
    if (has_headers) {
        for (;;) {
            if (text.empty()) {
                return std::nullopt;
            }
            const auto line = take_line(text);
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
                break;
            }
            if (line.find(": ") == std::string_view::npos) {
                return std::nullopt;
            }
        }
    }
    std::string digits;
    for (;;) {
        if (text.empty()) {
            return std::nullopt;
        }
        auto line = take_line(text);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line == end) {
            break;
        }
        if (has_headers && line.starts_with('=')) {
            continue;
        }
        digits += line;
    }
    if (text.find_first_not_of(" \t\r\n") != std::string_view::npos) {
        return std::nullopt; // something follows
    }
    return base64_decode(digits);
}

// RFC 4880 §4.2: the kind of the packet that `bytes` begin with and where it ends, where that is told.
struct packet {
    unsigned kind = 0;
    std::size_t size = 0;
};

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value = (value << 8U) | static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
}

std::optional<packet> first_packet(std::string_view bytes) {
    if (bytes.size() < 2) {
        return std::nullopt;
    }
    const auto tag = static_cast<unsigned char>(bytes[0]);
    if ((tag & 0x80U) == 0) {
        return std::nullopt;
    }
    const auto sized = [&](unsigned kind, std::size_t head, std::uint64_t body) -> std::optional<packet> {
        if (body > bytes.size() || head + body > bytes.size()) {
            return std::nullopt;
        }
        return packet{.kind = kind, .size = head + static_cast<std::size_t>(body)};
    };
    if ((tag & 0x40U) == 0) { // the old form
        const unsigned kind = (tag >> 2U) & 0x0fU;
        const std::size_t digits = std::size_t{1} << (tag & 3U);
        if (digits > 4 || bytes.size() < 1 + digits) {
            return std::nullopt; // 8: until the end, whatever that is
        }
        return sized(kind, 1 + digits, number_at(bytes, 1, digits));
    }
    const unsigned kind = tag & 0x3fU;
    const auto first = static_cast<unsigned char>(bytes[1]);
    if (first < 192) {
        return sized(kind, 2, first);
    }
    if (first < 224) {
        return bytes.size() < 3 ? std::nullopt
                                : sized(kind, 3, ((first - 192U) << 8U) + number_at(bytes, 2, 1) + 192);
    }
    if (first == 255 && bytes.size() >= 6) {
        return sized(kind, 6, number_at(bytes, 2, 4));
    }
    return std::nullopt; // in pieces
}

// A string of the SSH protocol: four bytes of length, and so many bytes.
std::optional<std::string_view> take_string(std::string_view& bytes) {
    if (bytes.size() < 4) {
        return std::nullopt;
    }
    const auto size = number_at(bytes, 0, 4);
    if (size > bytes.size() - 4) {
        return std::nullopt;
    }
    const auto text = bytes.substr(4, static_cast<std::size_t>(size));
    bytes.remove_prefix(4 + static_cast<std::size_t>(size));
    return text;
}

error no_ssh_signature() {
    return user_error("its signature is damaged: it is not an SSH signature as ssh-keygen makes it");
}

} // namespace

result<signed_content> take_commit_apart(std::string_view object) {
    auto rest = object;
    const auto tree = take_header(rest, "tree");
    if (!tree || !object_id::from_hex(*tree)) {
        return user_error("it is damaged: a commit begins with the name of its tree");
    }
    signed_content made;
    rest = object;
    std::string signature;
    bool in_signature = false; // the header goes on with lines that begin with a blank
    bool in_other = false;
    bool found = false;
    while (!rest.empty()) {
        const auto before = rest;
        const auto line = take_line(rest);
        const auto with_end = before.substr(0, before.size() - rest.size());
        if (line.empty()) {
            made.payload += before; // the message, and all after it
            break;
        }
        if (line.starts_with(' ') && (in_signature || in_other)) {
            if (in_signature) {
                signature.append(line.substr(1)).push_back('\n');
            }
            continue;
        }
        in_signature = line.starts_with("gpgsig ");
        // That of the same commit in a repository with SHA-256 names: of no use here, and git leaves it out.
        in_other = !in_signature && line.starts_with("gpgsig");
        if (in_signature) {
            if (std::exchange(found, true)) {
                return user_error("it has more than one signature, of which only one could be the right one");
            }
            signature.append(line.substr(7)).push_back('\n');
        } else if (!in_other) {
            made.payload += with_end;
        }
    }
    if (found) {
        made.format = format_of(signature);
        made.signature = std::move(signature);
    }
    return made;
}

result<tag_content> take_tag_apart(std::string_view object) {
    auto rest = object;
    const auto target = take_header(rest, "object");
    const auto kind = target ? take_header(rest, "type") : std::nullopt;
    const auto name = kind ? take_header(rest, "tag") : std::nullopt;
    const auto id = target ? object_id::from_hex(*target) : std::nullopt;
    if (!name || !id) {
        return user_error(
            "it is damaged: a tag begins with the object that it names, its kind, and the tag's name"
        );
    }
    tag_content made{
        .target = *id, .target_kind = std::string{*kind}, .name = std::string{*name}, .content = {}
    };
    // The last line that begins like a signature begins it, as for git.
    auto begin = object.size();
    bool in_message = false;
    for (rest = object; !rest.empty();) {
        const auto at = object.size() - rest.size();
        const auto line = take_line(rest);
        if (in_message && format_of(line) != signature_format::other) {
            begin = at;
        }
        in_message = in_message || line.empty();
    }
    made.content.payload = object.substr(0, begin);
    made.content.signature = object.substr(begin);
    if (!made.content.signature.empty()) {
        made.content.format = format_of(made.content.signature);
    }
    return made;
}

result<std::string> openpgp_signature_of(std::string_view armoured) {
    if (armoured.starts_with(openpgp_message)) {
        return user_error(
            "its signature is an OpenPGP message with content of its own, which says nothing of the commit"
        );
    }
    auto bytes = decode_armour(armoured, openpgp_begin, openpgp_end, /*has_headers=*/true);
    const auto first = bytes ? first_packet(*bytes) : std::nullopt;
    if (!first) {
        return user_error("its signature is damaged: it is not an OpenPGP signature as gpg makes it");
    }
    constexpr unsigned signature_packet = 2;
    if (first->kind != signature_packet) {
        return user_error(
            "in place of a signature it has another kind of OpenPGP data (packet " +
            std::to_string(first->kind) + ")"
        );
    }
    if (first->size != bytes->size()) {
        return user_error("it has more than one signature, of which only one could be the right one");
    }
    return std::move(*bytes);
}

result<ssh_signature> read_ssh_signature(std::string_view armoured) {
    const auto bytes = decode_armour(armoured, ssh_begin, ssh_end, /*has_headers=*/false);
    constexpr std::string_view magic = "SSHSIG";
    if (!bytes || !bytes->starts_with(magic) || bytes->size() < magic.size() + 4) {
        return no_ssh_signature();
    }
    std::string_view rest{*bytes};
    rest.remove_prefix(magic.size());
    if (number_at(rest, 0, 4) != 1) {
        return no_ssh_signature();
    }
    rest.remove_prefix(4);
    const auto key = take_string(rest);
    const auto made_for = key ? take_string(rest) : std::nullopt;
    if (!made_for || ssh_key_kind(*key).empty()) {
        return no_ssh_signature();
    }
    ssh_signature made{.public_key = std::string{*key}, .made_for = std::string{*made_for}, .armoured = {}};
    made.armoured.append(ssh_begin).push_back('\n');
    constexpr std::size_t width = 70;
    const auto digits = base64_encode(*bytes);
    for (std::size_t at = 0; at < digits.size(); at += width) {
        made.armoured.append(digits, at, width).push_back('\n');
    }
    made.armoured.append(ssh_end).push_back('\n');
    return made;
}

std::string ssh_fingerprint(std::string_view public_key) {
    const auto digest = sha256(public_key);
    auto text = base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()}); // NOLINT: bytes
    while (text.ends_with('=')) {
        text.pop_back();
    }
    return "SHA256:" + text;
}

std::string ssh_key_kind(std::string_view public_key) {
    const auto kind = take_string(public_key);
    constexpr std::size_t longest = 64;
    if (!kind || kind->empty() || kind->size() > longest ||
        kind->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-@.") != std::string_view::npos) {
        return {};
    }
    return std::string{*kind};
}

} // namespace holdfast::git
