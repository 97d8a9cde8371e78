// What signatures are over: the bytes of commits and tags. Tags are brought here, since a fetch of a commit
// brings none.

#include "git/remote_store.hpp"

#include <exception>

namespace holdfast::git {

asio::awaitable<result<std::string>> remote_store::commit_bytes(object_id commit) {
    const auto keep_alive = shared_from_this();
    if (auto is_ready = co_await ready(); !is_ready) {
        co_return is_ready.error();
    }
    auto read = [path = repository_, commit] { return store_files::read_commit(path, commit); };
    co_return co_await on_pool(*around_->pool, std::move(read));
}

asio::awaitable<result<std::string>>
remote_store::tag_bytes(object_id tag, std::string name, object_id commit) {
    const auto keep_alive = shared_from_this();
    if (auto is_ready = co_await ready(); !is_ready) {
        co_return is_ready.error();
    }
    auto read = [path = repository_, tag] { return store_files::read_tag(path, tag); };
    auto there = co_await on_pool(*around_->pool, read);
    if (there || there.error().kind() != error_kind::not_found) {
        co_return there;
    }
    const auto turn = co_await remote_turn_.enter();
    if (auto mended = co_await mend(); !mended) {
        co_return mended.error();
    }
    there = co_await on_pool(*around_->pool, read);
    if (there || there.error().kind() != error_kind::not_found) {
        co_return there; // somebody else's turn brought it
    }
    if (auto brought = co_await bring_tag(tag, std::move(name), commit); !brought) {
        co_return brought.error();
    }
    co_return co_await on_pool(*around_->pool, read);
}

// Inside the remote turn. By its id, which is that of a ref the server lists; else by the ref, which may have
// moved on.
asio::awaitable<result<void>> remote_store::bring_tag(object_id tag, std::string name, object_id commit) {
    const auto limit = around_->options.limits.max_store_bytes;
    if (limit <= size_.bytes) {
        co_return too_large();
    }
    const auto allowed = limit - size_.bytes;
    auto take_mark = [path = repository_] { return store_files::take_mark(path); };
    const auto before = co_await on_pool(*around_->pool, std::move(take_mark));
    const auto kept_as = store_files::tag_pin_name(commit, tag);
    std::exception_ptr cancelled;
    result<void> outcome;
    try {
        std::vector<std::string> by_id{"+" + tag.hex() + ":" + kept_as};
        auto fetched = co_await fetch_once(std::move(by_id), "1", allowed);
        if (fetched.sha_not_allowed) {
            std::vector<std::string> by_ref{"+" + name + ":" + kept_as};
            fetched = co_await fetch_once(std::move(by_ref), "1", allowed);
        }
        if (fetched.failure) {
            outcome = std::move(*fetched.failure);
        } else {
            auto is_there = [path = repository_, tag] { return store_files::read_tag(path, tag); };
            const auto read = co_await on_pool(*around_->pool, std::move(is_there));
            if (!read && read.error().kind() == error_kind::not_found) {
                outcome = transient_error(
                    "the tag " + name + " of " + remote_.text() + " moved while it was fetched"
                );
            } else if (!read) {
                outcome = read.error();
            }
        }
    } catch (...) {
        cancelled = std::current_exception();
    }
    if (cancelled || !outcome) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        auto roll_back = [path = repository_, before, kept_as] {
            store_files::remove_refs(path, kept_as);
            store_files::roll_back(path, before);
            return 0;
        };
        co_await on_pool(*around_->pool, std::move(roll_back));
    }
    if (cancelled) {
        std::rethrow_exception(cancelled);
    }
    auto measure = [path = repository_] { return store_files::measure(path); };
    size_ = co_await on_pool(*around_->pool, std::move(measure));
    co_return outcome;
}

} // namespace holdfast::git
