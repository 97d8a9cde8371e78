#pragma once

#include "base/async.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::control {

/// Which applications are still to be looked at since a repository moved: what they want now is not known
/// yet, so nothing is deleted that they may want. Every wait for them has an end. On the loop's thread; the
/// time is given, so that tests need not wait.
class pending_looks {
public:
    using time_point = steady_clock::time_point;

    /// How long an application is waited for that nobody has looked at.
    static constexpr steady_clock::duration longest_wait{std::chrono::minutes{5}};
    /// How long one is waited for whose sources give an error: it may be repaired, but nobody else is to be
    /// stopped by it.
    static constexpr steady_clock::duration longest_repair{std::chrono::minutes{1}};
    /// How long the last look at a repository's applications is waited out: an application that it created
    /// is told of by a watch.
    static constexpr steady_clock::duration aftermath{std::chrono::seconds{1}};

    /// A repository moved, and it is not known yet which of its applications have something to do.
    void begin_move(const std::string& url, time_point now);
    void end_move(const std::string& url);

    /// This application is to be looked at because of what is in that repository.
    void expect(
        const std::string& url, const std::string& namespace_, const std::string& application, time_point now
    );
    /// A look at an application begins: to be given to `end_look`.
    [[nodiscard]] std::uint64_t begin_look() noexcept { return ++looks_; }
    /// It has ended. What was expected after it began is still to come; where it did not find out what the
    /// application wants, that is waited for a little longer.
    void end_look(const std::string& application, std::uint64_t begun, bool knows, time_point now);
    /// The application is no more.
    void forget(const std::string& application);

    [[nodiscard]] bool is_moving(const std::vector<std::string>& urls, time_point now) const;
    [[nodiscard]] bool is_pending(const std::string& application, time_point now) const;
    /// An application of these namespaces, other than `except`, that is to be looked at because of one of the
    /// repositories; empty text where it is not known which there are. Nothing where all have been.
    [[nodiscard]] std::optional<std::string> awaited(
        const std::vector<std::string>& urls, const std::set<std::string>& namespaces,
        const std::string& except, time_point now
    ) const;

private:
    struct entry {
        std::uint64_t since = 0; // the looks that had begun by then say nothing
        time_point until;
    };
    struct group {
        std::map<std::string, entry> waiting; // by application
        std::string last;                     // looked at last
        time_point last_end{};
    };
    using place = std::pair<std::string, std::string>; // URL, namespace

    void drop_idle(time_point now);

    std::uint64_t looks_ = 0;
    std::map<std::string, std::pair<int, time_point>> moving_; // by URL: how many moves, and since when
    std::map<place, group> groups_;
    std::map<std::string, std::set<place>> places_of_; // by application
    std::deque<std::pair<time_point, place>> idle_;    // where nothing was waited for, and since when
};

} // namespace holdfast::control
