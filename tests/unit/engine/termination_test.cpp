#include "engine/termination.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <ostream>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast::engine {

namespace {

using crds::operation_phase;

crds::operation_state state(operation_phase phase, wall_clock::duration started) {
    crds::operation_state made;
    made.phase = phase;
    made.started_at = wall_clock::time_point{started};
    return made;
}

struct told_case {
    const char* name;
    std::optional<crds::operation_state> ours;
    std::optional<crds::operation_state> told;
    bool ends;

    friend std::ostream& operator<<(std::ostream& out, const told_case& c) { return out << c.name; }
};

const std::vector<told_case> told_cases{
    {"of the operation that runs, with its whole seconds", state(operation_phase::running, 5400ms),
     state(operation_phase::terminating, 5s), true},
    {"of an earlier one", state(operation_phase::running, 9s), state(operation_phase::terminating, 5s), false
    },
    {"our own words", state(operation_phase::running, 5s), state(operation_phase::running, 5s), false},
    {"another end", state(operation_phase::running, 5s), state(operation_phase::failed, 5s), false},
    {"it has ended", state(operation_phase::succeeded, 5s), state(operation_phase::terminating, 5s), false},
    {"it is ending", state(operation_phase::terminating, 5s), state(operation_phase::terminating, 5s), false},
    {"there is none", std::nullopt, state(operation_phase::terminating, 5s), false},
    {"nothing is said of it", state(operation_phase::running, 5s), std::nullopt, false},
};

} // namespace

BOOST_AUTO_TEST_SUITE(termination)

BOOST_DATA_TEST_CASE(
    the_end_is_asked_for_of_just_the_operation_that_runs, boost::unit_test::data::make(told_cases), c
) {
    BOOST_TEST(asks_to_terminate(c.ours, c.told) == c.ends);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
