#include "e2e/operator_process.hpp"

#include "support/read_file.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace holdfast::test {

using namespace std::chrono_literals;

operator_process::operator_process(std::string kubeconfig)
    : kubeconfig_{std::move(kubeconfig)}, program_{HOLDFAST_OPERATOR} {}

operator_process::~operator_process() {
    process_.kill();
    if (std::getenv("HOLDFAST_KEEP") != nullptr) { // NOLINT: nobody writes the environment
        BOOST_TEST_MESSAGE("kept: " << directory_.path());
        directory_.keep();
    }
}

void operator_process::start(const std::vector<std::string>& args) {
    BOOST_REQUIRE_MESSAGE(!running(), "the operator is running already");
    args_ = args;
    std::vector<std::string> all{"operator", "--namespace", home, "--kubeconfig", kubeconfig_};
    all.insert(all.end(), {"--cache-dir", cache_.string(), "--listen", "", "--metrics-listen", ""});
    all.insert(all.end(), {"--log-level", "debug"});
    // Everything that the tests serve is on this machine. Older versions do not know the option.
    ::setenv("HOLDFAST_PRIVATE_ADDRESSES", "127.0.0.0/8,::1", 1); // NOLINT: one thread
    // An option that is said again overrides. One without a value is a switch.
    for (std::size_t i = 0; i < args.size(); ++i) {
        const bool has_value = i + 1 < args.size() && !args[i + 1].starts_with("--");
        auto at = std::find(all.begin() + 1, all.end(), args[i]);
        if (at == all.end()) {
            at = all.insert(at, args[i]);
            if (has_value) {
                at = all.insert(at + 1, std::string{}) - 1;
            }
        }
        if (has_value) {
            *(at + 1) = args[++i];
        }
    }
    process_ = background_process{program_, all, directory_.path() / "log"};
    expected_to_run_ = true;
    is_asked_to_end_ = false;
}

void operator_process::signal(int number) {
    is_asked_to_end_ = is_asked_to_end_ || number == SIGTERM;
    process_.signal(number);
}

void operator_process::kill9() {
    expected_to_run_ = false;
    process_.kill();
}

void operator_process::stop() {
    expected_to_run_ = false;
    if (!is_asked_to_end_) {
        signal(SIGTERM);
    }
    const auto status = process_.wait(30s);
    BOOST_REQUIRE_MESSAGE(status.has_value(), "the operator does not stop:\n" << log());
    BOOST_TEST(*status == 0, "the operator stopped with status " << *status << ":\n" << log());
}

void operator_process::restart() {
    stop();
    start(args_);
}

bool operator_process::running() {
    return process_.running();
}

std::string operator_process::log() const {
    return read_file(directory_.path() / "log");
}

std::size_t operator_process::logged(std::string_view text) const {
    std::istringstream lines{log()};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        count += line.find(text) != std::string::npos ? 1 : 0;
    }
    return count;
}

std::string operator_process::last_words() const {
    auto text = log();
    constexpr std::size_t most = 6000; // explains most failures, and is not too long to read
    if (text.size() > most) {
        text = "…" + text.substr(text.find('\n', text.size() - most));
    }
    return text.empty() ? std::string{} : "\nThe operator's last words:\n" + text;
}

} // namespace holdfast::test
