#pragma once

// What the values that are read from texts take in memory. A value takes up to seventy times its text
// ("[:,:,"), and with aliases any number of times: so it is counted as it is made, and a text or a source
// that asks for too much is refused before the memory is taken.

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>

namespace holdfast::render {

/// Bytes of memory that may be taken, all of which count until they are given back. One thread at a time.
class memory_budget {
public:
    explicit memory_budget(std::size_t limit) noexcept : limit_{limit} {}

    /// False when that is more than there is; it counts in either case.
    bool take(std::size_t bytes) noexcept {
        used_ += bytes;
        return used_ <= limit_;
    }
    void give_back(std::size_t bytes) noexcept { used_ -= bytes < used_ ? bytes : used_; }

    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] bool is_exceeded() const noexcept { return used_ > limit_; }

private:
    std::size_t limit_;
    std::size_t used_ = 0;
};

/// What one text takes: within a limit of its own, and within the budget of its source where it has one, in
/// which it stays counted.
class text_memory {
public:
    text_memory(std::size_t limit, memory_budget* source) noexcept : own_{limit}, source_{source} {}

    /// Says how much the text takes by now. False when that is too much: `why` says for whom.
    bool set(std::size_t bytes) noexcept {
        if (bytes == own_.used()) return true;
        return change(bytes);
    }
    /// The sentence, with what to do.
    [[nodiscard]] std::string why() const;

private:
    bool change(std::size_t bytes) noexcept;

    memory_budget own_;
    memory_budget* source_;
};

/// The sentence for a source whose budget is exceeded.
std::string source_is_too_large(const memory_budget& budget);

/// What the heap gives for so many bytes: glibc's blocks.
constexpr std::size_t heap_block(std::size_t bytes) noexcept {
    const std::size_t block = (bytes + 8 + 15) & ~std::size_t{15};
    return block < 32 ? 32 : block;
}

/// The heap's share of one string, of the table of one list or mapping, and of one key.
std::size_t memory_of_text(const boost::json::string& text) noexcept;
std::size_t memory_of_array(std::size_t capacity) noexcept;
std::size_t memory_of_object(std::size_t capacity) noexcept;
std::size_t memory_of_key(std::size_t size) noexcept;

/// All that a value has on the heap, what is in it included.
std::size_t memory_of(const boost::json::value& value) noexcept;

} // namespace holdfast::render
