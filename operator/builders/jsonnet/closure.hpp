#pragma once

#include "base/error.hpp"
#include "render/source_tree.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::builders::jsonnet {

/// A file that an evaluation may read.
struct closure_file {
    /// Where it really is: symlinks followed.
    std::string real_path;
    /// Of its content.
    std::string id;
    bool is_scanned = false;
};

/// All files that evaluating some files may read: they, and what they and the values of variables import,
/// found in the texts. Only what is there: jsonnet evaluates what it needs, and libraries have imports that
/// nobody comes to, so that a missing file is an error only of who evaluates it. For the pool; one thread.
class closure {
public:
    /// `libraries`: directories from the root, in the order in which they are looked through behind the
    /// directory of the importing file.
    closure(render::source_tree& tree, std::vector<std::string> libraries)
        : tree_{tree}, libraries_{std::move(libraries)} {}

    /// Adds a file with its text, and what it imports. Errors: user for more than 10'000 files or 64 MiB;
    /// what the tree gives.
    result<void> add(const std::string& path, closure_file file, std::string_view text);
    /// Adds what code imports that is in no file.
    result<void> add_code(std::string_view code);

    /// By their paths as jsonnet comes to them.
    [[nodiscard]] const std::map<std::string, closure_file>& files() const noexcept { return files_; }

    /// Why there is no file for an import, by the directory of the importing file (in_code for code in no
    /// file) and the name: sentences for those who come to it.
    using unresolved_imports = std::map<std::pair<std::string, std::string>, std::string>;
    [[nodiscard]] const unresolved_imports& unresolved() const noexcept { return unresolved_; }

private:
    struct pending {
        std::string directory;
        bool is_in_file = true;
        std::string text;
    };
    struct found_file {
        closure_file file;
        std::string text;
    };

    result<void> drain();
    result<void> import(const pending& from, const std::string& name, bool is_code);
    result<std::optional<found_file>> look(const std::string& path, std::string& why);
    result<std::string> nearest(const std::vector<std::string>& directories, const std::string& name);
    [[nodiscard]] std::vector<std::string> directories_for(const pending& from) const;

    render::source_tree& tree_;
    std::vector<std::string> libraries_;
    std::map<std::string, closure_file> files_;
    unresolved_imports unresolved_;
    std::vector<pending> pending_;
    std::size_t bytes_ = 0;
};

} // namespace holdfast::builders::jsonnet
