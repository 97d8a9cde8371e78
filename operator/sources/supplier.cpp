#include "sources/supplier.hpp"

#include "match/semver.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::sources {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t max_file_bytes = std::size_t{10} << 20U;
} // namespace

std::string describe(const builders::need& what) {
    const auto at = what.revision.empty() ? std::string{} : " at " + what.revision;
    switch (what.what) {
    case builders::need::kind::repository: return "base " + what.url + at;
    case builders::need::kind::chart: return "chart " + what.name + " of " + what.url + at;
    case builders::need::kind::file: return "file " + what.url;
    }
    return what.url;
}

supplier::supplier(
    asio::any_io_executor executor, worker_pool& pool, repositories& sources, charts::chart_store& charts,
    settings s
)
    : executor_{std::move(executor)},
      sources_{sources},
      charts_{charts},
      settings_{std::move(s)},
      files_{settings_.directory + "/files", pool, {}} {}

result<void> supplier::check_allowed(const builders::need& what, const std::string& namespace_) const {
    if (settings_.allowed == remote_inputs::any ||
        (settings_.allowed == remote_inputs::declared && sources_.serving(namespace_, what.url) != nullptr)) {
        return {};
    }
    return error{
        error_kind::forbidden,
        describe(what) + ": builds may not read it: the operator's --remote-inputs is " +
            (settings_.allowed == remote_inputs::none ? "none" : "declared, and no Repository covers it")
    };
}

// What is in a Repository of another namespace (the operator's) is its owner's. A chart repository, which an
// Application names, leads wherever it likes.
bool supplier::may_pass_credentials(const builders::need& what, const std::string& namespace_) const {
    const auto* serving = sources_.serving(namespace_, what.url);
    return serving == nullptr || serving->metadata.namespace_ == namespace_;
}

result<builders::need> supplier::with_url(builders::need what, const std::string& namespace_) const {
    if (what.what != builders::need::kind::chart || !what.url.starts_with('@')) {
        return what;
    }
    const auto name = what.url.substr(1);
    const auto* known = sources_.named(namespace_, name);
    if (known == nullptr) {
        return user_error(
            describe(what) + ": no Repository is called \"" + name +
            "\", in the application's namespace or the operator's: make one with the URL that `helm repo "
            "list` shows "
            "for it, or write that URL"
        );
    }
    what.url = known->spec.url;
    while (what.url.ends_with('/')) {
        what.url.pop_back();
    }
    return what;
}

result<builders::need> supplier::meaning_of(builders::need asked, const reader& who) const {
    auto meant = with_url(std::move(asked), who.namespace_);
    if (!meant) {
        return meant;
    }
    // Whoever may push names what is read, and is to stay within the fence.
    if (who.fence && !who.fence->permits_source(meant->url)) {
        return error{
            error_kind::forbidden, describe(*meant) +
                                       ": builds may not read it: spec.sourceRepos of project '" +
                                       who.fence->name() + "' does not permit " + meant->url
        };
    }
    if (auto allowed = check_allowed(*meant, who.namespace_); !allowed) {
        return allowed.error();
    }
    return meant;
}

asio::awaitable<result<charts::chart_request>> supplier::request_of(builders::need what, reader who) {
    auto credentials = co_await sources_.credentials_for(what.url, who.namespace_);
    if (!credentials) {
        co_return credentials.error();
    }
    charts::chart_request made;
    made.repository = what.url;
    made.name = what.name;
    made.version = what.revision;
    made.with = std::move(*credentials);
    made.pass_credentials = who.pass_credentials && may_pass_credentials(what, who.namespace_);
    co_return made;
}

asio::awaitable<result<std::string>> supplier::resolve(builders::need asked, reader who) {
    const auto meant = meaning_of(std::move(asked), who);
    if (!meant) {
        co_return meant.error();
    }
    const auto& what = *meant;
    switch (what.what) {
    case builders::need::kind::repository: {
        auto at = co_await sources_.resolve(what.url, who.namespace_, what.revision, {}, who.how_new);
        if (!at) {
            co_return at.error().within(describe(what));
        }
        auto accepted = co_await sources_.accept_for(who.fence, what.url, who.namespace_, *at);
        if (!accepted) {
            co_return accepted.error().within(describe(what));
        }
        co_return at->commit.hex();
    }
    case builders::need::kind::chart: {
        co_return co_await resolve_chart(what, who);
    }
    case builders::need::kind::file: {
        auto file = co_await resolve_file(what, who);
        if (!file) {
            co_return file.error();
        }
        co_return (*file)->identity;
    }
    }
    co_return internal_error("a need of no kind");
}

asio::awaitable<result<std::string>> supplier::resolve_chart(builders::need what, reader who) {
    auto request = co_await request_of(what, who);
    if (!request) {
        co_return request.error().within(describe(what));
    }
    // A version in full is the same chart whenever it was looked up.
    const bool moves = !match::version::parse(what.revision);
    const auto not_before = moves ? std::max(refreshed_, who.how_new.since) : refreshed_;
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(
        not_before == steady_clock::time_point::min() ? settings_.max_age : steady_clock::now() - not_before
    );
    const auto asked = who.namespace_ + "\n" + what.url + "\n" + what.name + "\n" + what.revision;
    auto version = co_await charts_.resolve(std::move(*request), std::min(age, settings_.max_age));
    if (version) {
        last_versions_.insert(asked, *version);
        co_return std::move(*version);
    }
    if (const auto* known = last_versions_.find(asked);
        known != nullptr && who.or_last_known && version.error().is_transient()) {
        co_return *known;
    }
    co_return version.error().within(describe(what));
}

asio::awaitable<result<downloaded_file_ptr>> supplier::resolve_file(builders::need what, reader who) {
    const auto not_before = std::max(refreshed_, who.how_new.since);
    if (const auto* found = files_.find(who.namespace_, what.url);
        found != nullptr && found->fetched >= not_before &&
        found->fetched + settings_.max_age > steady_clock::now()) {
        auto file = found->file;
        if (co_await files_.is_there(file)) {
            co_return file;
        }
    }
    auto credentials = co_await sources_.credentials_for(what.url, who.namespace_);
    if (!credentials) {
        co_return credentials.error().within(describe(what));
    }
    auto text = co_await charts::download(executor_, what.url, std::move(*credentials), max_file_bytes, 60s);
    if (!text) {
        const auto* known = files_.find(who.namespace_, what.url);
        if (known != nullptr && who.or_last_known && text.error().is_transient()) {
            co_return known->file;
        }
        co_return text.error().within(describe(what));
    }
    co_return co_await files_.keep(who.namespace_, what.url, std::move(*text));
}

asio::awaitable<result<builders::supply>> supplier::obtain(builders::need asked, reader who) {
    const auto meant = meaning_of(std::move(asked), who);
    if (!meant) {
        co_return meant.error();
    }
    const auto& what = *meant;
    builders::supply made;
    if (what.what == builders::need::kind::repository) {
        auto opened = co_await sources_.open(what.url, who.namespace_, what.revision, {});
        if (!opened) {
            co_return opened.error().within(describe(what));
        }
        auto accepted = co_await sources_.accept_for(who.fence, what.url, who.namespace_, opened->revision);
        if (!accepted) {
            co_return accepted.error().within(describe(what));
        }
        made.identity = opened->revision.commit.hex();
        made.at = std::move(opened->snapshot);
        co_return made;
    }
    if (what.what == builders::need::kind::file) {
        auto file = co_await resolve_file(what, who);
        if (!file) {
            co_return file.error();
        }
        made.identity = (*file)->identity;
        made.file = (*file)->path;
        made.held = std::move(*file);
        co_return made;
    }
    auto identity = co_await resolve(what, who);
    if (!identity) {
        co_return identity.error();
    }
    auto request = co_await request_of(what, who);
    if (!request) {
        co_return request.error().within(describe(what));
    }
    request->version = *identity;
    const bool withheld = who.pass_credentials && !request->pass_credentials;
    auto chart = co_await charts_.fetch(std::move(*request));
    if (!chart && withheld && chart.error().kind() == error_kind::forbidden) {
        co_return error{
            error_kind::forbidden, describe(what) + ": " + chart.error().message() +
                                       "; passCredentials does not hold for the credentials of another "
                                       "namespace's Repository: make a "
                                       "Repository for this URL in " +
                                       who.namespace_
        };
    }
    if (!chart) {
        co_return chart.error().within(describe(what));
    }
    made.identity = chart->digest;
    made.version = chart->version;
    made.file = chart->file;
    made.held = chart->held;
    co_return made;
}

void supplier::refresh() {
    refreshed_ = steady_clock::now();
}

asio::awaitable<void> supplier::housekeeping() {
    co_await charts_.housekeeping();
}

} // namespace holdfast::sources
