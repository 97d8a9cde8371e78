#include "control/specification_checks.hpp"

#include "control/specification_checks_shared.hpp"
#include "crds/words.hpp"
#include "git/url.hpp"

#include <tuple>

namespace holdfast::control {

std::string name_of(const crds::object_metadata& metadata) {
    return metadata.namespace_ + "/" + metadata.name;
}

bool is_same(const crds::object_metadata& a, const crds::object_metadata& b) {
    return a.namespace_ == b.namespace_ && a.name == b.name;
}

bool is_older(const crds::object_metadata& other, const crds::object_metadata& than) {
    if (!than.creation_timestamp || !other.creation_timestamp) {
        return !than.creation_timestamp;
    }
    return std::tie(*other.creation_timestamp, other.namespace_, other.name) <
           std::tie(*than.creation_timestamp, than.namespace_, than.name);
}

bool is_confined(const crds::object_metadata& object, const surroundings& around) {
    return !object.namespace_.empty() && object.namespace_ != around.own_namespace();
}

bool is_file(const std::string& url) {
    const auto parsed = git::url::parse(url);
    return parsed && parsed->kind() == git::transport::file;
}

std::string files_are_refused(const std::string& own_namespace) {
    return "must not be a file:// URL, which is for objects in " + crds::quoted(own_namespace) +
           ", the operator's namespace: it leads to the operator's own disk";
}

} // namespace holdfast::control
