#pragma once

// Repositories of git(1), plans run in the sandbox, and the kustomize that they are compared with.

#include "base/worker_pool.hpp"
#include "builders/kustomize.hpp"
#include "sandbox/sandbox.hpp"
#include "source_repository.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::builders {

using test::temporary_directory;

using repository = test::source_repository;

/// What a program printed, and how it ended.
struct said {
    int status = 0;
    std::string output;
    std::string error_output;
};

/// Runs a shell command line; for the tests' own programs.
said shell(const std::string& line);

/// The pinned programs, and the functions of this build. Fails the test when HOLDFAST_PROGRAMS is not set.
programs the_programs();

/// What `kustomize build` prints for a directory on disk, as a user would run it.
said plain_build(const std::filesystem::path& directory);

/// Runs plans in the sandbox.
class bench {
public:
    bench();
    ~bench();
    bench(const bench&) = delete;
    bench& operator=(const bench&) = delete;

    /// Fails the test on an error; what kustomize said is a value.
    said run(const build_plan& plan);

private:
    void lay_out(const build_plan& plan, const std::string& workspace);

    temporary_directory directory_;
    boost::asio::io_context context_;
    worker_pool pool_{2};
    std::unique_ptr<sandbox::runner> runner_;
};

/// A source of a repository.
build_source
source_of(const repository& r, const std::string& path, const std::string& url = "https://git.example/shop");

/// All sentences of a result that has to be an error; "" with a failed test where it is none.
std::string errors_of(const plan_result& planned);

/// The plan, or a failed test with the errors.
build_plan planned(const plan_result& result);

std::string config_map(const std::string& name, const std::string& data = "k: v");
std::string deployment(const std::string& name, const std::string& image = "nginx:1.25");

} // namespace holdfast::builders
