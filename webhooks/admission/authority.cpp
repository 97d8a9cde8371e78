#include "admission/authority.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>

namespace holdfast::admission {

namespace {

template <auto Free>
struct freed_with {
    template <class T>
    void operator()(T* p) const noexcept {
        Free(p);
    }
};
using bio_ptr = std::unique_ptr<BIO, freed_with<BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_with<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_with<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_with<X509_EXTENSION_free>>;
using number_ptr = std::unique_ptr<BIGNUM, freed_with<BN_free>>;

// What OpenSSL refuses here is not the world's doing.
void require(bool done, const char* what) {
    if (!done) {
        throw std::runtime_error{std::string{"OpenSSL cannot "} + what};
    }
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

bio_ptr reading(std::string_view text) {
    return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

certificate_ptr first_of(std::string_view pem) {
    const auto bio = reading(pem);
    return certificate_ptr{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
}

std::vector<certificate_ptr> all_of(std::string_view pem) {
    std::vector<certificate_ptr> all;
    const auto bio = reading(pem);
    while (auto* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
        all.emplace_back(one);
    }
    return all;
}

// A key under a passphrase is of no use here; without this OpenSSL would ask the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

key_ptr key_of(std::string_view pem) {
    const auto bio = reading(pem);
    return key_ptr{PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)};
}

std::string to_pem(X509* certificate) {
    const bio_ptr bio{BIO_new(BIO_s_mem())};
    require(PEM_write_bio_X509(bio.get(), certificate) == 1, "write a certificate");
    return text_of(bio.get());
}

std::string to_pem(EVP_PKEY* key) {
    const bio_ptr bio{BIO_new(BIO_s_mem())};
    require(
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "write a key"
    );
    return text_of(bio.get());
}

key_ptr new_key() {
    key_ptr key{EVP_EC_gen("P-256")};
    require(key != nullptr, "make a key");
    return key;
}

void add_extension(X509* to, X509* issuer, int which, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    const extension_ptr extension{X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str())};
    require(extension != nullptr && X509_add_ext(to, extension.get(), -1) == 1, "make an extension");
}

void set_time(ASN1_TIME* where, wall_clock::time_point when) {
    require(ASN1_TIME_set(where, wall_clock::to_time_t(when)) != nullptr, "set a time");
}

wall_clock::time_point time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return {};
    }
    return wall_clock::from_time_t(::timegm(&parts));
}

certificate_ptr begin_certificate(EVP_PKEY* key, std::string_view common_name, const validity& good) {
    certificate_ptr made{X509_new()};
    require(made != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1, "make a certificate");
    std::array<unsigned char, 16> serial{};
    require(RAND_bytes(serial.data(), static_cast<int>(serial.size())) == 1, "make a serial number");
    serial[0] &= 0x7fU; // positive
    const number_ptr number{BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr)};
    require(
        BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made.get())) != nullptr, "set a serial number"
    );
    set_time(X509_getm_notBefore(made.get()), good.begin);
    set_time(X509_getm_notAfter(made.get()), good.end);
    auto* name = X509_get_subject_name(made.get());
    const std::string short_name{common_name.substr(0, 64)};
    require(
        X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(short_name.c_str()), -1, -1, 0
        ) == 1,
        "set a name"
    );
    require(X509_set_pubkey(made.get(), key) == 1, "set a public key");
    return made;
}

// The common name is no name to go by: Go, in which API servers are written, looks at the others only.
constexpr unsigned by_alternative_names = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;

bool is_address(const std::string& name) {
    const std::unique_ptr<ASN1_OCTET_STRING, freed_with<ASN1_OCTET_STRING_free>> read{
        a2i_IPADDRESS(name.c_str())
    };
    return read != nullptr;
}

std::string alternative_names(const std::vector<std::string>& names) {
    std::string all;
    for (const auto& name : names) {
        all += (all.empty() ? "" : ",") + std::string{is_address(name) ? "IP:" : "DNS:"} + name;
    }
    return all;
}

} // namespace

issued make_authority(std::string_view common_name, const validity& good) {
    const auto key = new_key();
    const auto made = begin_certificate(key.get(), common_name, good);
    require(X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) == 1, "set an issuer");
    add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash");
    require(X509_sign(made.get(), key.get(), EVP_sha256()) > 0, "sign a certificate");
    return {to_pem(made.get()), to_pem(key.get())};
}

bool can_be_named(const std::string& name) {
    // The longest name in DNS. Each goes into a list that OpenSSL reads, so a comma would be a second name.
    constexpr std::size_t longest = 253;
    return !name.empty() && name.size() <= longest &&
           (is_address(name) || std::ranges::all_of(name, [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
            }));
}

result<issued>
make_serving(const issued& authority, const std::vector<std::string>& names, const validity& good) {
    const auto by = first_of(authority.certificate);
    const auto by_key = key_of(authority.key);
    if (by == nullptr || by_key == nullptr) {
        return user_error("the authority's certificate or key cannot be read");
    }
    for (const auto& name : names) {
        if (!can_be_named(name)) {
            return user_error("\"" + name + "\" must be a DNS name or an address, to have a certificate");
        }
    }
    const auto key = new_key();
    const auto made = begin_certificate(key.get(), names.empty() ? "holdfast" : names.front(), good);
    require(X509_set_issuer_name(made.get(), X509_get_subject_name(by.get())) == 1, "set an issuer");
    add_extension(made.get(), by.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made.get(), by.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(made.get(), by.get(), NID_ext_key_usage, "serverAuth");
    add_extension(made.get(), by.get(), NID_subject_key_identifier, "hash");
    add_extension(made.get(), by.get(), NID_authority_key_identifier, "keyid");
    if (!names.empty()) {
        add_extension(made.get(), by.get(), NID_subject_alt_name, alternative_names(names));
    }
    require(X509_sign(made.get(), by_key.get(), EVP_sha256()) > 0, "sign a certificate");
    return issued{to_pem(made.get()), to_pem(key.get())};
}

result<validity> validity_of(std::string_view pem) {
    const auto read = first_of(pem);
    if (read == nullptr) {
        return user_error("must be a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----");
    }
    return validity{time_of(X509_get0_notBefore(read.get())), time_of(X509_get0_notAfter(read.get()))};
}

bool is_for_name(std::string_view certificate, const std::string& name) {
    const auto read = first_of(certificate);
    if (read == nullptr) {
        return false;
    }
    return is_address(name)
               ? X509_check_ip_asc(read.get(), name.c_str(), 0) == 1
               : X509_check_host(read.get(), name.data(), name.size(), by_alternative_names, nullptr) == 1;
}

bool fits(std::string_view certificate, std::string_view key) {
    const auto read = first_of(certificate);
    const auto secret = key_of(key);
    return read != nullptr && secret != nullptr && X509_check_private_key(read.get(), secret.get()) == 1;
}

std::vector<std::string> certificates_in(std::string_view pem) {
    std::vector<std::string> all;
    for (const auto& one : all_of(pem)) {
        all.push_back(to_pem(one.get()));
    }
    return all;
}

bool is_signed_by(std::string_view certificate, std::string_view authorities) {
    const auto read = first_of(certificate);
    if (read == nullptr) {
        return false;
    }
    const auto all = all_of(authorities);
    return std::any_of(all.begin(), all.end(), [&](const certificate_ptr& by) {
        return X509_check_issued(by.get(), read.get()) == X509_V_OK &&
               X509_verify(read.get(), X509_get0_pubkey(by.get())) == 1;
    });
}

std::string bundle_of(const std::vector<std::string>& texts, wall_clock::time_point now) {
    std::string bundle;
    std::set<std::string> seen;
    for (const auto& text : texts) {
        for (const auto& one : all_of(text)) {
            auto pem = to_pem(one.get());
            if (time_of(X509_get0_notAfter(one.get())) > now && seen.insert(pem).second) {
                bundle += pem;
            }
        }
    }
    return bundle;
}

} // namespace holdfast::admission
