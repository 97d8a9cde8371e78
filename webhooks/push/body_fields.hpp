#pragma once

#include "base/error.hpp"

#include <map>
#include <memory>
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

    explicit body_fields(std::span<const std::string_view> places);
    ~body_fields();
    body_fields(body_fields&&) noexcept;
    body_fields& operator=(body_fields&&) noexcept;

    /// Takes the next piece of the document. User errors: no JSON, nested deeper than 64, not an object, or
    /// something else than a text (or null) at one of the places; nothing may be added after one.
    result<void> add(std::string_view piece);
    /// The document's end. User error when it is not whole.
    result<void> finish();

    /// What was found so far, in the order of the document.
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
    using place_map = std::map<std::string, found, std::less<>>;
    struct handler;
    struct parser;
    [[nodiscard]] error malformed() const;

    // By pointer, as the parser fills it in while this may be moved.
    std::unique_ptr<place_map> places_;
    std::unique_ptr<parser> parser_;
};

} // namespace holdfast::push
