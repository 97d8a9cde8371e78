#pragma once

#include <string>
#include <vector>

namespace holdfast::test {

/// A certificate and its key, PEM.
struct key_pair {
    std::string certificate;
    std::string key;
};

/// A certificate authority made on the spot (P-256, valid for an hour).
class authority {
public:
    explicit authority(std::string name = "test authority");

    /// The authority's own certificate, PEM.
    [[nodiscard]] const std::string& certificate() const noexcept { return own_.certificate; }

    /// A server's certificate for these, as OpenSSL writes subject alternative names: "DNS:example.test",
    /// "IP:127.0.0.1".
    [[nodiscard]] key_pair server(const std::vector<std::string>& names) const;
    /// A client's certificate with this common name.
    [[nodiscard]] key_pair client(const std::string& name) const;
    /// A server's certificate that ended an hour ago.
    [[nodiscard]] key_pair expired(const std::vector<std::string>& names) const;

private:
    [[nodiscard]] key_pair issue(
        const std::string& name, const std::string& alternatives, const char* usage, long from, long to
    ) const;

    std::string name_;
    key_pair own_;
};

} // namespace holdfast::test
