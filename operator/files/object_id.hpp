#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::files {

/// Names a file or a directory by its content, as Git does: the SHA-1 of the object that Git makes of it.
/// Equal ids are equal contents, wherever they were read. All zero when default-made, which names nothing.
class object_id {
public:
    static constexpr std::size_t size = 20;

    object_id() = default;
    explicit object_id(const std::array<unsigned char, size>& bytes) noexcept : bytes_{bytes} {}

    /// From 40 hexadecimal digits of either case; nothing for everything else.
    static std::optional<object_id> from_hex(std::string_view text);

    /// 40 lower-case hexadecimal digits.
    [[nodiscard]] std::string hex() const;
    [[nodiscard]] const std::array<unsigned char, size>& bytes() const noexcept { return bytes_; }
    /// False for the id that names nothing.
    explicit operator bool() const noexcept { return bytes_ != std::array<unsigned char, size>{}; }

    friend auto operator<=>(const object_id&, const object_id&) = default;

private:
    std::array<unsigned char, size> bytes_{};
};

} // namespace holdfast::files

template <>
struct std::hash<holdfast::files::object_id> {
    std::size_t operator()(const holdfast::files::object_id& id) const noexcept {
        std::size_t value = 0;
        std::memcpy(&value, id.bytes().data(), sizeof value); // its bytes are as random as it gets
        return value;
    }
};
