#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace holdfast::git {

/// A secret in a form that programs can open as a file, though it never is one: an anonymous file in memory
/// (memfd_create(2)), mode 0600, that cannot be changed any more. It is opened as /proc/<our pid>/fd/<n>,
/// which only processes of our own user can do, each from its start; ssh closes whatever it inherits, so that
/// a descriptor handed down would not reach it. Nothing is left behind when this goes, or we are killed.
class secret_file {
public:
    static result<secret_file> make(std::string_view content);

    secret_file() = default;
    secret_file(secret_file&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    secret_file& operator=(secret_file&& other) noexcept;
    ~secret_file();

    /// Where it can be opened while this lives.
    [[nodiscard]] std::string path() const;

private:
    explicit secret_file(int descriptor) noexcept : descriptor_{descriptor} {}
    int descriptor_ = -1;
};

} // namespace holdfast::git
