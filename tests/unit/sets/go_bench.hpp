#pragma once

#include "fixtures.hpp"
#include "sets/render_templates.hpp"

#include "support/coroutine.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <memory>
#include <string>

namespace holdfast::sets::test {

/// A world whose Go templates are rendered by the real program in the sandbox.
struct go_bench : world {
    boost::asio::io_context context;
    worker_pool pool{2};
    holdfast::test::temporary_directory directory{"holdfast-sets"};
    std::unique_ptr<sandbox::runner> runner;
    std::string program;
    /// How often it was run.
    std::size_t runs = 0;

    go_bench() {
        sandbox::settings settings;
        settings.directory = (directory.path() / "builds").string();
        settings.supervisor = SANDBOX_PROGRAM;
        runner = std::move(sandbox::open(context.get_executor(), pool, settings).value());
        const auto* programs = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT(concurrency-mt-unsafe)
        BOOST_REQUIRE_MESSAGE(programs != nullptr, "HOLDFAST_PROGRAMS is not set");
        program = std::string{programs} + "/holdfast-builder";
        go = [this](const template_requests& requests) {
            ++runs;
            auto made = holdfast::test::run(
                context, render_templates(*runner, pool, program, requests), std::chrono::seconds{120}
            );
            BOOST_REQUIRE_MESSAGE(made.has_value(), made.error().message());
            return std::move(*made);
        };
    }

    generation of(std::string_view spec) {
        return generate(set_of(std::string{"goTemplate: true\n"} += spec));
    }
    /// The Applications of these generators, whose template has a name alone.
    std::string names(std::string_view generators, std::string_view name, std::string_view further = "") {
        auto set = set_of(
            std::string{"goTemplate: true\n"} + std::string{further} + "\ngenerators:\n" +
            std::string{generators} + "\ntemplate: {metadata: {name: x}, spec: {project: default}}\n"
        );
        set.spec.template_.metadata.name = name;
        return names_of(generate(set));
    }
};

} // namespace holdfast::sets::test
