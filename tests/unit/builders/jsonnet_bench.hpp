#pragma once

#include "builders/jsonnet.hpp"
#include "plan_bench.hpp"
#include "source_repository.hpp"

#include <map>
#include <string>

namespace holdfast::test {

/// A repository with jsonnet in it, planned and evaluated as an application would be.
class jsonnet_bench {
public:
    jsonnet_bench();

    source_repository repository;
    builders::build_source source;
    builders::build_facts facts;
    plan_bench bench;

    crds::jsonnet_options& options() {
        if (!source.spec.directory) source.spec.directory.emplace();
        auto& jsonnet = source.spec.directory->jsonnet;
        if (!jsonnet) jsonnet.emplace();
        return *jsonnet;
    }

    /// Commits what there is, and plans it.
    render::render_result<std::optional<builders::build_plan>> plan();
    /// Commits, plans and runs. Errors of each of these.
    render::render_result<std::map<std::string, std::string>> evaluate();
    /// The errors of that, one a line; "" when there are none.
    std::string errors();
};

} // namespace holdfast::test
