#include "policy/specification_checks.hpp"

#include "crds/words.hpp"
#include "git/url.hpp"
#include "policy/specification_checks_shared.hpp"

namespace holdfast::policy {

std::string name_of(const crds::object_metadata& metadata) {
    return metadata.namespace_ + "/" + metadata.name;
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

} // namespace holdfast::policy
