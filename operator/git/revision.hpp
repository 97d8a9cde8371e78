#pragma once

#include "base/error.hpp"
#include "git/object_id.hpp"
#include "match/revision.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::git {

/// One ref of a remote.
struct ref {
    std::string name;
    object_id target;
    /// What an annotated tag stands for.
    std::optional<object_id> peeled;

    [[nodiscard]] const object_id& commit() const noexcept { return peeled ? *peeled : target; }
    friend bool operator==(const ref&, const ref&) = default;
};

/// What a remote listed: HEAD, branches and tags, sorted by name.
class ref_list {
public:
    ref_list() = default;
    /// From the output of `git ls-remote --symref`. Lines that are none are an internal error; names that Git
    /// itself forbids are left out (what cannot be named safely cannot be asked for).
    static result<ref_list> parse(std::string_view output);

    [[nodiscard]] const ref* find(std::string_view name) const noexcept;
    [[nodiscard]] const std::vector<ref>& refs() const noexcept { return refs_; }
    /// The branch that HEAD stands for, as "refs/heads/main"; empty when unknown.
    [[nodiscard]] const std::string& head_branch() const noexcept { return head_branch_; }
    [[nodiscard]] bool empty() const noexcept { return refs_.empty(); }
    friend bool operator==(const ref_list&, const ref_list&) = default;

private:
    std::vector<ref> refs_;
    std::string head_branch_;
};

/// A commit, and which ref of the remote led to it.
struct resolved_revision {
    object_id commit;
    /// "refs/heads/main", "refs/tags/v1.2.3"; "HEAD" where the remote does not say what that is; empty for a
    /// commit that was named by its SHA.
    std::string ref;

    friend bool operator==(const resolved_revision&, const resolved_revision&) = default;
};

/// What `r` means in a remote with these refs. As Argo CD does it (util/git/client.go lsRemote), in this
/// order: a full SHA is itself; a range ("^1.2", "1.x", ">=1 <2"; not a plain version, which names a tag) is
/// the highest tag in it; a branch; a tag; a full ref name; an abbreviated SHA of 7 digits or more. A branch
/// wins over a tag of the same name. Beyond Argo CD: a range that no tag is in still means a branch of that
/// very name ("1.x"), a moved default branch is followed through HEAD, and an abbreviated SHA is refused
/// unless a listed ref starts with it, since a remote cannot be asked for one.
///
/// With `tag_prefix` ("shop/v") only tags that start with it are looked at for ranges, and without it.
/// Errors: not_found naming the revision (and what is there, for an empty repository), user for an ambiguous
/// abbreviation.
result<resolved_revision>
resolve(const match::revision& r, const ref_list& refs, std::string_view tag_prefix = {});

} // namespace holdfast::git
