#include "git/failure.hpp"

#include "git/git_process.hpp"

#include <algorithm>
#include <csignal>
#include <optional>

namespace holdfast::git {

namespace {

bool has(std::string_view text, std::string_view what) noexcept {
    return text.find(what) != std::string_view::npos;
}

template <class... Texts>
bool has_any(std::string_view text, const Texts&... texts) noexcept {
    return (has(text, texts) || ...);
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
}

// "after 3 ms", as curl says it: the same failure is to have the same words each time.
void hide_times(std::string& text) {
    constexpr std::string_view before = " after ";
    constexpr std::string_view unit = " ms";
    for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
        const auto digits = at + before.size();
        const auto end = text.find_first_not_of("0123456789", digits);
        if (end != std::string::npos && end > digits && text.compare(end, unit.size(), unit) == 0) {
            text.erase(at, end + unit.size() - at);
        }
    }
}

// "scheme://user:password@host" → "scheme://…@host".
void hide_users(std::string& text) {
    for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
        const auto end = text.find_first_of(" /'\"\n\t", at + 3);
        const auto mark = text.rfind('@', end == std::string::npos ? text.size() : end);
        if (mark != std::string::npos && mark > at) {
            text.replace(at + 3, mark - at - 3, "…");
        }
    }
}

std::string ssh_name(const url& u) {
    return u.port() && *u.port() != 22 ? "[" + u.host() + "]:" + std::to_string(*u.port()) : u.host();
}

std::string keyscan(const url& u) {
    return "ssh-keyscan " + (u.port() ? "-p " + std::to_string(*u.port()) + " " : std::string{}) + u.host();
}

using sentence = std::pair<error_kind, std::string>;

// What ssh says. Empty when it is none of that.
std::optional<sentence> explain_ssh(const failed_call& call) {
    const auto& text = call.error_output;
    const auto& u = *call.remote;
    if (has(text, "REMOTE HOST IDENTIFICATION HAS CHANGED")) {
        return sentence{
            error_kind::forbidden,
            "the host key of " + ssh_name(u) +
                " is not the one in known_hosts: somebody may intercept the connection, or the "
                "server has a new key; once you have verified it, put what `" +
                keyscan(u) + "` prints into the Secret's known_hosts"
        };
    }
    if (has(text, "Host key verification failed")) {
        return sentence{
            error_kind::forbidden, "no host key of " + ssh_name(u) + " is in known_hosts: put what `" +
                                       keyscan(u) +
                                       "` prints, once you have verified it, into the Secret's known_hosts"
        };
    }
    if (has_any(text, "error in libcrypto", "invalid format", "incorrect passphrase")) {
        return sentence{
            error_kind::user, "ssh cannot read the private key: the Secret must hold it in PEM or OpenSSH "
                              "form, without a passphrase"
        };
    }
    if (has(text, "Permission denied (")) {
        return sentence{
            error_kind::forbidden, u.host() + " refused the ssh key: add its public half there as a deploy "
                                              "key, and check the user in the URL"
        };
    }
    if (has(text, "No user exists for uid")) {
        return sentence{
            error_kind::user,
            "ssh does not run as a user without a name: give the operator's uid a line in /etc/passwd"
        };
    }
    if (has(text, "Could not resolve hostname")) {
        return sentence{error_kind::transient, "the name " + u.host() + " cannot be resolved"};
    }
    if (has(text, "connect to host")) {
        return sentence{error_kind::transient, "cannot connect to " + ssh_name(u)};
    }
    return std::nullopt;
}

std::optional<sentence> explain_http(const failed_call& call) {
    const auto& text = call.error_output;
    const auto& u = *call.remote;
    if (has_any(
            text, "could not read Username", "could not read Password", "Authentication failed", "error: 401"
        )) {
        return sentence{
            error_kind::forbidden,
            call.had_credentials
                ? "the server refused the credentials: check the Secret, and whether the token has expired"
                : "the server asks for credentials: make a Repository with a secretRef for this URL "
                  "(a private or misspelt repository looks the same)"
        };
    }
    if (has(text, "error: 403")) {
        return sentence{error_kind::forbidden, "the server forbids reading it with these credentials (403)"};
    }
    if (has_any(text, "error: 407", "CONNECT tunnel failed, response 407")) {
        return sentence{error_kind::forbidden, "the proxy refused its credentials (407)"};
    }
    if (has_any(
            text, "server certificate verification failed", "SSL certificate problem",
            "certificate subject name", "certificate verify failed", "alternative certificate subject name"
        )) {
        return sentence{
            error_kind::forbidden,
            "the certificate of " + u.host() +
                " does not verify: put the PEM of its authority into the Secret's ca.crt, or the "
                "Repository's caBundle, and use a name that the certificate bears"
        };
    }
    if (has_any(
            text, "Certificate is required", "certificate required", "bad certificate", "handshake failure",
            "could not load PEM client certificate", "unable to set private key", "error reading X.509"
        )) {
        return sentence{
            error_kind::forbidden, "the server asks for another client certificate: check tlsClientCertData "
                                   "and tlsClientCertKey in the Secret"
        };
    }
    if (says_redirect(text)) {
        return sentence{
            error_kind::user,
            "the server redirects elsewhere, where the credentials must not go: write the URL that it "
            "leads to (for GitLab: with .git at its end)"
        };
    }
    if (has(text, "Could not resolve host")) {
        return sentence{error_kind::transient, "the name " + u.host() + " cannot be resolved"};
    }
    if (has(text, "Could not resolve proxy")) {
        return sentence{error_kind::transient, "the name of the proxy cannot be resolved"};
    }
    if (has_any(
            text, "Failed to connect", "Couldn't connect", "Connection refused", "Connection timed out"
        )) {
        return sentence{
            error_kind::transient,
            "cannot connect to " + u.host() + (u.port() ? ":" + std::to_string(*u.port()) : "")
        };
    }
    if (has(text, "error: 429")) {
        return sentence{error_kind::transient, "the server asks to be asked less often (429)"};
    }
    for (const std::string_view status : {"500", "502", "503", "504", "520", "521", "522", "523", "524"}) {
        if (has(text, "error: " + std::string{status})) {
            return sentence{error_kind::transient, "the server failed (" + std::string{status} + ")"};
        }
    }
    if (has_any(text, "not valid: is this a git repository", "not valid: could not determine")) {
        return sentence{
            error_kind::not_found, "the server does not answer as a Git repository: check the URL's path"
        };
    }
    return std::nullopt;
}

// What the other side has git print, without what it prints by itself: "remote: disk full" says nothing of our
// disk.
std::string without_remote(std::string_view text) {
    std::string kept;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of("\n\r"), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.starts_with("remote:") && !line.starts_with("fatal: remote error:")) {
            kept.append(line).append("\n");
        }
    }
    return kept;
}

// What happened on this side.
std::optional<sentence> explain_here(const failed_call& call) {
    const auto text = without_remote(call.error_output);
    if (has_any(text, "No space left on device", "Disk quota exceeded")) {
        return sentence{
            error_kind::transient,
            "the disk of the cache directory " + std::string{call.directory} +
                " is full: give its volume more room, or lower the limits of the stores"
        };
    }
    if (has_any(text, "File too large", "died of signal 25", "exceeds maximum allowed size") ||
        call.status == 128 + SIGXFSZ) {
        return sentence{
            error_kind::user, "it would take more than the " + std::to_string(call.size_limit >> 20U) +
                                  " MiB that one repository may take on disk"
        };
    }
    if (says_out_of_memory(call.error_output)) {
        return sentence{
            error_kind::user, "git needs more than the " + std::to_string(call.memory_limit >> 20U) +
                                  " MiB of memory that it may take: is the message of a commit very long?"
        };
    }
    if (says_store_is_broken(text)) {
        return sentence{error_kind::conflict, "the store " + std::string{call.directory} + " is damaged"};
    }
    return std::nullopt;
}

// What both transports have in common.
std::optional<sentence> explain_any(const failed_call& call) {
    const auto& text = call.error_output;
    if (has_any(
            text, "not our ref", "couldn't find remote ref", "remote ref does not exist", "no such remote ref"
        )) {
        return sentence{error_kind::not_found, "the repository does not have that commit or ref (any more)"};
    }
    if (says_sha_not_allowed(text)) {
        return sentence{
            error_kind::user,
            "the server does not give out a commit by its SHA: name a branch or tag, or set "
            "uploadpack.allowReachableSHA1InWant there"
        };
    }
    if (has_any(
            text, "Repository not found", "repository not found", "does not appear to be a git repository",
            "does not exist", "Could not find repository", "project you were looking for could not be found"
        ) ||
        (has(text, "repository '") && has(text, "' not found")) || has(text, "error: 404")) {
        return sentence{
            error_kind::not_found, call.had_credentials
                                       ? "there is no such repository, or the credentials may not see it"
                                       : "there is no such repository, or it asks for credentials"
        };
    }
    if (has_any(text, "transport 'file' not allowed", "' not allowed")) {
        return sentence{error_kind::user, "it leads to a transport that is not allowed"};
    }
    if (has_any(text, "Operation too slow", "Operation timed out", "timed out")) {
        return sentence{error_kind::transient, "the server is too slow or does not answer"};
    }
    if (has_any(
            text, "early EOF", "unexpected disconnect", "hung up unexpectedly", "transfer closed",
            "Connection reset", "Empty reply from server", "Broken pipe", "RPC failed", "index-pack failed",
            "Connection closed by", "kex_exchange_identification"
        )) {
        return sentence{error_kind::transient, "the connection broke before all was there"};
    }
    return std::nullopt;
}

} // namespace

bool says_out_of_memory(std::string_view text) {
    return has_any(without_remote(text), "Out of memory", "out of memory");
}

bool says_store_is_broken(std::string_view text) noexcept {
    return has_any(
               text, "is corrupt", "loose object", "packfile ", "pack has bad object", "bad object ",
               "is too small", "is far too short", "inflate: data stream error", "unable to read tree",
               "unable to parse object", "missing blob", "missing tree", "missing commit", "object directory",
               "error: Could not read ", "unable to read sha1 file", "did not send all necessary objects",
               "bad tree object", "failed to read object", "shallow file has changed", "bad shallow line",
               "unresolved deltas"
           ) ||
           has(text, "not a git repository: '");
}

bool says_sha_not_allowed(std::string_view text) noexcept {
    return has(text, "does not allow request for unadvertised object");
}

bool says_redirect(std::string_view text) noexcept {
    return has_any(
        text, "error: 301", "error: 302", "error: 303", "error: 307", "error: 308",
        "unable to update url base from redirection"
    );
}

bool says_not_shallow(std::string_view text) noexcept {
    return has_any(
        text, "dumb http transport does not support shallow", "Server does not support shallow",
        "Server does not support --depth"
    );
}

std::string scrub(std::string_view text, const std::vector<std::string_view>& secrets, std::size_t limit) {
    std::string whole{text};
    for (const auto secret : secrets) {
        if (!secret.empty()) {
            replace_all(whole, secret, "…");
        }
    }
    hide_users(whole);
    hide_times(whole);
    // The last lines say most; banners and hints say nothing.
    std::string out;
    std::string_view rest = whole;
    std::vector<std::string> lines;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        auto line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.empty() || line.starts_with("hint:") || line.starts_with("@@@") ||
            line.starts_with("Warning:") || line.starts_with("warning:")) {
            continue;
        }
        std::string clean;
        for (const char c : line) {
            if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
                clean.push_back(c);
            } else if (c == '\r') {
                clean.clear(); // progress, written over
            }
        }
        lines.push_back(std::move(clean));
    }
    for (auto line = lines.rbegin(); line != lines.rend() && out.size() + line->size() < limit; ++line) {
        out = out.empty() ? *line : *line + "; " + out;
    }
    if (out.empty() && !lines.empty()) {
        out = lines.back().substr(0, limit);
    }
    // Once more: taking out control characters may have put one together.
    for (const auto secret : secrets) {
        if (!secret.empty()) {
            replace_all(out, secret, "…");
        }
    }
    return out;
}

error explain(const failed_call& call) {
    auto said = explain_here(call);
    const bool is_here = said.has_value();
    if (!said) {
        said = explain_any(call);
    }
    if (call.remote != nullptr && !is_here && (!said || said->first == error_kind::transient)) {
        // What ssh or curl say is nearer to the cause than git's "the remote end hung up".
        auto nearer = call.remote->kind() == transport::ssh    ? explain_ssh(call)
                      : call.remote->kind() == transport::file ? std::optional<sentence>{}
                                                               : explain_http(call);
        if (nearer) {
            said = std::move(nearer);
        }
    }
    auto words = scrub(call.error_output, call.secrets);
    if (!said) {
        if (words.empty()) {
            words = call.status > 128 ? "git was ended by signal " + std::to_string(call.status - 128)
                                      : "git failed with status " + std::to_string(call.status);
        }
        return error{error_kind::transient, words}.within(call.doing);
    }
    if (!words.empty() && said->first != error_kind::not_found) {
        said->second += " (git says: " + words + ")";
    }
    return error{said->first, std::move(said->second)}.within(call.doing);
}

} // namespace holdfast::git
