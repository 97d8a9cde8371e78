#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast {

/// Makes one text of many: the first few, and how many more there are: "a; b; and 7 more". For messages,
/// which nobody reads to the end.
class counted_list {
public:
    /// Outlived by what `separator` points to.
    explicit counted_list(std::size_t most, std::string_view separator = "; ")
        : most_{most}, separator_{separator} {}

    void add(std::string_view text) {
        add([text] { return text; });
    }
    /// The same of what `make` returns, which is called only where it is to be seen.
    template <std::invocable F>
    void add(F make) {
        if (++count_ > most_) return;
        if (count_ > 1) text_ += separator_;
        text_ += make();
    }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] std::string text() const {
        if (count_ <= most_) return text_;
        return text_ + std::string{separator_} + "and " + std::to_string(count_ - most_) + " more";
    }

private:
    std::size_t most_;
    std::string_view separator_;
    std::size_t count_ = 0;
    std::string text_;
};

} // namespace holdfast
