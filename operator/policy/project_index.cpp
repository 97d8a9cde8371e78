#include "policy/project_index.hpp"

#include <algorithm>

namespace holdfast::policy {

bool project_index::put(const crds::project& value) {
    auto& rules = rules_[value.metadata.name];
    if (rules && rules->spec() == value.spec && rules->problem() == crds::join(crds::check(value))) {
        return false; // a status or a label
    }
    rules = std::make_shared<const project_rules>(value);
    return true;
}

bool project_index::put(const std::string& name, const std::string& problem) {
    auto& rules = rules_[name];
    if (rules && rules->problem() == problem && rules->spec() == crds::project_spec{}) {
        return false;
    }
    rules = std::make_shared<const project_rules>(name, problem);
    return true;
}

bool project_index::erase(const std::string& name) {
    return rules_.erase(name) > 0;
}

std::shared_ptr<const project_rules> project_index::find(std::string_view name) const {
    const auto found = rules_.find(name);
    return found == rules_.end() ? nullptr : found->second;
}

bool project_index::any_of(const std::function<bool(const project_rules&)>& is_it) const {
    return std::ranges::any_of(rules_, [&](const auto& one) { return is_it(*one.second); });
}

} // namespace holdfast::policy
