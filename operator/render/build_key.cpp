#include "render/build_key.hpp"

#include "render/links.hpp"

#include <string>

namespace holdfast::render {

build_key
directory_key(std::string_view tree_id, const directory_options& options, const directory_limits& limits) {
    hasher key;
    key.add("directory").add(std::to_string(renderer_version)).add(tree_id);
    // Messages and relative symlinks depend on where the directory is.
    const auto path = clean_path(options.path);
    key.add(path.has_value() ? *path : options.path);
    key.add(options.recurse ? "recurse" : "").add(options.include).add(options.exclude);
    key.add(options.disable_extension_filter ? "every file" : "");
    for (const std::size_t limit :
         {limits.max_file_bytes, limits.max_total_bytes, limits.max_files, limits.max_objects,
          limits.max_object_bytes, limits.max_output_bytes, limits.max_memory, limits.yaml.max_bytes,
          limits.yaml.max_depth, limits.yaml.max_documents, limits.yaml.max_expansion,
          limits.yaml.max_memory}) {
        key.add(std::to_string(limit));
    }
    return key.finish();
}

result<bool> still_current(const std::vector<outside_read>& reads, source_tree& tree) {
    for (const outside_read& read : reads) {
        const auto entry = tree.find(read.path);
        if (!entry) return entry.error();
        if ((*entry ? (*entry)->id : std::string{}) != read.id) return false;
    }
    return true;
}

} // namespace holdfast::render
