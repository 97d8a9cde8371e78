#include "secrets/sops_job.hpp"

#include "secrets/find.hpp"
#include "secrets/memory_file.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace holdfast::secrets {

namespace {

bool has_our_recipient(const sops_metadata& metadata, const sops_keys& keys) {
    return std::ranges::any_of(metadata.age, [&](const std::string& recipient) {
        return std::ranges::find(keys.age_recipients, recipient) != keys.age_recipients.end();
    });
}

bool may_open(const sops_metadata& metadata, const sops_keys& keys) {
    return (!metadata.age.empty() && !keys.age.empty()) ||
           (!metadata.pgp.empty() && !keys.pgp->private_keys.empty());
}

error no_key(const sops_metadata& metadata, const sops_keys& keys) {
    std::string there;
    const auto add = [&](std::string_view each) { there.append(there.empty() ? "" : ", ").append(each); };
    for (const auto& each : keys.age_recipients)
        add(each);
    for (const auto& each : keys.pgp->private_keys)
        add("the PGP key of " + each.name);
    if (there.empty()) there = "others";
    return user_error(
        "it cannot be decrypted: it is encrypted for " + recipients_text(metadata) + ", and the keys in " +
        keys.from + " are " + there + ". Add a key there, or encrypt the file for one of those (sops rotate)"
    );
}

result<void> prepare_one(const sops_job& j, encrypted_object& each, std::size_t& total) {
    const auto& object = j.objects[each.object].object;
    auto metadata = read_sops_metadata(object);
    if (metadata.has_error()) return metadata.error();
    if (j.keys == nullptr) {
        return user_error(
            "it is encrypted by SOPS (for " + recipients_text(*metadata) +
            "), and there is no key to decrypt it: " + j.settings.keys_field + " names the Secret that has it"
        );
    }
    if (!may_open(*metadata, *j.keys)) return no_key(*metadata, *j.keys);
    each.metadata = std::move(*metadata);
    each.input = sops_input(object, each.metadata.offline);
    if (each.input.size() > j.settings.max_object_bytes) {
        return user_error(
            "it is encrypted and has more than " + std::to_string(j.settings.max_object_bytes >> 10U) + " KiB"
        );
    }
    total += each.input.size();
    return {};
}

const json::value* value_at(const json::object& object, const value_path& path) {
    const json::value* at = object.if_contains(path.front());
    for (std::size_t i = 1; at != nullptr && i < path.size(); ++i) {
        at = at->is_object() ? at->get_object().if_contains(path[i])
                             : at->as_array().if_contains(std::stoul(path[i]));
    }
    return at;
}

void check_form(const sops_job& j, encrypted_object& each) {
    const auto& object = j.objects[each.object].object;
    for (const auto& path : values_of(object)) {
        const auto* value = value_at(object, path);
        const auto* text = value == nullptr ? nullptr : value->if_string();
        if (text != nullptr && is_encrypted_text(*text) && !is_well_formed(*text)) {
            j.fail(
                each, path,
                user_error(
                    "its encrypted value is damaged: it is not ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]"
                )
            );
        }
    }
}

} // namespace

void sops_job::fail(encrypted_object& each, const value_path& path, const error& what) const {
    each.errors.push_back(error_at(objects[each.object], path, what));
}

void sops_job::gather_errors() {
    for (auto& each : encrypted) {
        std::ranges::move(each.errors, std::back_inserter(errors.all));
        each.errors.clear();
    }
}

void prepare(sops_job& j) {
    std::size_t total = 0;
    for (std::size_t i = 0; i < j.objects.size(); ++i) {
        if (!is_encrypted(j.objects[i].object)) continue;
        if (j.encrypted.size() >= j.settings.max_objects) {
            j.errors.all.push_back(
                {.message = "more than " + std::to_string(j.settings.max_objects) +
                            " objects of the application are encrypted by SOPS"}
            );
            return;
        }
        auto& each = j.encrypted.emplace_back();
        each.object = i;
        if (auto prepared = prepare_one(j, each, total); prepared.has_error()) {
            j.fail(each, {}, prepared.error());
        } else {
            check_form(j, each);
        }
    }
    if (total > j.settings.max_total_bytes) {
        j.errors.all.push_back(
            {.message = "the objects of the application that are encrypted by SOPS have more than " +
                        std::to_string(j.settings.max_total_bytes >> 20U) + " MiB"}
        );
    }
}

std::vector<std::string> messages_of(const sops_job& j) {
    std::vector<std::string> all;
    if (j.keys->pgp->private_keys.empty()) return all;
    for (const auto& each : j.encrypted) {
        // One that an age key opens needs no other, unless several have to come together.
        if (!each.metadata.shared_out && has_our_recipient(each.metadata, *j.keys)) continue;
        all.insert(all.end(), each.metadata.messages.begin(), each.metadata.messages.end());
    }
    std::ranges::sort(all);
    const auto twice = std::ranges::unique(all);
    all.erase(twice.begin(), twice.end());
    return all;
}

std::string table_of(const sops_job& j, const sops_metadata& metadata) {
    std::vector<std::pair<std::string_view, std::string_view>> rows;
    std::size_t size = packer::number_size;
    for (const auto& message : metadata.messages) {
        const auto found = j.opened.find(message);
        if (found == j.opened.end() || found->second.outcome != decrypt_outcome::done) continue;
        rows.emplace_back(message, found->second.plain.view());
        size += packer::size_of(rows.back().first) + packer::size_of(rows.back().second);
    }
    std::string table(size, '\0');
    packer to{table.data()};
    to.number(rows.size());
    for (const auto& [message, plain] : rows) {
        to.text(message);
        to.text(plain);
    }
    return table;
}

error explain_no_key(const sops_job& j, const sops_metadata& metadata) {
    for (const auto& message : metadata.messages) {
        const auto found = j.opened.find(message);
        if (found == j.opened.end()) continue;
        const auto& detail = found->second.detail;
        switch (found->second.outcome) {
        case decrypt_outcome::bad_passphrase:
            return user_error(
                "it cannot be decrypted: the private key " + detail + " is protected, and " +
                (j.keys->pgp->passphrases.empty() ? "there is no passphrase" : "the passphrase is wrong")
            );
        case decrypt_outcome::expired_key:
            return user_error(
                "it cannot be decrypted: its key " + detail +
                ". Extend it (gpg --quick-set-expire), and put it into " + j.keys->from + " again"
            );
        case decrypt_outcome::revoked_key:
            return user_error(
                "it cannot be decrypted: its key " + detail + " is revoked. Encrypt the file for another one"
            );
        case decrypt_outcome::bad_data:
            return user_error(
                "it cannot be decrypted: the entry of \"sops\" for a PGP key is not an OpenPGP message, or "
                "is damaged"
            );
        case decrypt_outcome::failed: return user_error("it cannot be decrypted: gpg says: " + detail);
        case decrypt_outcome::done:
        case decrypt_outcome::no_key:
        case decrypt_outcome::too_large: break;
        }
    }
    if (metadata.shared_out) {
        return user_error(
            "it cannot be decrypted: its key is shared out (shamir_threshold) among " +
            recipients_text(metadata) + ", and " + j.keys->from + " does not have enough of those"
        );
    }
    if (has_our_recipient(metadata, *j.keys)) {
        return user_error("it cannot be decrypted: the entry of \"sops\" for an age key is damaged");
    }
    return no_key(metadata, *j.keys);
}

} // namespace holdfast::secrets
