#include "builders/kustomize/charts.hpp"

#include "builders/kustomize/functions.hpp"
#include "render/links.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace holdfast::builders {

namespace {

constexpr std::string_view field = "helmCharts";
constexpr std::string_view old_field = "helmChartInflationGenerator";

std::string pointer_to(const kustomization& k, std::string_view name) {
    const auto spelled = k.spellings.find(name);
    return "/" + std::string{spelled == k.spellings.end() ? name : spelled->second};
}

bool is_given(const kustomization& k, std::string_view name) {
    const auto* value = k.value.if_contains(name);
    return value != nullptr && !value->is_null() && !(value->is_array() && value->get_array().empty());
}

std::string chart_home(const kustomization& k) {
    const auto* globals = k.value.if_contains("helmGlobals");
    std::string home{
        globals != nullptr && globals->is_object() ? text_member(globals->get_object(), "chartHome") : ""
    };
    return home.empty() ? "charts" : home;
}

} // namespace

std::vector<chart_reference>
charts_of(const kustomization& k, bool allowed, std::vector<render::render_error>& errors) {
    for (const auto name : {field, old_field}) {
        if (!is_given(k, name) || (allowed && name == field)) continue;
        errors.push_back(error_at(
            k, pointer_to(k, name), name,
            allowed ? "kustomize no longer has this field: write helmCharts" : std::string{helm_is_off}
        ));
    }
    std::vector<chart_reference> charts;
    const auto* list = k.value.if_contains(field);
    if (!allowed || list == nullptr || !list->is_array()) return charts;
    const auto home = chart_home(k);
    for (std::size_t i = 0; i < list->get_array().size(); ++i) {
        const auto* entry = list->get_array()[i].if_object();
        if (entry == nullptr) continue;
        chart_reference chart{
            .pointer = fmt::format("{}/{}", pointer_to(k, field), i),
            .shown = fmt::format("{}[{}]", field, i),
            .name = std::string{text_member(*entry, "name")},
            .version = std::string{text_member(*entry, "version")},
            .repository = std::string{text_member(*entry, "repo")},
            .place = home
        };
        while (chart.repository.ends_with('/')) {
            chart.repository.pop_back();
        }
        if (!chart.repository.empty() && !chart.version.empty()) {
            chart.place = fmt::format("{}/{}-{}", home, chart.name, chart.version);
        }
        chart.place = render::join_path(chart.place, chart.name);
        charts.push_back(std::move(chart));
    }
    return charts;
}

} // namespace holdfast::builders
