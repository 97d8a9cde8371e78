#include "git/credentials.hpp"

#include "base/trim.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <string_view>

namespace holdfast::git {

namespace {

// The value of the first of `keys` that is there and not empty.
struct found {
    std::string_view key;
    std::string value;
    explicit operator bool() const noexcept { return !key.empty(); }
};

found first_of(const secret_data& data, std::initializer_list<std::string_view> keys) {
    for (const auto key : keys) {
        const auto at = data.find(key);
        if (at != data.end() && !at->second.empty()) {
            return {.key = key, .value = at->second};
        }
    }
    return {};
}

// Keys and certificates that went through an editor on Windows, or lost their last line's end, are what they
// were: ssh would refuse them with "error in libcrypto".
std::string clean_pem(std::string text) {
    std::erase(text, '\r');
    text = std::string{trimmed(text)};
    text.push_back('\n');
    return text;
}

// A line's end at the end is a classic of `kubectl create secret --from-file`; blanks may be meant.
std::string chomped(std::string text) {
    while (text.ends_with('\n') || text.ends_with('\r')) {
        text.pop_back();
    }
    return text;
}

bool one_line(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

error wrong(std::string_view key, std::string_view why) {
    return user_error("the Secret's key \"" + std::string{key} + "\" " + std::string{why});
}

result<bool> read_flag(const secret_data& data, std::string_view key) {
    const auto value = first_of(data, {key});
    const auto text = trimmed(value.value);
    if (text.empty() || text == "false") {
        return false;
    }
    if (text == "true") {
        return true;
    }
    return wrong(key, "must be \"true\" or \"false\"");
}

result<std::uint64_t> read_number(const found& f) {
    const auto text = trimmed(f.value);
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc{} || end != text.data() + text.size() || value == 0) {
        return wrong(f.key, "must be a number, as GitHub shows it on the page of the app");
    }
    return value;
}

result<std::string> read_pem(const found& f, std::string_view kind) {
    auto text = clean_pem(f.value);
    if (!text.starts_with("-----BEGIN ") || text.find("-----END ") == std::string::npos) {
        return wrong(
            f.key, "must hold a " + std::string{kind} + " in PEM, from \"-----BEGIN\" to \"-----END …-----\""
        );
    }
    return text;
}

result<void> read_app(const secret_data& data, credentials& c) {
    const auto id = first_of(data, {"githubAppID"});
    const auto installation = first_of(data, {"githubAppInstallationID"});
    const auto key = first_of(data, {"githubAppPrivateKey"});
    if (!id && !installation && !key) {
        return {};
    }
    for (const auto& [have, name] :
         {std::pair{static_cast<bool>(id), "githubAppID"},
          std::pair{static_cast<bool>(installation), "githubAppInstallationID"},
          std::pair{static_cast<bool>(key), "githubAppPrivateKey"}}) {
        if (!have) {
            return wrong(
                name,
                "is missing: a GitHub App needs githubAppID, githubAppInstallationID and githubAppPrivateKey"
            );
        }
    }
    github_app app;
    const auto app_number = read_number(id);
    if (!app_number) {
        return app_number.error();
    }
    const auto installation_number = read_number(installation);
    if (!installation_number) {
        return installation_number.error();
    }
    auto pem = read_pem(key, "private key");
    if (!pem) {
        return pem.error();
    }
    app.app_id = *app_number;
    app.installation_id = *installation_number;
    app.private_key = std::move(*pem);
    if (const auto base = first_of(data, {"githubAppEnterpriseBaseUrl"})) {
        app.api_url = trimmed(base.value);
        while (app.api_url.ends_with('/')) {
            app.api_url.pop_back();
        }
        if (!app.api_url.starts_with("https://") && !app.api_url.starts_with("http://")) {
            return wrong(base.key, "must be an https URL, as in https://ghe.example.com/api/v3");
        }
    }
    c.app = std::move(app);
    return {};
}

result<void> read_tls(const secret_data& data, credentials& c) {
    const auto certificate = first_of(data, {"tlsClientCertData", "tls.crt", "certFile"});
    const auto key = first_of(data, {"tlsClientCertKey", "tls.key", "keyFile"});
    if (certificate && !key) {
        return wrong(
            certificate.key, "needs its private key beside it, in \"tlsClientCertKey\" or \"tls.key\""
        );
    }
    if (key && !certificate) {
        return wrong(key.key, "needs its certificate beside it, in \"tlsClientCertData\" or \"tls.crt\"");
    }
    if (certificate) {
        auto certificate_pem = read_pem(certificate, "certificate");
        if (!certificate_pem) {
            return certificate_pem.error();
        }
        auto key_pem = read_pem(key, "private key");
        if (!key_pem) {
            return key_pem.error();
        }
        c.client_certificate = std::move(*certificate_pem);
        c.client_key = std::move(*key_pem);
    }
    if (const auto ca = first_of(data, {"ca.crt", "caFile"})) {
        auto pem = read_pem(ca, "certificate");
        if (!pem) {
            return pem.error();
        }
        c.ca = std::move(*pem);
    }
    return {};
}

result<void> read_ssh(const secret_data& data, credentials& c) {
    if (const auto key = first_of(data, {"sshPrivateKey", "identity", "ssh-privatekey"})) {
        auto pem = read_pem(key, "private key");
        if (!pem) {
            return pem.error();
        }
        if (pem->find("ENCRYPTED") != std::string::npos) {
            return wrong(key.key, "is locked by a passphrase: store it without (ssh-keygen -p)");
        }
        c.ssh_key = std::move(*pem);
    }
    if (const auto hosts = first_of(data, {"known_hosts", "knownHosts", "sshKnownHosts", "ssh-knownhosts"})) {
        c.known_hosts = clean_pem(hosts.value);
    }
    return {};
}

} // namespace

result<credentials> read_credentials(const secret_data& data) {
    credentials c;
    const auto username = first_of(data, {"username"});
    const auto password = first_of(data, {"password"});
    const auto bearer = first_of(data, {"bearerToken"});
    for (const auto& f : {username, password, bearer}) {
        // A line's end inside would begin another header.
        if (f && !one_line(chomped(f.value))) {
            return wrong(f.key, "has more than one line");
        }
    }
    if (password) {
        c.basic = basic_auth{.username = chomped(username.value), .password = chomped(password.value)};
        if (c.basic->username.empty()) {
            // Tokens of GitHub, GitLab and Gitea are taken as the password of any user.
            c.basic->username = "git";
        }
        if (c.basic->username.find(':') != std::string::npos) {
            return wrong("username", "has a ':' in it, which HTTP cannot transport");
        }
    }
    if (bearer) {
        c.bearer_token = chomped(bearer.value);
    }
    for (auto* step : {&read_ssh, &read_app, &read_tls}) {
        if (auto done = step(data, c); !done) {
            return done.error();
        }
    }
    if (username && !password && !c.ssh_key && !c.bearer_token && !c.app) {
        return wrong("password", "is missing: there is a \"username\" without it");
    }
    if (const auto proxy = first_of(data, {"proxy"})) {
        c.proxy = trimmed(proxy.value);
        if (!one_line(c.proxy) || (!c.proxy.starts_with("http://") && !c.proxy.starts_with("https://") &&
                                   !c.proxy.starts_with("socks5://") && !c.proxy.starts_with("socks5h://"))) {
            return wrong("proxy", "must be a URL like http://proxy.example.com:3128");
        }
    }
    if (const auto except = first_of(data, {"noProxy"})) {
        c.no_proxy = trimmed(except.value);
        if (!one_line(c.no_proxy)) {
            return wrong("noProxy", "must be one line of hosts with commas between");
        }
    }
    const auto insecure = read_flag(data, "insecure");
    if (!insecure) {
        return insecure.error();
    }
    const auto ignore_host_key = read_flag(data, "insecureIgnoreHostKey");
    if (!ignore_host_key) {
        return ignore_host_key.error();
    }
    if (c.app && c.app->api_url.starts_with("http://") && !*insecure) {
        return wrong(
            "githubAppEnterpriseBaseUrl",
            "must be an https URL, as in https://ghe.example.com/api/v3: the app's tokens would travel in the clear "
            "(insecure: \"true\" takes that)"
        );
    }
    c.insecure_skip_tls_verify = *insecure;
    c.insecure_plain_http = *insecure;
    c.insecure_ignore_host_key = *insecure || *ignore_host_key;
    return c;
}

result<void> check(const credentials& c, const url& u) {
    const auto refuse = [&](std::string_view why) { return user_error(u.text() + ": " + std::string{why}); };
    if (u.kind() == transport::ssh) {
        if (!c.ssh_key) {
            return refuse("an ssh URL needs a private key: put it into the Secret as \"sshPrivateKey\" (or "
                          "\"identity\")");
        }
        if (c.known_hosts.empty() && !c.insecure_ignore_host_key) {
            return refuse(
                "an ssh URL needs the server's host key: put what `ssh-keyscan" +
                (u.port() ? " -p " + std::to_string(*u.port()) : std::string{}) + " " + u.host() +
                "` prints, once you have verified it, into the Secret as \"known_hosts\""
            );
        }
        if (!c.proxy.empty()) {
            return refuse("a proxy can be used for https URLs only");
        }
        return {};
    }
    const bool has_http_auth = c.basic || c.bearer_token || c.app;
    if ((u.kind() == transport::https || u.kind() == transport::http) && c.ssh_key && !has_http_auth) {
        return refuse(
            "its Secret has an ssh key, which an https URL cannot use: write the URL as git@host:path"
        );
    }
    if (u.kind() == transport::http && has_http_auth && !c.insecure_plain_http) {
        return refuse(
            "the password would travel in the clear: write https, or set insecure: \"true\" in the Secret"
        );
    }
    return {};
}

} // namespace holdfast::git
