#include "render/directory.hpp"

#include "files/tree_reader.hpp"
#include "render/canonical.hpp"
#include "render/directory_walk.hpp"
#include "render/documents.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

#include <utility>

namespace holdfast::render {

namespace {

/// Reads the files of a directory, one after the other.
class directory_reader {
public:
    directory_reader(source_tree& tree, const directory_options& options, const directory_limits& limits)
        : tree_{tree}, options_{options}, limits_{limits}, into_{limits} {}

    render_result<render_output> run() {
        walk_directory(tree_, options_, limits_, into_, [this](const taken_file& file) {
            return read(file);
        });
        if (!into_.errors.all.empty()) return std::move(into_.errors);
        if (into_.output.objects.empty()) {
            into_.output.warnings.push_back(fmt::format(
                "{}: there are no manifests in {}", name_of_directory(options_.path), tree_.describe()
            ));
        }
        into_.output.hash = combine(std::move(into_.digests));
        into_.output.memory = into_.memory.used();
        return std::move(into_.output);
    }

private:
    bool fail(const error& e, const std::string& file) {
        return into_.fail(limits_, {.kind = e.kind(), .file = file, .message = e.message()});
    }
    bool fail(std::string message, const std::string& file) {
        return fail(user_error(std::move(message)), file);
    }

    /// False when reading shall stop.
    bool read(const taken_file& file) {
        const std::string& path = file.path;
        const auto text = tree_.read(file.entry, limits_.max_file_bytes);
        if (!text) return fail(text.error(), path);
        if (is_marked_to_skip(*text)) return true;
        if (files::is_lfs_pointer(*text)) {
            return fail(std::string{lfs_sentence}, path);
        }
        if (!is_jsonnet(path))
            return is_within_total(text->size(), path) && collect_found(path, *text, limits_, into_);
        const auto evaluated = options_.evaluated.find(path);
        if (evaluated == options_.evaluated.end()) {
            return fail(
                "the file was not evaluated: there is no result of it to take the manifests from", path
            );
        }
        return is_within_total(evaluated->second.size(), path) &&
               collect_evaluated(path, evaluated->second, limits_, into_);
    }

    bool is_within_total(std::size_t bytes, const std::string& path) {
        total_ += bytes;
        if (total_ <= limits_.max_total_bytes) return true;
        fail(
            fmt::format(
                "the manifests together have more than {} bytes, the limit for one source",
                limits_.max_total_bytes
            ),
            path
        );
        into_.errors.is_too_large = true;
        return false;
    }

    source_tree& tree_;
    const directory_options& options_;
    const directory_limits& limits_;
    collected into_;
    std::size_t total_ = 0;
};

} // namespace

render_result<render_output>
render_directory(source_tree& tree, const directory_options& options, const directory_limits& limits) {
    return directory_reader{tree, options, limits}.run();
}

} // namespace holdfast::render
