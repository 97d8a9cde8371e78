#include "sets/generate.hpp"

#include "sets/applications.hpp"
#include "sets/generators.hpp"
#include "sets/renderings.hpp"

#include <fmt/format.h>

#include <utility>

namespace holdfast::sets {

namespace {

std::vector<repeated_name> repeated_in(const std::vector<generated>& applications) {
    std::map<std::string, std::vector<std::size_t>> places;
    for (std::size_t i = 0; i < applications.size(); ++i)
        places[applications[i].name].push_back(i);
    std::vector<repeated_name> found;
    for (auto& [name, at] : places) {
        if (at.size() > 1) found.push_back({.name = name, .applications = std::move(at)});
    }
    return found;
}

} // namespace

generation generate(
    const crds::application_set& set, const knowledge& known, const set_dialect& dialect,
    const generate_limits& limits
) {
    generation out;
    renderings templates{set, known, out.missing};
    generators all{set, known, limits, templates, out};
    std::size_t budget = limits.bytes;
    for (std::size_t i = 0; i < set.spec.generators.size(); ++i) {
        const auto path = fmt::format("spec.generators[{}]", i);
        const auto fail = [&](failed_step step, std::string message) {
            out.failures.push_back({.generator = i, .step = step, .message = std::move(message)});
        };
        auto results = all.run(set.spec.generators[i], path);
        if (!results) {
            fail(failed_step::parameters, results.error().message());
            continue;
        }
        if (!*results) continue;
        auto made = applications_of(set, **results, i, dialect, templates, budget, out.warnings);
        if (!made) {
            fail(failed_step::rendering, fmt::format("{}: {}", path, made.error().message()));
            continue;
        }
        if (!*made) continue;
        if (out.applications.size() + (*made)->size() > limits.results) {
            fail(
                failed_step::parameters,
                fmt::format("{}: the set would have more than {} Applications", path, limits.results)
            );
            continue;
        }
        for (auto& one : **made)
            out.applications.push_back(std::move(one));
    }
    out.repeated = repeated_in(out.applications);
    return out;
}

} // namespace holdfast::sets
