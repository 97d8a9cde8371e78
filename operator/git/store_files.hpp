#pragma once

#include "base/error.hpp"
#include "git/object_id.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What a store is on disk: a bare repository whose commits of use are named refs/holdfast/<sha>. All
/// synchronous, for the worker pool; one caller per store at a time, readers beside it.
namespace holdfast::git::store_files {

/// A commit or a tag is read as a whole, and its message is as long as whoever pushed it likes.
inline constexpr std::size_t max_commit_bytes = std::size_t{4} << 20U;

/// Makes the repository unless it is there, and removes what a process that was killed left behind: lock
/// files, temporary and half-kept packs, refs of unfinished fetches. Beside it a file "url" tells people
/// whose it is, and by its time when it was used last. Gives the commits it holds.
result<std::vector<object_id>> prepare(const std::string& repository, const std::string& url);

/// Keeps the text of a listing of refs beside the repository, whole or not at all.
result<void> keep_listing(const std::string& repository, std::string_view text);
/// What was kept; empty: nothing, or more than so many bytes.
std::string kept_listing(const std::string& repository, std::size_t max_bytes);

/// Whether the repository is there as far as git looks before it calls a directory one.
[[nodiscard]] bool is_there(const std::string& repository);

/// Makes a directory unless it is there. What is in the way, its users say.
void make_directory(const std::string& directory);

/// Removes what a failed child left in the making; never what is finished.
void sweep(const std::string& repository);

/// What was there before a fetch.
struct mark {
    std::set<std::string> packs;
    std::string shallow;
};

mark take_mark(const std::string& repository);

/// Makes the disk as it was at the mark: whatever a fetch that failed brought goes.
void roll_back(const std::string& repository, const mark& to);

struct size {
    std::uint64_t bytes = 0;
    std::size_t packs = 0;
};
size measure(const std::string& repository);

/// The size of the largest pack since the mark, finished or in the making. A child that met its limit leaves
/// one of just that size: index-pack has no time to say why it died.
std::uint64_t largest_pack_since(const std::string& repository, const mark& from);

/// Whether that commit and its tree are there. User error when the id names something that is no commit;
/// conflict when the object is broken; not_found when it is not there.
result<void> check_commit(const std::string& repository, const object_id& commit);

/// The bytes of a commit, or of an annotated tag, as signatures are over them. Errors as for check_commit.
result<std::string> read_commit(const std::string& repository, const object_id& commit);
result<std::string> read_tag(const std::string& repository, const object_id& tag);

/// refs/holdfast/<sha> for a commit that is there.
result<void> pin(const std::string& repository, const object_id& commit);
/// With the tags that were kept for them.
void unpin(const std::string& repository, const std::vector<object_id>& commits);

/// Removes refs below `prefix` ("refs/holdfast-tmp/").
void remove_refs(const std::string& repository, std::string_view prefix);

/// What a ref of the store leads to, tags peeled; all zero when there is none.
object_id target_of(const std::string& repository, const std::string& ref);

/// Moves a directory out of the way into `trash`, at once, and gives its new path; "" when it was not there.
std::string set_aside(const std::string& directory, const std::string& trash);
void remove(const std::string& directory);

/// The ref that pins a commit.
std::string pin_name(const object_id& commit);
/// The ref that keeps a tag for as long as the commit is pinned.
std::string tag_pin_name(const object_id& commit, const object_id& tag);

} // namespace holdfast::git::store_files
