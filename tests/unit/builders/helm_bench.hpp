#pragma once

#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "builders/helm.hpp"
#include "sandbox/sandbox.hpp"
#include "source_repository.hpp"
#include "support/coroutine.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// Runs a command line of the shell and gives its output; its failure fails the test.
std::string shell(const std::string& line);

using repository = test::source_repository;

/// Plans and runs helm as the operator does: the real one, in the sandbox.
class helm_bench {
public:
    helm_bench();
    ~helm_bench();
    helm_bench(const helm_bench&) = delete;
    helm_bench& operator=(const helm_bench&) = delete;

    /// The chart at `path` of the repository's last state, which is committed, as application web in shop.
    build_source source(const repository& from, const std::string& path) const;
    plan_result plan(const build_source& what) const;
    /// The plan; a failed test and an empty one when there is an error.
    build_plan good_plan(const build_source& what) const;
    /// The errors, one a line; a failed test when there are none.
    std::string errors(const build_source& what) const;
    sandbox::outcome run(const build_plan& plan);
    /// What the build of the source prints; its failure fails the test.
    std::string built(const build_source& what);

    /// Runs the helm of the tests in a directory: what it prints, with its error output.
    std::string
    helm(const std::filesystem::path& in, const std::string& arguments, bool succeeds = true) const;
    /// The archive of a chart that is in a repository's work tree, as a supply.
    supply packed(const std::filesystem::path& chart) const;

    build_facts facts;
    supplies supplied;
    programs with;

private:
    test::temporary_directory directory_;
    asio::io_context context_;
    worker_pool pool_{1};
    std::unique_ptr<sandbox::runner> runner_;
};

/// `helm template` of a plain clone, after `helm dependency build` where asked, with these flags beside those
/// of the release.
std::string expected(
    const helm_bench& b, const repository& from, const std::string& path, const std::string& flags = {},
    const std::vector<std::string>& dependency_builds = {}
);

/// A template that shows a value.
std::string shows(std::string_view name, std::string_view expression);

inline constexpr std::string_view chart_yaml = "apiVersion: v2\nname: web\nversion: 1.2.3\n";

} // namespace holdfast::builders
