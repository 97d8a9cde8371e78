#pragma once

#include "base/error.hpp"
#include "git/url.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace holdfast::http {
struct reachable;
} // namespace holdfast::http

namespace holdfast::git {

struct basic_auth {
    std::string username;
    std::string password;
};

/// A GitHub App's installation: its key makes tokens that live an hour.
struct github_app {
    std::uint64_t app_id = 0;
    std::uint64_t installation_id = 0;
    /// PEM, PKCS#1 or PKCS#8.
    std::string private_key;
    /// "https://api.github.com", or "https://ghe.example.com/api/v3" for an enterprise server.
    std::string api_url = "https://api.github.com";
};

/// See credentials::deadline.
inline constexpr int fetch_deadline_factor = 5;

/// All that is needed to speak to one remote, beside its URL. Which of the first four is used follows from
/// the URL: ssh takes the key; https takes the app, else the token, else the password.
struct credentials {
    std::optional<basic_auth> basic;
    std::optional<std::string> bearer_token;
    /// A private key as ssh-keygen writes it, without a passphrase.
    std::optional<std::string> ssh_key;
    std::optional<github_app> app;

    /// Lines as in ~/.ssh/known_hosts. ssh refuses a host that is not in it.
    std::string known_hosts;
    /// PEM: the authorities to trust for https; empty: the system's.
    std::string ca;
    /// PEM: what we show to an https server that asks; both or neither.
    std::string client_certificate;
    std::string client_key;
    /// "http://[user:password@]proxy:3128" for http and https; empty: what the operator's environment says.
    std::string proxy;
    /// Hosts that are reached without the proxy, separated by commas.
    std::string no_proxy;

    /// Which addresses are connected to with these (http/guard.hpp); nullptr: any.
    std::shared_ptr<const http::reachable> reachable;

    /// How long a listing of refs may take, beside the store's own limit; a fetch, which brings content,
    /// takes fetch_deadline_factor times as long. Nothing: as the store's limits say.
    std::optional<std::chrono::milliseconds> deadline;

    /// The certificate of an https server is not looked at.
    bool insecure_skip_tls_verify = false;
    /// The key of an ssh host is not looked at.
    bool insecure_ignore_host_key = false;
    /// Credentials may be sent over http://, readable for all on the way.
    bool insecure_plain_http = false;
};

/// The decoded data of a Secret.
using secret_data = std::map<std::string, std::string, std::less<>>;

/// Reads the keys that Argo CD knows (username, password, bearerToken, sshPrivateKey, tlsClientCertData,
/// tlsClientCertKey, githubAppID, githubAppInstallationID, githubAppPrivateKey, githubAppEnterpriseBaseUrl,
/// proxy, noProxy, insecure, insecureIgnoreHostKey) and those of Flux (identity, known_hosts, ca.crt,
/// tls.crt, tls.key, and knownHosts, caFile, certFile, keyFile); other keys are not looked at. User errors
/// name the key, never its value: half of a pair, a key that is no key, a number that is none.
result<credentials> read_credentials(const secret_data& data);

/// Whether these can open that URL: a user error for an ssh URL without a key or known hosts, an ssh key for
/// an https URL, and a password that would travel in the clear. No credentials at all are right for https and
/// http (a public repository) and file.
result<void> check(const credentials& c, const url& u);

} // namespace holdfast::git
