#pragma once

#include "base/async.hpp"
#include "base/lru.hpp"
#include "base/worker_pool.hpp"
#include "builders/plan.hpp"
#include "charts/chart_store.hpp"
#include "policy/project_rules.hpp"
#include "sources/downloaded_files.hpp"
#include "sources/repositories.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace holdfast::sources {

/// What builds may read beyond the sources of their applications.
enum class remote_inputs {
    /// Whatever they name.
    any,
    /// What a Repository covers.
    declared,
    /// Nothing.
    none,
};

/// Gets what builds need from elsewhere (remote bases, charts, files behind URLs), with the credentials of
/// the Repositories that cover them. On the loop's thread; everything is brought once for everybody.
class supplier {
public:
    struct settings {
        std::string directory;
        remote_inputs allowed = remote_inputs::any;
        /// How long an answer about a chart's range or a file behind a URL is used again. (Git repositories
        /// are polled.)
        std::chrono::milliseconds max_age{std::chrono::minutes{3}};
    };

    /// Who reads: whose Repositories tell how, and whether a chart repository's credentials go to other hosts
    /// too (spec.source.helm.passCredentials). Those of a Repository in another namespace never do.
    struct reader {
        std::string namespace_;
        bool pass_credentials = false;
        /// Of bases in Git repositories; a chart's range and a file are asked anew where what is known of
        /// them is older.
        refs_wanted how_new = {};
        /// Where the other side cannot be reached, what it said last serves, however long ago.
        bool or_last_known = false;
        /// The Project whose spec.sourceRepos has to permit what is read; null: nobody limits it.
        std::shared_ptr<const policy::project_rules> fence = nullptr;
    };

    /// All outlive it.
    supplier(
        asio::any_io_executor executor, worker_pool& pool, repositories& sources, charts::chart_store& charts,
        settings s
    );

    /// What a need is now: a commit, a version with its digest, a hash. The same text is the same content.
    /// Errors: forbidden where it is not allowed, saying by which setting or Project; those of repositories and of
    /// chart_store, within what was needed.
    asio::awaitable<result<std::string>> resolve(builders::need what, reader who);
    /// Brings it.
    asio::awaitable<result<builders::supply>> obtain(builders::need what, reader who);

    /// Forgets what was found out, so that the next resolve() asks.
    void refresh();
    /// That of the charts.
    asio::awaitable<void> housekeeping();

private:
    static constexpr std::size_t max_last_versions = 10'000;

    /// What is asked for, with the URL that it stands for, where it may be read.
    [[nodiscard]] result<builders::need> meaning_of(builders::need asked, const reader& who) const;
    /// With the URL that is behind a name.
    [[nodiscard]] result<builders::need> with_url(builders::need what, const std::string& namespace_) const;
    asio::awaitable<result<charts::chart_request>> request_of(builders::need what, reader who);
    asio::awaitable<result<std::string>> resolve_chart(builders::need what, reader who);
    asio::awaitable<result<downloaded_file_ptr>> resolve_file(builders::need what, reader who);
    [[nodiscard]] bool may_pass_credentials(const builders::need& what, const std::string& namespace_) const;
    [[nodiscard]] result<void> check_allowed(const builders::need& what, const std::string& namespace_) const;

    asio::any_io_executor executor_;
    repositories& sources_;
    charts::chart_store& charts_;
    settings settings_;
    downloaded_files files_;
    // The version that a chart's range meant last, for a namespace.
    lru_map<std::string, std::string> last_versions_{max_last_versions};
    steady_clock::time_point refreshed_ = steady_clock::time_point::min();
};

/// "base https://git.example.com/bases.git at main": how messages call a need.
[[nodiscard]] std::string describe(const builders::need& what);

} // namespace holdfast::sources
