#include "git/git_process.hpp"

#include "base/base64.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace holdfast::git {

namespace {

// A value for a line of git's configuration.
std::string quoted(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
        }
        out.push_back(c);
    }
    out.push_back('"');
    return out;
}

std::string basic(std::string_view user, std::string_view password) {
    return "Basic " + base64_encode(std::string{user} + ":" + std::string{password});
}

bool is_http(const git_call& call) {
    return call.remote != nullptr &&
           (call.remote->kind() == transport::https || call.remote->kind() == transport::http);
}

std::string_view scheme(transport kind) {
    switch (kind) {
    case transport::https: return "https";
    case transport::http: return "http";
    case transport::ssh: return "ssh";
    case transport::file: return "file";
    }
    return "https";
}

// As curl wants a list of addresses.
std::string joined(const std::vector<std::string>& addresses) {
    std::string out;
    for (const auto& address : addresses) {
        const bool v6 = address.find(':') != std::string::npos;
        out += (out.empty() ? "" : ",") + (v6 ? "[" + address + "]" : address);
    }
    return out;
}

// As ssh writes it into known_hosts.
std::string host_key_name(const url& remote) {
    const auto port = remote.port().value_or(22);
    return port == 22 ? remote.host() : "[" + remote.host() + "]:" + std::to_string(port);
}

constexpr std::string_view proxy_variables[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                                "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

} // namespace

std::string authorization(const credentials* with, const std::string& app_token) {
    if (!app_token.empty()) {
        return basic("x-access-token", app_token);
    }
    if (with == nullptr) {
        return {};
    }
    if (with->bearer_token) {
        return "Bearer " + *with->bearer_token;
    }
    if (with->basic) {
        return basic(with->basic->username, with->basic->password);
    }
    return {};
}

std::string configuration_text(
    const git_call& call, const std::string& ca, const std::string& certificate, const std::string& key
) {
    std::string text;
    const auto set = [&](std::string_view section, std::string_view name, std::string_view value) {
        text.append("[")
            .append(section)
            .append("]\n\t")
            .append(name)
            .append(" = ")
            .append(quoted(value))
            .append("\n");
    };
    // The stores are ours though their directory may belong to another user (a volume mounted into a pod).
    set("safe", "directory", "*");
    set("safe", "bareRepository", "all");
    set("core", "hooksPath", "/dev/null");
    // A store is a copy: what a crash of the machine breaks is noticed and fetched again.
    set("core", "fsync", "none");
    set("core", "deltaBaseCacheLimit", "32m");
    set("core", "bigFileThreshold", "32m");
    // Each thread's stack counts as memory (git_call::max_memory).
    set("pack", "threads", "2");
    set("gc", "auto", "0");
    set("maintenance", "auto", "false");
    set("fetch", "writeCommitGraph", "false");
    // Packs can be told apart and removed when a fetch fails; loose objects cannot.
    set("fetch", "unpackLimit", "1");
    set("transfer", "bundleURI", "false");
    set("submodule", "recurse", "false");
    set("advice", "fetchShowForcedUpdates", "false");
    set("protocol", "version", "2");
    set("protocol", "allow", "never");
    if (call.remote == nullptr) {
        return text;
    }
    set("protocol \"" + std::string{scheme(call.remote->kind())} + "\"", "allow", "always");
    if (call.remote->kind() == transport::http) {
        set("protocol \"https\"", "allow", "always"); // where a server leads from http, most often
    }
    if (!is_http(call)) {
        return text;
    }
    set("http", "lowSpeedLimit", "100");
    set("http", "lowSpeedTime", "60");
    set("http", "userAgent", "git/holdfast");
    const auto letting_in = authorization(call.with.get(), call.app_token);
    // After a redirect git sends its headers to wherever it was led, and would resolve that by itself: see
    // redirect.hpp.
    set("http", "followRedirects", letting_in.empty() && !call.by ? "initial" : "false");
    if (!letting_in.empty()) {
        set("http", "extraHeader", "Authorization: " + letting_in);
    }
    if (call.by) {
        set("http", "proxy", call.by->proxy); // empty: none, whatever the environment says
        set("http", "proxyAuthMethod", "basic");
        if (!call.by->addresses.empty()) {
            // Of whatever name: there is one host that it connects to.
            set("http", "curloptResolve",
                "*:" + std::to_string(call.by->port) + ":" + joined(call.by->addresses));
        }
    }
    if (!call.with) {
        return text;
    }
    const auto& c = *call.with;
    if (!ca.empty()) {
        set("http", "sslCAInfo", ca);
    }
    if (!certificate.empty()) {
        set("http", "sslCert", certificate);
        set("http", "sslKey", key);
    }
    if (c.insecure_skip_tls_verify) {
        set("http", "sslVerify", "false");
    }
    if (!call.by && !c.proxy.empty()) {
        set("http", "proxy", c.proxy);
        set("http", "proxyAuthMethod", "basic");
    }
    return text;
}

std::string ssh_configuration_text(
    const git_call& call, const std::string& key_path, const std::string& known_hosts_path
) {
    const bool ignore = call.with && call.with->insecure_ignore_host_key;
    const auto seconds = std::max<std::int64_t>(
        1, std::chrono::duration_cast<std::chrono::seconds>(call.connect_timeout).count()
    );
    std::string text = "Host *\n";
    const auto set = [&](std::string_view name, std::string_view value) {
        text.append("  ").append(name).append(" ").append(value).append("\n");
    };
    if (call.by && !call.by->addresses.empty() && call.remote != nullptr) {
        set("HostName", call.by->addresses.front());
        set("HostKeyAlias", host_key_name(*call.remote));
    }
    set("BatchMode", "yes");
    set("StrictHostKeyChecking", ignore ? "no" : "yes");
    set("UserKnownHostsFile", known_hosts_path.empty() ? "/dev/null" : known_hosts_path);
    set("GlobalKnownHostsFile", "/dev/null");
    set("UpdateHostKeys", "no");
    set("IdentitiesOnly", "yes");
    set("IdentityAgent", "none");
    if (!key_path.empty()) {
        set("IdentityFile", key_path);
    }
    set("PreferredAuthentications", "publickey");
    set("ConnectTimeout", std::to_string(seconds));
    set("ServerAliveInterval", "15");
    set("ServerAliveCountMax", "3");
    set("ForwardAgent", "no");
    set("ForwardX11", "no");
    set("ClearAllForwardings", "yes");
    set("ControlMaster", "no");
    set("ControlPath", "none");
    set("PermitLocalCommand", "no");
    set("LogLevel", "INFO");
    if (call.remote != nullptr && call.remote->user().empty()) {
        const bool named = call.with && call.with->basic;
        set("User", named ? call.with->basic->username : "git");
    }
    return text;
}

result<call_configuration> configure_call(const git_call& call) {
    call_configuration out;
    const auto keep = [&](const std::string& content, std::string& path) -> result<void> {
        if (content.empty()) {
            return {};
        }
        auto file = secret_file::make(content);
        if (!file) {
            return file.error();
        }
        path = file->path();
        out.files.push_back(std::move(*file));
        return {};
    };
    out.environment = {
        "PATH=" + call.path,
        "HOME=" + call.home,
        "XDG_CONFIG_HOME=" + call.home,
        "LC_ALL=C",
        "GIT_CONFIG_NOSYSTEM=1",
        "GIT_TERMINAL_PROMPT=0",
        "GIT_OPTIONAL_LOCKS=0",
        "GIT_ATTR_NOSYSTEM=1",
        "GIT_PROTOCOL_FROM_USER=0",
    };
    if (!call.repository.empty()) {
        out.environment.push_back("GIT_DIR=" + call.repository);
    }
    if (call.tells_headers) {
        out.environment.insert(
            out.environment.end(), {"GIT_TRACE_CURL=1", "GIT_TRACE_CURL_NO_DATA=1", "GIT_TRACE_REDACT=1"}
        );
    }
    std::string ca;
    std::string certificate;
    std::string key;
    if (is_http(call)) {
        for (const auto variable : proxy_variables) {
            if (call.by) {
                break; // it says so
            }
            // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets our environment
            const char* value = std::getenv(std::string{variable}.c_str());
            const bool ours = call.with && !call.with->no_proxy.empty() &&
                              (variable == "no_proxy" || variable == "NO_PROXY");
            if (value != nullptr && !ours) {
                out.environment.push_back(std::string{variable} + "=" + value);
            }
        }
        if (call.with) {
            if (!call.by && !call.with->no_proxy.empty()) {
                out.environment.push_back("no_proxy=" + call.with->no_proxy);
            }
            for (const auto& [content, path] :
                 {std::pair{&call.with->ca, &ca}, std::pair{&call.with->client_certificate, &certificate},
                  std::pair{&call.with->client_key, &key}}) {
                if (auto kept = keep(*content, *path); !kept) {
                    return kept.error();
                }
            }
        }
    }
    if (call.remote != nullptr && call.remote->kind() == transport::ssh) {
        std::string key_path;
        std::string hosts_path;
        if (call.with) {
            if (auto kept = keep(call.with->ssh_key.value_or(""), key_path); !kept) {
                return kept.error();
            }
            if (auto kept = keep(call.with->known_hosts, hosts_path); !kept) {
                return kept.error();
            }
        }
        std::string config_path;
        if (auto kept = keep(ssh_configuration_text(call, key_path, hosts_path), config_path); !kept) {
            return kept.error();
        }
        // Git gives this to a shell; there is nothing in it but a path that we made.
        out.environment.push_back("GIT_SSH_COMMAND=ssh -F " + config_path);
        out.environment.push_back("GIT_SSH_VARIANT=ssh");
    }
    auto config = secret_file::make(configuration_text(call, ca, certificate, key));
    if (!config) {
        return config.error();
    }
    out.config = std::move(*config);
    out.environment.push_back("GIT_CONFIG_GLOBAL=" + out.config.path());
    return out;
}

boost::asio::awaitable<result<process_result>> run_git(git_call call) {
    auto configuration = configure_call(call);
    if (!configuration) {
        co_return configuration.error();
    }
    process_options options;
    options.argv.reserve(call.arguments.size() + 1);
    options.argv.emplace_back("git");
    for (auto& a : call.arguments) {
        options.argv.push_back(std::move(a));
    }
    options.environment = std::move(configuration->environment);
    options.working_directory = call.home;
    options.deadline = call.deadline;
    options.max_output = call.max_output;
    options.limits = {{RLIMIT_CORE, 0}, {RLIMIT_DATA, call.max_memory}};
    if (call.max_file_bytes > 0) {
        options.limits.emplace_back(RLIMIT_FSIZE, call.max_file_bytes);
    }
    co_return co_await run_process(std::move(options));
}

std::vector<std::string> secrets_of(const git_call& call) {
    std::vector<std::string> secrets;
    const auto add = [&](std::string text) {
        if (text.size() >= 3) {
            secrets.push_back(std::move(text));
        }
    };
    if (!call.app_token.empty()) {
        add(call.app_token);
        add(base64_encode("x-access-token:" + call.app_token));
    }
    if (call.with) {
        if (call.with->basic) {
            add(call.with->basic->password);
            add(base64_encode(call.with->basic->username + ":" + call.with->basic->password));
        }
        if (call.with->bearer_token) {
            add(*call.with->bearer_token);
        }
        add(call.with->proxy.find('@') != std::string::npos ? call.with->proxy : std::string{});
    }
    if (call.by) {
        add(call.by->proxy.find('@') != std::string::npos ? call.by->proxy : std::string{});
    }
    return secrets;
}

} // namespace holdfast::git
