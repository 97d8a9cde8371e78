#include "secrets/value_mask.hpp"

#include "base/base64.hpp"

#include <boost/json/serialize.hpp>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>

namespace holdfast::secrets {

namespace {

constexpr std::string_view hidden = "(hidden)";
/// Shorter ones are part of too many words.
constexpr std::size_t least_plain = 4;
/// How much of a form is looked up.
constexpr std::size_t beginning = 3;
/// What a message repeats of a long text is told from others by its parts.
constexpr std::size_t longest_piece = 512;

// ---- while nobody looks, values are not readable in memory

struct process_key {
    std::array<unsigned char, 32> bytes{};
    process_key() {
        if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
            throw std::runtime_error{"no random bytes"};
        }
    }
};

const process_key& key_of_process() {
    static const process_key key;
    return key;
}

// AES in counter mode: the same makes and opens. `number` is used for one text only.
void crypt(std::uint64_t number, std::string_view from, char* into) {
    struct release {
        void operator()(EVP_CIPHER_CTX* c) const noexcept { EVP_CIPHER_CTX_free(c); }
    };
    const std::unique_ptr<EVP_CIPHER_CTX, release> context{EVP_CIPHER_CTX_new()};
    std::array<unsigned char, 16> iv{};
    std::memcpy(iv.data(), &number, sizeof number);
    int done = 0;
    if (!context ||
        EVP_EncryptInit_ex(
            context.get(), EVP_aes_256_ctr(), nullptr, key_of_process().bytes.data(), iv.data()
        ) != 1 ||
        EVP_EncryptUpdate(
            context.get(), reinterpret_cast<unsigned char*>(into), &done,
            reinterpret_cast<const unsigned char*>(from.data()), static_cast<int>(from.size())
        ) != 1) {
        throw std::runtime_error{"a text cannot be encrypted in memory"};
    }
}

std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

// A keyed hash, so that what is kept of a value tells nobody three bytes of it.
std::uint64_t hash_of(std::string_view begins) {
    std::array<std::uint64_t, 2> key{};
    std::memcpy(key.data(), key_of_process().bytes.data(), sizeof key);
    std::uint64_t h = key[0];
    for (const char c : begins) {
        h = (h ^ static_cast<unsigned char>(c)) * 0x9E3779B97F4A7C15U;
        h ^= (h >> 29U) ^ key[1];
    }
    return h * 0xBF58476D1CE4E5B9U;
}

// ---- how a value may be written

constexpr std::string_view hex_digits = "0123456789abcdef";

// As a JSON text without its quotes. Go's encoder also writes <, > and & as escapes.
void append_json(sensitive& into, std::string_view text, bool as_go) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const auto escape = [&](char as) {
            const std::array<char, 2> two{'\\', as};
            into.append({two.data(), two.size()});
        };
        switch (c) {
        case '"': escape('"'); continue;
        case '\\': escape('\\'); continue;
        case '\n': escape('n'); continue;
        case '\r': escape('r'); continue;
        case '\t': escape('t'); continue;
        case '\b': escape('b'); continue;
        case '\f': escape('f'); continue;
        default: break;
        }
        if (byte < 0x20 || (as_go && (c == '<' || c == '>' || c == '&'))) {
            const std::array<char, 6> six{
                '\\', 'u', '0', '0', hex_digits[byte >> 4U], hex_digits[byte & 15U]
            };
            into.append({six.data(), six.size()});
        } else {
            into.append({&c, 1});
        }
    }
}

// As Go's %q writes it, without the quotes. Bytes that are no UTF-8 and rare characters count as others do.
void append_go_quoted(sensitive& into, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        constexpr std::string_view plain = "\"\\\n\r\t\b\f\a\v";
        constexpr std::string_view names = "\"\\nrtbfav";
        if (const auto at = plain.find(c); at != std::string_view::npos) {
            const std::array<char, 2> two{'\\', names[at]};
            into.append({two.data(), two.size()});
        } else if (byte < 0x20 || byte == 0x7f) {
            const std::array<char, 4> four{'\\', 'x', hex_digits[byte >> 4U], hex_digits[byte & 15U]};
            into.append({four.data(), four.size()});
        } else {
            into.append({&c, 1});
        }
    }
}

void append_url(sensitive& into, std::string_view text) {
    constexpr std::string_view upper = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                              (byte >= 'A' && byte <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~';
        if (is_plain) {
            into.append({&c, 1});
        } else {
            const std::array<char, 3> three{'%', upper[byte >> 4U], upper[byte & 15U]};
            into.append({three.data(), three.size()});
        }
    }
}

// The characters of base64 that the bytes alone decide, where `before` bytes come first.
void append_base64(sensitive& into, std::string_view text, std::size_t before) {
    std::string padded(before, '\0');
    padded.append(text);
    auto encoded = base64_encode(padded);
    const auto first = (before * 8 + 5) / 6;
    const auto last = padded.size() * 8 / 6;
    if (last > first) {
        into.append(std::string_view{encoded}.substr(first, last - first));
    }
    wipe(padded);
    wipe(encoded);
}

enum way : std::uint32_t {
    plain,
    json,
    go_json,
    go_quoted,
    json_twice,
    go_json_twice,
    go_quoted_twice,
    json_in_go,
    url,
    base64,
    base64_after_one,
    base64_after_two,
    // Of short values, which count only between quotes.
    in_double,
    in_single,
    in_back,
    in_escaped,
    ways
};

sensitive written(std::string_view value, std::uint32_t how) {
    sensitive made;
    const auto twice = [&](auto first, auto second) {
        sensitive once;
        first(once, value);
        second(made, once.view());
    };
    const auto as_json = [](sensitive& into, std::string_view text) { append_json(into, text, false); };
    const auto as_go_json = [](sensitive& into, std::string_view text) { append_json(into, text, true); };
    const auto quoted = [&](std::string_view quote) {
        made.append(quote);
        append_json(made, value, false);
        made.append(quote);
    };
    switch (how) {
    case plain: made.append(value); break;
    case json: as_json(made, value); break;
    case go_json: as_go_json(made, value); break;
    case go_quoted: append_go_quoted(made, value); break;
    case json_twice: twice(as_json, as_json); break;
    case go_json_twice: twice(as_go_json, as_go_json); break;
    case go_quoted_twice: twice(append_go_quoted, append_go_quoted); break;
    case json_in_go: twice(as_go_json, append_go_quoted); break;
    case url: append_url(made, value); break;
    case base64: append_base64(made, value, 0); break;
    case base64_after_one: append_base64(made, value, 1); break;
    case base64_after_two: append_base64(made, value, 2); break;
    case in_double: quoted("\""); break;
    case in_single: quoted("'"); break;
    case in_back: quoted("`"); break;
    case in_escaped: quoted("\\\""); break;
    default: break;
    }
    return made;
}

bool is_cut(std::string_view rest) {
    return rest.empty() || rest.starts_with("...") || rest.starts_with("\u2026");
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view spaces = " \t\r\n";
    const auto first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

} // namespace

value_mask::value_mask(std::span<const sensitive> values) {
    std::set<std::string_view> known; // the same value stands in many places
    for (const auto& value : values) {
        if (!known.insert(value.view()).second) continue;
        fingerprint_ += hash_of(value.view());
        add(value.view());
    }
}

void value_mask::add(std::string_view value) {
    bytes_ += value.size();
    if (bytes_ > most_bytes) {
        hides_all_ = true;
    }
    if (hides_all_ || trimmed(value).empty()) return;
    if (value.size() <= longest_piece) add_piece(value);
    if (trimmed(value) != value && trimmed(value).size() <= longest_piece) add_piece(trimmed(value));
    const bool has_lines = value.find('\n') != std::string_view::npos;
    if (!has_lines && value.size() <= longest_piece) return;
    for (std::size_t at = 0; at < value.size();) {
        const auto end = std::min(value.find('\n', at), value.size());
        auto line = trimmed(value.substr(at, end - at));
        for (; line.size() >= least_plain; line.remove_prefix(std::min(line.size(), longest_piece))) {
            add_piece(line.substr(0, longest_piece));
        }
        at = end + 1;
    }
}

void value_mask::add_piece(std::string_view bytes) {
    if (pieces_.size() >= most_pieces) {
        hides_all_ = true;
        return;
    }
    const auto number = next_number();
    piece made{.sealed = std::string(bytes.size(), '\0'), .number = number};
    crypt(number, bytes, made.sealed.data());
    const auto index = static_cast<std::uint32_t>(pieces_.size());
    pieces_.push_back(std::move(made));
    const bool is_short = bytes.size() < least_plain;
    std::vector<sensitive> seen;
    for (std::uint32_t how = is_short ? in_double : plain; how < (is_short ? ways : in_double); ++how) {
        auto as = written(bytes, how);
        const bool is_base64 = how >= base64 && how <= base64_after_two;
        if (as.size() < (is_base64 ? least_plain : beginning)) continue;
        if (std::ranges::any_of(seen, [&](const sensitive& s) { return s.view() == as.view(); })) continue;
        forms_.emplace(hash_of(as.view().substr(0, beginning)), form{.piece = index, .way = how});
        seen.push_back(std::move(as));
    }
}

std::size_t value_mask::match(const form& as, std::string_view text) const {
    const auto& sealed = pieces_[as.piece];
    std::string opened(sealed.sealed.size(), '\0');
    crypt(sealed.number, sealed.sealed, opened.data());
    const auto whole = written(opened, as.way);
    wipe(opened);
    const auto value = whole.view();
    const auto common = static_cast<std::size_t>(std::ranges::mismatch(value, text).in1 - value.begin());
    if (common == value.size()) return common;
    return common >= least_plain && is_cut(text.substr(common)) ? common : 0;
}

std::string value_mask::blank(std::string text) const {
    if (hides_all_ && !text.empty()) {
        return std::string{hidden} + ": this text may contain too many secrets to hide them one by one";
    }
    if (forms_.empty()) return text;
    std::string made;
    std::size_t kept = 0; // up to here `text` is in `made`
    bool any = false;
    for (std::size_t at = 0; at + beginning <= text.size();) {
        const auto rest = std::string_view{text}.substr(at);
        std::size_t longest = 0;
        const auto [from, to] = forms_.equal_range(hash_of(rest.substr(0, beginning)));
        for (auto one = from; one != to; ++one) {
            longest = std::max(longest, match(one->second, rest));
        }
        if (longest == 0) {
            ++at;
            continue;
        }
        made.append(text, kept, at - kept);
        // What was cut out before, and ends here, is one.
        if (!(any && kept == at)) made += hidden;
        any = true;
        at += longest;
        kept = at;
    }
    if (!any) return text;
    made.append(text, kept);
    wipe(text);
    return made;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as manifests are, which is limited
void add_changed(const json::value& before, const json::value& after, std::vector<sensitive>& values) {
    if (before.is_object() && after.is_object()) {
        for (const auto& [key, value] : after.get_object()) {
            const auto* was = before.get_object().if_contains(key);
            add_changed(was != nullptr ? *was : json::value{}, value, values);
        }
    } else if (after.is_object()) {
        for (const auto& [key, value] : after.get_object()) {
            add_changed({}, value, values);
        }
    } else if (after.is_array()) {
        const auto* was = before.if_array();
        const auto& now = after.get_array();
        for (std::size_t i = 0; i < now.size(); ++i) {
            add_changed(was != nullptr && i < was->size() ? (*was)[i] : json::value{}, now[i], values);
        }
    } else if (const auto* text = after.if_string()) {
        if (before == after) return;
        values.emplace_back(std::string_view{*text});
        if (auto decoded = base64_decode(*text)) {
            values.emplace_back(std::string_view{*decoded});
            wipe(*decoded);
        }
    } else if (!after.is_null() && !(before == after)) {
        auto text_of_it = json::serialize(after);
        values.emplace_back(std::string_view{text_of_it});
        wipe(text_of_it);
    }
}

} // namespace holdfast::secrets
