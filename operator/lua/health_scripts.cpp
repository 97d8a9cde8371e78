#include "lua/health_scripts.hpp"

#include "base/bounded_text.hpp"
#include "base/lru.hpp"
#include "lua/interpreter.hpp"

#include <chrono>
#include <mutex>

namespace holdfast::lua {

namespace {

sync::health failed(const std::string& why) {
    return {sync::health_status::unknown, cut_to_bytes("Its health check failed: " + why, longest_message)};
}

sync::health verdict_of(answer given) {
    const auto status = sync::parse_health_status(given.status);
    if (!status) {
        return failed(
            "it returned the status \"" + cut_to_bytes(given.status, 40) +
            "\", which is none of Healthy, Progressing, Degraded, Suspended, Missing, Unknown"
        );
    }
    return {*status, std::move(given.message)};
}

/// A script that takes its second each time would take all the time there is.
constexpr std::chrono::minutes until_run_again{1};

/// A script that is kept. Whoever runs it holds its lock.
struct kept_script {
    std::mutex one_at_a_time;
    std::unique_ptr<interpreter> ready; // null: to be compiled
    clock::time_point not_before{};
};

outcome run_in(kept_script& kept, const std::string& script, const json::object& live) {
    const std::scoped_lock lock{kept.one_at_a_time};
    if (const auto left = kept.not_before - clock::now(); left > clock::duration::zero()) {
        return {failed("it ran for longer than a second just now, and is not run for a minute"), left};
    }
    if (!kept.ready) {
        auto compiled = interpreter::compile(script);
        if (!compiled) return {failed(compiled.error().message())};
        kept.ready = std::move(*compiled);
    }
    auto given = kept.ready->run(live);
    outcome came;
    if (kept.ready->ran_out_of_time()) {
        kept.not_before = clock::now() + until_run_again;
        came.again_in = until_run_again;
    }
    if (kept.ready->is_spoilt()) kept.ready.reset();
    if (!given) {
        came.verdict = failed(given.error().message());
    } else if (!*given) {
        came.verdict = {sync::health_status::progressing, "Its health check returned nothing"};
    } else {
        came.verdict = verdict_of(std::move(**given));
    }
    return came;
}

} // namespace

struct health_scripts::state {
    explicit state(std::size_t kept) : scripts{kept} {}

    std::shared_ptr<kept_script> of(const std::string& script) {
        const std::scoped_lock lock{mutex};
        if (const auto* found = scripts.find(script)) return *found;
        return scripts.insert(script, std::make_shared<kept_script>());
    }

    std::mutex mutex;
    lru_map<std::string, std::shared_ptr<kept_script>> scripts;
};

std::string problem_of(std::string_view script) {
    const auto compiled = interpreter::compile(script);
    return compiled ? std::string{} : compiled.error().message();
}

health_scripts::health_scripts(std::size_t kept) : state_{std::make_unique<state>(kept)} {}

health_scripts::~health_scripts() = default;

outcome health_scripts::run(const std::string& script, const json::object& live) {
    const auto kept = state_->of(script);
    return run_in(*kept, script, live);
}

} // namespace holdfast::lua
