#include "sets_control/trees.hpp"

#include "base/hash.hpp"
#include "base/pool_work.hpp"
#include "base/work_budget.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace holdfast::sets_control {

namespace {

struct listed {
    std::shared_ptr<const std::vector<std::string>> files;
    std::string digest;
};

std::string named(const sets::tree_id& id) {
    return id.repo_url + (id.revision.empty() ? "" : " at " + id.revision);
}

// For the pool.
result<listed> list_files(const git::snapshot& at, std::size_t most, const std::string& what) {
    work_budget budget{"listing " + what};
    const work_budget::scope inside{budget};
    const auto reader = at.read();
    if (!reader) {
        return reader.error();
    }
    const auto root = (*reader)->tree_at("");
    if (!root) {
        return root.error();
    }
    auto entries = (*reader)->list(*root, {.recursive = true, .max_entries = most});
    if (!entries) {
        return entries.error();
    }
    std::vector<std::string> files;
    files.reserve(entries->size());
    for (auto& one : *entries) {
        if (one.mode != files::entry_mode::submodule) {
            files.push_back(std::move(one.name));
        }
    }
    std::ranges::sort(files);
    hasher h;
    for (const auto& file : files) {
        h.add(file);
    }
    return listed{
        .files = std::make_shared<const std::vector<std::string>>(std::move(files)),
        .digest = to_hex(h.finish())
    };
}

struct contents {
    std::map<std::string, std::string> texts;
    std::map<std::string, std::string> unreadable;
    /// The store lost what it had: nothing of the above counts.
    std::optional<error> broken;
};

// For the pool.
contents read_files(
    const git::snapshot& at, const std::set<std::string>& files, std::size_t most, const std::string& what
) {
    contents made;
    work_budget budget{"reading files of " + what};
    const work_budget::scope inside{budget};
    const auto reader = at.read();
    if (!reader) {
        made.broken = reader.error();
        return made;
    }
    for (const auto& path : files) {
        auto text = (*reader)->file(path, most);
        if (text) {
            made.texts.emplace(path, std::move(*text));
        } else if (text.error().kind() == error_kind::user || text.error().kind() == error_kind::not_found) {
            made.unreadable.emplace(path, text.error().message());
        } else {
            made.broken = text.error();
            return made;
        }
    }
    return made;
}

bool comes_back(const error& why) {
    return why.kind() == error_kind::transient || why.kind() == error_kind::conflict;
}

} // namespace

asio::awaitable<result<git::resolved_revision>> trees::resolve(std::string namespace_, sets::tree_id id) {
    co_return co_await sources_.resolve(id.repo_url, std::move(namespace_), id.revision, {});
}

asio::awaitable<seen_tree> trees::list(std::string namespace_, sets::tree_id id) {
    seen_tree made;
    auto opened = co_await sources_.open(id.repo_url, namespace_, id.revision, {});
    if (!opened) {
        made.known.error = opened.error().message();
        made.may_come = comes_back(opened.error());
        co_return made;
    }
    auto work = [at = opened->snapshot, most = most_.files, what = named(id)] {
        return list_files(at, most, what);
    };
    auto found = co_await on_pool(pool_, std::move(work));
    if (!found) {
        made.known.error = found.error().message();
        made.may_come = comes_back(found.error());
        if (found.error().kind() == error_kind::conflict) {
            co_await sources_.verify(id.repo_url, namespace_);
        }
        co_return made;
    }
    made.commit = opened->revision.commit.hex();
    made.at = opened->snapshot;
    made.known.files = std::move(found->files);
    made.listing = std::move(found->digest);
    co_return made;
}

asio::awaitable<void>
trees::read(std::string namespace_, sets::tree_id id, seen_tree& tree, std::set<std::string> files) {
    auto work = [at = tree.at, wanted = std::move(files), most = most_.file_bytes, what = named(id)] {
        return read_files(at, wanted, most, what);
    };
    auto found = co_await on_pool(pool_, std::move(work));
    if (found.broken) {
        tree.known.error = found.broken->message();
        tree.may_come = comes_back(*found.broken);
        if (found.broken->kind() == error_kind::conflict) {
            co_await sources_.verify(id.repo_url, namespace_);
        }
        co_return;
    }
    tree.known.contents.merge(found.texts);
    tree.known.unreadable.merge(found.unreadable);
}

std::string identity_of(const seen_trees& all) {
    hasher h;
    for (const auto& [id, tree] : all) {
        h.add(id.repo_url).add(id.revision).add(tree.known.error).add(tree.listing);
        for (const auto& [path, text] : tree.known.contents) {
            h.add(path).add(text);
        }
        for (const auto& [path, why] : tree.known.unreadable) {
            h.add(path).add(why);
        }
    }
    return to_hex(h.finish());
}

} // namespace holdfast::sets_control
