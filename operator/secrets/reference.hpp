#pragma once

// How a text names a secret:
//
//   ref+pass://path/to/entry          the first line of the entry
//   ref+pass://path/to/entry#user     the value of its line "user: value"
//   ref+pass://path/to/entry#*        all of it, less one newline at its end
//
// alone, or inside a longer text closed by '+':  postgres://shop:ref+pass://shop/db+@db/shop
//
// A reference ends at '+', at the end of its line, or with the text. '%', '+', '#' and '?' in the name of an
// entry or field are written %25, %2B, %23, %3F. Between entry and '#' there may be ?store=URL (not the
// default store) and blob=ID: the entry as a build saw it, so that whatever hashes a manifest changes with
// the entry.

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast::secrets {

/// What every reference starts with.
inline constexpr std::string_view reference_prefix = "ref+pass://";

/// Which part of an entry is meant.
enum class part { first_line, field, whole };

/// One reference, decoded.
struct reference {
    /// As `pass` calls it: "shop/db", without ".gpg".
    std::string entry;
    secrets::part part = part::first_line;
    /// Of `part::field`.
    std::string field;
    /// The URL of the store; empty: the default one.
    std::string store;
    /// The object id of the entry's file when this was written, in hexadecimal; empty: not known.
    std::string blob;

    friend bool operator==(const reference&, const reference&) = default;
};

/// A text in its parts: what stays as it is, and what stands for a secret.
using piece = std::variant<std::string, reference>;

/// Whether `text` has a reference in it, right or wrong.
[[nodiscard]] bool mentions_reference(std::string_view text) noexcept;

/// Takes a text apart; a text without references is one piece. A user error quotes the reference and says
/// what is wrong with it: an entry name that check_entry_name refuses; a '%' without two hexadecimal digits;
/// an unknown parameter; an empty field; more than `max_references`.
result<std::vector<piece>> take_apart(std::string_view text);

/// In one text.
inline constexpr std::size_t max_references = 256;

/// The reference as it is written, closed by '+' when `closed`. take_apart(to_string(r)) gives r.
std::string to_string(const reference& r, bool closed = false);

/// For messages: "entry shop/db, field user".
std::string describe(const reference& r);

/// Whether `name` can be an entry's: not empty, relative, no empty component, ".", "..", control characters;
/// otherwise a user error that says why.
result<void> check_entry_name(std::string_view name);

/// The bytes that `r` means, out of the entry's decrypted content; views into it. Errors: user when there is
/// no such field. They quote nothing of the content.
result<std::string_view> select(const reference& r, std::string_view content);

} // namespace holdfast::secrets
