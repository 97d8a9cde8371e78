#include "git/ref_protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace holdfast::git {

namespace {

constexpr std::size_t length_digits = 4;
constexpr std::string_view flush = "0000";
constexpr std::string_view delimiter = "0001";

enum class packet_kind { data, flush, delimiter };

struct packet {
    packet_kind kind = packet_kind::data;
    /// Without a last line end.
    std::string_view data;
};

// Takes the first pkt-line from the front; nothing when the bytes do not begin with a whole one.
std::optional<packet> take_packet(std::string_view& bytes) noexcept {
    if (bytes.size() < length_digits) {
        return std::nullopt;
    }
    unsigned length = 0;
    const auto* end = bytes.data() + length_digits;
    const auto read = std::from_chars(bytes.data(), end, length, 16);
    if (read.ec != std::errc{} || read.ptr != end) {
        return std::nullopt;
    }
    if (length < length_digits) {
        bytes.remove_prefix(length_digits);
        if (length > 1) {
            return std::nullopt; // the end of an answer that is not one of HTTP, or nothing at all
        }
        return packet{.kind = length == 0 ? packet_kind::flush : packet_kind::delimiter, .data = {}};
    }
    if (bytes.size() < length) {
        return std::nullopt;
    }
    packet taken{.kind = packet_kind::data, .data = bytes.substr(length_digits, length - length_digits)};
    bytes.remove_prefix(length);
    if (taken.data.ends_with('\n')) {
        taken.data.remove_suffix(1);
    }
    return taken;
}

void add_line(std::string& request, std::string_view line) {
    request += fmt::format("{:04x}{}\n", line.size() + length_digits + 1, line);
}

bool has_control_characters(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

// One ref: "<id> <name>", and attributes after it. False where it is none.
bool add_ref(std::string& listing, std::string_view line, const ref_selection& which) {
    constexpr std::string_view symref = "symref-target:";
    constexpr std::string_view peeled = "peeled:";
    if (has_control_characters(line)) {
        return false;
    }
    const auto space = line.find(' ');
    if (space == std::string_view::npos) {
        return false;
    }
    const auto id = line.substr(0, space);
    auto rest = line.substr(space + 1);
    const auto name = rest.substr(0, rest.find(' '));
    rest.remove_prefix(name.size());
    if (!which.has(name)) {
        return true; // what only begins as one that is asked for
    }
    std::string_view stands_for;
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const auto attribute = rest.substr(0, rest.find(' '));
        rest.remove_prefix(attribute.size());
        if (attribute.starts_with(symref)) {
            listing.append("ref: ")
                .append(attribute.substr(symref.size()))
                .append("\t")
                .append(name)
                .append("\n");
        } else if (attribute.starts_with(peeled)) {
            stands_for = attribute.substr(peeled.size());
        }
    }
    listing.append(id).append("\t").append(name).append("\n");
    if (!stands_for.empty()) {
        listing.append(stands_for).append("\t").append(name).append("^{}\n");
    }
    return true;
}

} // namespace

bool ref_selection::has(std::string_view name) const noexcept {
    return std::find(names.begin(), names.end(), name) != names.end() ||
           std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
               return name.starts_with(prefix);
           });
}

bool offers_ref_listing(std::string_view advertisement) noexcept {
    auto first = take_packet(advertisement);
    if (first && first->data == "# service=git-upload-pack") {
        first = take_packet(advertisement);
        if (!first || first->kind != packet_kind::flush) {
            return false;
        }
        first = take_packet(advertisement);
    }
    if (!first || first->data != "version 2") {
        return false;
    }
    bool lists = false;
    bool is_sha1 = true;
    for (;;) {
        const auto line = take_packet(advertisement);
        if (!line || line->kind == packet_kind::delimiter) {
            return false;
        }
        if (line->kind == packet_kind::flush) {
            return lists && is_sha1;
        }
        lists = lists || line->data == "ls-refs" || line->data.starts_with("ls-refs=");
        is_sha1 =
            is_sha1 && (!line->data.starts_with("object-format=") || line->data == "object-format=sha1");
    }
}

std::string ls_refs_request(const ref_selection& which) {
    std::string request;
    add_line(request, "command=ls-refs");
    add_line(request, "agent=git/holdfast");
    add_line(request, "object-format=sha1");
    request += delimiter;
    add_line(request, "peel");
    add_line(request, "symrefs");
    for (const auto* list : {&which.names, &which.prefixes}) {
        for (const auto& prefix : *list) {
            add_line(request, "ref-prefix " + prefix);
        }
    }
    request += flush;
    return request;
}

std::optional<std::string> listing_text(std::string_view answer, const ref_selection& which) {
    std::string listing;
    listing.reserve(answer.size() + answer.size() / 8);
    for (;;) {
        const auto line = take_packet(answer);
        if (!line || line->kind == packet_kind::delimiter) {
            return std::nullopt;
        }
        if (line->kind == packet_kind::flush) {
            return listing;
        }
        if (line->data.starts_with("ERR ") || !add_ref(listing, line->data, which)) {
            return std::nullopt;
        }
    }
}

} // namespace holdfast::git
