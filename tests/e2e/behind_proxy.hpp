#pragma once

#include "e2e/cutting_proxy.hpp"
#include "e2e/operator_process.hpp"
#include "support/temporary_directory.hpp"

namespace holdfast::test {

/// The shared operator, with something particular in what it stands on; the usual one is back at the end.
class particular_operator {
public:
    particular_operator();
    ~particular_operator();
    particular_operator(const particular_operator&) = delete;
    particular_operator& operator=(const particular_operator&) = delete;
    operator_process* operator->() { return &process_; }

private:
    operator_process& process_;
};

/// One that gets to the API server through a proxy alone. Not started yet.
struct operator_behind_proxy {
    operator_behind_proxy();

    cutting_proxy proxy;
    temporary_directory folder;
    particular_operator op;
};

} // namespace holdfast::test
