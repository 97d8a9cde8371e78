#pragma once

// For this folder's own .cpp files: libgit2 with owners.

#include "base/error.hpp"
#include "git/object_id.hpp"

#include <git2.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>

namespace holdfast::git::libgit2 {

template <auto Free>
struct deleter {
    template <class T>
    void operator()(T* p) const noexcept {
        Free(p);
    }
};

using repository = std::unique_ptr<git_repository, deleter<git_repository_free>>;
using odb = std::unique_ptr<git_odb, deleter<git_odb_free>>;
using odb_object = std::unique_ptr<git_odb_object, deleter<git_odb_object_free>>;
using commit = std::unique_ptr<git_commit, deleter<git_commit_free>>;
using tree = std::unique_ptr<git_tree, deleter<git_tree_free>>;
using reference = std::unique_ptr<git_reference, deleter<git_reference_free>>;
using reference_iterator = std::unique_ptr<git_reference_iterator, deleter<git_reference_iterator_free>>;
using object = std::unique_ptr<git_object, deleter<git_object_free>>;

/// Starts the library once for the process. Before all else.
void start();

/// The words of the last failure on this thread.
std::string last_words();

/// Opens a bare repository without looking at any configuration but its own. Conflict when it is none.
result<repository> open(const std::string& path);

inline git_oid to_oid(const object_id& id) noexcept {
    git_oid out;
    std::memcpy(out.id, id.bytes().data(), object_id::size);
    return out;
}

inline object_id from_oid(const git_oid& id) noexcept {
    std::array<unsigned char, object_id::size> bytes{};
    std::memcpy(bytes.data(), id.id, bytes.size());
    return object_id{bytes};
}

} // namespace holdfast::git::libgit2
