#pragma once

#include "base/work_budget.hpp"
#include "render/manifest.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace holdfast::sources {

/// Runs one step of a build, `work`, under a budget of its own; `what` says in messages what is done. Once
/// the budget is over its outcome is the budget's error, whatever `work` made of it. For the pool.
template <class F>
auto within_budget(std::string what, std::shared_ptr<const work_stop> stop, F&& work) -> decltype(work()) {
    work_budget budget{std::move(what), {}, std::move(stop)};
    const work_budget::scope inside{budget};
    auto made = work();
    if (budget.over()) {
        if constexpr (std::is_constructible_v<decltype(work()), error>) {
            return *budget.over();
        } else {
            return render::as_errors(*budget.over());
        }
    }
    return made;
}

} // namespace holdfast::sources
