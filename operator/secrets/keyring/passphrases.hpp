#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::keyring {

/// Takes the passphrases off the private keys in a GNUPGHOME whose agent runs, so that the keys are there in
/// plain text: for a home that lives no longer than who needs it. Each passphrase is tried for each key.
/// False when there are keys and all stay protected. Throws std::runtime_error.
bool open_all_keys(const std::string& home, const std::vector<std::string_view>& passphrases);

} // namespace holdfast::keyring
