#pragma once

#include "base/async.hpp"
#include "base/async_semaphore.hpp"
#include "base/task_group.hpp"
#include "control/application_record.hpp"
#include "sources/build_care.hpp"
#include "sources/build_journal.hpp"

#include <cstddef>
#include <memory>
#include <set>
#include <string>

namespace holdfast::control {

/// The right to build something now; to be given to build_turns::end afterwards.
struct build_turn {
    async_semaphore::place place;
    bool is_noted = false;
};

/// Who may build: everybody at once or, where a build may have ended the operator, one at a time and noted,
/// so that the next process knows which one it was. On the loop's thread.
class build_turns {
public:
    /// All outlive it.
    build_turns(asio::any_io_executor executor, task_group& tasks, sources::build_journal& journal);

    /// For whoever begins to lead: what the one before left. `applications` are to be reconciled before
    /// builds are made side by side again.
    void begin_to_lead(std::set<std::string> applications);
    /// Waits for its turn, where builds are made with care. A user error for an application that is set
    /// aside.
    asio::awaitable<result<build_turn>>
    begin(std::shared_ptr<application_record> r, inputs from, sources::build_care::step which);
    asio::awaitable<void> end(build_turn turn);

    void reconciled(const std::string& key);
    void forget(const std::string& key) { care_.forget(key); }
    /// Somebody asks that it is tried again.
    void retry(const std::string& key) { care_.retry(key); }
    [[nodiscard]] bool is_set_aside(const std::string& key) const { return care_.is_set_aside(key); }
    /// Whether its builds are made with care just now.
    [[nodiscard]] bool is_careful_with(const std::string& key) const {
        return care_.is_careful() || care_.is_suspected(key);
    }

private:
    /// Writes down what is known, soon.
    void note();

    task_group& tasks_;
    sources::build_journal& journal_;
    sources::build_care care_;
    async_semaphore one_build_;
    std::size_t waiting_ = 0; // for one_build_
};

} // namespace holdfast::control
