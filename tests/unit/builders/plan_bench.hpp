#pragma once

#include "base/worker_pool.hpp"
#include "builders/plan.hpp"
#include "sandbox/sandbox.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace holdfast::test {

/// Runs plans in the sandbox, in a directory of its own.
class plan_bench {
public:
    plan_bench();
    ~plan_bench();
    plan_bench(const plan_bench&) = delete;
    plan_bench& operator=(const plan_bench&) = delete;

    /// What the last command prints; the error of the first that fails.
    result<std::string> run(const builders::build_plan& plan);
    /// The same as the operator does it (builders::run); a failed test where that fails.
    std::string built(const builders::build_plan& plan);
    /// The workspace of the last run.
    [[nodiscard]] std::filesystem::path workspace() const { return workspace_.path(); }

    /// For jobs of the next runs, beyond what plans say.
    sandbox::limits limits;
    std::optional<std::chrono::milliseconds> deadline;

private:
    void copy(const builders::tree_copy& tree);

    boost::asio::io_context context_;
    worker_pool pool_{2};
    temporary_directory directory_{"holdfast-plans"};
    std::unique_ptr<sandbox::runner> runner_;
    sandbox::workspace workspace_;
};

} // namespace holdfast::test
