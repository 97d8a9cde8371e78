#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace holdfast::runtime {

/// Is told how a work queue does. On the loop's thread.
class queue_observer {
public:
    virtual ~queue_observer() = default;
    /// How many keys wait for their turn.
    virtual void queue_depth(std::string_view queue, std::size_t depth) = 0;
    /// How long one waited for its turn.
    virtual void queue_waited(std::string_view queue, std::chrono::nanoseconds waited) = 0;
};

} // namespace holdfast::runtime
