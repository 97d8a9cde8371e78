#include "kube/lease_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace std::chrono_literals;

namespace holdfast::kube {
namespace {

/// A server with one Lease.
struct server {
    std::optional<lease_record> lease;
    int version = 1;

    /// False: a conflict.
    bool write(lease_record& record) {
        const auto present = lease ? lease->resource_version : std::string{};
        if (record.resource_version != present) {
            return false;
        }
        record.resource_version = std::to_string(version++);
        lease = record;
        return true;
    }
};

/// A replica with a clock of its own.
struct replica {
    replica(std::string identity, server& s) : fsm{{.identity = std::move(identity)}}, api{s} {}

    lease_fsm fsm;
    server& api;
    lease_fsm::time_point now{std::chrono::hours{1000}};
    bool reachable = true;

    /// One step; false when there is nothing to do now.
    bool step() {
        const auto action = fsm.next(now, "2026-01-31T12:00:00.000000Z");
        if (std::holds_alternative<lease_fsm::read>(action)) {
            reachable ? fsm.on_read(api.lease, now) : fsm.on_read_failed(now);
            return true;
        }
        if (const auto* w = std::get_if<lease_fsm::write>(&action)) {
            auto record = w->record;
            if (!reachable) {
                fsm.on_write_failed(false, now);
            } else if (api.write(record)) {
                fsm.on_written(record, now);
            } else {
                fsm.on_write_failed(true, now);
            }
            return true;
        }
        return false;
    }
    void settle() {
        for (int i = 0; i < 10 && step(); ++i) {
        }
    }
    /// Lives on, a tenth of a second at a time.
    void live(std::chrono::milliseconds time) {
        for (const auto end = now + time; now < end; now += 100ms) {
            settle();
        }
        settle();
    }
    [[nodiscard]] bool leads() const { return fsm.leads(now); }
    bool is_lost() {
        return std::holds_alternative<lease_fsm::lost>(fsm.next(now, "2026-01-31T12:00:00.000000Z"));
    }
};

void live(replica& a, replica& b, std::chrono::milliseconds time, bool watching = true) {
    for (auto left = time; left > 0ms; left -= 100ms) {
        for (auto* each : {&a, &b}) {
            each->live(100ms);
            if (watching && each->reachable) {
                each->fsm.on_seen(each->api.lease, each->now);
            }
        }
        BOOST_REQUIRE(!(a.leads() && b.leads()));
    }
}

BOOST_AUTO_TEST_SUITE(lease_fsm_suite)

BOOST_AUTO_TEST_CASE(who_comes_first_leads_and_goes_on_leading) {
    server api;
    replica a{"a", api};
    replica b{"b", api};
    a.settle();
    BOOST_TEST(a.leads());
    live(a, b, 60s);
    BOOST_TEST(a.leads());
    BOOST_TEST(!b.leads());
    BOOST_TEST(b.fsm.holder() == "a");
    BOOST_TEST(api.lease->transitions == 0);
}

BOOST_AUTO_TEST_CASE(two_who_come_at_once_do_not_both_lead) {
    server api;
    replica a{"a", api};
    replica b{"b", api};
    a.step(); // both have read that there is none
    b.step();
    a.settle();
    b.settle();
    BOOST_TEST(a.leads());
    BOOST_TEST(!b.leads());
}

BOOST_AUTO_TEST_CASE(what_is_let_go_of_is_taken_at_once) {
    server api;
    replica a{"a", api};
    replica b{"b", api};
    live(a, b, 5s);
    auto record = a.fsm.release("2026-01-31T12:00:01.000000Z");
    BOOST_REQUIRE(api.write(record));
    b.fsm.on_seen(api.lease, b.now); // as a watch tells
    b.settle();
    BOOST_TEST(b.leads());
    BOOST_TEST(api.lease->transitions == 1);
}

BOOST_AUTO_TEST_CASE(a_note_is_written_at_once_and_found_by_the_next_one) {
    server api;
    replica a{"a", api};
    replica b{"b", api};
    a.settle();
    BOOST_TEST(a.fsm.predecessor() == "");
    a.fsm.set_note("one");
    a.settle(); // no time has passed
    BOOST_TEST(api.lease->note == "one");
    a.live(10s);
    BOOST_TEST(api.lease->note == "one"); // renewals keep it
    a.reachable = false;
    a.fsm.set_note("two");
    const auto version = api.version;
    a.settle();
    a.reachable = true;
    a.settle(); // not again and again while the server does not take it
    BOOST_TEST(api.version == version);
    a.live(3s);
    BOOST_TEST(api.lease->note == "two");

    b.live(20s); // a is silent
    BOOST_TEST(b.leads());
    BOOST_TEST(b.fsm.predecessor() == "a");
    BOOST_TEST(b.fsm.note() == "two");
    auto record = b.fsm.release("2026-01-31T12:00:01.000000Z");
    BOOST_REQUIRE(api.write(record));
    replica c{"c", api};
    c.settle();
    BOOST_TEST(c.fsm.predecessor() == ""); // it was let go of
    BOOST_TEST(c.fsm.note() == "two");
    replica d{"c", api}; // the same pod, its container begun anew
    d.settle();
    BOOST_TEST(d.leads());
    BOOST_TEST(d.fsm.predecessor() == "c");
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_lost_makes_nobody_its_own_predecessor) {
    server api;
    replica a{"a", api};
    a.step(); // reads that there is none
    auto action = a.fsm.next(a.now, "2026-01-31T12:00:00.000000Z");
    BOOST_REQUIRE(api.write(std::get<lease_fsm::write>(action).record));
    a.fsm.on_write_failed(false, a.now);
    a.live(5s);
    BOOST_TEST(a.leads());
    BOOST_TEST(a.fsm.predecessor() == "");
}

BOOST_AUTO_TEST_CASE(a_silent_holder_is_replaced_after_its_time_by_our_own_clock) {
    server api;
    replica a{"a", api};
    a.settle();
    replica b{"b", api};
    b.now += std::chrono::hours{5}; // clocks of other machines say nothing
    b.live(14s);
    BOOST_TEST(!b.leads());
    b.live(2s);
    BOOST_TEST(b.leads());
}

BOOST_AUTO_TEST_CASE(a_sign_of_life_begins_the_wait_anew) {
    server api;
    replica a{"a", api};
    a.settle();
    replica b{"b", api};
    b.live(10s);
    a.live(3s);
    b.fsm.on_seen(api.lease, b.now);
    b.live(14s);
    BOOST_TEST(!b.leads());
    b.live(2s);
    BOOST_TEST(b.leads());
}

BOOST_AUTO_TEST_CASE(a_watch_that_fell_silent_does_not_depose_a_living_holder) {
    server api;
    replica a{"a", api};
    replica b{"b", api};
    live(a, b, 60s, /*watching=*/false); // its write is a conflict, and it looks
    BOOST_TEST(!b.leads());
    BOOST_TEST(a.leads());
}

BOOST_AUTO_TEST_CASE(who_cannot_renew_stops_before_others_begin) {
    server api;
    replica a{"a", api};
    replica b{"b", api};
    live(a, b, 5s);
    a.reachable = false;
    live(a, b, 20s); // never both: live() requires it
    BOOST_TEST(!a.leads());
    BOOST_TEST(b.leads());
    BOOST_TEST(a.fsm.is_deposed(a.now));
    a.reachable = true;
    BOOST_TEST(a.is_lost());
    a.live(60s);
    BOOST_TEST(!a.leads());
}

BOOST_AUTO_TEST_CASE(a_short_outage_costs_nothing) {
    server api;
    replica a{"a", api};
    a.live(5s);
    a.reachable = false;
    a.live(6s);
    a.reachable = true;
    a.live(60s);
    BOOST_TEST(a.leads());
}

BOOST_AUTO_TEST_CASE(one_that_was_frozen_knows_so_before_its_timers_do) {
    server api;
    replica a{"a", api};
    a.live(5s);
    a.now += 10s;
    BOOST_TEST(!a.leads());
    BOOST_TEST(a.fsm.is_deposed(a.now));
    BOOST_TEST(a.is_lost());
}

BOOST_AUTO_TEST_CASE(a_holder_whose_lease_was_touched_reads_and_goes_on) {
    server api;
    replica a{"a", api};
    a.live(5s);
    api.lease->resource_version = "touched";
    a.live(5s);
    BOOST_TEST(a.leads());
}

BOOST_AUTO_TEST_CASE(a_holder_whose_lease_is_deleted_makes_it_anew) {
    server api;
    replica a{"a", api};
    a.live(5s);
    api.lease.reset();
    a.live(5s);
    BOOST_TEST(a.leads());
    BOOST_REQUIRE(api.lease.has_value());
    BOOST_TEST(api.lease->holder == "a");
}

BOOST_AUTO_TEST_CASE(a_lease_that_is_gone_can_be_let_go_of) {
    server api;
    replica a{"a", api};
    a.settle();
    api.lease.reset();
    a.fsm.on_write_failed(true, a.now);
    a.fsm.on_read(api.lease, a.now);
    BOOST_TEST(a.leads());
    BOOST_TEST(a.fsm.release("2026-01-31T12:00:00.000000Z").holder.empty());
}

BOOST_AUTO_TEST_CASE(a_holder_that_another_one_replaced_is_out_at_once) {
    server api;
    replica a{"a", api};
    a.live(5s);
    api.lease->holder = "b";
    api.lease->resource_version = "stolen";
    a.live(3s);
    BOOST_TEST(!a.leads());
    BOOST_TEST(a.is_lost());
}

BOOST_AUTO_TEST_CASE(a_holder_that_finds_an_earlier_lease_of_its_own_is_out) {
    server api;
    replica a{"a", api};
    a.live(5s);
    const auto saved = api.lease;
    a.live(10s);
    BOOST_REQUIRE(a.leads());
    api.lease = saved; // the store was restored from a backup
    a.live(3s);
    BOOST_TEST(!a.leads());
    BOOST_TEST(a.is_lost());
}

BOOST_AUTO_TEST_CASE(a_holder_whose_lease_was_not_there_yet_is_out) {
    server api;
    api.version = 1000;
    replica a{"a", api};
    a.live(5s);
    BOOST_REQUIRE(a.leads());
    api.lease.reset();
    api.version = 500;
    a.live(3s);
    BOOST_TEST(!a.leads());
    BOOST_TEST(a.is_lost());
}

BOOST_AUTO_TEST_CASE(a_process_that_follows_another_under_its_name_need_not_wait) {
    server api;
    replica before{"pod-1", api};
    before.settle();
    replica after{"pod-1", api};
    after.settle();
    BOOST_TEST(after.leads());
}

BOOST_AUTO_TEST_CASE(a_record_survives_its_object) {
    const lease_record record{
        .holder = "a",
        .duration = 15s,
        .acquire_time = "2026-01-31T12:00:00.000000Z",
        .renew_time = "2026-01-31T12:00:02.000000Z",
        .transitions = 3,
        .resource_version = "17"
    };
    BOOST_TEST((read_lease(write_lease(record, "holdfast", "holdfast")) == record));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
