#pragma once

#include "base/error.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

/// A program to run as a child: what it is given, and what it may take.
struct process_options {
    /// The program and its arguments. A program without a slash is looked for in the PATH of `environment`.
    /// Never a shell.
    std::vector<std::string> argv;
    /// The whole environment, "NAME=value". Nothing of the operator's own is inherited.
    std::vector<std::string> environment;
    /// Where it starts; empty: "/".
    std::string working_directory;
    /// Fed to its standard input, which is then closed.
    std::string input;
    /// Each is readable by the child at descriptor 3, 4, …: secrets that must not be seen in argv,
    /// environment or disk. Each is an anonymous file in memory, so a program that wants a path opens
    /// /proc/self/fd/3, as often as it likes. Overwritten here once the child has it.
    std::vector<std::string> inherited;
    /// After this it is killed, with all that it started.
    std::chrono::milliseconds deadline{60'000};
    /// Output beyond this kills it; error output beyond this is dropped (its end is kept).
    std::size_t max_output = std::size_t{64} << 20U;
    std::size_t max_error_output = std::size_t{64} << 10U;
    /// The output holds secrets: it is in one piece of memory, which the caller overwrites, and in no other.
    /// Takes max_output of address space at once.
    bool secret_output = false;
    /// setrlimit(2) pairs (RLIMIT_…, value), set in the child before it starts.
    std::vector<std::pair<int, std::uint64_t>> limits;
    /// What it gets when it has to end early, with its process group. Anything but SIGKILL is for programs
    /// that end what they started elsewhere: they alone get it, have two seconds, and are killed then.
    int stop_signal = 9;
};

/// How a child ended and what it said.
struct process_result {
    /// Its exit status; 128 + signal when a signal ended it.
    int status = 0;
    std::string output;
    std::string error_output;
};

/// Runs a program in a session of its own and waits for its end. Errors: user when it cannot be started,
/// transient when its deadline passed, user when it said more than max_output. When the deadline passes, when
/// the caller is cancelled, and when the operator itself dies, the whole process group is killed. Any number
/// at once.
boost::asio::awaitable<result<process_result>> run_process(process_options options);

} // namespace holdfast
