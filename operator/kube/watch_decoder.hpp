#pragma once

#include "base/error.hpp"
#include "kube/object.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::kube {

enum class event_type { added, modified, deleted, bookmark, error };

struct watch_event {
    event_type type = event_type::added;
    /// Lives in a memory resource of its own, which copies of it share: who keeps a part copies it into
    /// storage of his own (`json::object{part, {}}`), or keeps all of it.
    json::object object;
};

/// Bytes of a watch in, events out: one JSON document a line, wherever the chunks were cut. Sans-IO.
class watch_decoder {
public:
    /// A longer line is an error: the memory for one event is bounded.
    static constexpr std::size_t default_max_line = std::size_t{16} << 20U;

    explicit watch_decoder(std::size_t max_line = default_max_line) : max_line_{max_line} {}

    /// Takes the next bytes. All of next() is to be read before the next feed().
    void feed(std::string bytes);
    /// The next whole event; nothing when more bytes are needed. An error (internal) is final: what follows
    /// cannot be trusted. What comes after the last line end is never looked at, so that a cut line at the
    /// end is no event.
    result<std::optional<watch_event>> next();

    /// Of the line that has begun.
    [[nodiscard]] std::size_t buffered() const noexcept { return partial_.size() + (chunk_.size() - at_); }

private:
    result<std::optional<watch_event>> decode(std::string_view line);

    std::size_t max_line_;
    std::string partial_;
    std::string chunk_;
    std::size_t at_ = 0;
    bool broken_ = false;
};

/// Reads one line of a watch: {"type": …, "object": {…}}.
result<watch_event> parse_watch_event(std::string_view line);

} // namespace holdfast::kube
