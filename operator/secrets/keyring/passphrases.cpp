#include "passphrases.hpp"

#include <gpgme.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace holdfast::keyring {

namespace fs = std::filesystem;

namespace {

struct release_context {
    void operator()(gpgme_ctx_t context) const noexcept { gpgme_release(context); }
};

struct release_data {
    void operator()(gpgme_data_t data) const noexcept { gpgme_data_release(data); }
};

// Speaks to the agent itself: gpg's own way of changing a passphrase does not take "none" for all subkeys.
class conversation {
public:
    explicit conversation(const std::string& home) {
        gpgme_ctx_t made = nullptr;
        const char* where = gpgme_get_dirinfo("agent-socket");
        const auto socket = where != nullptr ? std::string{where} : home + "/S.gpg-agent";
        if (gpgme_new(&made) != 0) throw std::runtime_error{"gpg: starting"};
        context_.reset(made);
        if (gpgme_set_protocol(made, GPGME_PROTOCOL_ASSUAN) != 0 ||
            gpgme_ctx_set_engine_info(made, GPGME_PROTOCOL_ASSUAN, socket.c_str(), home.c_str()) != 0 ||
            !says("OPTION pinentry-mode=loopback")) {
            throw std::runtime_error{"gpg-agent does not answer"};
        }
    }

    bool is_protected(const std::string& keygrip) {
        protected_ = false;
        return says("KEYINFO " + keygrip) && protected_;
    }

    bool take_off(const std::string& keygrip, std::string_view passphrase) {
        passphrase_ = passphrase;
        return says("PASSWD " + keygrip);
    }

private:
    // Whether the agent agrees.
    bool says(const std::string& command) {
        gpgme_error_t refused = 0;
        const auto failed = gpgme_op_assuan_transact_ext(
            context_.get(), command.c_str(), nullptr, nullptr, answer, this, take_status, this, &refused
        );
        if (failed != 0) throw std::runtime_error{"gpg-agent does not answer"};
        return refused == 0;
    }

    static gpgme_error_t answer(void* self, const char* name, const char* /*args*/, gpgme_data_t* to) {
        auto& me = *static_cast<conversation*>(self);
        me.answer_.reset();
        if (name == nullptr) return 0; // the last answer was taken
        const bool old = std::strcmp(name, "PASSPHRASE") == 0;
        const auto text = old ? me.passphrase_ : std::string_view{}; // the new one is none
        gpgme_data_t made = nullptr;
        const auto code = text.empty() ? gpgme_data_new(&made)
                                       : gpgme_data_new_from_mem(&made, text.data(), text.size(), 0);
        me.answer_.reset(made);
        *to = made;
        return code;
    }

    // "KEYINFO GRIP TYPE SERIAL ID CACHED PROTECTION …": P for protected, C for clear.
    static gpgme_error_t take_status(void* self, const char* status, const char* arguments) {
        if (std::strcmp(status, "KEYINFO") != 0) return 0;
        std::string_view rest{arguments};
        for (int i = 0; i < 5 && !rest.empty(); ++i) {
            const auto space = rest.find(' ');
            rest = space == std::string_view::npos ? std::string_view{} : rest.substr(space + 1);
        }
        static_cast<conversation*>(self)->protected_ = rest.starts_with('P');
        return 0;
    }

    std::unique_ptr<gpgme_context, release_context> context_;
    std::unique_ptr<gpgme_data, release_data> answer_;
    std::string_view passphrase_;
    bool protected_ = false;
};

} // namespace

bool open_all_keys(const std::string& home, const std::vector<std::string_view>& passphrases) {
    conversation with{home};
    std::size_t open = 0;
    std::size_t closed = 0;
    std::error_code ec;
    for (const auto& file : fs::directory_iterator{home + "/private-keys-v1.d", ec}) {
        const auto keygrip = file.path().stem().string();
        if (file.path().extension() != ".key") continue;
        bool is_open = !with.is_protected(keygrip);
        for (std::size_t i = 0; i < passphrases.size() && !is_open; ++i)
            is_open = with.take_off(keygrip, passphrases[i]);
        ++(is_open ? open : closed);
    }
    return open > 0 || closed == 0;
}

} // namespace holdfast::keyring
