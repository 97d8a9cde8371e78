// Building with care: one at a time and noted, where a build may have ended the operator.

#include "base/hash.hpp"
#include "base/log.hpp"
#include "control/application_controller_state.hpp"

#include <boost/json/serialize.hpp>

namespace holdfast::control {

namespace {

/// What is built, as far as it is known before anything of it is read.
std::string what_is_built(const application_record& r, const inputs& from) {
    hasher h;
    h.add(r.object.metadata.uid).add(std::to_string(r.object.metadata.generation));
    for (const auto& source : from.sources) {
        h.add(json::serialize(crds::write(source)));
    }
    for (const auto& revision : from.revisions) {
        h.add(revision.text);
    }
    for (const auto& [name, reference] : from.refs) {
        h.add(name).add(reference.at.commit.hex());
    }
    return to_hex(h.finish()).substr(0, 40);
}

} // namespace

void application_controller::state::begin_with_care() {
    const auto left = with.journal.left();
    const auto process = with.journal.process();
    const auto now = format_time(wall_clock::now());
    build_care::beginning from{
        .left = left, .uncleanly = with.journal.ended_uncleanly(), .process = process, .now = now, .due = {}
    };
    for (const auto& [key, r] : records) {
        if (!r->foreign) {
            from.due.insert(key);
        }
    }
    care = build_care{std::move(from)};
    if (care.is_careful()) {
        log::warn(
            "the operator ended without letting go: until every application was looked at, builds are made "
            "one at a time"
        );
    }
    note_builds();
}

void application_controller::state::note_builds() {
    tasks.spawn("note builds", [](state* s) -> asio::awaitable<void> {
        const auto place = co_await s->one_build.enter();
        co_await s->with.journal.write(s->care.text());
    }(this));
}

asio::awaitable<result<build_turn>>
application_controller::state::begin_build(record_ptr r, inputs from, build_care::step which) {
    build_turn turn;
    if (!care.is_on_guard()) {
        co_return turn;
    }
    const auto key = r->key();
    const auto what = what_is_built(*r, from);
    if (care.ask(key, what) == build_care::how::noted) {
        ++waiting_builds;
        auto place = co_await one_build.enter();
        --waiting_builds;
        turn.place = std::move(place);
        turn.is_noted = true;
    }
    // It may be otherwise by now.
    switch (care.ask(key, what)) {
    case build_care::how::freely: co_return build_turn{};
    case build_care::how::not_at_all: co_return user_error(care.why(key));
    case build_care::how::noted: break;
    }
    if (!turn.is_noted) {
        co_return transient_error("another look is needed before this is built");
    }
    care.begin(key, what, which);
    if (!co_await with.journal.write(care.text())) {
        care.begin({}, {}, which);
        co_return transient_error("it cannot be noted that this is being built, so it is not built yet");
    }
    co_return turn;
}

asio::awaitable<void> application_controller::state::end_build(build_turn turn) {
    if (!turn.is_noted) {
        co_return;
    }
    const bool was_suspected = care.is_suspected_now();
    care.end();
    if (was_suspected || waiting_builds == 0) { // else the next one's note takes its place at once
        co_await with.journal.write(care.text());
    }
}

void application_controller::state::looked_at_with_care(const std::string& key) {
    if (care.looked_at(key)) {
        log::info("every application was looked at: builds are made side by side again");
        note_builds();
    }
}

} // namespace holdfast::control
