#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::secrets {

/// An anonymous file in memory (memfd_create(2)), mode 0600, through which secrets go to a child process and
/// back: the child opens path(), which only processes of our own user can do. What is mapped here is
/// when both have let go.
class memory_file {
public:
    /// A new one of this size, zeroed.
    static result<memory_file> make(std::size_t size);
    /// The one at `path`, as its maker gave it, with the size that it has.
    static result<memory_file> open(const std::string& path);

    memory_file(memory_file&& other) noexcept
        : descriptor_{std::exchange(other.descriptor_, -1)},
          data_{std::exchange(other.data_, nullptr)},
          size_{std::exchange(other.size_, 0)} {}
    memory_file& operator=(memory_file&& other) noexcept;
    ~memory_file();

    /// Where another process can open it while this lives.
    [[nodiscard]] std::string path() const;
    [[nodiscard]] char* data() noexcept { return data_; }
    [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }

private:
    memory_file(int descriptor, std::size_t size) noexcept : descriptor_{descriptor}, size_{size} {}
    result<void> map();
    int descriptor_ = -1;
    char* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Writes numbers and texts, one behind the other, into memory that is large enough: what the operator and
/// the program holdfast-keyring tell each other. Texts are preceded by their length.
class packer {
public:
    explicit packer(char* to) noexcept : to_{to} {}
    void number(std::size_t value) noexcept;
    void text(std::string_view bytes) noexcept;
    /// What number() and text() take.
    static constexpr std::size_t number_size = sizeof(std::size_t);
    static constexpr std::size_t size_of(std::string_view bytes) noexcept {
        return number_size + bytes.size();
    }

private:
    char* to_;
};

/// Reads what a packer wrote. Nothing is read beyond the end: good() is false then, and what was read is 0 or
/// empty.
class unpacker {
public:
    explicit unpacker(std::string_view from) noexcept : from_{from} {}
    std::size_t number() noexcept;
    std::string_view text() noexcept;
    [[nodiscard]] bool good() const noexcept { return good_; }

private:
    std::string_view from_;
    bool good_ = true;
};

} // namespace holdfast::secrets
