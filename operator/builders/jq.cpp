#include "builders/jq.hpp"

#include "base/async.hpp"
#include "secrets/sensitive.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <chrono>
#include <utility>

namespace holdfast::builders {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds evaluation_time = 1s;
/// With the time that a machine under load takes to start a program.
constexpr std::chrono::milliseconds deadline = 10s;
/// Of one object.
constexpr std::size_t most_fields = 1000;
constexpr std::size_t most_question_bytes = std::size_t{32} << 20U;

result<field_pointer> read_pointer(const json::value& value) {
    const auto* steps = value.if_array();
    if (steps == nullptr) return internal_error("holdfast-builder printed a path that is not a list");
    field_pointer pointer;
    for (const auto& step : *steps) {
        if (const auto* name = step.if_string()) {
            pointer.emplace_back(*name);
        } else if (step.is_int64() && step.get_int64() >= 0) {
            pointer.push_back(std::to_string(step.get_int64()));
        } else {
            return internal_error(
                "holdfast-builder printed a path with a step that is neither name nor position"
            );
        }
    }
    return pointer;
}

result<std::map<std::size_t, std::string>> read_errors(const json::object& answer) {
    std::map<std::size_t, std::string> errors;
    const auto* all = answer.if_contains("errors");
    if (all == nullptr) return errors;
    if (!all->is_object()) return internal_error("holdfast-builder printed errors that are not a map");
    for (const auto& one : all->get_object()) {
        const std::string_view key = one.key();
        std::size_t position = 0;
        const auto [end, ec] = std::from_chars(key.data(), key.data() + key.size(), position);
        const auto* message = one.value().if_string();
        if (ec != std::errc{} || end != key.data() + key.size() || message == nullptr) {
            return internal_error("holdfast-builder printed an error that is none");
        }
        errors.emplace(position, *message);
    }
    return errors;
}

} // namespace

std::string write_jq_question(const jq_question& question) {
    json::array expressions(question.expressions.begin(), question.expressions.end());
    std::string text = R"({"timeoutMs":)" + std::to_string(evaluation_time.count()) + R"(,"maxPaths":)" +
                       std::to_string(most_fields) + R"(,"expressions":)" + json::serialize(expressions) +
                       "}\n";
    for (const auto& object : question.objects) {
        json::array positions;
        for (const auto position : object.expressions) {
            positions.emplace_back(position);
        }
        text += R"({"expressions":)" + json::serialize(positions) + R"(,"value":)";
        auto value = json::serialize(*object.value); // there may be secrets in it
        text += value;
        secrets::wipe(value);
        text += "}\n";
    }
    return text;
}

result<jq_answer> read_jq_answer(std::string_view printed, std::size_t objects) {
    boost::system::error_code ec;
    const auto parsed = json::parse(printed, ec);
    const auto* answer = ec ? nullptr : parsed.if_object();
    if (answer == nullptr) return internal_error("holdfast-builder printed no JSON object");
    jq_answer read;
    auto errors = read_errors(*answer);
    if (!errors) return errors.error();
    read.errors = std::move(*errors);
    if (!read.errors.empty()) return read;
    const auto* all = answer->if_contains("paths");
    const auto* list = all == nullptr ? nullptr : all->if_array();
    if (list == nullptr ? objects != 0 : list->size() != objects) {
        return internal_error("holdfast-builder did not answer for each object");
    }
    read.fields.resize(objects);
    for (std::size_t i = 0; i < objects; ++i) {
        const auto* paths = (*list)[i].if_array();
        if (paths == nullptr) return internal_error("holdfast-builder printed paths that are not a list");
        for (const auto& path : *paths) {
            auto pointer = read_pointer(path);
            if (!pointer) return pointer.error();
            read.fields[i].push_back(std::move(*pointer));
        }
    }
    return read;
}

boost::asio::awaitable<result<jq_answer>> ask_jq(
    sandbox::runner& runner, worker_pool& pool, std::string program, jq_question question,
    std::shared_ptr<const void> keep
) {
    if (program.empty()) {
        co_return user_error("holdfast-builder, which evaluates jq expressions, is not installed");
    }
    const auto objects = question.objects.size();
    auto write = [held = std::move(question), keep] { return write_jq_question(held); };
    auto input = co_await on_pool(pool, std::move(write));
    if (input.size() > most_question_bytes) {
        secrets::wipe(input);
        co_return user_error(
            "the objects that jq expressions are for have more than " +
            std::to_string(most_question_bytes >> 20U) + " MiB"
        );
    }
    auto made = runner.make_workspace();
    if (!made) {
        secrets::wipe(input);
        co_return made.error();
    }
    auto directory = std::move(*made);
    sandbox::job job;
    job.argv = {std::move(program), "jq"};
    job.environment = {"GOMEMLIMIT=128MiB", "GOMAXPROCS=1"};
    job.directory = &directory;
    std::swap(job.input, input); // no copy of what is short is left
    job.only_given_programs = true;
    job.deadline = deadline;
    job.limits.memory = std::uint64_t{256} << 20U;
    job.limits.cpu = std::chrono::seconds{5};
    job.limits.output = std::uint64_t{8} << 20U;
    job.limits.disk = std::uint64_t{1} << 20U;
    job.limits.processes = 32;
    job.name = "jq";
    auto said = co_await runner.run(job);
    secrets::wipe(job.input);
    co_await runner.remove(std::move(directory));
    if (!said) {
        co_return said.error();
    }
    if (said->status != 0) {
        said->error_output.clear(); // a program that ends by a fault may show what it was given
        co_return sandbox::failed(job, *said);
    }
    auto read = [printed = std::move(said->output), objects] { return read_jq_answer(printed, objects); };
    co_return co_await on_pool(pool, std::move(read));
}

} // namespace holdfast::builders
