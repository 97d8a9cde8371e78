#include "secrets/keys.hpp"

#include "base/base64.hpp"
#include "render/manifest.hpp"
#include "secrets/age_identity.hpp"
#include "secrets/memory_file.hpp"

#include <algorithm>
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
            name + ": this is a public key; the private one is needed (gpg --armor --export-secret-keys ID)"
        );
    }
    // RFC 4880 §4.2: a packet starts with bit 7; a secret key is packet 5, in the old or the new format.
    const auto first = bytes.empty() ? 0U : static_cast<unsigned char>(bytes.front());
    const auto packet = (first & 0x40U) != 0 ? first & 0x3fU : (first >> 2U) & 0x0fU;
    if ((first & 0x80U) != 0 && packet == 5) return {};
    return user_error(
        name + ": this is not an OpenPGP private key (gpg --armor --export-secret-keys ID gives one)"
    );
}

result<void> read_passphrases(const json::object& secret, key_material& into) {
    return each_datum(secret, [&](const std::string& name, std::string_view bytes) -> result<void> {
        if (bytes.ends_with('\n')) bytes.remove_suffix(1);
        if (bytes.empty() || bytes.find('\n') != std::string_view::npos) {
            return user_error(name + ": a passphrase is one line that is not empty");
        }
        into.passphrases.emplace_back(bytes);
        return {};
    });
}

// The lines of an age key file; '#' starts a comment.
result<void> read_age_keys(const std::string& name, std::string_view bytes, sops_keys& into) {
    if (bytes.starts_with("age-encryption.org/") ||
        bytes.find("-----BEGIN AGE ENCRYPTED FILE-----") != std::string_view::npos) {
        return user_error(
            name +
            ": the age key is protected by a passphrase, which is not supported; store the output of \"age --decrypt\""
        );
    }
    std::size_t found = 0;
    int line_number = 0;
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        auto line = bytes.substr(0, end);
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
        ++line_number;
        constexpr std::string_view blanks = " \t\r";
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        line = line.substr(0, line.find_last_not_of(blanks) + 1);
        if (line.empty() || line.starts_with('#')) continue;
        auto recipient = age_recipient_of(line);
        if (recipient.has_error()) {
            return recipient.error().within(name + ", line " + std::to_string(line_number));
        }
        into.age.append(line);
        into.age.append("\n");
        if (!recipient->empty()) into.age_recipients.push_back(std::move(*recipient));
        ++found;
    }
    if (found == 0) return user_error(name + ": there is no age key in it (AGE-SECRET-KEY-1…, age-keygen)");
    return {};
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
        read = read_passphrases(*passphrase, *material);
        if (read.has_error()) return read.error();
    }
    return std::shared_ptr<const key_material>{std::move(material)};
}

result<std::shared_ptr<const sops_keys>>
read_sops_keys(const std::vector<const json::object*>& secrets, const json::object* passphrase) {
    auto keys = std::make_shared<sops_keys>();
    auto pgp = std::make_shared<key_material>();
    for (const auto* secret : secrets) {
        bool useful = false;
        auto read = each_datum(*secret, [&](const std::string& name, std::string_view bytes) -> result<void> {
            const auto holds = [&](std::string_view text) {
                return bytes.find(text) != std::string_view::npos;
            };
            if (name.ends_with(".agekey\"") || holds("AGE-SECRET-KEY-")) {
                useful = true;
                return read_age_keys(name, bytes, *keys);
            }
            if (!name.ends_with(".asc\"") && !holds("-----BEGIN PGP PRIVATE KEY BLOCK-----")) return {};
            useful = true;
            if (auto fine = check_key(name, bytes); fine.has_error()) return fine;
            pgp->private_keys.push_back({name, sensitive{bytes}});
            return {};
        });
        if (read.has_error()) return read.error();
        if (!useful) {
            return user_error(
                name_of(*secret) + " has no key for SOPS: an age key stands in a key of it that ends in "
                                   "\".agekey\", a private key of PGP in one that ends in \".asc\""
            );
        }
        keys->from += (keys->from.empty() ? "" : ", ") + name_of(*secret);
    }
    if (passphrase != nullptr) {
        if (auto read = read_passphrases(*passphrase, *pgp); read.has_error()) return read.error();
    }
    keys->pgp = std::move(pgp);
    return std::shared_ptr<const sops_keys>{std::move(keys)};
}

std::size_t packed_size(const key_material& keys) noexcept {
    std::size_t size = 2 * packer::number_size;
    for (const auto& each : keys.private_keys)
        size += packer::size_of(each.name) + packer::size_of(each.key.view());
    for (const auto& each : keys.passphrases)
        size += packer::size_of(each.view());
    return size;
}

void pack(packer& to, const key_material& keys) noexcept {
    to.number(keys.private_keys.size());
    for (const auto& each : keys.private_keys) {
        to.text(each.name);
        to.text(each.key.view());
    }
    to.number(keys.passphrases.size());
    for (const auto& each : keys.passphrases)
        to.text(each.view());
}

} // namespace holdfast::secrets
