#include "secrets/keys.hpp"

#include "base/base64.hpp"
#include "render/manifest.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace holdfast::secrets {

namespace {

std::string name_of(const json::object& secret) {
    const auto names = render::names_of(secret);
    return "Secret " + std::string{names.namespace_} + '/' + std::string{names.name};
}

// Calls `use(key of the Secret, bytes)` for each of its data.
template <class Use>
result<void> each_datum(const json::object& secret, Use use) {
    const auto* data = secret.if_contains("data");
    if (data == nullptr || !data->is_object() || data->get_object().empty()) {
        return user_error(name_of(secret) + " has no data");
    }
    for (const auto& [key, value] : data->get_object()) {
        const auto name = name_of(secret) + ", key \"" + std::string{key} + '"';
        auto bytes = value.is_string() ? base64_decode(value.get_string()) : std::nullopt;
        if (!bytes) return user_error(name + ": its value is not base64");
        auto used = use(name, std::string_view{*bytes});
        wipe(*bytes);
        if (used.has_error()) return used;
    }
    return {};
}

result<void> check_key(const std::string& name, std::string_view bytes) {
    if (bytes.find("-----BEGIN PGP PRIVATE KEY BLOCK-----") != std::string_view::npos) return {};
    if (bytes.find("-----BEGIN PGP PUBLIC KEY BLOCK-----") != std::string_view::npos) {
        return user_error(
            name +
            ": this is a public key; the private one opens a store (gpg --armor --export-secret-keys ID)"
        );
    }
    // RFC 4880 §4.2: a packet starts with bit 7; a secret key is packet 5, in the old or the new format.
    const auto first = bytes.empty() ? 0U : static_cast<unsigned char>(bytes.front());
    const auto packet = (first & 0x40U) != 0 ? first & 0x3fU : (first >> 2U) & 0x0fU;
    if ((first & 0x80U) != 0 && packet == 5) return {};
    return user_error(
        name + ": this is no OpenPGP private key (gpg --armor --export-secret-keys ID gives one)"
    );
}

} // namespace

result<std::shared_ptr<const key_material>>
read_keys(const json::object& keys, const json::object* passphrase) {
    auto material = std::make_shared<key_material>();
    auto read = each_datum(keys, [&](const std::string& name, std::string_view bytes) -> result<void> {
        if (auto fine = check_key(name, bytes); fine.has_error()) return fine;
        material->private_keys.push_back({name, sensitive{bytes}});
        return {};
    });
    if (read.has_error()) return read.error();
    if (passphrase != nullptr) {
        read = each_datum(*passphrase, [&](const std::string& name, std::string_view bytes) -> result<void> {
            if (bytes.ends_with('\n')) bytes.remove_suffix(1);
            if (bytes.empty() || bytes.find('\n') != std::string_view::npos) {
                return user_error(name + ": a passphrase is one line that is not empty");
            }
            material->passphrases.emplace_back(bytes);
            return {};
        });
        if (read.has_error()) return read.error();
    }
    return std::shared_ptr<const key_material>{std::move(material)};
}

} // namespace holdfast::secrets
