#pragma once

#include "base/error.hpp"
#include "base/timestamp.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::admission {

/// A certificate with its private key, both PEM.
struct issued {
    std::string certificate;
    std::string key;
};

/// From when until when a certificate is good.
struct validity {
    wall_clock::time_point begin;
    wall_clock::time_point end;
};

/// A certificate authority of our own: ECDSA P-256, self-signed, good for signing serving certificates and
/// nothing else.
[[nodiscard]] issued make_authority(std::string_view common_name, const validity& good);

/// Whether a certificate can be made for it: a name of letters, digits, dots and dashes, or an address.
[[nodiscard]] bool can_be_named(const std::string& name);
/// A serving certificate by an authority, for names ("holdfast.holdfast.svc") and addresses ("127.0.0.1",
/// "::1"). A user error when the authority cannot be read, or no certificate can be made for a name.
[[nodiscard]] result<issued>
make_serving(const issued& authority, const std::vector<std::string>& names, const validity& good);

/// Of the first certificate in a PEM text. A user error when there is none.
[[nodiscard]] result<validity> validity_of(std::string_view pem);
/// Whether the certificate is for a name or an address.
[[nodiscard]] bool is_for_name(std::string_view certificate, const std::string& name);
/// Whether the key is the certificate's own.
[[nodiscard]] bool fits(std::string_view certificate, std::string_view key);
/// The certificates of a PEM text one by one, as this program writes them: the same one is the same text.
[[nodiscard]] std::vector<std::string> certificates_in(std::string_view pem);
/// Whether one of the authorities in a PEM bundle signed the certificate.
[[nodiscard]] bool is_signed_by(std::string_view certificate, std::string_view authorities);
/// The certificates of several PEM texts, each once, in their order, without those that have ended and what
/// cannot be read.
[[nodiscard]] std::string bundle_of(const std::vector<std::string>& texts, wall_clock::time_point now);

} // namespace holdfast::admission
