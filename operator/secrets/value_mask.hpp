#pragma once

#include "secrets/sensitive.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::secrets {

/// Takes the values of secrets out of messages: an API server, a webhook or a controller may repeat what it
/// refuses. It keeps the values encrypted with a key of this process, and opens one for as long as it
/// compares it with a text that may hold it. Immutable; any number of threads.
class value_mask {
public:
    /// Values of more bytes together, or of more lines, are not looked for: then nothing of a message is
    /// told.
    static constexpr std::size_t most_bytes = std::size_t{4} << 20U;
    static constexpr std::size_t most_pieces = 20'000;

    explicit value_mask(std::span<const sensitive> values);

    /// The text with "(hidden)" in place of each value: as it is, as JSON and as Go quote it, once and twice,
    /// in base64 and in URLs; of each of its lines; and of its beginning, from four bytes on, where the text
    /// ends or was cut. A value of less than four bytes is hidden where it is quoted as a whole: elsewhere it
    /// could be part of any word.
    [[nodiscard]] std::string blank(std::string text) const;

    /// Whether it is made of the same values, as far as a hash tells.
    [[nodiscard]] bool is_like(const value_mask& other) const noexcept {
        return fingerprint_ == other.fingerprint_;
    }

    [[nodiscard]] bool empty() const noexcept { return pieces_.empty() && !hides_all_; }

private:
    // A value or a line of one, encrypted.
    struct piece {
        std::string sealed;
        std::uint64_t number = 0;
    };
    // One way of writing a piece.
    struct form {
        std::uint32_t piece = 0;
        std::uint32_t way = 0;
    };

    void add(std::string_view value);
    void add_piece(std::string_view bytes);
    // How many bytes of `text` the form takes, as a whole or as a beginning that was cut.
    [[nodiscard]] std::size_t match(const form& as, std::string_view text) const;

    std::vector<piece> pieces_;
    // By a keyed hash of how it begins.
    std::unordered_multimap<std::uint64_t, form> forms_;
    std::size_t bytes_ = 0;
    std::uint64_t fingerprint_ = 0;
    bool hides_all_ = false;
};

/// Adds to `values` the texts, numbers and truths in which `after` differs from `before`, of Secrets' data
/// what its base64 stands for, too: what was put in where it is not known piece by piece.
void add_changed(const json::value& before, const json::value& after, std::vector<sensitive>& values);

} // namespace holdfast::secrets
