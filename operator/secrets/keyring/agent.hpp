#pragma once

#include <sys/types.h>

#include <string>

namespace holdfast::keyring {

/// The gpg-agent of one GNUPGHOME, as a child that ends when this goes or when we die. (Left to itself gpg
/// starts one that is nobody's child and outlives us.)
class agent {
public:
    /// Throws std::runtime_error.
    explicit agent(const std::string& home);
    ~agent();
    agent(const agent&) = delete;
    agent& operator=(const agent&) = delete;

private:
    std::string socket_;
    std::string home_;
    pid_t pid_ = -1;
};

} // namespace holdfast::keyring
