#pragma once

#include "base/error.hpp"
#include "base/worker_pool.hpp"
#include "sandbox/sandbox.hpp"
#include "sets/generate.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sets {

using template_requests = std::map<template_key, template_request>;
using renderings_by_key = std::map<template_key, rendered>;

/// As holdfast-builder reads it (tools/programs/holdfast-builder/template.go). Any thread.
[[nodiscard]] std::string write_template_question(const template_requests& requests);
/// `keys`: of the requests, in their order. Errors: internal for what it never prints. Any thread.
[[nodiscard]] result<renderings_by_key>
read_template_answer(std::string_view printed, const std::vector<template_key>& keys);

/// Renders what one set asks for with Go's text/template, in one run, in the sandbox; `program` is
/// holdfast-builder. All templates together get ten seconds, 512 MiB and 64 MiB of output, each text 1 MiB.
/// What passes that is the error of what was asked, as is a template that is wrong. Errors: transient for a
/// machine that is short of something; internal. The runner and the pool outlive the call.
boost::asio::awaitable<result<renderings_by_key>>
render_templates(sandbox::runner& runner, worker_pool& pool, std::string program, template_requests requests);

} // namespace holdfast::sets
