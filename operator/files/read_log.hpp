#pragma once

// What a piece of work asked a source by path, and what it was told. With the same answers out of another
// revision the work would come to the same, so it need not be done again.

#include "base/error.hpp"
#include "files/tree_reader.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace holdfast::files {

/// One question and its answer.
struct path_read {
    enum class question : std::uint8_t {
        /// What kind of thing is there; of a symlink, which one.
        step,
        /// What is there.
        entry,
        /// Where it leads when symlinks are followed, and what is there.
        followed,
    };
    question asked = question::entry;
    std::string path;
    bool there = false;
    entry_mode mode = entry_mode::file;
    object_id id;
    /// Where it led, when that is another path.
    std::string led_to;

    friend bool operator==(const path_read&, const path_read&) = default;
};

/// All of them, without those that others answer too: of a directory that was looked at as a whole nothing
/// that is in it. An application that reads its own directory has one.
using path_reads = std::vector<path_read>;

/// Whether the source of `reader` answers all of them in the same way. Errors: those of the reader, but for
/// what is not there.
result<bool> same_answers(tree_reader& reader, const path_reads& reads);

/// Collects them. One thread at a time.
class read_log {
public:
    /// `by_link`: a symlink was followed on the way.
    void note(path_read one, bool by_link = false);
    /// The work relied on something that no other revision has, as its own name, or it got no answer.
    void note_revision() noexcept { is_of_revision_ = true; }

    /// Nothing where another revision cannot be compared, or where it would be as much work as doing it
    /// again.
    [[nodiscard]] std::optional<path_reads> finish() const;

private:
    std::map<std::tuple<std::string, path_read::question>, std::pair<path_read, bool>> all_;
    bool is_of_revision_ = false;
};

} // namespace holdfast::files
