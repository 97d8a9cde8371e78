#include "keyring.hpp"

#include "passphrases.hpp"

#include <gpgme.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <clocale>
#include <ctime>
#include <map>
#include <unistd.h>
#include <utility>

namespace holdfast::keyring {

using secrets::decrypt_outcome;
using secrets::decrypted;

namespace {

std::string name_of(gpgme_error_t code) {
    std::array<char, 256> text{};
    gpgme_strerror_r(code, text.data(), text.size());
    return text.data();
}

void check(gpgme_error_t code, const char* doing) {
    if (code != 0) throw std::runtime_error{std::string{"gpg: "} + doing + ": " + name_of(code)};
}

struct release_data {
    void operator()(gpgme_data_t data) const noexcept { gpgme_data_release(data); }
};
using data_ptr = std::unique_ptr<gpgme_data, release_data>;

data_ptr data_of(std::string_view bytes) {
    gpgme_data_t data = nullptr;
    check(gpgme_data_new_from_mem(&data, bytes.data(), bytes.size(), 0), "reading");
    return data_ptr{data};
}

// Where plain text goes.
struct sink {
    secrets::sensitive bytes;
    std::size_t limit = 0;
    bool exceeded = false;
};

ssize_t write_to_sink(void* handle, const void* bytes, std::size_t count) {
    auto& to = *static_cast<sink*>(handle);
    if (count > to.limit - to.bytes.size()) {
        to.exceeded = true;
        errno = EFBIG;
        return -1;
    }
    to.bytes.append({static_cast<const char*>(bytes), count});
    return static_cast<ssize_t>(count);
}

std::string day_of(long int time) {
    const auto seconds = static_cast<std::time_t>(time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 16> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%F", &parts)};
}

// What is known of a private (sub)key that can decrypt.
struct known_key {
    decrypt_outcome state = decrypt_outcome::done;
    std::string description;
};

gpgme_error_t
give_passphrase(void* handle, const char* /*hint*/, const char* /*info*/, int /*bad*/, int descriptor) {
    const auto* passphrase = static_cast<const std::string_view*>(handle);
    if (passphrase->data() == nullptr) return gpgme_error(GPG_ERR_CANCELED);
    const char newline = '\n';
    const bool written = gpgme_io_writen(descriptor, passphrase->data(), passphrase->size()) == 0 &&
                         gpgme_io_writen(descriptor, &newline, 1) == 0;
    return written ? 0 : gpgme_error_from_errno(errno);
}

bool is_about_passphrase(gpgme_error_t code) noexcept {
    const auto what = gpgme_err_code(code);
    return what == GPG_ERR_BAD_PASSPHRASE || what == GPG_ERR_CANCELED || what == GPG_ERR_NO_PASSPHRASE ||
           what == GPG_ERR_FULLY_CANCELED || what == GPG_ERR_NO_PIN_ENTRY;
}

bool is_about_data(gpgme_error_t code) noexcept {
    const auto what = gpgme_err_code(code);
    return what == GPG_ERR_NO_DATA || what == GPG_ERR_BAD_DATA || what == GPG_ERR_INV_PACKET ||
           what == GPG_ERR_CHECKSUM || what == GPG_ERR_UNEXPECTED || what == GPG_ERR_INV_ARMOR ||
           what == GPG_ERR_UNEXPECTED_MSG || what == GPG_ERR_TRUNCATED;
}

} // namespace

struct keyring::state {
    std::string home;
    gpgme_ctx_t context = nullptr;
    std::map<std::string, known_key, std::less<>> keys;
    std::vector<std::string_view> passphrases;
    std::string_view passphrase;
    // The one that worked last: an agent asks once for a key.
    std::size_t good_passphrase = 0;

    ~state() {
        if (context != nullptr) gpgme_release(context);
    }

    [[nodiscard]] std::string all_keys() const {
        std::string text;
        for (const auto& [id, key] : keys) {
            if (!text.empty()) text += ", ";
            text += key.description;
        }
        return text;
    }

    // The outcome for a message that was decrypted: the state of the key that did it.
    void judge(const gpgme_decrypt_result_t said, decrypted& answer) const {
        const known_key* worst = nullptr;
        for (auto* recipient = said->recipients; recipient != nullptr; recipient = recipient->next) {
            const auto found = keys.find(recipient->keyid);
            if (found == keys.end() || recipient->status != 0) continue;
            if (found->second.state == decrypt_outcome::done) return;
            worst = &found->second;
        }
        if (worst == nullptr) return;
        answer.outcome = worst->state;
        answer.detail = worst->description;
        answer.plain = {};
    }

    // Why it was not decrypted.
    void explain(gpgme_error_t code, const gpgme_decrypt_result_t said, decrypted& answer) const {
        std::string recipients;
        bool have_key = false;
        for (auto* each = said != nullptr ? said->recipients : nullptr; each != nullptr; each = each->next) {
            have_key = have_key || keys.contains(each->keyid);
            if (!recipients.empty()) recipients += ", ";
            recipients += each->keyid;
        }
        if (is_about_passphrase(code)) {
            answer.outcome = decrypt_outcome::bad_passphrase;
            answer.detail = all_keys();
        } else if (is_about_data(code)) {
            answer.outcome = decrypt_outcome::bad_data;
            answer.detail = name_of(code);
        } else if (!recipients.empty() && !have_key) {
            answer.outcome = decrypt_outcome::no_key;
            answer.detail = "it is encrypted for the keys " + recipients + "; there is " + all_keys();
        } else {
            answer.outcome = decrypt_outcome::failed;
            answer.detail = name_of(code);
        }
    }
};

keyring::keyring(const std::string& home) : state_{std::make_unique<state>()} {
    state_->home = home;
    check(gpgme_new(&state_->context), "starting");
    check(gpgme_set_protocol(state_->context, GPGME_PROTOCOL_OpenPGP), "starting");
    check(
        gpgme_ctx_set_engine_info(state_->context, GPGME_PROTOCOL_OpenPGP, nullptr, home.c_str()), "starting"
    );
    check(gpgme_set_pinentry_mode(state_->context, GPGME_PINENTRY_MODE_LOOPBACK), "starting");
    gpgme_set_passphrase_cb(state_->context, give_passphrase, &state_->passphrase);
}

keyring::~keyring() = default;

void keyring::import(std::string_view name, std::string_view key) {
    const auto data = data_of(key);
    const auto code = gpgme_op_import(state_->context, data.get());
    const auto* said = gpgme_op_import_result(state_->context);
    if (code != 0 || said == nullptr || said->secret_read == 0) {
        throw wrong_key{
            std::string{name} + ": gpg finds no private key in it" +
            (code != 0 ? " (" + name_of(code) + ')' : "")
        };
    }
    for (auto* each = said->imports; each != nullptr; each = each->next) {
        if (each->result != 0) {
            throw wrong_key{
                std::string{name} + ": gpg does not take the key " + each->fpr + ": " + name_of(each->result)
            };
        }
    }
}

void keyring::ready(std::vector<std::string_view> passphrases) {
    state_->passphrases = std::move(passphrases);
    check(gpgme_op_keylist_start(state_->context, nullptr, 1), "listing keys");
    for (;;) {
        gpgme_key_t key = nullptr;
        const auto code = gpgme_op_keylist_next(state_->context, &key);
        if (gpgme_err_code(code) == GPG_ERR_EOF) break;
        check(code, "listing keys");
        const std::string owner = key->uids != nullptr && key->uids->uid != nullptr ? key->uids->uid : "";
        for (auto* each = key->subkeys; each != nullptr; each = each->next) {
            if (!each->can_encrypt) continue;
            known_key known;
            known.description = std::string{each->keyid} + (owner.empty() ? "" : " (" + owner + ")");
            if (key->revoked || each->revoked || key->disabled || each->disabled) {
                known.state = decrypt_outcome::revoked_key;
            } else if (key->expired || each->expired) {
                known.state = decrypt_outcome::expired_key;
                const auto time = each->expires != 0 ? each->expires : key->subkeys->expires;
                known.description += ", expired on " + day_of(time);
            }
            state_->keys.insert_or_assign(each->keyid, std::move(known));
        }
        gpgme_key_unref(key);
    }
}

void keyring::unprotect(const std::vector<std::string_view>& passphrases) const {
    if (open_all_keys(state_->home, passphrases)) return;
    throw wrong_key{
        "the private key " + state_->all_keys() + " is protected, and " +
        (passphrases.empty() ? "there is no passphrase" : "the passphrase is wrong")
    };
}

decrypted keyring::decrypt(std::string_view message, std::size_t max_plain_bytes) {
    // Without a passphrase first, when there is none: a key need not be protected.
    const std::size_t tries = std::max<std::size_t>(1, state_->passphrases.size());
    decrypted answer;
    for (std::size_t i = 0; i < tries; ++i) {
        const auto which = (state_->good_passphrase + i) % tries;
        state_->passphrase = state_->passphrases.empty() ? std::string_view{} : state_->passphrases[which];
        answer = {};
        sink to{.bytes = {}, .limit = max_plain_bytes};
        gpgme_data_cbs callbacks{
            .read = nullptr, .write = write_to_sink, .seek = nullptr, .release = nullptr
        };
        gpgme_data_t plain = nullptr;
        check(gpgme_data_new_from_cbs(&plain, &callbacks, &to), "decrypting");
        const data_ptr owned{plain};
        const auto cipher = data_of(message);
        const auto code = gpgme_op_decrypt(state_->context, cipher.get(), plain);
        const auto said = gpgme_op_decrypt_result(state_->context);
        if (to.exceeded) {
            answer.outcome = decrypt_outcome::too_large;
            return answer;
        }
        if (code == 0) {
            answer.outcome = decrypt_outcome::done;
            answer.plain = std::move(to.bytes);
            state_->good_passphrase = which;
            state_->judge(said, answer);
            return answer;
        }
        state_->explain(code, said, answer);
        if (answer.outcome != decrypt_outcome::bad_passphrase) return answer;
    }
    return answer;
}

} // namespace holdfast::keyring
