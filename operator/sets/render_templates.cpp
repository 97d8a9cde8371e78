#include "sets/render_templates.hpp"

#include "base/async.hpp"
#include "sets/fast_template.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

namespace holdfast::sets {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds time_for_all = 10s;
/// With the time that a machine under load takes to start a program.
constexpr std::chrono::milliseconds deadline = 40s;
constexpr std::size_t most_question_bytes = std::size_t{96} << 20U;
constexpr std::size_t most_answer_bytes = std::size_t{64} << 20U;

renderings_by_key all_failed(const template_requests& requests, const std::string& why) {
    renderings_by_key made;
    for (const auto& [key, request] : requests)
        made.emplace(key, rendered{.error = why, .value = {}});
    return made;
}

} // namespace

std::string write_template_question(const template_requests& requests) {
    // One template stands in it once, however many parameters it is rendered with.
    std::map<std::shared_ptr<const json::value>, std::size_t> positions;
    json::array options;
    std::string values;
    for (const auto& [key, request] : requests) {
        if (!positions.emplace(request.value, positions.size()).second) continue;
        values += (values.empty() ? "" : ",") + json::serialize(*request.value);
    }
    if (!requests.empty()) {
        for (const auto& option : requests.begin()->second.options)
            options.emplace_back(option);
    }
    // Positions are given in the order in which the values were met.
    auto text = fmt::format(
        R"({{"timeoutMs":{},"maxBytes":{},"maxAllBytes":{},"options":{},"values":[{}]}})",
        time_for_all.count(), longest_filled_text, most_answer_bytes / 2, json::serialize(options), values
    );
    for (const auto& [key, request] : requests) {
        text += fmt::format(
            "\n{{\"value\":{},\"parameters\":{}}}", positions.at(request.value),
            json::serialize(*request.parameters)
        );
    }
    return text;
}

result<renderings_by_key>
read_template_answer(std::string_view printed, const std::vector<template_key>& keys) {
    boost::system::error_code ec;
    json::parse_options options;
    options.max_depth = 512; // of Applications, which were read by other limits
    auto parsed = json::parse(printed, ec, {}, options);
    auto* answer = ec ? nullptr : parsed.if_object();
    auto* all = answer == nullptr ? nullptr : answer->if_contains("results");
    auto* list = all == nullptr ? nullptr : all->if_array();
    if (list == nullptr || list->size() > keys.size()) {
        return internal_error("holdfast-builder did not answer for each template");
    }
    const auto* rest = answer->if_contains("rest");
    const bool ends_early = rest != nullptr && rest->is_string() && !rest->get_string().empty();
    if (list->size() < keys.size() && !ends_early) {
        return internal_error("holdfast-builder did not answer for each template");
    }
    renderings_by_key made;
    for (auto i = list->size(); i < keys.size(); ++i)
        made.emplace(keys[i], rendered{.error = std::string{rest->get_string()}, .value = {}});
    for (std::size_t i = 0; i < list->size(); ++i) {
        auto* one = (*list)[i].if_object();
        if (one == nullptr) return internal_error("holdfast-builder printed a result that is not an object");
        rendered read;
        if (const auto* wrong = one->if_contains("error")) {
            if (!wrong->is_string() || wrong->get_string().empty()) {
                return internal_error("holdfast-builder printed an error that is not a string");
            }
            read.error = wrong->get_string();
        } else if (auto* value = one->if_contains("value")) {
            read.value = std::move(*value);
        }
        made.emplace(keys[i], std::move(read));
    }
    return made;
}

boost::asio::awaitable<result<renderings_by_key>> render_templates(
    sandbox::runner& runner, worker_pool& pool, std::string program, template_requests requests
) {
    if (program.empty()) {
        co_return all_failed(requests, "holdfast-builder, which renders Go templates, is not installed");
    }
    auto write = [&requests] { return write_template_question(requests); };
    auto input = co_await on_pool(pool, std::move(write));
    if (input.size() > most_question_bytes) {
        co_return all_failed(
            requests, fmt::format(
                          "the templates of the set and their parameters have more than {} MiB",
                          most_question_bytes >> 20U
                      )
        );
    }
    auto made = runner.make_workspace();
    if (!made) {
        co_return made.error();
    }
    auto directory = std::move(*made);
    sandbox::job job;
    job.argv = {std::move(program), "template"};
    job.environment = {"GOMEMLIMIT=384MiB", "GOMAXPROCS=1"};
    job.directory = &directory;
    job.input = std::move(input);
    job.only_given_programs = true;
    job.deadline = deadline;
    job.limits.memory = std::uint64_t{512} << 20U;
    job.limits.cpu = 20s;
    job.limits.output = most_answer_bytes;
    job.limits.disk = std::uint64_t{1} << 20U;
    job.limits.processes = 32;
    job.name = "holdfast-builder template";
    auto said = co_await runner.run(job);
    co_await runner.remove(std::move(directory));
    if (said && said->status != 0) {
        said = sandbox::failed(job, *said, 3);
    }
    if (!said) {
        // What passes a limit is the fault of the templates.
        if (said.error().kind() == error_kind::user) {
            co_return all_failed(requests, said.error().message());
        }
        co_return said.error();
    }
    std::vector<template_key> keys;
    for (const auto& [key, request] : requests)
        keys.push_back(key);
    auto read = [printed = std::move(said->output), keys = std::move(keys)] {
        return read_template_answer(printed, keys);
    };
    co_return co_await on_pool(pool, std::move(read));
}

} // namespace holdfast::sets
