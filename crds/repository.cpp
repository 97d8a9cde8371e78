#include "crds/repository.hpp"

#include "crds/whole_object.hpp"

namespace holdfast::crds {

namespace {

constexpr std::string_view kind = "Repository";

} // namespace

reading<repository> examine_repository(const json::object& object) {
    return examine_object<repository>(kind, object);
}

json::object write(const repository& value) {
    return write_object(kind, value);
}

json::object write(const repository_spec& value) {
    return write_structure(description_of<repository_spec>(), &value);
}

json::object write(const repository_status& value) {
    return write_structure(description_of<repository_status>(), &value);
}

} // namespace holdfast::crds
