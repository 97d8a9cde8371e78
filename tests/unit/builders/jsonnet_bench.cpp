#include "jsonnet_bench.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::test {

jsonnet_bench::jsonnet_bench() {
    source.spec.path = "apps/web";
    source.spec.repo_url = "https://git.example/shop";
    source.spec.target_revision = "main";
    facts.application = "web";
    facts.namespace_ = "holdfast";
    facts.project = "default";
    facts.destination_namespace = "shop";
    facts.kube_version = "1.37.2";
}

render::render_result<std::optional<builders::build_plan>> jsonnet_bench::plan() {
    const auto at = repository.commit();
    source.at = at;
    source.revision = at.commit().hex();
    return builders::plan_jsonnet(source, facts, {.jsonnet = JSONNET_PROGRAM});
}

render::render_result<std::map<std::string, std::string>> jsonnet_bench::evaluate() {
    auto planned = plan();
    if (!planned) return planned.error();
    BOOST_REQUIRE(planned->has_value());
    const auto output = bench.run(**planned);
    if (!output) {
        return render::render_errors{
            {render::render_error{.kind = output.error().kind(), .message = output.error().message()}}
        };
    }
    return builders::read_evaluated(*output);
}

std::string jsonnet_bench::errors() {
    const auto done = evaluate();
    std::string all;
    if (!done) {
        for (const auto& e : done.error().all) {
            all += render::to_string(e) + "\n";
        }
    }
    return all;
}

} // namespace holdfast::test
