#pragma once

#include "base/error.hpp"
#include "crds/described.hpp"

#include <string>
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
    made.problems = std::move(report.problems);
    made.unknown_fields = std::move(report.unknown_fields);
    return made;
}

/// A user error for what is wrong; a status that cannot be read is none, since it will be written anew.
template <class Kind>
result<Kind> read_object(std::string_view kind, const json::object& object) {
    auto read = examine_object<Kind>(kind, object);
    if (std::erase_if(read.problems, [](const problem& one) { return one.path.starts_with("status"); }) > 0) {
        read.value.status = {};
    }
    if (!read.problems.empty()) {
        const auto& metadata = read.value.metadata;
        return user_error(
            std::string{kind} + " " + metadata.namespace_ + "/" + metadata.name + ": " + join(read.problems)
        );
    }
    return std::move(read.value);
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
