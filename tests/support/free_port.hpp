#pragma once

namespace holdfast::test {

/// A TCP port of 127.0.0.1 that nobody listens on at the moment. Throws std::runtime_error when there is
/// none.
int free_port();

} // namespace holdfast::test
