#include "sources/supplier.hpp"

#include "base/hash.hpp"
#include "match/semver.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace holdfast::sources {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t max_file_bytes = std::size_t{10} << 20U;
constexpr std::size_t max_files = 10'000;
constexpr auto keep_files = std::chrono::hours{24};

result<void> keep_file(const std::string& path, const std::string& text) {
    std::error_code ec;
    fs::create_directories(fs::path{path}.parent_path(), ec);
    const auto temporary = path + "." + std::to_string(::getpid()) + ".new";
    {
        std::ofstream file{temporary, std::ios::binary};
        file << text;
        if (!file.flush()) {
            file.close();
            fs::remove(temporary, ec);
            return transient_error("a downloaded file cannot be kept at " + path);
        }
    }
    fs::rename(temporary, path, ec);
    return ec ? result<void>{transient_error("a downloaded file cannot be kept at " + path)} : result<void>{};
}

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
      pool_{pool},
      sources_{sources},
      charts_{charts},
      settings_{std::move(s)} {}

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
    made.pass_credentials = who.pass_credentials;
    co_return made;
}

asio::awaitable<result<std::string>> supplier::resolve(builders::need what, reader who) {
    if (auto allowed = check_allowed(what, who.namespace_); !allowed) {
        co_return allowed.error();
    }
    switch (what.what) {
    case builders::need::kind::repository: {
        auto at = co_await sources_.resolve(what.url, who.namespace_, what.revision, {}, who.how_new);
        if (!at) {
            co_return at.error().within(describe(what));
        }
        co_return at->commit.hex();
    }
    case builders::need::kind::chart: {
        auto request = co_await request_of(what, who);
        if (!request) {
            co_return request.error().within(describe(what));
        }
        // A version in full is the same chart whenever it was looked up.
        const bool moves = !match::version::parse(what.revision);
        const auto not_before = moves ? std::max(refreshed_, who.how_new.since) : refreshed_;
        const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(
            not_before == steady_clock::time_point::min() ? settings_.max_age
                                                          : steady_clock::now() - not_before
        );
        auto version = co_await charts_.resolve(std::move(*request), std::min(age, settings_.max_age));
        if (!version) {
            co_return version.error().within(describe(what));
        }
        co_return std::move(*version);
    }
    case builders::need::kind::file: co_return co_await resolve_file(what, who);
    }
    co_return internal_error("a need of no kind");
}

std::string supplier::file_path(const std::string& identity) const {
    return settings_.directory + "/files/" + identity;
}

asio::awaitable<result<std::string>> supplier::resolve_file(builders::need what, reader who) {
    const auto key = std::pair{who.namespace_, what.url};
    const auto not_before = std::max(refreshed_, who.how_new.since);
    if (const auto found = files_.find(key); found != files_.end() && found->second.asked >= not_before &&
                                             found->second.asked + settings_.max_age > steady_clock::now()) {
        co_return found->second.identity;
    }
    auto credentials = co_await sources_.credentials_for(what.url, who.namespace_);
    if (!credentials) {
        co_return credentials.error().within(describe(what));
    }
    auto text = co_await charts::download(executor_, what.url, std::move(*credentials), max_file_bytes, 60s);
    if (!text) {
        co_return text.error().within(describe(what));
    }
    auto identity = to_hex(sha256(*text));
    auto work = [path = file_path(identity), content = std::move(*text)] { return keep_file(path, content); };
    auto kept = co_await on_pool(pool_, std::move(work));
    if (!kept) {
        co_return kept.error();
    }
    if (files_.size() >= max_files) {
        files_.clear();
    }
    files_[key] = {identity, steady_clock::now()};
    co_return identity;
}

asio::awaitable<result<builders::supply>> supplier::obtain(builders::need what, reader who) {
    if (auto allowed = check_allowed(what, who.namespace_); !allowed) {
        co_return allowed.error();
    }
    builders::supply made;
    if (what.what == builders::need::kind::repository) {
        auto opened = co_await sources_.open(what.url, who.namespace_, what.revision, {});
        if (!opened) {
            co_return opened.error().within(describe(what));
        }
        made.identity = opened->revision.commit.hex();
        made.at = std::move(opened->snapshot);
        co_return made;
    }
    auto identity = co_await resolve(what, who);
    if (!identity) {
        co_return identity.error();
    }
    if (what.what == builders::need::kind::file) {
        made.identity = *identity;
        made.file = file_path(*identity);
        co_return made;
    }
    auto request = co_await request_of(what, who);
    if (!request) {
        co_return request.error().within(describe(what));
    }
    request->version = *identity;
    auto chart = co_await charts_.fetch(std::move(*request));
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
    std::set<std::string> used;
    for (const auto& [key, kept] : files_) {
        used.insert(kept.identity);
    }
    auto work = [directory = settings_.directory + "/files", used = std::move(used)] {
        std::error_code ec;
        const auto now = fs::file_time_type::clock::now();
        for (fs::directory_iterator it{directory, ec}, end; !ec && it != end; it.increment(ec)) {
            std::error_code gone;
            if (!used.contains(it->path().filename().string()) &&
                it->last_write_time(gone) + keep_files < now && !gone) {
                fs::remove(it->path(), gone);
            }
        }
        return true;
    };
    co_await on_pool(pool_, std::move(work));
}

} // namespace holdfast::sources
