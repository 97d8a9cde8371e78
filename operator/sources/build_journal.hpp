#pragma once

#include "base/async.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace holdfast::sources {

/// Where whoever leads leaves word for whoever leads after it, though it may end at any moment. On the loop's
/// thread. Asked from application_controller::lead() on.
class build_journal {
public:
    virtual ~build_journal() = default;

    /// What the leader before left; empty for nothing.
    [[nodiscard]] virtual std::string left() const = 0;
    /// That one ended without letting go.
    [[nodiscard]] virtual bool ended_uncleanly() const = 0;
    /// This process, unlike any other's.
    [[nodiscard]] virtual std::string process() const = 0;
    /// True when the text is where the next leader finds it.
    virtual asio::awaitable<bool> write(std::string text) = 0;
};

} // namespace holdfast::sources
