#include "git/address.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace holdfast::git {

namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return text;
}

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const auto slash = path.find('/');
        if (const auto part = path.substr(0, slash); !part.empty()) {
            parts.emplace_back(part);
        }
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return parts;
}

// Hosts that serve ssh where only the port of https is open.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> ssh_hosts{
    {{"ssh.github.com", "github.com"},
     {"altssh.gitlab.com", "gitlab.com"},
     {"altssh.bitbucket.org", "bitbucket.org"}}
};

constexpr std::string_view azure = "dev.azure.com";
constexpr std::string_view old_azure = ".visualstudio.com";

// organisation/project/repository, from the forms of
// https://learn.microsoft.com/azure/devops/repos/git/auth-overview
void normalise_azure(std::string& host, std::vector<std::string>& parts) {
    const bool over_ssh = host == "ssh.dev.azure.com" || host == "vs-ssh.visualstudio.com";
    if (over_ssh && !parts.empty() && parts.front() == "v3") {
        parts.erase(parts.begin());
    } else if (host.ends_with(old_azure) && !over_ssh) {
        parts.insert(parts.begin(), host.substr(0, host.size() - old_azure.size()));
        if (parts.size() > 1 && parts[1] == "defaultcollection") {
            parts.erase(parts.begin() + 1);
        }
    } else if (host != azure) {
        return;
    }
    host = azure;
    const auto marker = std::find(parts.begin(), parts.end(), "_git");
    if (marker != parts.end()) {
        // The repository that bears its project's name is addressed without naming the project.
        if (marker - parts.begin() == 1 && marker + 1 != parts.end()) {
            *marker = *(marker + 1);
        } else {
            parts.erase(marker);
        }
    }
}

// project/repository, from https://host[/context]/scm/… and
// https://host[/context]/projects/P/repos/R[/browse]
void normalise_bitbucket(std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size() && i < 2; ++i) {
        if (parts[i] == "scm" && i + 1 < parts.size()) {
            parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            return;
        }
        const bool named = i + 3 < parts.size() && parts[i + 2] == "repos";
        if (named && (parts[i] == "projects" || parts[i] == "users")) {
            const auto project = (parts[i] == "users" ? "~" : "") + parts[i + 1];
            parts = {project, parts[i + 3]};
            return;
        }
    }
}

} // namespace

std::string address_key(std::string_view address) {
    // Registries, as charts are addressed in them: "oci://host/path", and Argo CD's form without a scheme.
    constexpr std::string_view registry = "oci://";
    std::string text{address};
    if (address.starts_with(registry)) {
        text = "https://" + text.substr(registry.size());
    } else if (address.find_first_of(":@") == std::string_view::npos &&
               address.find('/') != std::string_view::npos) {
        text = "https://" + text;
    }
    auto parsed = url::parse(text);
    std::string normalised;
    if (parsed) {
        normalised = parsed->normalised();
    } else if (auto prefix = normalise_prefix(text); prefix.has_value()) {
        normalised = *prefix;
    } else {
        return {};
    }
    normalised = lower(std::move(normalised));
    const auto slash = normalised.find('/');
    auto host = normalised.substr(0, slash);
    auto parts =
        split(slash == std::string::npos ? std::string_view{} : std::string_view{normalised}.substr(slash));
    if (host != "file:") {
        const auto bracket = host.rfind(']');
        const auto colon = host.rfind(':');
        if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
            host.resize(colon);
        }
        for (const auto& [ssh, usual] : ssh_hosts) {
            if (host == ssh) {
                host = usual;
            }
        }
        normalise_azure(host, parts);
        normalise_bitbucket(parts);
    }
    for (const auto& part : parts) {
        host += "/" + part;
    }
    return host;
}

} // namespace holdfast::git
