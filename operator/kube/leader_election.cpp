#include "kube/leader_election.hpp"

#include "base/async.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "base/timestamp.hpp"
#include "kube/object_watch.hpp"

namespace holdfast::kube {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view field_manager = "holdfast-leader-election";
// A renewal that hangs is to leave time for another one.
constexpr auto request_deadline = 3s;
constexpr auto release_deadline = 1s;
// By then a note is in the Lease, or the Lease is about to be lost.
constexpr auto note_deadline = 8s;

} // namespace

struct leader_election::state {
    state(asio::any_io_executor ex, client& a, leader_election_settings s, elected_handler e, lost_handler l)
        : api{a},
          settings{std::move(s)},
          elected{std::move(e)},
          lost{std::move(l)},
          tasks{std::move(ex)},
          watch{a, resources::leases(), settings.namespace_, settings.name, moved},
          fsm{settings.rules} {}

    client& api;
    leader_election_settings settings;
    elected_handler elected;
    lost_handler lost;
    task_group tasks;
    pulse moved;
    pulse written;
    object_watch watch;
    lease_fsm fsm;
    bool leading = false;
    std::string complained;

    [[nodiscard]] static call_options within(steady_clock::duration limit) {
        call_options options;
        options.deadline = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
        options.max_retries = 0; // the machine says when
        return options;
    }

    static std::string wall_time() { return format_micro_time(wall_clock::now()); }

    static asio::awaitable<void> run(std::shared_ptr<state> self) {
        auto& fsm = self->fsm;
        std::string standing_behind;
        for (;;) {
            const auto now = steady_clock::now();
            const auto action = fsm.next(now, wall_time());
            if (const auto* end = std::get_if<lease_fsm::lost>(&action)) {
                self->lost(end->why);
                co_return;
            }
            if (const auto* pause = std::get_if<lease_fsm::wait>(&action)) {
                if (!fsm.leads(now) && fsm.holder() != standing_behind) {
                    standing_behind = fsm.holder();
                    log::info("another replica leads", {{"leader", standing_behind}});
                }
                if (co_await self->moved.wait_until(pause->until) && self->watch.known()) {
                    const auto& lease = self->watch.now();
                    fsm.on_seen(
                        lease ? std::optional{read_lease(*lease)} : std::nullopt, steady_clock::now()
                    );
                }
            } else if (std::holds_alternative<lease_fsm::read>(action)) {
                co_await self->read();
            } else {
                co_await self->write(std::get<lease_fsm::write>(action).record);
            }
        }
    }

    asio::awaitable<void> read() {
        const auto& s = settings;
        const auto got =
            co_await api.get(resources::leases(), s.namespace_, s.name, within(request_deadline));
        if (got) {
            fsm.on_read(read_lease(*got), steady_clock::now());
        } else if (got.error().is_not_found()) {
            fsm.on_read(std::nullopt, steady_clock::now());
        } else {
            complain(got.error());
            fsm.on_read_failed(steady_clock::now());
        }
    }

    asio::awaitable<void> write(lease_record record) {
        const auto lease = write_lease(record, settings.namespace_, settings.name);
        const auto sent = steady_clock::now();
        const auto options = within(request_deadline);
        auto asked = record.resource_version.empty()
                         ? api.create(resources::leases(), lease, field_manager, {}, options)
                         : api.update(resources::leases(), lease, field_manager, {}, options);
        const auto done = co_await std::move(asked);
        if (!done) {
            const auto& why = done.error();
            const bool conflict = why.is_conflict() || why.is_already_exists() || why.is_not_found();
            if (!conflict) {
                complain(why);
            }
            // An answer that did not come may have been a success: then the next write is a conflict.
            fsm.on_write_failed(conflict, steady_clock::now());
            co_return;
        }
        complained.clear();
        fsm.on_written(read_lease(*done), sent);
        written.notify_all();
        if (!leading && fsm.leads(steady_clock::now())) {
            leading = true;
            log::info("this replica leads", {{"identity", settings.rules.identity}});
            elected();
        }
    }

    void complain(const failure& why) {
        if (why.message() != complained) {
            complained = why.message();
            log::warn("the Lease cannot be kept", {{"error", complained}});
        }
    }
};

leader_election::leader_election(
    asio::any_io_executor executor, client& api, leader_election_settings settings, elected_handler elected,
    lost_handler lost
)
    : state_{std::make_shared<state>(
          std::move(executor), api, std::move(settings), std::move(elected), std::move(lost)
      )} {}

leader_election::~leader_election() = default;

void leader_election::start() {
    state_->tasks.spawn("watch the Lease", object_watch::run(&state_->watch));
    state_->tasks.spawn("keep the Lease", state::run(state_));
}

bool leader_election::leads() const noexcept {
    return state_->fsm.leads(steady_clock::now());
}

bool leader_election::is_deposed() const noexcept {
    return state_->fsm.is_deposed(steady_clock::now());
}

const std::string& leader_election::holder() const noexcept {
    return state_->fsm.holder();
}

const std::string& leader_election::predecessor() const noexcept {
    return state_->fsm.predecessor();
}

const std::string& leader_election::note() const noexcept {
    return state_->fsm.note();
}

asio::awaitable<bool> leader_election::keep_note(std::string note) {
    const auto s = state_;
    if (note.size() > max_note_bytes) {
        co_return false;
    }
    const auto end = steady_clock::now() + note_deadline;
    s->fsm.set_note(note);
    s->moved.notify_all();
    while (s->fsm.note() != note) {
        if (!s->fsm.leads(steady_clock::now()) || !co_await s->written.wait_until(end)) {
            co_return s->fsm.note() == note;
        }
    }
    co_return true;
}

asio::awaitable<void> leader_election::stop() {
    const auto s = state_;
    s->tasks.cancel();
    co_await s->tasks.join();
    if (!s->fsm.leads(steady_clock::now())) {
        co_return;
    }
    const auto lease =
        write_lease(s->fsm.release(state::wall_time()), s->settings.namespace_, s->settings.name);
    const auto done = co_await s->api.update(
        resources::leases(), lease, field_manager, {}, state::within(release_deadline)
    );
    if (done) {
        log::info("the Lease is released");
    } else {
        log::warn("the Lease cannot be released: it will expire", {{"error", done.error().message()}});
    }
}

} // namespace holdfast::kube
