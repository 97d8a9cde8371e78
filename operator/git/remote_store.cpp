#include "git/remote_store.hpp"

#include "base/duration.hpp"
#include "base/log.hpp"
#include "git/failure.hpp"
#include "git/redirect.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <unordered_set>

namespace holdfast::git {

namespace {

constexpr std::size_t max_other_refs = 64;
constexpr std::size_t max_redirects = 5;
// For how long a server is asked with git alone, after it showed that it does not speak protocol version 2,
// and after a listing over HTTP failed for whatever other reason.
constexpr std::chrono::hours ask_git_if_too_old{1};
constexpr std::chrono::seconds ask_git_if_failed{10};

} // namespace

remote_store::remote_store(std::shared_ptr<store_surroundings> around, std::string directory, url remote)
    : around_{std::move(around)},
      directory_{std::move(directory)},
      repository_{directory_ + "/repo.git"},
      remote_{std::move(remote)},
      remote_turn_{around_->executor, 1},
      last_used_{steady_clock::now()} {}

void remote_store::speak_with(const url& remote, std::shared_ptr<const credentials> c) {
    if (remote.text() != remote_.text()) {
        redirected_.reset();
        speaks_v2_ = false;
        asks_git_until_ = {};
    }
    remote_ = remote;
    credentials_ = std::move(c);
    last_used_ = steady_clock::now();
}

error remote_store::closed_error() const {
    return {error_kind::cancelled, remote_.text() + ": the operator is shutting down"};
}

error remote_store::too_large() const {
    return user_error(
        "fetching from " + remote_.text() + ": with the commits in use it would take more than the " +
        std::to_string(around_->options.limits.max_store_bytes >> 20U) +
        " MiB that one repository may take on disk"
    );
}

std::optional<snapshot> remote_store::known(const object_id& commit) {
    const auto at = commits_.find(commit);
    if (at == commits_.end()) {
        return std::nullopt;
    }
    auto token = at->second.token.lock();
    if (!token) {
        token = std::make_shared<const char>('p');
        at->second.token = token;
    }
    at->second.used = last_used_ = steady_clock::now();
    return snapshot{repository_, commit, std::move(token), around_->trees};
}

// ---- what is on disk

asio::awaitable<result<void>> remote_store::prepare_files() {
    auto prepare = [path = repository_, name = remote_.identity()] {
        return store_files::prepare(path, name);
    };
    auto commits = co_await on_pool(*around_->pool, std::move(prepare));
    if (!commits) {
        co_return commits.error();
    }
    auto measure = [path = repository_] { return store_files::measure(path); };
    size_ = co_await on_pool(*around_->pool, std::move(measure));
    commits_.clear();
    is_kept_ = false;
    const auto now = steady_clock::now();
    for (const auto& c : *commits) {
        commits_.emplace(c, commit_entry{.token = {}, .used = now});
    }
    prepared_ = true;
    co_return result<void>{};
}

asio::awaitable<void> remote_store::run_prepare(self me, std::shared_ptr<prepare_flight> f) {
    lander<void> landing{f, me->closed_error()};
    auto outcome = co_await me->prepare_files();
    if (!outcome && outcome.error().kind() == error_kind::conflict) {
        co_await me->throw_away();
        outcome = co_await me->prepare_files();
    }
    me->preparing_.reset();
    landing.land(std::move(outcome));
}

asio::awaitable<result<void>> remote_store::ready() {
    if (around_->closed) {
        co_return closed_error();
    }
    if (prepared_) {
        co_return result<void>{};
    }
    auto f = preparing_;
    if (!f) {
        f = preparing_ = std::make_shared<prepare_flight>(around_->executor);
        around_->tasks.spawn_along("git prepare " + remote_.normalised(), run_prepare(shared_from_this(), f));
    }
    co_return co_await prepare_flight::wait(std::move(f));
}

asio::awaitable<void> remote_store::throw_away() {
    log::warn(
        "a store is damaged and is thrown away", {{"repository", remote_.text()}, {"directory", repository_}}
    );
    prepared_ = false;
    commits_.clear();
    newest_ = {};
    auto discard = [path = repository_, trash = around_->trash] {
        store_files::remove(store_files::set_aside(path, trash));
        return 0;
    };
    co_await on_pool(*around_->pool, std::move(discard));
}

asio::awaitable<result<void>> remote_store::mend() {
    auto look = [home = around_->home, path = repository_] {
        store_files::make_directory(home); // where children start
        return store_files::is_there(path);
    };
    if (co_await on_pool(*around_->pool, std::move(look))) {
        co_return result<void>{};
    }
    co_await throw_away();
    co_return co_await ready();
}

asio::awaitable<result<snapshot>> remote_store::open(object_id commit) {
    const auto keep_alive = shared_from_this();
    if (auto is_ready = co_await ready(); !is_ready) {
        co_return is_ready.error();
    }
    if (auto s = known(commit)) {
        co_return std::move(*s);
    }
    co_return error{
        error_kind::not_found, "commit " + commit.hex() + " of " + remote_.text() + " is not in the store"
    };
}

asio::awaitable<void> remote_store::verify() {
    const auto keep_alive = shared_from_this();
    if (auto is_ready = co_await ready(); !is_ready) {
        co_return;
    }
    const auto turn = co_await remote_turn_.enter();
    if (!co_await mend() || !repairs_.may_repair(steady_clock::now())) {
        co_return;
    }
    if (co_await run_locally({"fsck", "--no-dangling", "--no-progress"}) != 0) {
        repairs_.repairs(steady_clock::now());
        co_await throw_away();
    }
}

// ---- one exchange

asio::awaitable<store_surroundings::git_turn> store_surroundings::enter(bool large) {
    constexpr std::size_t left_to_others = 2;
    git_turn made;
    std::size_t places = 1;
    if (large && options.max_processes > left_to_others + 1) {
        made.large = co_await large_process.enter();
        places = options.max_processes - left_to_others;
    }
    made.processes = co_await processes.enter(places);
    made.memory = places * options.process_memory;
    co_return made;
}

asio::awaitable<result<std::string>>
remote_store::app_token(url remote, std::shared_ptr<const credentials> with) {
    if (!with || !with->app || remote.kind() == transport::ssh) {
        co_return std::string{};
    }
    co_return co_await around_->tokens->token(with);
}

asio::awaitable<remote_store::outcome> remote_store::exchange(
    std::string doing, std::vector<std::string> before, std::vector<std::string> after,
    std::chrono::milliseconds deadline, std::uint64_t max_file_bytes
) {
    outcome out;
    url remote = redirected_.value_or(remote_);
    const auto with = credentials_;
    if (with && with->deadline) {
        const bool is_listing = max_file_bytes == 0;
        deadline = is_listing ? std::min(deadline, *with->deadline) : fetch_deadline_factor * *with->deadline;
    }
    bool token_renewed = false;
    std::size_t redirects = 0;
    for (;;) {
        git_call call;
        call.remote = &remote;
        call.with = with;
        auto token = co_await app_token(remote, with);
        if (!token) {
            out.failure = token.error().within(doing);
            co_return out;
        }
        call.app_token = std::move(*token);
        call.arguments = before;
        call.arguments.push_back(remote.text());
        call.arguments.insert(call.arguments.end(), after.begin(), after.end());
        call.repository = repository_;
        call.deadline = deadline;
        call.connect_timeout = around_->options.limits.connect_timeout;
        call.max_output = around_->options.limits.max_list_bytes;
        call.max_file_bytes = max_file_bytes;
        call.path = around_->options.path;
        call.home = around_->home;
        if (with && with->reachable) {
            auto end = steady_clock::now() + around_->options.limits.connect_timeout;
            auto found = co_await find_route(remote, with, end);
            if (!found) {
                redirected_.reset();
                out.failure = found.error().within(doing);
                co_return out;
            }
            call.by = std::move(*found);
        }
        const auto secrets = secrets_of(call);
        const auto sent_token = call.app_token;
        auto where = call;

        ++exchanges_;
        const auto turn = co_await around_->enter(is_large_);
        call.max_memory = turn.memory;
        where.max_memory = turn.memory;
        auto said = co_await run_git(std::move(call));
        if (!said) {
            out.failure = said.error().within(doing);
            co_return out;
        }
        if (said->status == 0) {
            out.output = std::move(said->output);
            co_return out;
        }
        const auto& words = said->error_output;
        if (!is_large_ && says_out_of_memory(words)) {
            is_large_ = true;
            continue;
        }
        const bool sends_credentials = with && (with->basic || with->bearer_token || with->app);
        if (says_redirect(words) && (sends_credentials || where.by) && redirects < max_redirects) {
            ++redirects;
            auto next = co_await ask_where(std::move(where), sends_credentials);
            if (!next) {
                redirected_.reset();
                out.failure = next.error().within(doing);
                co_return out;
            }
            log::info(
                "a repository has another address",
                {{"repository", remote_.text()}, {"leads to", next->text()}}
            );
            remote = std::move(*next);
            redirected_ = remote;
            continue;
        }
        failed_call failed;
        failed.doing = doing;
        failed.remote = &remote;
        failed.had_credentials = with && (sends_credentials || with->ssh_key);
        failed.status = said->status;
        failed.error_output = words;
        failed.secrets.assign(secrets.begin(), secrets.end());
        failed.directory = around_->options.directory;
        failed.size_limit = around_->options.limits.max_store_bytes;
        failed.memory_limit = turn.memory;
        auto failure = explain(failed);
        if (failure.kind() == error_kind::forbidden && !sent_token.empty() && !token_renewed) {
            // Revoked, or the clock of one of us is wrong: one fresh token, then it is an answer.
            around_->tokens->forget(sent_token);
            token_renewed = true;
            continue;
        }
        if (failure.kind() == error_kind::not_found || says_redirect(words)) {
            redirected_.reset(); // renamed once more, perhaps: the first address knows
        }
        out.not_shallow = says_not_shallow(words);
        out.sha_not_allowed = says_sha_not_allowed(words);
        out.damaged = failure.kind() == error_kind::conflict;
        out.failure = std::move(failure);
        co_return out;
    }
}

// Git does not say where it was led. The headers do, and git is asked for them, since it knows the proxies
// and authorities.
asio::awaitable<result<url>> remote_store::ask_where(git_call call, bool with_credentials) {
    const url from = *call.remote;
    call.remote = &from;
    call.arguments = {"ls-remote", "--quiet", "--", from.text()};
    call.deadline = around_->options.limits.list_deadline;
    call.max_file_bytes = 0;
    call.tells_headers = true;
    ++exchanges_;
    auto said = co_await run_git(std::move(call));
    if (!said) {
        co_return said.error();
    }
    const auto location = location_in(said->error_output);
    if (!location) {
        co_return transient_error("the server redirects, and does not say where to");
    }
    co_return follow(from, *location, with_credentials);
}

asio::awaitable<int> remote_store::run_locally(std::vector<std::string> arguments) {
    git_call call;
    call.arguments = std::move(arguments);
    call.repository = repository_;
    call.deadline = around_->options.limits.fetch_deadline;
    call.path = around_->options.path;
    call.home = around_->home;
    const auto name = call.arguments.front();
    for (;;) {
        const auto turn = co_await around_->enter(is_large_);
        call.max_memory = turn.memory;
        auto said = co_await run_git(call);
        if (!said) {
            log::warn(
                "git failed",
                {{"command", name}, {"directory", repository_}, {"error", said.error().message()}}
            );
            co_return -1;
        }
        if (said->status != 0) {
            if (!is_large_ && says_out_of_memory(said->error_output)) {
                is_large_ = true;
                continue;
            }
            log::warn(
                "git failed",
                {{"command", name}, {"directory", repository_}, {"error", scrub(said->error_output, {})}}
            );
        }
        co_return said->status;
    }
}

// ---- listing

asio::awaitable<result<std::optional<std::string>>>
remote_store::ask_without_git(ref_selection which, std::chrono::milliseconds deadline) {
    http_refs::question what{
        .remote = redirected_.value_or(remote_),
        .with = credentials_,
        .app_token = {},
        .which = std::move(which),
        .is_known = speaks_v2_,
        .deadline = deadline,
        .max_bytes = around_->options.limits.max_list_bytes,
    };
    const auto kind = what.remote.kind();
    const auto now = steady_clock::now();
    if ((kind != transport::https && kind != transport::http) || now < asks_git_until_) {
        co_return std::optional<std::string>{};
    }
    auto token = co_await app_token(what.remote, what.with);
    if (!token) {
        co_return std::optional<std::string>{}; // git's exchange asks again, and says what is wrong
    }
    what.app_token = std::move(*token);
    ++exchanges_;
    const auto begun = steady_clock::now();
    auto answered = co_await around_->refs.ask(std::move(what));
    speaks_v2_ = answered.listing.has_value();
    if (!speaks_v2_) {
        asks_git_until_ =
            steady_clock::now() + (answered.is_too_old ? ask_git_if_too_old : ask_git_if_failed);
        const auto why = answered.failure ? answered.failure->message() : std::string{};
        log::debug("refs are asked for with git", {{"repository", remote_.text()}, {"because", why}});
    }
    // Where the time went, none is left for git to find out the same.
    const auto spent = steady_clock::now() - begun;
    if (answered.failure && answered.failure->is_transient() && spent > deadline / 2) {
        const bool is_all = spent > deadline / 10 * 9;
        co_return is_all ? transient_error("no answer within " + format_duration(deadline))
                         : std::move(*answered.failure);
    }
    co_return std::move(answered.listing);
}

asio::awaitable<result<remote_store::listing>> remote_store::ask_for_refs() {
    const auto begun = steady_clock::now();
    const auto doing = "listing the refs of " + remote_.text();
    ref_selection which{.names = {"HEAD"}, .prefixes = {"refs/heads/", "refs/tags/"}};
    which.names.insert(which.names.end(), other_refs_.begin(), other_refs_.end());
    auto deadline = around_->options.limits.list_deadline;
    if (credentials_ && credentials_->deadline) {
        deadline = std::min(deadline, *credentials_->deadline);
    }
    auto asked = co_await ask_without_git(which, deadline);
    if (!asked) {
        co_return asked.error().within(doing);
    }
    auto text = std::move(*asked);
    if (!text) {
        std::vector<std::string> patterns = std::move(which.names);
        for (const auto& prefix : which.prefixes) {
            patterns.push_back(prefix + "*");
        }
        const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun);
        std::vector<std::string> before{"ls-remote", "--symref", "--quiet", "--"};
        auto said = co_await exchange(doing, std::move(before), std::move(patterns), deadline - spent, 0);
        if (said.failure) {
            co_return std::move(*said.failure);
        }
        text = std::move(said.output);
    }
    auto parsed = ref_list::parse(*text);
    if (!parsed) {
        co_return parsed.error().within(doing);
    }
    if (!is_kept_ || !refs_ || *refs_ != *parsed) {
        co_await keep(std::move(*text));
    }
    co_return std::make_shared<const ref_list>(std::move(*parsed));
}

// For whoever comes when the remote is away: the next process, or this one as another replica's successor.
asio::awaitable<void> remote_store::keep(std::string listing) {
    auto write = [path = repository_, text = std::move(listing)] {
        return store_files::keep_listing(path, text);
    };
    const auto kept = co_await on_pool(*around_->pool, std::move(write));
    is_kept_ = kept.has_value();
    if (!kept) {
        log::debug(
            "a listing is not kept", {{"repository", remote_.text()}, {"error", kept.error().message()}}
        );
    }
}

asio::awaitable<remote_store::listing> remote_store::last_listing() {
    const auto keep_alive = shared_from_this();
    if (refs_ || around_->closed) {
        co_return refs_;
    }
    auto read = [path = repository_, most = around_->options.limits.max_list_bytes]() -> listing {
        const auto text = store_files::kept_listing(path, most);
        auto parsed = ref_list::parse(text);
        return text.empty() || !parsed ? nullptr : std::make_shared<const ref_list>(std::move(*parsed));
    };
    auto known = co_await on_pool(*around_->pool, std::move(read));
    if (!refs_) {
        refs_ = std::move(known); // as of long ago: `listed_` stays
    }
    co_return refs_;
}

asio::awaitable<void> remote_store::run_listing(self me, std::shared_ptr<listing_flight> f) {
    lander<listing> landing{f, me->closed_error()};
    const auto turn = co_await me->remote_turn_.enter();
    // Who asks in this very moment takes part. From here on a caller may know of something that this listing
    // does not see yet.
    co_await asio::post(me->around_->executor, asio::use_awaitable);
    me->next_listing_.reset();
    if (auto mended = co_await me->mend(); !mended) {
        landing.land(mended.error());
        co_return;
    }
    auto refs = co_await me->ask_for_refs();
    if (refs) {
        me->refs_ = *refs;
        me->listed_ = steady_clock::now();
    }
    landing.land(std::move(refs));
}

asio::awaitable<result<remote_store::listing>> remote_store::list_refs(std::chrono::milliseconds max_age) {
    const auto keep_alive = shared_from_this();
    last_used_ = steady_clock::now();
    // In max_age's own unit: the longest of milliseconds does not fit into nanoseconds.
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - listed_);
    if (refs_ && max_age.count() > 0 && age <= max_age) {
        co_return refs_;
    }
    if (auto is_ready = co_await ready(); !is_ready) {
        co_return is_ready.error();
    }
    auto f = next_listing_;
    if (!f) {
        f = next_listing_ = std::make_shared<listing_flight>(around_->executor);
        around_->tasks.spawn_along("git listing " + remote_.normalised(), run_listing(shared_from_this(), f));
    }
    co_return co_await listing_flight::wait(std::move(f));
}

asio::awaitable<result<resolved_revision>>
remote_store::resolve(match::revision r, std::string tag_prefix, std::chrono::milliseconds max_age) {
    const auto keep_alive = shared_from_this();
    if (!r.moves()) {
        co_return git::resolve(r, {}, tag_prefix);
    }
    // Pull requests and the like are not in every listing: there may be a hundred thousand of them.
    std::string other;
    if (r.kind == match::revision::form::ref && !r.text.starts_with("refs/heads/") &&
        !r.text.starts_with("refs/tags/")) {
        other = r.text;
    } else if (r.kind == match::revision::form::name &&
               (r.text.starts_with("pull/") || r.text.starts_with("merge-requests/") ||
                r.text.starts_with("changes/") || r.text.starts_with("pull-requests/"))) {
        other = "refs/" + r.text;
    }
    if (!other.empty() && std::find(other_refs_.begin(), other_refs_.end(), other) == other_refs_.end()) {
        if (other_refs_.size() >= max_other_refs) {
            other_refs_.erase(other_refs_.begin());
        }
        other_refs_.push_back(other);
        max_age = {};
    }
    auto refs = co_await list_refs(max_age);
    if (!refs) {
        co_return refs.error();
    }
    auto found = git::resolve(r, **refs, tag_prefix);
    if (!found) {
        co_return found.error().within(remote_.text());
    }
    co_return found;
}

// ---- housekeeping

asio::awaitable<bool> remote_store::tidy(std::chrono::seconds keep, bool force) {
    const auto keep_alive = shared_from_this();
    if (!prepared_ || !remote_turn_.is_free()) {
        co_return false; // nobody uses it, or somebody does right now: next time
    }
    const auto turn = co_await remote_turn_.enter();
    co_return co_await tidy_inside(keep, force);
}

asio::awaitable<bool> remote_store::tidy_inside(std::chrono::seconds keep, bool force) {
    std::vector<object_id> doomed;
    const auto now = steady_clock::now();
    std::unordered_set<object_id> listed;
    if (refs_ && !force) {
        for (const auto& r : refs_->refs()) {
            listed.insert(r.commit());
        }
    }
    for (const auto& [commit, entry] : commits_) {
        if (entry.token.expired() && now - entry.used >= keep && commit != newest_ &&
            !listed.contains(commit)) {
            doomed.push_back(commit);
        }
    }
    for (const auto& commit : doomed) {
        commits_.erase(commit); // before the first wait: from here on nobody gets it
    }
    if (!doomed.empty()) {
        auto let_go = [path = repository_, doomed] {
            store_files::unpin(path, doomed);
            return 0;
        };
        co_await on_pool(*around_->pool, std::move(let_go));
    }
    const bool grown = !doomed.empty() && size_.bytes > 2 * bytes_when_packed_;
    if (!force && !grown && size_.packs <= around_->options.limits.max_packs) {
        co_return false;
    }
    // Readers keep what they have open and find the rest in the new pack. What was removed above is pruned.
    const bool packed = co_await run_locally({"repack", "-a", "-d", "-q"}) == 0 &&
                        co_await run_locally({"prune", "--expire=now"}) == 0 &&
                        co_await run_locally({"pack-refs", "--all"}) == 0;
    auto tidy = [path = repository_] {
        store_files::sweep(path);
        return store_files::measure(path);
    };
    size_ = co_await on_pool(*around_->pool, std::move(tidy));
    bytes_when_packed_ = size_.bytes;
    co_return packed;
}

} // namespace holdfast::git
