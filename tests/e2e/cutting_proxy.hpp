#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <sys/types.h>

namespace holdfast::test {

/// Stands between the operator and the API server, passes on what both say, and kills the operator at a
/// chosen request, or keeps answers to itself. It does not look into TLS: it counts the records of
/// application data that the client sends, of which every request is at least one.
class cutting_proxy {
public:
    enum class moment {
        /// The request does not reach the server.
        before_it_is_passed_on,
        /// The server has acted upon it, and the client never gets to know.
        before_its_answer,
    };

    /// Listens on a free port of 127.0.0.1 and passes on to 127.0.0.1:`port`.
    explicit cutting_proxy(int port);
    cutting_proxy(const cutting_proxy&) = delete;
    cutting_proxy& operator=(const cutting_proxy&) = delete;
    ~cutting_proxy();

    [[nodiscard]] int port() const;
    /// The records so far.
    [[nodiscard]] std::size_t records() const;
    /// Kills the process at the record that is `after` records from now (1: the next).
    void arm(pid_t victim, std::size_t after, moment when);
    /// Whether it has.
    [[nodiscard]] bool struck() const;
    void disarm();
    /// From now on (or no more) answers are not passed on: the connection is closed instead.
    void lose_answers(bool lose);

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace holdfast::test
