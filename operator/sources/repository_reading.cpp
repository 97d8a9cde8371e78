// What applications get from repositories: revisions, commits, credentials.

#include "sources/repositories_state.hpp"

namespace holdfast::sources {

namespace {

// Refs listed at a poll serve until the next one.
constexpr auto any_age = std::chrono::milliseconds::max();

} // namespace

asio::awaitable<result<std::shared_ptr<const git::credentials>>>
repositories::credentials_for(std::string url, std::string namespace_) {
    const auto scope = policy::scope_of(url);
    if (!scope) {
        co_return scope.error();
    }
    const auto d = state_->serving(namespace_, *scope);
    if (d && (!d->problem.empty() || !d->clash.empty())) {
        co_return state::refusal_of(d, url);
    }
    if (d && d->object.spec.verify) {
        co_return user_error(
            url + " is refused: the Repository " + state::owner_of(d) +
            ", which covers it, requires signatures (spec.verify), and only content from Git can have one"
        );
    }
    co_return co_await state_->credentials_of(d, state_->viewer_of(d, namespace_));
}

asio::awaitable<result<git::resolved_revision>> repositories::resolve(
    std::string url, std::string namespace_, std::string revision, std::string tag_prefix, refs_wanted how_new
) {
    auto parsed = match::revision::parse(revision);
    if (!parsed) {
        co_return parsed.error().within("targetRevision");
    }
    if (!parsed->moves()) {
        how_new = {};
    }
    auto t = co_await state_->listed(url, namespace_, how_new);
    if (!t) {
        co_return t.error();
    }
    if ((*t)->revisions.insert(revision).second) {
        state_->status_due((*t)->owner);
    }
    // The map may lose it during a wait.
    const auto held = *t; // NOLINT(performance-unnecessary-copy-initialization)
    auto at = co_await held->store->resolve(std::move(*parsed), tag_prefix, any_age);
    if (!at || !held->verify) {
        co_return at;
    }
    if (auto brought = co_await state_->bring(held, *at); !brought) {
        co_return brought.error();
    }
    if (auto accepted = co_await state_->accept(held, *at); !accepted) {
        co_return accepted.error();
    }
    co_return at;
}

asio::awaitable<result<git::snapshot>>
repositories::fetch(std::string url, std::string namespace_, git::resolved_revision revision) {
    auto t = co_await state_->listed(url, namespace_);
    if (!t) {
        co_return t.error();
    }
    // The map may lose it during a wait.
    const auto held = *t; // NOLINT(performance-unnecessary-copy-initialization)
    auto brought = co_await state_->bring(held, revision);
    if (!brought || !held->verify) {
        co_return brought;
    }
    if (auto accepted = co_await state_->accept(held, revision); !accepted) {
        co_return accepted.error();
    }
    co_return brought;
}

asio::awaitable<result<git::snapshot>>
repositories::state::bring(std::shared_ptr<tracked_repository> held, git::resolved_revision revision) {
    if (auto there = co_await held->store->open(revision.commit); there.has_value()) {
        co_return *there;
    }
    const auto begin = steady_clock::now();
    const auto commit = revision.commit.hex();
    auto fetched = co_await held->store->fetch(std::move(revision));
    counters.git_operation(
        "fetch", fetched ? "ok" : to_string(fetched.error().kind()), steady_clock::now() - begin
    );
    if (fetched || fetched.error().kind() != error_kind::cancelled) {
        held->last_fetch = crds::repository_fetch{
            .time = wall_clock::now(),
            .succeeded = fetched.has_value(),
            .message = fetched ? "Brought " + commit : fetched.error().message()
        };
        status_due(held->owner);
    }
    co_return fetched;
}

asio::awaitable<result<checkout>>
repositories::open(std::string url, std::string namespace_, std::string revision, std::string tag_prefix) {
    auto resolved = co_await resolve(url, namespace_, std::move(revision), std::move(tag_prefix));
    if (!resolved) {
        co_return resolved.error();
    }
    auto fetched = co_await fetch(std::move(url), std::move(namespace_), *resolved);
    if (!fetched) {
        co_return fetched.error();
    }
    co_return checkout{*resolved, *fetched};
}

asio::awaitable<std::optional<git::snapshot>>
repositories::at_hand(std::string url, std::string namespace_, std::string revision, std::string tag_prefix) {
    const auto wanted = match::revision::parse(revision);
    const auto held = state_->find(namespace_, url);
    if (!wanted || !held || !held->refs || !held->store) {
        co_return std::nullopt;
    }
    const auto resolved = git::resolve(*wanted, *held->refs, tag_prefix);
    if (!resolved) {
        co_return std::nullopt;
    }
    auto there = co_await held->store->open(resolved->commit);
    if (there && held->verify) {
        if (const auto accepted = co_await state_->accept(held, *resolved); !accepted) {
            co_return std::nullopt;
        }
    }
    co_return there ? std::optional{std::move(*there)} : std::nullopt;
}

asio::awaitable<void> repositories::verify(std::string url, std::string namespace_) {
    auto t = co_await state_->listed(std::move(url), std::move(namespace_));
    if (t) {
        // The map may lose it during a wait.
        const auto held = *t; // NOLINT(performance-unnecessary-copy-initialization)
        co_await held->store->verify();
    }
}

void repositories::refresh(const repository_use& what) {
    if (const auto t = what.has_charts ? nullptr : state_->find(what.namespace_, what.url)) {
        t->list_now();
    }
}

std::optional<repository_trouble> repositories::trouble_with(const repository_use& what) const {
    const auto t = what.has_charts ? nullptr : state_->find(what.namespace_, what.url);
    if (!t || !t->refs || !t->failed) {
        return std::nullopt;
    }
    return trouble_of(*t->failed, steady_clock::now() - t->failing_since);
}

std::shared_ptr<const git::ref_list>
repositories::refs(const std::string& namespace_, const std::string& url) const {
    const auto found = state_->find(namespace_, url);
    return found ? found->refs : nullptr;
}

} // namespace holdfast::sources
