#include "secrets/sops_metadata.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace holdfast::secrets {

namespace {

constexpr std::size_t max_keys = 200;
constexpr std::string_view encrypted_start = "ENC[AES256_GCM,";

// A service that keeps keys: its list in the metadata, how people call it, and what names one of its keys.
struct service {
    std::string_view list;
    std::string_view name;
    std::string_view id;
};
constexpr std::array services{
    service{"kms", "AWS KMS", "arn"},
    service{"gcp_kms", "Google Cloud KMS", "resource_id"},
    service{"azure_kv", "Azure Key Vault", "vault_url"},
    service{"hc_vault", "HashiCorp Vault", "vault_address"},
    service{"hckms", "Huawei Cloud KMS", "key_id"},
};

std::string_view text_of(const json::object& in, std::string_view field) noexcept {
    const auto* value = in.if_contains(field);
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string_view{*text} : std::string_view{};
}

error no_metadata(const std::string& why) {
    return user_error(
        "its member \"sops\" was not written by SOPS: " + why +
        ". Encrypt the file again, or remove the member where the object is not encrypted"
    );
}

// The fields of one key that sops needs, copied from `from`.
json::object only(const json::object& from, std::initializer_list<std::string_view> fields) {
    json::object kept;
    for (const auto field : fields) {
        if (const auto* value = from.if_contains(field)) kept.emplace(field, *value);
    }
    return kept;
}

class reader {
public:
    explicit reader(sops_metadata& into) : into_{into} {}

    // The lists of keys in `from`: those that need no service.
    result<json::object> keys_of(const json::object& from) {
        json::object kept;
        if (auto read = read_list(from, "age", [&](const json::object& key) { return age_key(key); })) {
            kept.emplace("age", std::move(*read));
        } else {
            return read.error();
        }
        if (auto read = read_list(from, "pgp", [&](const json::object& key) { return pgp_key(key); })) {
            kept.emplace("pgp", std::move(*read));
        } else {
            return read.error();
        }
        for (const auto& each : services) {
            const auto named = [&](const json::object& key) -> result<json::object> {
                into_.services.push_back(std::string{each.name} + ' ' + std::string{text_of(key, each.id)});
                return json::object{};
            };
            if (auto read = read_list(from, each.list, named); read.has_error()) return read.error();
        }
        return kept;
    }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    template <class Read>
    result<json::array> read_list(const json::object& from, std::string_view name, Read read) {
        json::array kept;
        const auto* value = from.if_contains(name);
        if (value == nullptr || value->is_null()) return kept;
        const auto* list = value->if_array();
        if (list == nullptr) return no_metadata("sops." + std::string{name} + " is not a list");
        for (const auto& each : *list) {
            const auto* key = each.if_object();
            if (key == nullptr || text_of(*key, "enc").empty()) {
                return no_metadata("a key in sops." + std::string{name} + " has no \"enc\"");
            }
            if (++count_ > max_keys) {
                return user_error("it is encrypted for more than " + std::to_string(max_keys) + " keys");
            }
            auto one = read(*key);
            if (one.has_error()) return one.error();
            kept.emplace_back(std::move(*one));
        }
        return kept;
    }

    result<json::object> age_key(const json::object& key) {
        const auto recipient = text_of(key, "recipient");
        if (recipient.empty()) return no_metadata("a key in sops.age has no \"recipient\"");
        into_.age.emplace_back(recipient);
        return only(key, {"recipient", "enc"});
    }

    result<json::object> pgp_key(const json::object& key) {
        const auto fingerprint = text_of(key, "fp");
        if (fingerprint.empty()) return no_metadata("a key in sops.pgp has no \"fp\"");
        into_.pgp.emplace_back(fingerprint);
        into_.messages.emplace_back(text_of(key, "enc"));
        return only(key, {"fp", "enc", "created_at"});
    }

    sops_metadata& into_;
    std::size_t count_ = 0;
};

bool is_base64(std::string_view text) noexcept {
    for (const char c : text) {
        const bool fits = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                          c == '+' || c == '/' || c == '=';
        if (!fits) return false;
    }
    return true;
}

} // namespace

result<sops_metadata> read_sops_metadata(const json::object& object) {
    const auto* value = object.if_contains("sops");
    const auto* given = value != nullptr ? value->if_object() : nullptr;
    if (given == nullptr) return no_metadata("it is not a map");
    sops_metadata metadata;
    metadata.offline = only(
        *given, {"lastmodified", "version", "shamir_threshold", "unencrypted_suffix", "encrypted_suffix",
                 "unencrypted_regex", "encrypted_regex", "unencrypted_comment_regex",
                 "encrypted_comment_regex", "mac_only_encrypted"}
    );
    if (text_of(*given, "lastmodified").empty()) return no_metadata("it has no \"lastmodified\"");
    reader read{metadata};
    const auto* groups = given->if_contains("key_groups");
    if (groups != nullptr && groups->is_array() && !groups->get_array().empty()) {
        json::array kept;
        for (const auto& each : groups->get_array()) {
            if (!each.is_object()) return no_metadata("a group in sops.key_groups is not a map");
            auto keys = read.keys_of(each.get_object());
            if (keys.has_error()) return keys.error();
            kept.emplace_back(std::move(*keys));
        }
        metadata.shared_out = kept.size() > 1;
        metadata.offline.emplace("key_groups", std::move(kept));
    } else {
        auto keys = read.keys_of(*given);
        if (keys.has_error()) return keys.error();
        for (auto& each : *keys)
            metadata.offline.emplace(each.key(), std::move(each.value()));
    }
    if (read.count() == 0) return no_metadata("it names no key that could decrypt it");
    if (metadata.age.empty() && metadata.pgp.empty()) {
        return user_error(
            "it is encrypted for " + recipients_text(metadata) +
            " only. Keys that a service keeps are not supported, only those of age and PGP: add one (sops "
            "rotate --add-age age1…)"
        );
    }
    return metadata;
}

std::string recipients_text(const sops_metadata& metadata) {
    constexpr std::size_t most = 10;
    std::string text;
    std::size_t count = 0;
    const auto add = [&](std::string_view before, const std::string& id) {
        if (++count > most) return;
        text.append(text.empty() ? "" : ", ").append(before).append(id.substr(0, 200));
    };
    for (const auto& each : metadata.age)
        add("", each);
    for (const auto& each : metadata.pgp)
        add("PGP ", each);
    for (const auto& each : metadata.services)
        add("", each);
    if (count > most) text += " and " + std::to_string(count - most) + " more";
    return text;
}

bool is_encrypted_text(std::string_view text) noexcept {
    return text.starts_with(encrypted_start);
}

bool is_well_formed(std::string_view text) noexcept {
    if (!is_encrypted_text(text) || !text.ends_with(']')) return false;
    text.remove_prefix(encrypted_start.size());
    text.remove_suffix(1);
    for (const std::string_view field : {"data:", "iv:", "tag:"}) {
        const auto comma = text.find(',');
        if (!text.starts_with(field) || comma == std::string_view::npos ||
            !is_base64(text.substr(field.size(), comma - field.size()))) {
            return false;
        }
        text.remove_prefix(comma + 1);
    }
    return text.starts_with("type:") && text.find_first_of(",]") == std::string_view::npos;
}

} // namespace holdfast::secrets
