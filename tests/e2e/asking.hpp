#pragma once

#include "support/certificates.hpp"
#include "support/temporary_directory.hpp"

#include <string>
#include <vector>

namespace holdfast::test {

/// Who may ask the admission webhook: an authority, a certificate of it for the API server, and what
/// kube-apiserver is told so that it shows it at `address`, the way docs/security.md has it.
class asking_rights {
public:
    /// "host:port".
    explicit asking_rights(const std::string& address);

    /// The authority's certificate in a file.
    [[nodiscard]] std::string authority_file() const { return file("authority.pem"); }
    [[nodiscard]] std::vector<std::string> apiserver_args() const;
    [[nodiscard]] const key_pair& of_the_apiserver() const noexcept { return pair_; }
    /// Replaces the authority in the file by these certificates.
    void trust(const std::string& certificates) const;
    [[nodiscard]] const std::string& certificate() const noexcept { return authority_.certificate(); }

private:
    [[nodiscard]] std::string file(const std::string& name) const;

    temporary_directory directory_{"holdfast-e2e-asking"};
    authority authority_{"of API servers"};
    key_pair pair_ = authority_.client("kube-apiserver");
};

/// What comes of a review at https://`address` by somebody with this certificate (none when empty): "200", or
/// the error in words.
std::string review_by(const std::string& address, const key_pair& who, const std::string& body);

} // namespace holdfast::test
