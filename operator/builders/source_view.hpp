#pragma once

#include "files/file_source.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// One source that a plan reads, and how messages call it. One task, one view.
struct source_view {
    files::file_source at;
    std::unique_ptr<files::tree_reader> reader;
    /// "revision 0123456789 of https://…", "directory /home/me/shop of https://…".
    std::string name;

    /// Errors: those of files::file_source::read.
    static result<source_view> of(const files::file_source& at, std::string_view repo_url);

    /// What is at a path as join_paths gives it ("" is the root), with every symlink resolved; its `name` is
    /// where that is. Errors as files::tree_reader::follow has them, with the source named.
    [[nodiscard]] result<files::tree_entry> find(std::string_view path) const;

    /// The names in a directory, directories with a '/' behind; none where there is no such directory.
    [[nodiscard]] std::vector<std::string> names_in(std::string_view directory) const;
};

/// What to say behind "there is no …/NAME": the nearest name in the directory, or what there is. Starts with
/// "; " where there is something to say.
std::string what_is_there(const source_view& view, std::string_view missing);
/// The same out of any names.
std::string what_is_there(const std::vector<std::string>& names, std::string_view missing);

} // namespace holdfast::builders
