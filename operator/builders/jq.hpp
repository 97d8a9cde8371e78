#pragma once

#include "base/error.hpp"
#include "base/worker_pool.hpp"
#include "sandbox/sandbox.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// Names and positions in lists, from the object down to a field of it.
using field_pointer = std::vector<std::string>;

/// Which fields of objects jq expressions name, for all of them at once.
struct jq_question {
    std::vector<std::string> expressions;
    struct object {
        /// Outlives the question.
        const boost::json::object* value = nullptr;
        /// Positions in `expressions`.
        std::vector<std::size_t> expressions;
    };
    std::vector<object> objects;
};

struct jq_answer {
    /// What is wrong with an expression, by its position; then there are no fields.
    std::map<std::size_t, std::string> errors;
    /// Of each object, in their order: the fields that are there. Of a list the last item comes first, so
    /// that they can be taken out one after the other.
    std::vector<std::vector<field_pointer>> fields;
};

/// As holdfast-builder reads it (tools/programs/holdfast-builder/jq.go). Any thread.
[[nodiscard]] std::string write_jq_question(const jq_question& question);
/// Errors: internal for what it never prints.
[[nodiscard]] result<jq_answer> read_jq_answer(std::string_view printed, std::size_t objects);

/// Asks gojq, once, in the sandbox; `program` is holdfast-builder. All evaluations together get one second
/// and 256 MiB. An expression that fails on an object, as on a list that it has not, names nothing in it.
/// `keep` holds what the question points to. Errors: user for a program that is not there, for too much to
/// ask and for limits; transient for a machine that is short of something. Nothing of the objects is in them.
boost::asio::awaitable<result<jq_answer>> ask_jq(
    sandbox::runner& runner, worker_pool& pool, std::string program, jq_question question,
    std::shared_ptr<const void> keep
);

} // namespace holdfast::builders
