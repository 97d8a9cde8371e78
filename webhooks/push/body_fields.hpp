#pragma once

#include "base/error.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::push {

/// The texts at a few places of a JSON document. A place is written "repository.clone_url", or
/// "changes[].ref.id" for each element of a list. Memory is taken for what is at these places only, and
/// bounded there too.
class body_fields {
public:
    /// At most so many texts of a place are kept.
    static constexpr std::size_t most_of_each = 64;

    /// User errors: no JSON, nested deeper than 64, not an object, or something else than a text (or null)
    /// at one of the places.
    static result<body_fields> read(std::string_view body, std::span<const std::string_view> places);

    /// In the order of the document.
    [[nodiscard]] const std::vector<std::string>& all(std::string_view place) const;
    /// The first; empty when there is none.
    [[nodiscard]] const std::string& first(std::string_view place) const;
    /// More texts were there than are kept.
    [[nodiscard]] bool overflowed(std::string_view place) const;

private:
    struct found {
        std::vector<std::string> texts;
        bool more = false;
    };
    struct handler;
    std::map<std::string, found, std::less<>> places_;
};

} // namespace holdfast::push
