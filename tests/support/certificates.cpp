#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace holdfast::test {

namespace {

struct free_openssl {
    void operator()(BIO* p) const noexcept { BIO_free(p); }
    void operator()(X509* p) const noexcept { X509_free(p); }
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
    void operator()(X509_EXTENSION* p) const noexcept { X509_EXTENSION_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, free_openssl>;

constexpr long hour = 3600;

void require(bool ok, const char* what) {
    if (!ok) {
        throw std::runtime_error{std::string{"making a certificate: "} + what};
    }
}

std::string text_of(const owned<BIO>& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

key_pair to_pem(X509* certificate, EVP_PKEY* key) {
    const owned<BIO> certificate_text{BIO_new(BIO_s_mem())};
    const owned<BIO> key_text{BIO_new(BIO_s_mem())};
    require(PEM_write_bio_X509(certificate_text.get(), certificate) == 1, "writing it");
    require(
        PEM_write_bio_PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "writing its key"
    );
    return {text_of(certificate_text), text_of(key_text)};
}

void add_extension(X509* certificate, int id, const std::string& value) {
    const owned<X509_EXTENSION> extension{X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str())};
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

// A certificate with a fresh key in `key`, all but the issuer and the signature.
owned<X509> draft(const std::string& name, EVP_PKEY* key, long from, long to) {
    owned<X509> certificate{X509_new()};
    std::array<unsigned char, 8> serial{};
    RAND_bytes(serial.data(), static_cast<int>(serial.size()));
    serial[0] &= 0x7fU;
    auto* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
    BN_free(number);
    X509_set_version(certificate.get(), X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0
    );
    return certificate;
}

} // namespace

authority::authority(std::string name) : name_{std::move(name)} {
    const owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
    const auto certificate = draft(name_, key.get(), -hour, hour);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "signing it");
    own_ = to_pem(certificate.get(), key.get());
}

key_pair authority::issue(
    const std::string& name, const std::string& alternatives, const char* usage, long from, long to
) const {
    const owned<BIO> issuer_text{BIO_new_mem_buf(own_.certificate.data(), -1)};
    const owned<X509> issuer{PEM_read_bio_X509(issuer_text.get(), nullptr, nullptr, nullptr)};
    const owned<BIO> issuer_key_text{BIO_new_mem_buf(own_.key.data(), -1)};
    const owned<EVP_PKEY> issuer_key{PEM_read_bio_PrivateKey(issuer_key_text.get(), nullptr, nullptr, nullptr)
    };
    const owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
    const auto certificate = draft(name, key.get(), from, to);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
    if (!alternatives.empty()) {
        add_extension(certificate.get(), NID_subject_alt_name, alternatives);
    }
    add_extension(certificate.get(), NID_ext_key_usage, usage);
    require(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0, "signing it");
    return to_pem(certificate.get(), key.get());
}

namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ",") + name;
    }
    return text;
}

} // namespace

key_pair authority::server(const std::vector<std::string>& names) const {
    return issue("server", joined(names), "serverAuth", -hour, hour);
}

key_pair authority::client(const std::string& name) const {
    return issue(name, {}, "clientAuth", -hour, hour);
}

key_pair authority::expired(const std::vector<std::string>& names) const {
    return issue("server", joined(names), "serverAuth", -2 * hour, -hour);
}

} // namespace holdfast::test
