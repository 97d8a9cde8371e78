#include "build_parts.hpp"

#include "base/log.hpp"
#include "build_programs.hpp"
#include "secrets/decrypt.hpp"

namespace holdfast {

namespace {
constexpr std::size_t cache_bytes = std::size_t{16} << 20U;
} // namespace

result<void> build_parts::open(const surroundings& with, const operator_options& options) {
    sandbox::settings sandboxing;
    sandboxing.directory =
        options.build_directory.empty() ? options.cache_directory + "/builds" : options.build_directory;
    sandboxing.concurrency = with.memory.jobs;
    sandboxing.max_memory = with.memory.job_bytes;
    sandboxing.mode =
        options.require_sandbox ? sandbox::strictness::required : sandbox::strictness::best_effort;
    auto runner = sandbox::open(with.executor, with.pool, std::move(sandboxing));
    if (!runner) {
        return runner.error();
    }
    sandbox = std::move(*runner);
    for (const auto& lack : sandbox->confinement().missing) {
        log::warn("the kernel does not let builds be confined fully", {{"why", lack}});
    }
    charts::chart_store_options charting;
    charting.directory = options.cache_directory + "/charts";
    auto store = charts::make_chart_store(with.executor, with.pool, std::move(charting));
    if (!store) {
        return store.error();
    }
    charts = std::move(*store);
    supplies.emplace(
        with.executor, with.pool, with.repositories, *charts,
        sources::supplier::settings{.directory = options.cache_directory, .allowed = options.remote_inputs}
    );
    secrets::remove_abandoned_keyrings();
    secrets.emplace(with.api, with.repositories, with.pool);
    sources::builder::settings building;
    building.builds.programs = find_programs();
    building.builds.programs.charts_in_kustomizations = options.kustomize_charts;
    if (!options.plugins.empty()) {
        auto plugins = read_plugins_file(options.plugins);
        if (!plugins) {
            return plugins.error().within("--plugins " + options.plugins);
        }
        building.builds.plugins = std::move(*plugins);
    }
    building.places_per_tenant = with.places_per_tenant;
    building.cache_bytes = cache_bytes;
    building.most_programs = with.memory.jobs;
    building.most_outputs = with.memory.outputs;
    building.reading_mebibytes = with.memory.reading_mebibytes;
    building.objects_mebibytes = with.memory.objects_mebibytes;
    building.cache_directory = options.cache_directory + "/manifests";
    build.emplace(
        sources::builder::parts{with.executor, with.pool, *sandbox, *secrets, with.counters},
        std::move(building)
    );
    return {};
}

boost::asio::awaitable<void> build_parts::housekeeping() {
    co_await supplies->housekeeping();
    co_await build->housekeeping();
}

} // namespace holdfast
