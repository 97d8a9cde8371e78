#pragma once

#include "crds/described.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

/// Reading and writing whole objects, as the API server has them; for the file of each kind.
namespace holdfast::crds {

/// Reads what can be read, with everything that is wrong.
template <class Kind>
reading<Kind> examine_object(std::string_view kind, const json::object& object) {
    reading<Kind> made;
    read_report report;
    read_root(description_of<Kind>(), kind, &made.value, object, report);
    const auto status = std::ranges::stable_partition(report.problems, [](const problem& one) {
        return one.path != "status" && !one.path.starts_with("status.");
    });
    made.status_problems.assign(std::move_iterator{status.begin()}, std::move_iterator{status.end()});
    report.problems.erase(status.begin(), status.end());
    made.problems = std::move(report.problems);
    made.unknown_fields = std::move(report.unknown_fields);
    return made;
}

template <class Kind>
json::object write_object(std::string_view kind, const Kind& value) {
    json::object made{{"apiVersion", api_version}, {"kind", kind}};
    for (auto& member : write_structure(description_of<Kind>(), &value)) {
        made.emplace(member.key(), std::move(member.value()));
    }
    return made;
}

} // namespace holdfast::crds
