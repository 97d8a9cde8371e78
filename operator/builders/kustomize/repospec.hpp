#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace holdfast::builders {

/// A directory of a Git repository, as a kustomization names it behind a URL.
struct remote_base {
    /// What git(1) would be given to clone: "https://github.com/org/repo".
    std::string repository;
    /// From the repository's root, as it was written: may be "", end in '/', or have "." and ".." in it that
    /// do not leave the repository.
    std::string path;
    /// A branch, tag or commit; "": the repository's HEAD.
    std::string revision;

    friend bool operator==(const remote_base&, const remote_base&) = default;
};

/// Reads an entry of a kustomization as kustomize 5.7 does (NewRepoSpecFromURL of its repospec.go), which
/// takes what is an error here for a local path: https, http, ssh and file URLs, user@host:path,
/// github.com/org/repo, each with "git::" before it or not; the repository ends at "_git/NAME", "//", ".git",
/// or after two segments. ?ref= and ?version= are the revision; ?timeout= and ?submodules= mean nothing here.
result<remote_base> read_remote_base(std::string_view text);

/// Whether kustomize would ask for this by HTTP: an http or https URL.
[[nodiscard]] bool is_http_url(std::string_view text) noexcept;

/// Whether an http or https URL is that of one file. kustomize gets what is behind it, and when that is no
/// YAML takes it for a repository; what is planned has to be decided by the looks: an extension of YAML or
/// JSON, or an address where Git hosts give out files as they are, unless it says where a repository ends
/// ("//",
/// ".git", "_git/"); and whatever cannot be a repository.
[[nodiscard]] bool is_file_url(std::string_view text);

/// A URL as it can be shown: "https://user:***@host/…". Everything else is as it was.
std::string without_password(std::string_view text);

/// Whether a URL has a user in it, with a password or not.
[[nodiscard]] bool has_user(std::string_view url) noexcept;

} // namespace holdfast::builders
