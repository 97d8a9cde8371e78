#include "builders/helm_work.hpp"

namespace holdfast::builders {

namespace {
constexpr std::size_t max_warnings = 50;
}

void helm_work::warn(std::string sentence) {
    if (plan.warnings.size() < max_warnings) plan.warnings.push_back(std::move(sentence));
}

const supply* helm_work::need(builders::need what) {
    const auto found = supplied.find(what);
    if (found == supplied.end()) plan.missing.insert(what);
    plan.needs.insert(std::move(what));
    return found == supplied.end() ? nullptr : &found->second;
}

} // namespace holdfast::builders
