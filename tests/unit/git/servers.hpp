#pragma once

// Real repositories and real servers for the tests of git/: made with git(1), served by git http-backend
// behind tests/support/git_http_server.py, by sshd, or from the disk.

#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "git/store.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::git::test {

/// A directory that goes with it.
class temporary_directory {
public:
    temporary_directory();
    ~temporary_directory();
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string operator/(std::string_view name) const {
        return path_ + "/" + std::string{name};
    }

private:
    std::string path_;
};

/// Runs a shell script in `directory`, and gives what it printed, without the last line's end. Throws when it
/// fails, with what it said.
std::string shell(const std::string& directory, const std::string& script);

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view content);
std::size_t count_lines(const std::string& path, std::string_view containing);
/// All bytes of all files below.
std::uint64_t bytes_below(const std::string& path);
/// The names of all files below that contain `part`.
std::vector<std::string> files_below(const std::string& path, std::string_view part = {});

/// A bare repository below `root`, with a work tree beside it to commit from.
class origin {
public:
    /// Empty, until the first commit().
    origin(const std::string& root, const std::string& name);
    /// Writes a file in the work tree, commits, and pushes; gives the new commit's SHA.
    std::string commit(const std::string& file, std::string_view content, const std::string& branch = "main");
    /// Runs git in the work tree.
    std::string git(const std::string& arguments);
    [[nodiscard]] const std::string& bare() const noexcept { return bare_; }
    [[nodiscard]] const std::string& work() const noexcept { return work_; }
    [[nodiscard]] std::string file_url() const { return "file://" + bare_; }

private:
    std::string bare_;
    std::string work_;
};

/// A child that is killed with its group when this goes.
class running {
public:
    running() = default;
    /// When `wait_for_line`, returns once it printed a line, which is kept.
    running(const std::vector<std::string>& argv, bool wait_for_line);
    running(running&& other) noexcept;
    running& operator=(running&& other) noexcept;
    ~running();
    [[nodiscard]] const std::string& first_line() const noexcept { return first_line_; }

private:
    pid_t pid_ = -1;
    int input_ = -1;
    std::string first_line_;
};

/// Our private authority, and certificates by it.
struct authority {
    explicit authority(const std::string& directory);
    std::string ca;
    std::string certificate_file;
    std::string key_file;
    std::string ca_file;
    std::string client_certificate;
    std::string client_key;
};

/// git_http_server.py over what is below `root`.
class http_server {
public:
    http_server(const std::string& root, std::vector<std::string> options, const authority* tls = nullptr);
    [[nodiscard]] std::string url(std::string_view path) const;
    [[nodiscard]] int port() const noexcept { return port_; }
    /// How many answered requests' lines contain `what`.
    [[nodiscard]] std::size_t requests(std::string_view what) const;

private:
    bool tls_;
    std::string log_;
    running child_;
    int port_ = 0;
};

/// Debian's sshd as the current user, who may log in with the two keys.
class ssh_server {
public:
    explicit ssh_server(const std::string& directory);
    [[nodiscard]] std::string url(const std::string& path) const;
    [[nodiscard]] int port() const noexcept { return port_; }
    [[nodiscard]] const std::string& known_hosts() const noexcept { return known_hosts_; }
    std::string ed25519_key;
    std::string rsa_key;

private:
    int port_ = 0;
    std::string known_hosts_;
    running child_;
};

/// A manager with its loop and pool, in a cache directory of its own.
class world {
public:
    explicit world(store_manager_options options = {});
    ~world();

    std::shared_ptr<store> open(const std::string& url, credentials c = {}, const std::string& owner = {});

    template <class T>
    T run(asio::awaitable<T> task) {
        return holdfast::test::run(context, std::move(task), std::chrono::seconds{60});
    }
    void run(asio::awaitable<void> task) {
        holdfast::test::run(context, std::move(task), std::chrono::seconds{60});
    }

    result<resolved_revision> resolve(const std::shared_ptr<store>& s, const std::string& revision);
    /// Resolves and fetches.
    result<snapshot> get(const std::shared_ptr<store>& s, const std::string& revision);

    [[nodiscard]] const std::string& cache() const noexcept { return cache_; }

    temporary_directory directory;
    asio::io_context context;
    worker_pool pool{2};
    std::unique_ptr<store_manager> manager;

private:
    std::string cache_;
};

} // namespace holdfast::git::test
