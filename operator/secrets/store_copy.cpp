#include "secrets/store_copy.hpp"

#include "secrets/helper_program.hpp"
#include "secrets/memory_file.hpp"
#include "secrets/reference.hpp"

#include <set>
#include <string_view>
#include <utility>

namespace holdfast::secrets {

namespace {

// As keyring/main.cpp reads it.
sensitive packed_keys(const key_material& keys) {
    std::string text(packed_size(keys), '\0');
    packer to{text.data()};
    pack(to, keys);
    sensitive packed{text};
    wipe(text);
    return packed;
}

// The directory of an entry and all above it, "" among them.
void add_directories(std::string_view entry, std::set<std::string>& to) {
    for (auto slash = entry.rfind('/'); slash != std::string_view::npos; slash = entry.rfind('/')) {
        entry = entry.substr(0, slash);
        to.emplace(entry);
    }
    to.emplace();
}

} // namespace

result<store_copy>
copy_store(const usable_store& store, const requester& who, const password_store_limits& limits) {
    if (store.keys == nullptr || store.keys->private_keys.empty()) {
        return user_error(
            "the password store " + store.url + " cannot be opened without a private key; " +
            "spec.passwordStore.keySecretRef names the Secret that has it"
        );
    }
    auto program = find_helper("holdfast-keyring");
    if (program.has_error()) return program.error();
    auto opened = password_store::open(store.at, store.path, store.url, limits);
    if (opened.has_error()) return opened.error();
    auto entries = opened->entries();
    if (entries.has_error()) return entries.error();
    store_copy made{
        .files = {}, .keyring = packed_keys(*store.keys), .program = std::move(*program), .name = store.url
    };
    std::set<std::string> directories{""};
    std::size_t bytes = 0;
    for (const auto& entry : *entries) {
        // No name that a tree can have leads out of the copy.
        if (!store.access.may_read(who, entry.name) || check_entry_name(entry.name).has_error()) continue;
        auto message = opened->read(entry);
        if (message.has_error()) return message.error();
        bytes += message->size();
        if (bytes > max_copied_bytes) {
            return user_error(
                "the password store " + store.url + " has more than " +
                std::to_string(max_copied_bytes >> 20U) + " MiB of entries that the application may read"
            );
        }
        add_directories(entry.name, directories);
        made.files.push_back({entry.name + ".gpg", std::move(*message)});
    }
    for (const auto& directory : directories) {
        auto text = opened->gpg_id_in(directory);
        if (text.has_error()) return text.error();
        if (*text) made.files.push_back({directory + (directory.empty() ? "" : "/") + ".gpg-id", **text});
    }
    return made;
}

} // namespace holdfast::secrets
