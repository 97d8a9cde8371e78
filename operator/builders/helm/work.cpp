#include "builders/helm/work.hpp"

#include "builders/paths.hpp"

#include <algorithm>

namespace holdfast::builders {

namespace {
constexpr std::size_t max_warnings = 50;
constexpr std::size_t max_errors = 100;
} // namespace

void helm_work::fail(render::render_error e) {
    if (errors.all.size() < max_errors) errors.all.push_back(std::move(e));
}

void helm_work::fail(const render::render_errors& some) {
    for (const auto& e : some.all) {
        fail(e);
    }
}

std::string archive_name(std::string_view chart, std::string_view version) {
    auto name = fmt::format("{}-{}.tgz", base_of(chart), version);
    std::ranges::replace(name, '/', '_');
    return name;
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
