#pragma once

#include "base/work_budget.hpp"
#include "base/worker_pool.hpp"
#include "builders/plan.hpp"
#include "sandbox/sandbox.hpp"
#include "secrets/store_copy.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace holdfast::builders {

struct run_limits {
    /// What one build is given copies of.
    std::uint64_t max_input_bytes = std::uint64_t{512} << 20U;
    std::size_t max_input_files = 100'000;
    /// What its objects may be.
    render::directory_limits output;
    sandbox::limits job;
};

/// Runs a plan that lacks nothing: copies its files into a workspace of its own, starts its commands in the
/// sandbox one after another, and gives what the last one printed. The workspace is gone when this returns.
/// On the runner's executor; what blocks is done on the pool. Errors: user for what a tool refused, with its
/// own words, paths as the repository has them, and for limits; transient for deadlines and a full disk;
/// conflict when the store lost an object.
///
/// A plan with `password_store` needs the `store`: its commands find it as PASSWORD_STORE_DIR and its keys as
/// GNUPGHOME, all of the workspace is on tmpfs, and errors repeat nothing that the commands said. What it
/// gives are JSON objects, a Secret's values in base64 (holdfast-read-manifests); the caller wipes them.
///
/// Cancelled, with nothing started any more, once `stop` (which may be null) is requested.
boost::asio::awaitable<render::render_result<std::string>>
run(sandbox::runner& runner, worker_pool& pool, build_plan plan, run_limits limits = {},
    std::shared_ptr<const secrets::store_copy> store = {}, std::shared_ptr<const work_stop> stop = {});

/// The objects of what a plan's last command printed, normalised, with the plan's warnings. They come from
/// the plan's name, in messages; those of a chart from their templates. For the pool.
render::render_result<render::render_output>
read_output(const build_plan& plan, std::string_view printed, const run_limits& limits = {});

/// Paths of the workspace in a tool's message as the repository has them; those in directories of `elsewhere`
/// (build_plan) by what these are called. For tests.
std::string with_repository_paths(
    std::string message, const std::string& workspace,
    const std::map<std::string, std::string>& elsewhere = {}
);

} // namespace holdfast::builders
