#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace holdfast::test {

/// Polls until the condition holds. Fails the case, with the end of the operator's log, when it does not
/// within the limit, and at once when the operator ended by itself.
void eventually(
    const std::function<bool()>& holds, const std::string& what,
    std::chrono::seconds limit = std::chrono::seconds{60},
    const std::function<std::string()>& instead = [] { return std::string{}; }
);

/// Polls until a value has stayed the same for so long, and gives it. For what follows from something by itself
/// until it is at rest.
std::string settled(
    const std::function<std::string()>& value, const std::string& what,
    std::chrono::milliseconds time = std::chrono::milliseconds{700}
);

/// Polls for so long, and fails the case when the condition does not hold once. For what must not happen;
/// best after something that shows that it had its chance.
void throughout(std::chrono::milliseconds time, const std::function<bool()>& holds, const std::string& what);

} // namespace holdfast::test
