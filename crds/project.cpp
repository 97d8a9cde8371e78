#include "crds/project.hpp"

#include "crds/whole_object.hpp"

namespace holdfast::crds {

namespace {

constexpr std::string_view kind = "Project";

} // namespace

reading<project> examine_project(const json::object& object) {
    return examine_object<project>(kind, object);
}

json::object write(const project& value) {
    return write_object(kind, value);
}

json::object write(const project_spec& value) {
    return write_structure(description_of<project_spec>(), &value);
}

json::object write(const project_status& value) {
    return write_structure(description_of<project_status>(), &value);
}

} // namespace holdfast::crds
