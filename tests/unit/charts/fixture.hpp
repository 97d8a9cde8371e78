#pragma once

// A store with its loop, pool and directory, and short ways to use it; archives made byte by byte.

#include "base/worker_pool.hpp"
#include "charts/chart_store.hpp"
#include "support/certificates.hpp"
#include "support/coroutine.hpp"
#include "support/imposter.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::charts::test {

using namespace std::chrono_literals;
using holdfast::test::answer;
using holdfast::test::answer_json;
using holdfast::test::imposter;
using holdfast::test::script;
using holdfast::test::temporary_directory;

/// An entry of an archive in the making.
struct archived {
    std::string path;
    std::string content;
    /// As tar has them: '0' file, '1' hard link, '2' symlink, '3' device, '5' directory.
    char type = '0';
    std::string link;
};

/// A .tgz of these, whatever is wrong with them.
std::string tgz(const std::vector<archived>& entries);
/// A .tgz as helm package makes one: Chart.yaml and a template that says `marker`.
std::string chart_tgz(const std::string& name, const std::string& version, const std::string& marker = {});
/// gzip of anything.
std::string gzip(std::string_view bytes);
/// 64 hexadecimal digits.
std::string digest_of(std::string_view bytes);

/// An entry of an index.
std::string
index_entry(const std::string& version, const std::string& digest, const std::vector<std::string>& urls);
/// An index with one chart.
std::string index_of(const std::string& name, const std::vector<std::string>& entries);

/// The files' names below a directory.
std::vector<std::string> files_in(const std::string& directory);
std::string read_file(const std::string& path);

struct fixture {
    boost::asio::io_context context;
    worker_pool pool{2};
    temporary_directory directory;
    chart_limits limits;
    std::unique_ptr<chart_store> store;

    ~fixture() {
        store.reset();
        settle();
        pool.join();
    }

    /// Opens the store in its directory, again when it was open.
    void open() {
        store.reset();
        settle();
        chart_store_options options;
        options.directory = directory / "charts";
        options.limits = limits;
        auto made = make_chart_store(context.get_executor(), pool, std::move(options));
        store = std::move(made.value());
    }

    /// Lets what was cancelled come to its end.
    void settle() {
        context.restart();
        context.run_for(20ms);
    }

    static chart_request request(
        const std::string& repository, const std::string& name, const std::string& version,
        const git::credentials& with = {}
    ) {
        chart_request what;
        what.repository = repository;
        what.name = name;
        what.version = version;
        what.with = std::make_shared<const git::credentials>(with);
        return what;
    }

    result<std::string> resolve(chart_request what, std::chrono::milliseconds max_age = 3min) {
        if (!store) {
            open();
        }
        return holdfast::test::run(context, store->resolve(std::move(what), max_age));
    }
    result<chart> fetch(chart_request what) {
        if (!store) {
            open();
        }
        return holdfast::test::run(context, store->fetch(std::move(what)));
    }
    void housekeeping() { holdfast::test::run(context, store->housekeeping()); }
};

inline git::credentials
with_password(const std::string& user = "ada", const std::string& password = "secret") {
    git::credentials c;
    c.basic = git::basic_auth{.username = user, .password = password};
    return c;
}

inline git::credentials over_http(git::credentials c) {
    c.insecure_plain_http = true;
    return c;
}

// "ada:secret"
inline constexpr std::string_view basic_ada = "Basic YWRhOnNlY3JldA==";

} // namespace holdfast::charts::test

// Each evaluates its expression once. No error ever says the password of these tests, "secret".
#define REQUIRE_ERROR(expression, wanted, words)                                                             \
    do {                                                                                                     \
        const auto& outcome_ = (expression);                                                                 \
        BOOST_REQUIRE(outcome_.has_error());                                                                 \
        const auto said_ = outcome_.error().message();                                                       \
        BOOST_TEST((outcome_.error().kind() == (wanted)), said_);                                            \
        BOOST_TEST(said_.find(words) != std::string::npos, said_);                                           \
        BOOST_TEST(said_.find("secret") == std::string::npos, said_);                                        \
    } while (false)

#define REQUIRE_OK(expression)                                                                               \
    do {                                                                                                     \
        const auto& outcome_ = (expression);                                                                 \
        BOOST_REQUIRE_MESSAGE(outcome_.has_value(), outcome_.error().message());                             \
    } while (false)
