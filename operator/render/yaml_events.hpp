#pragma once

// libyaml behind our own types: the only door to it. For yaml.cpp, locate.cpp, and for those who read a text
// too large for its tree (charts/index.cpp).

#include "render/yaml.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace holdfast::render {

/// One event of a YAML text. Its texts live until the next one is asked for.
struct yaml_event {
    enum class type {
        stream_start,
        stream_end,
        document_start,
        document_end,
        alias,
        scalar,
        sequence_start,
        sequence_end,
        mapping_start,
        mapping_end,
    };
    type kind = type::stream_start;
    /// Of a scalar: its text.
    std::string_view text;
    /// Of a scalar; "" when there is none.
    std::string_view tag;
    /// Of an alias the name it refers to, of all others the name they get; "" for none.
    std::string_view anchor;
    /// Of a scalar: it was not quoted and has no tag, so that it may stand for something else than a string.
    bool plain = false;
    position start;
};

/// The events of a text, which outlives it.
class yaml_events {
public:
    explicit yaml_events(std::string_view text);
    ~yaml_events();
    yaml_events(const yaml_events&) = delete;
    yaml_events& operator=(const yaml_events&) = delete;

    /// The next event; null when the text is no YAML: see `failure`.
    const yaml_event* next();
    /// What was wrong, and where; the document is left to the caller.
    [[nodiscard]] yaml_error failure() const;

private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

/// What people most often did when the text is no YAML at `where`, to be put behind a message; "" when
/// nothing is recognised.
std::string_view hint_for(std::string_view text, position where) noexcept;

/// The place of a byte of a UTF-8 text.
position position_of(std::string_view text, std::size_t offset) noexcept;

} // namespace holdfast::render
