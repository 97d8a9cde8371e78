#pragma once

#include "builders/plan.hpp"
#include "builders/source_view.hpp"

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// Puts what a build is given into its plan, and keeps what identifies it for the key. What is copied as a
/// whole has no symlink that leads out of it: where there is one, which is fine as long as it stays in the
/// repository, the parts are copied one by one with the target in the place of the link.
class copier {
public:
    /// True for what shall not be copied, by its path relative to the copied directory.
    using exclusion = std::function<bool(std::string_view path, bool is_directory)>;

    explicit copier(build_plan& plan) : plan_{plan} {}

    /// Copies the directory at `path` (clean, no symlink) to `to` below the workspace. Errors: user, naming
    /// the file, for symlinks that leave the repository or lead nowhere, and for too many files.
    result<void> directory(
        const source_view& from, const std::string& path, const std::string& to, const exclusion& without = {}
    );
    /// Copies one file to `to`; once, if it is asked for again. No directory that is copied has it.
    void file(const source_view& from, const files::tree_entry& found, const std::string& to);
    void archive(const supply& from, const std::string& to);
    void written(std::string text, const std::string& to);

    /// True when a file at this place is copied, alone or with its directory.
    [[nodiscard]] bool has(std::string_view to) const;
    /// Texts that together identify all that the build is given.
    [[nodiscard]] const std::vector<std::string>& identities() const noexcept { return identities_; }

private:
    struct place;
    result<void> directory(const place& at, const exclusion& without, int depth);
    result<void> parts(const place& at, const exclusion& without, int depth);
    result<void> count();

    build_plan& plan_;
    std::vector<std::string> identities_;
    std::set<std::string, std::less<>> files_;
    std::set<std::string, std::less<>> directories_;
};

} // namespace holdfast::builders
