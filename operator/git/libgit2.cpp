#include "git/libgit2.hpp"

namespace holdfast::git::libgit2 {

void start() {
    static const bool started = [] {
        git_libgit2_init();
        // The cache volume of a pod often belongs to another user; what is in it is ours all the same.
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
        // We look at trees and blobs once; a cache of theirs is only memory.
        git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
        // Windows of packs in memory, over all readers.
        git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, std::size_t{256} << 20U);
        git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, std::size_t{8} << 20U);
        for (const int level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
            git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
        }
        return true;
    }();
    static_cast<void>(started);
}

std::string last_words() {
    const auto* e = git_error_last();
    return e != nullptr && e->message != nullptr ? e->message : "unknown failure";
}

result<repository> open(const std::string& path) {
    start();
    git_repository* raw = nullptr;
    if (git_repository_open_ext(
            &raw, path.c_str(), GIT_REPOSITORY_OPEN_BARE | GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr
        ) != 0) {
        return error{error_kind::conflict, "the store " + path + " cannot be opened: " + last_words()};
    }
    return repository{raw};
}

} // namespace holdfast::git::libgit2
