#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace holdfast::secrets {

/// How the directories of keyrings start.
inline constexpr std::string_view keyring_prefix = "holdfast-keyring-";

/// A private directory on tmpfs for one keyring, gone when this goes. A lock that ends with this process
/// tells others that it is in use.
class keyring_home {
public:
    /// Below `directory`. Errors: user when that is not on tmpfs or does not exist, transient when it is
    /// full.
    static result<keyring_home> make(const std::string& directory);

    keyring_home(keyring_home&& other) noexcept
        : path_{std::exchange(other.path_, {})}, lock_{std::exchange(other.lock_, -1)} {}
    keyring_home& operator=(keyring_home&&) = delete;
    ~keyring_home();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    keyring_home(std::string path, int lock) noexcept : path_{std::move(path)}, lock_{lock} {}
    std::string path_;
    int lock_;
};

} // namespace holdfast::secrets
