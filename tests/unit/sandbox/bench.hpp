#pragma once

#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "sandbox/sandbox.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::sandbox {

/// A runner in a directory of its own, and a workspace.
class bench {
public:
    explicit bench(settings with = {});
    ~bench();
    bench(const bench&) = delete;
    bench& operator=(const bench&) = delete;

    result<outcome> run(job j);
    /// What the hostile program says to these words, without the line's end.
    std::string hostile(std::vector<std::string> words);
    /// A job of the hostile program, in the workspace.
    job hostile_job(std::vector<std::string> words);
    job shell(std::string script);

    [[nodiscard]] std::filesystem::path files() const { return workspace_.path(); }
    [[nodiscard]] std::filesystem::path directory() const { return directory_; }
    runner& made() { return *runner_; }

    asio::io_context context;
    worker_pool pool{2};

private:
    std::filesystem::path directory_;
    std::unique_ptr<runner> runner_;
    workspace workspace_;
};

/// A file that holds what no job may see, readable for everyone by its mode.
std::filesystem::path make_secret(const std::filesystem::path& directory, const std::string& name);

/// True when a process with this id lives.
bool lives(int pid);

/// How many processes there are below this one.
std::size_t children();

} // namespace holdfast::sandbox
