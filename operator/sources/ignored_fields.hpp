#pragma once

#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "builders/jq.hpp"
#include "crds/application.hpp"
#include "sandbox/sandbox.hpp"
#include "sources/desired_set.hpp"
#include "sync/compare.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::sources {

/// Which fields of the wanted objects the jq expressions of spec.ignoreDifferences name. They are asked of
/// what is wanted, so they change with that and with the expressions, and with nothing in the cluster.
/// Immutable, shared.
struct ignored_fields {
    struct of_object {
        /// Of the object and the expressions for it.
        sha256_digest asked{};
        std::vector<builders::field_pointer> fields;
    };
    /// Objects that expressions are for.
    std::map<sync::object_id, of_object> objects;
};

/// What is to be asked of jq, and what is known already.
struct jq_work {
    builders::jq_question question;
    /// The objects of the question, in its order.
    std::vector<std::pair<sync::object_id, sha256_digest>> asked;
    /// For messages: "spec.ignoreDifferences[1].jqPathExpressions[0]", of each expression.
    std::vector<std::string> places;
    ignored_fields known;
};

/// `objects` outlives the work; `before` may be null. For the pool: it looks at every object.
[[nodiscard]] jq_work jq_work_of(
    const desired_set& objects, const std::vector<crds::ignored_difference>& rules,
    const ignored_fields* before
);

/// What is known with the answer. Errors: user, every expression that is wrong at once, by its place.
[[nodiscard]] result<std::shared_ptr<const ignored_fields>>
ignored_fields_of(jq_work work, builders::jq_answer answer);

struct jq_tools {
    sandbox::runner& sandbox;
    worker_pool& pool;
    /// holdfast-builder.
    std::string program;
};

/// Asks jq, in one run, about all objects that expressions are for and that are not as they were when it was
/// asked last. Null without expressions. Errors: those of builders::ask_jq and ignored_fields_of. The tools
/// outlive the call.
asio::awaitable<result<std::shared_ptr<const ignored_fields>>> find_ignored_fields(
    jq_tools with, std::shared_ptr<const desired_set> objects, std::vector<crds::ignored_difference> rules,
    std::shared_ptr<const ignored_fields> before
);

/// The rules for one object: those of the specification, and the fields that jq found. `found` may be null.
[[nodiscard]] std::vector<sync::ignore_rule>
rules_for(std::vector<sync::ignore_rule> rules, const ignored_fields* found, const sync::object_id& id);

} // namespace holdfast::sources
