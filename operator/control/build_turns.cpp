// Building with care: one at a time and noted, where a build may have ended the operator.

#include "control/build_turns.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"

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

build_turns::build_turns(asio::any_io_executor executor, task_group& tasks, sources::build_journal& journal)
    : tasks_{tasks}, journal_{journal}, one_build_{std::move(executor), 1} {}

void build_turns::begin_to_lead(std::set<std::string> applications) {
    const auto left = journal_.left();
    const auto process = journal_.process();
    const auto now = format_time(wall_clock::now());
    sources::build_care::beginning from{
        .left = left,
        .uncleanly = journal_.ended_uncleanly(),
        .process = process,
        .now = now,
        .due = std::move(applications)
    };
    care_ = sources::build_care{std::move(from)};
    if (care_.is_careful()) {
        log::warn(
            "the operator ended without releasing the Lease: builds run one at a time until every application was reconciled"
        );
    }
    note();
}

void build_turns::note() {
    tasks_.spawn("note builds", [](build_turns* s) -> asio::awaitable<void> {
        const auto place = co_await s->one_build_.enter();
        co_await s->journal_.write(s->care_.text());
    }(this));
}

asio::awaitable<result<build_turn>>
build_turns::begin(std::shared_ptr<application_record> r, inputs from, sources::build_care::step which) {
    build_turn turn;
    if (!care_.is_on_guard()) {
        co_return turn;
    }
    const auto key = r->key();
    const auto what = what_is_built(*r, from);
    if (care_.ask(key, what) == sources::build_care::how::noted) {
        ++waiting_;
        auto place = co_await one_build_.enter();
        --waiting_;
        turn.place = std::move(place);
        turn.is_noted = true;
    }
    // It may be otherwise by now.
    switch (care_.ask(key, what)) {
    case sources::build_care::how::freely: co_return build_turn{};
    case sources::build_care::how::not_at_all: co_return user_error(care_.why(key));
    case sources::build_care::how::noted: break;
    }
    if (!turn.is_noted) {
        co_return transient_error("another look is needed before this is built");
    }
    care_.begin(key, what, which);
    if (!co_await journal_.write(care_.text())) {
        care_.begin({}, {}, which);
        co_return transient_error("it cannot be noted that this is being built, so it is not built yet");
    }
    co_return turn;
}

asio::awaitable<void> build_turns::end(build_turn turn) {
    if (!turn.is_noted) {
        co_return;
    }
    const bool was_suspected = care_.is_suspected_now();
    care_.end();
    if (was_suspected || waiting_ == 0) { // else the next one's note takes its place at once
        co_await journal_.write(care_.text());
    }
}

void build_turns::reconciled(const std::string& key) {
    if (care_.looked_at(key)) {
        log::info("every application was reconciled: builds run side by side again");
        note();
    }
}

} // namespace holdfast::control
