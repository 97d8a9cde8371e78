#pragma once

#include "base/hash.hpp"
#include "render/source_tree.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::test {

/// A source tree of files that a test writes out. Ids are hashes of the content, as Git's are.
class memory_tree final : public render::source_tree {
public:
    memory_tree& file(const std::string& path, std::string content) {
        return put(path, render::entry_kind::file, std::move(content));
    }
    memory_tree& link(const std::string& path, std::string target) {
        return put(path, render::entry_kind::symlink, std::move(target));
    }
    memory_tree& submodule(const std::string& path) { return put(path, render::entry_kind::submodule, path); }

    /// The id of what is at a path.
    std::string id(const std::string& path) { return find(path).value().value().id; }

    [[nodiscard]] std::string describe() const override {
        return "revision 1234567 of https://git.example/shop";
    }

    result<std::optional<render::source_entry>> find(std::string_view path) override {
        ++finds;
        const std::string key{path};
        if (const auto leaf = leaves_.find(key); leaf != leaves_.end()) {
            return std::optional{entry(name_of(key), leaf->second)};
        }
        const std::string prefix = key.empty() ? key : key + "/";
        const auto below = leaves_.lower_bound(prefix);
        if (!key.empty() && (below == leaves_.end() || !below->first.starts_with(prefix))) {
            return std::optional<render::source_entry>{};
        }
        hasher hash;
        for (auto at = below; at != leaves_.end() && at->first.starts_with(prefix); ++at) {
            hash.add(at->first.substr(prefix.size()))
                .add(at->second.second)
                .add(std::to_string(int(at->second.first)));
        }
        const std::string tree_id = to_hex(hash.finish());
        directories_[tree_id] = key;
        return std::optional{
            render::source_entry{.name = name_of(key), .kind = render::entry_kind::directory, .id = tree_id}
        };
    }

    result<std::vector<render::source_entry>> list(const render::source_entry& directory) override {
        ++lists;
        const std::string path = directories_.at(directory.id);
        const std::string prefix = path.empty() ? path : path + "/";
        std::map<std::string, render::source_entry> entries;
        for (auto at = leaves_.lower_bound(prefix); at != leaves_.end() && at->first.starts_with(prefix);
             ++at) {
            const std::string rest = at->first.substr(prefix.size());
            const std::string name = rest.substr(0, rest.find('/'));
            if (!entries.contains(name)) entries[name] = find(prefix + name).value().value();
        }
        std::vector<render::source_entry> listed;
        for (auto& [name, e] : entries) {
            listed.push_back(std::move(e));
        }
        return listed;
    }

    result<std::string> read(const render::source_entry& file, std::size_t limit) override {
        ++reads;
        const std::string& content = contents_.at(file.id);
        if (content.size() > limit) {
            return user_error(
                "it has " + std::to_string(content.size()) + " bytes, more than " + std::to_string(limit)
            );
        }
        return content;
    }

    int finds = 0;
    int lists = 0;
    int reads = 0;

private:
    using leaf = std::pair<render::entry_kind, std::string>;

    memory_tree& put(const std::string& path, render::entry_kind kind, std::string content) {
        leaves_[path] = {kind, std::move(content)};
        return *this;
    }
    static std::string name_of(const std::string& path) {
        const auto slash = path.rfind('/');
        return slash == std::string::npos ? path : path.substr(slash + 1);
    }
    render::source_entry entry(std::string name, const leaf& l) {
        const std::string leaf_id = to_hex(hasher{}.add(l.second).finish());
        contents_[leaf_id] = l.second;
        return {.name = std::move(name), .kind = l.first, .id = leaf_id};
    }

    std::map<std::string, leaf> leaves_;
    std::map<std::string, std::string> contents_;
    std::map<std::string, std::string> directories_;
};

/// A ConfigMap with a name, as YAML.
inline std::string config_map(const std::string& name, const std::string& more = {}) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n" + more;
}

} // namespace holdfast::test
