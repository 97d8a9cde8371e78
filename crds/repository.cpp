#include "crds/repository.hpp"

#include "crds/described.hpp"

#include <algorithm>

namespace holdfast::crds {

namespace {

constexpr std::string_view kind = "Repository";

} // namespace

reading<repository> examine_repository(const json::object& object) {
    reading<repository> made;
    read_report report;
    read_root(description_of<repository>(), kind, &made.value, object, report);
    made.problems = std::move(report.problems);
    made.unknown_fields = std::move(report.unknown_fields);
    return made;
}

result<repository> read_repository(const json::object& object) {
    auto read = examine_repository(object);
    if (std::erase_if(read.problems, [](const problem& one) { return one.path.starts_with("status"); }) > 0) {
        read.value.status = {};
    }
    if (!read.problems.empty()) {
        const auto& metadata = read.value.metadata;
        return user_error(
            "Repository " + metadata.namespace_ + "/" + metadata.name + ": " + join(read.problems)
        );
    }
    return std::move(read.value);
}

json::object write(const repository& value) {
    json::object made{{"apiVersion", api_version}, {"kind", kind}};
    for (auto& member : write_structure(description_of<repository>(), &value)) {
        made.emplace(member.key(), std::move(member.value()));
    }
    return made;
}

json::object write(const repository_spec& value) {
    return write_structure(description_of<repository_spec>(), &value);
}

json::object write(const repository_status& value) {
    return write_structure(description_of<repository_status>(), &value);
}

} // namespace holdfast::crds
