// What becomes of an operation whose sources cannot be had: a table of what is, and what follows.

#include "engine/obstacle.hpp"
#include "row.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast::engine {
namespace {

const instant now{wall_clock::time_point{1'000'000s}, steady_clock::time_point{50'000s}};

struct situation {
    crds::application_spec spec;
    crds::application_status status;
    std::optional<crds::operation> asked;
    obstacle in_the_way{.why = "no such revision"};

    crds::operation_state& runs() {
        crds::operation_state state;
        state.message = "waiting for apps/Deployment:shop/web";
        state.started_at = now.wall - 1h;
        status.operation_state = std::move(state);
        return *status.operation_state;
    }
    void lasts() { in_the_way.is_lasting = true; }

    [[nodiscard]] obstructed decide_now() const {
        decide_view view{.spec = spec, .status = status};
        view.asked = asked ? &*asked : nullptr;
        return decide_obstructed(view, in_the_way, now);
    }
};

std::string text_of(const obstructed& made) {
    std::string text = made.begins ? "begin" : "stay";
    if (made.end) {
        text += ", finish: " + made.end->message;
    }
    if (made.again) {
        text += ", " + made.again->message;
    }
    if (made.requeue_after) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*made.requeue_after).count();
        text += "; again in " + std::to_string(seconds) + " s";
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(obstacles)

BOOST_AUTO_TEST_CASE(the_table) {
    const std::vector<row<situation>> rows{
        {"nothing asked for, nothing runs", [](auto& s) { s.lasts(); }, "stay"},
        {"asked for, and it lasts",
         [](auto& s) {
             s.lasts();
             s.asked = crds::operation{};
         },
         "begin, finish: no such revision"},
        {"asked for in the place of what runs",
         [](auto& s) {
             s.lasts();
             s.runs();
             s.asked = crds::operation{};
         },
         "begin, finish: no such revision"},
        {"asked for, whatever is held is another state's",
         [](auto& s) {
             s.lasts();
             s.in_the_way.is_held = true;
             s.asked = crds::operation{};
         },
         "begin, finish: no such revision"},
        {"asked for, and it may pass", [](auto& s) { s.asked = crds::operation{}; },
         "begin, no such revision (attempt 2 at 1970-01-12T13:46:45Z); again in 5 s"},
        {"asked for, its own strategy",
         [](auto& s) {
             s.asked = crds::operation{};
             s.asked->retry.emplace().limit = 0;
         },
         "begin, finish: no such revision"},
        {"tried again, too early",
         [](auto& s) {
             s.runs().retry_count = 1;
             s.status.operation_state->next_retry_at = now.wall + 8s;
         },
         "stay; again in 8 s"},
        {"tried again",
         [](auto& s) {
             s.runs().retry_count = 1;
             s.status.operation_state->next_retry_at = now.wall;
         },
         "stay, no such revision (attempt 3 at 1970-01-12T13:46:50Z); again in 10 s"},
        {"tried often enough", [](auto& s) { s.runs().retry_count = 5; }, "stay, finish: no such revision"},
        {"runs since before a restart, and its revision is gone",
         [](auto& s) {
             s.lasts();
             s.runs();
         },
         "stay, finish: no such revision"},
        {"runs, and what it brings is held",
         [](auto& s) {
             s.lasts();
             s.runs();
             s.in_the_way.is_held = true;
         },
         "stay"},
        {"runs with what is held, for too long",
         [](auto& s) {
             s.lasts();
             s.runs();
             s.in_the_way.is_held = true;
             s.spec.sync_policy.timeout = crds::duration{30min};
         },
         "stay, finish: the operation did not end within spec.syncPolicy.timeout (30m): waiting for "
         "apps/Deployment:shop/web; again in 180 s"},
        {"our own waits for what supersedes it",
         [](auto& s) {
             s.lasts();
             s.runs().operation.initiated_by = crds::operation_initiator{.username = {}, .automated = true};
         },
         "stay"},
    };
    for (const auto& one : rows) {
        situation s;
        one.made(s);
        BOOST_TEST(text_of(s.decide_now()) == one.expected, one.name << ": " << text_of(s.decide_now()));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
