#pragma once

#include "base/timestamp.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string>
#include <string_view>

namespace holdfast::admission::test {

/// As an API server decides: whether a serving certificate is good now, for this name, by one of the
/// authorities in the bundle. Empty when it is, else OpenSSL's reason.
inline std::string distrust(
    std::string_view bundle, std::string_view certificate, const std::string& name, wall_clock::time_point now
) {
    const auto bio = [](std::string_view text) {
        return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
    };
    auto* store = X509_STORE_new();
    auto* bundled = bio(bundle);
    int authorities = 0;
    while (auto* one = PEM_read_bio_X509(bundled, nullptr, nullptr, nullptr)) {
        X509_STORE_add_cert(store, one);
        X509_free(one);
        ++authorities;
    }
    auto* served = bio(certificate);
    auto* leaf = PEM_read_bio_X509(served, nullptr, nullptr, nullptr);
    auto* context = X509_STORE_CTX_new();
    std::string why;
    if (leaf == nullptr || authorities == 0) {
        why = "no certificate";
    } else {
        X509_STORE_CTX_init(context, store, leaf, nullptr);
        auto* how = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_time(how, wall_clock::to_time_t(now));
        X509_VERIFY_PARAM_set_purpose(how, X509_PURPOSE_SSL_SERVER);
        X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_X509_STRICT);
        if (X509_VERIFY_PARAM_set1_ip_asc(how, name.c_str()) != 1) {
            X509_VERIFY_PARAM_set1_host(how, name.c_str(), name.size());
        }
        if (X509_verify_cert(context) != 1) {
            why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
        }
    }
    X509_STORE_CTX_free(context);
    X509_free(leaf);
    BIO_free(served);
    BIO_free(bundled);
    X509_STORE_free(store);
    return why;
}

} // namespace holdfast::admission::test
