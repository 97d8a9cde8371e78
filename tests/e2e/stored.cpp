#include "e2e/stored.hpp"

#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/world.hpp"
#include "support/read_file.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sstream>

namespace holdfast::test {

namespace {

// Generations are given by the server: a status that is of the newest one stays so.
void set_generation(json::value& value, std::int64_t generation) {
    if (auto* object = value.if_object(); object != nullptr) {
        for (auto& member : *object) {
            if (member.key() == "observedGeneration") {
                member.value() = generation;
            } else {
                set_generation(member.value(), generation);
            }
        }
    } else if (auto* array = value.if_array(); array != nullptr) {
        for (auto& item : *array) {
            set_generation(item, generation);
        }
    }
}

} // namespace

std::string stored_url(const std::string& name) {
    return "http://git.example.com/" + name + ".git";
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

json::object stored(const std::string& version, const std::string& name) {
    return json::parse(read_file(stored_folder + "/" + version + "/" + name + ".json")).as_object();
}

restored::restored(const std::string& version, const std::string& called) : name{called}, repository{called} {
    const auto text =
        replaced(json::serialize(stored(version, called)), stored_url(called), repository.url());
    const auto all = json::parse(text).as_object();
    repository.import(std::string_view{all.at("git").as_string()});
    world::get().create_namespace(name);
    for (const auto& object : all.at("objects").as_array()) {
        put(object.as_object(), false);
    }
    put(all.at("repository").as_object(), true);
    application = all.at("application").as_object();
    put(application, true);
    if (application.at("metadata").as_object().contains("deletionTimestamp")) {
        world::get().kubectl({"delete", "application.holdfast.dev", name, "-n", home, "--wait=false"});
    }
}

void restored::put(json::object object, bool with_status) {
    auto& w = world::get();
    auto& metadata = object.at("metadata").as_object();
    const auto managers = metadata.at("managedFields");
    for (const auto* of_the_server :
         {"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
          "generation", "managedFields"}) {
        metadata.erase(of_the_server);
    }
    const auto kind = text_at(object, {"kind"});
    if (kind == "Service") { // addresses are the server's as well
        auto& spec = object.at("spec").as_object();
        spec.erase("clusterIP");
        spec.erase("clusterIPs");
        for (auto& port : spec.at("ports").as_array()) {
            port.as_object().erase("nodePort");
        }
    }
    w.kubectl({"create", "-f", "-"}, json::serialize(object));
    const auto in = text_at(object, {"metadata", "namespace"});
    const auto called = text_at(object, {"metadata", "name"});
    const auto of = with_status ? kind + ".holdfast.dev" : kind;
    if (with_status) {
        auto status = object.at("status");
        const auto now = w.get_json(of, in, called).value();
        set_generation(status, now.at("metadata").at("generation").as_int64());
        w.kubectl(
            {"patch", of, called, "-n", in, "--subresource=status", "--type=merge", "-p",
             json::serialize(json::object{{"status", status}})}
        );
    }
    const json::array patch{
        json::object{{"op", "replace"}, {"path", "/metadata/managedFields"}, {"value", managers}}
    };
    w.kubectl({"patch", of, called, "-n", in, "--type=json", "-p", json::serialize(patch)});
}

std::vector<std::string> restored::versions() {
    std::istringstream lines{world::get().kubectl(
        {"get", "configmaps,services", "-n", name, "-l", "holdfast.dev/installation", "-o",
         "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid} "
         "{.metadata.resourceVersion}{\"\\n\"}{end}"}
    )};
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) {
        all.push_back(line);
    }
    return all;
}

std::string restored::was(std::initializer_list<std::string_view> path) const {
    return text_at(application, path);
}

} // namespace holdfast::test
