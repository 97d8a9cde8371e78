#pragma once

#include "crds/described.hpp"

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
    for (auto& one : report.problems) {
        const bool is_of_status = one.path == "status" || one.path.starts_with("status.");
        (is_of_status ? made.status_problems : made.problems).push_back(std::move(one));
    }
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
