#include "http/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <array>
#include <climits>
#include <utility>

namespace holdfast::http {

namespace {

struct free_openssl {
    void operator()(BIO* p) const noexcept { BIO_free(p); }
    void operator()(X509* p) const noexcept { X509_free(p); }
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
    void operator()(SSL* p) const noexcept { SSL_free(p); }
    void operator()(GENERAL_NAMES* p) const noexcept { GENERAL_NAMES_free(p); }
    void operator()(BIO_METHOD* p) const noexcept { BIO_meth_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, free_openssl>;

std::string last_reason() {
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    if (code == 0) {
        return "unknown reason";
    }
    if (const char* reason = ERR_reason_error_string(code)) {
        return reason;
    }
    return "OpenSSL error " + std::to_string(code);
}

owned<BIO> open_text(const std::string& text) {
    return owned<BIO>{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

// Keys with a passphrase are refused, not asked for on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

// Calls `use` for each certificate in `pem`; the number of them, or why it cannot be read.
template <class Use>
result<int> for_each_certificate(const std::string& pem, const char* what, Use use) {
    ERR_clear_error();
    const auto source = open_text(pem);
    int count = 0;
    while (owned<X509> certificate{PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr)}) {
        if (!use(certificate.get(), count)) {
            return user_error(std::string{what} + " cannot be used: " + last_reason());
        }
        ++count;
    }
    const auto code = ERR_peek_last_error();
    const bool at_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    if (count == 0 || !at_end) {
        const auto reason = at_end ? std::string{"there is no certificate in it"} : last_reason();
        ERR_clear_error();
        return user_error(std::string{what} + " is not PEM that can be read: " + reason);
    }
    ERR_clear_error();
    return count;
}

result<void> trust(SSL_CTX* context, const std::string& pem, const char* what) {
    auto* store = SSL_CTX_get_cert_store(context);
    const auto count = for_each_certificate(pem, what, [store](X509* certificate, int) {
        return X509_STORE_add_cert(store, certificate) == 1;
    });
    if (!count) {
        return count.error();
    }
    // What was named is trusted, be it a root or not: as the field's other clients (Go) do.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    return {};
}

result<void>
present(SSL_CTX* context, const std::string& certificate, const std::string& key, const char* who) {
    const auto name = [who](const char* what) { return std::string{who} + " " + what; };
    const auto count =
        for_each_certificate(certificate, name("certificate").c_str(), [context](X509* each, int index) {
            return index == 0 ? SSL_CTX_use_certificate(context, each) == 1
                              : SSL_CTX_add1_chain_cert(context, each) == 1;
        });
    if (!count) {
        return count.error();
    }
    const auto source = open_text(key);
    const owned<EVP_PKEY> parsed{PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr)};
    if (!parsed) {
        return user_error(name("key") + " is not an unencrypted PEM key: " + last_reason());
    }
    // SSL_CTX_use_PrivateKey replaces a certificate that does not fit by nothing, so ask first.
    if (X509_check_private_key(SSL_CTX_get0_certificate(context), parsed.get()) != 1) {
        ERR_clear_error();
        return user_error(name("key") + " does not belong to its certificate");
    }
    if (SSL_CTX_use_PrivateKey(context, parsed.get()) != 1) {
        return user_error(name("key") + " cannot be used: " + last_reason());
    }
    return {};
}

result<tls_context> make_context(const SSL_METHOD* method) {
    tls_context context{SSL_CTX_new(method), &SSL_CTX_free};
    if (!context) {
        return internal_error("OpenSSL gives no context: " + last_reason());
    }
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    // Partial writes and moving buffers: a write that has to wait is repeated with what is left. Released
    // buffers: most connections wait most of the time.
    SSL_CTX_set_mode(
        context.get(),
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
    );
    SSL_CTX_set_read_ahead(context.get(), 1);
    SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
    return context;
}

// The names that a certificate is for, for the message that says why it does not fit.
std::string names_of(X509* certificate) {
    std::string text;
    const owned<GENERAL_NAMES> names{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))
    };
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && i < 20; ++i) {
        const auto* name = sk_GENERAL_NAME_value(names.get(), i);
        std::array<char, INET6_ADDRSTRLEN> address{};
        std::string one;
        if (name->type == GEN_DNS) {
            const auto* dns = name->d.dNSName;
            one.assign(
                reinterpret_cast<const char*>(ASN1_STRING_get0_data(dns)),
                static_cast<std::size_t>(ASN1_STRING_length(dns))
            );
        } else if (name->type == GEN_IPADD) {
            const auto* ip = name->d.iPAddress;
            const int family = ASN1_STRING_length(ip) == 4 ? AF_INET : AF_INET6;
            if (inet_ntop(family, ASN1_STRING_get0_data(ip), address.data(), address.size()) != nullptr) {
                one = address.data();
            }
        }
        if (!one.empty()) {
            text += (text.empty() ? "" : ", ") + one;
        }
    }
    return text.empty() ? "no name at all" : text;
}

bool is_address(const std::string& host) {
    std::array<unsigned char, 16> bytes{};
    return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

class tls_layer final : public layer {
public:
    tls_layer(std::unique_ptr<layer> below, const tls_context& context)
        : below_{std::move(below)}, ssl_{SSL_new(context.get())} {
        auto* bio = BIO_new(method());
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl_.get(), bio, bio);
    }

    // What OpenSSL holds points here.
    tls_layer(const tls_layer&) = delete;
    tls_layer& operator=(const tls_layer&) = delete;
    ~tls_layer() override = default;

    void be_client(const std::string& name) {
        name_ = name;
        SSL_set_connect_state(ssl_.get());
        SSL_set_app_data(ssl_.get(), this);
        SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), on_verified);
        auto* param = SSL_get0_param(ssl_.get());
        X509_VERIFY_PARAM_set_hostflags(
            param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
        );
        if (is_address(name)) {
            X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str());
        } else {
            X509_VERIFY_PARAM_set1_host(param, name.data(), name.size());
            SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
        }
    }
    void be_server() { SSL_set_accept_state(ssl_.get()); }

    step handshake() override {
        if (!below_ready_) {
            const auto s = below_->handshake();
            if (s.how != progress::done) {
                if (s.how == progress::broken) failure_ = below_->failure();
                return s;
            }
            below_ready_ = true;
        }
        ERR_clear_error();
        const int done = SSL_do_handshake(ssl_.get());
        if (done == 1) {
            ready_ = true;
            return {progress::done};
        }
        return conclude(done);
    }

    step read(char* into, std::size_t size) override {
        ERR_clear_error();
        std::size_t count = 0;
        const int done = SSL_read_ex(ssl_.get(), into, size, &count);
        if (done == 1) return {progress::done, count};
        return conclude(done);
    }

    step write(const char* from, std::size_t size) override {
        ERR_clear_error();
        std::size_t count = 0;
        const int done = SSL_write_ex(ssl_.get(), from, size, &count);
        if (done == 1) return {progress::done, count};
        return conclude(done);
    }

    void goodbye() noexcept override {
        if (ready_ && !over_) {
            over_ = true;
            ERR_clear_error();
            SSL_shutdown(ssl_.get());
            ERR_clear_error();
        }
        below_->goodbye();
    }

    [[nodiscard]] error failure() const override { return failure_; }

private:
    step conclude(int returned) {
        const int code = SSL_get_error(ssl_.get(), returned);
        switch (code) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            // What the socket waits for, which within another TLS may be the opposite of what OpenSSL asked
            // for.
            if (below_last_ == progress::want_read || below_last_ == progress::want_write) {
                return {below_last_};
            }
            return {code == SSL_ERROR_WANT_READ ? progress::want_read : progress::want_write};
        case SSL_ERROR_ZERO_RETURN: return {progress::end};
        default: break;
        }
        over_ = true;
        failure_ = explain();
        return {progress::broken};
    }

    error explain() {
        const auto code = ERR_peek_last_error();
        const auto reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
        if (const auto verdict = SSL_get_verify_result(ssl_.get());
            verdict != X509_V_OK && reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
            ERR_clear_error();
            return not_verified(verdict);
        }
        switch (reason) {
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return {
                error_kind::forbidden,
                "the peer refused our certificate, or that we showed none: " + last_reason()
            };
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
            ERR_clear_error();
            return transient_error("the peer does not speak TLS at this port");
        default: break;
        }
        if (below_last_ == progress::broken) {
            ERR_clear_error();
            return below_->failure();
        }
        if (below_last_ == progress::end) {
            ERR_clear_error();
            return transient_error(
                ready_ ? "the connection was closed without an end of TLS"
                       : "the connection was closed during the "
                         "TLS handshake"
            );
        }
        return transient_error("TLS failed: " + last_reason());
    }

    [[nodiscard]] error not_verified(long verdict) const {
        std::string text = "its certificate does not verify: ";
        text += X509_verify_cert_error_string(verdict);
        if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
            text += ": it must be for " + name_ + ", and is for " + peer_names_;
        }
        return {error_kind::forbidden, std::move(text)};
    }

    // Remembers whom a certificate that does not fit is for, while OpenSSL still has it.
    static int on_verified(int fine, X509_STORE_CTX* verification) {
        const auto verdict = X509_STORE_CTX_get_error(verification);
        if (fine != 1 &&
            (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)) {
            const auto* ssl = static_cast<SSL*>(
                X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx())
            );
            static_cast<tls_layer*>(SSL_get_app_data(ssl))->peer_names_ =
                names_of(X509_STORE_CTX_get0_cert(verification));
        }
        return fine;
    }

    // OpenSSL's view of what is below.
    static int bio_read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
        auto& self = *static_cast<tls_layer*>(BIO_get_data(bio));
        return self.passed_down(bio, self.below_->read(into, size), count, BIO_FLAGS_READ);
    }
    static int bio_write(BIO* bio, const char* from, std::size_t size, std::size_t* count) {
        auto& self = *static_cast<tls_layer*>(BIO_get_data(bio));
        return self.passed_down(bio, self.below_->write(from, size), count, BIO_FLAGS_WRITE);
    }
    static long bio_control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
        auto& self = *static_cast<tls_layer*>(BIO_get_data(bio));
        switch (command) {
        case BIO_CTRL_FLUSH:
        case BIO_CTRL_DUP: return 1;
        case BIO_CTRL_EOF: return self.below_last_ == progress::end ? 1 : 0;
        default: return 0;
        }
    }
    int passed_down(BIO* bio, step s, std::size_t* count, int direction) {
        BIO_clear_retry_flags(bio);
        below_last_ = s.how;
        *count = s.count;
        if (s.how == progress::want_read || s.how == progress::want_write) {
            BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY);
        }
        return s.how == progress::done ? 1 : 0;
    }
    static const BIO_METHOD* method() {
        static const owned<BIO_METHOD> instance = [] {
            owned<BIO_METHOD> m{BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "layer")};
            BIO_meth_set_read_ex(m.get(), bio_read);
            BIO_meth_set_write_ex(m.get(), bio_write);
            BIO_meth_set_ctrl(m.get(), bio_control);
            return m;
        }();
        return instance.get();
    }

    std::unique_ptr<layer> below_;
    owned<SSL> ssl_;
    std::string name_;
    std::string peer_names_;
    error failure_;
    progress below_last_ = progress::done;
    bool below_ready_ = false;
    bool ready_ = false;
    bool over_ = false;
};

} // namespace

result<tls_context> make_client_context(const tls_options& options) {
    auto context = make_context(TLS_client_method());
    if (!context) {
        return context;
    }
    if (options.certificate.empty() != options.key.empty()) {
        return user_error("a client certificate and its key come together: one of them is missing");
    }
    if (!options.certificate.empty()) {
        if (auto done = present((*context).get(), options.certificate, options.key, "the client"); !done) {
            return done.error();
        }
    }
    if (options.insecure_skip_verify) {
        SSL_CTX_set_verify((*context).get(), SSL_VERIFY_NONE, nullptr);
        return context;
    }
    SSL_CTX_set_verify((*context).get(), SSL_VERIFY_PEER, nullptr);
    if (options.ca.empty()) {
        SSL_CTX_set_default_verify_paths((*context).get());
        ERR_clear_error();
    } else if (auto done = trust((*context).get(), options.ca, "the certificate authority"); !done) {
        return done.error();
    }
    return context;
}

result<tls_context> make_server_context(const server_tls& options) {
    auto context = make_context(TLS_server_method());
    if (!context) {
        return context;
    }
    if (auto done = present((*context).get(), options.certificate, options.key, "the server"); !done) {
        return done.error();
    }
    if (!options.client_ca.empty()) {
        if (auto done = trust((*context).get(), options.client_ca, "the authority of clients"); !done) {
            return done.error();
        }
        SSL_CTX_set_verify((*context).get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        // Whose sessions these are; without it resumed sessions with client certificates fail.
        static constexpr std::string_view id = "holdfast";
        SSL_CTX_set_session_id_context(
            (*context).get(), reinterpret_cast<const unsigned char*>(id.data()),
            static_cast<unsigned>(id.size())
        );
    }
    return context;
}

std::unique_ptr<layer>
make_tls_client(std::unique_ptr<layer> below, const tls_context& context, const std::string& name) {
    auto made = std::make_unique<tls_layer>(std::move(below), context);
    made->be_client(name);
    return made;
}

std::unique_ptr<layer> make_tls_server(std::unique_ptr<layer> below, const tls_context& context) {
    auto made = std::make_unique<tls_layer>(std::move(below), context);
    made->be_server();
    return made;
}

} // namespace holdfast::http
