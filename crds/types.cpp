#include "crds/types.hpp"

#include "base/duration.hpp"

#include <algorithm>

namespace holdfast::crds {

std::string problem::text() const {
    return path.empty() ? message : path + ": " + message;
}

std::string join(const std::vector<problem>& problems, std::size_t limit) {
    std::string text;
    const auto shown = std::min(limit, problems.size());
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) text += "; ";
        text += problems[i].text();
    }
    if (shown < problems.size()) {
        text += "; and " + std::to_string(problems.size() - shown) + " more";
    }
    return text;
}

duration::duration(std::chrono::milliseconds length) : text{format_duration(length)}, value{length} {}

const condition* find_condition(const std::vector<condition>& conditions, std::string_view type) noexcept {
    const auto found = std::ranges::find(conditions, type, &condition::type);
    return found == conditions.end() ? nullptr : &*found;
}

bool set_condition(std::vector<condition>& conditions, condition wanted) {
    const auto found = std::ranges::find(conditions, wanted.type, &condition::type);
    if (found == conditions.end()) {
        conditions.push_back(std::move(wanted));
        return true;
    }
    if (found->status == wanted.status) {
        wanted.last_transition_time = found->last_transition_time;
    }
    if (*found == wanted) {
        return false;
    }
    *found = std::move(wanted);
    return true;
}

bool remove_condition(std::vector<condition>& conditions, std::string_view type) {
    return std::erase_if(conditions, [type](const condition& one) { return one.type == type; }) > 0;
}

} // namespace holdfast::crds
