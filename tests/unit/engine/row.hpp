#pragma once

#include <functional>
#include <string>

namespace holdfast::engine {

/// One case of a table: what is made of a situation that is all right, and what is then said of it.
template <class... Situation>
struct row {
    std::string name;
    std::function<void(Situation&...)> made;
    std::string expected;
};

} // namespace holdfast::engine
