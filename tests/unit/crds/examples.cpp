#include "examples.hpp"

#include <boost/json/parse.hpp>

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace holdfast::crds::test {

namespace {

json::object merged(json::object object, std::string_view members) {
    auto changes = parse(members);
    for (auto& member : changes.as_object()) {
        if (member.value().is_null()) {
            object.erase(member.key());
        } else {
            object[member.key()] = std::move(member.value());
        }
    }
    return object;
}

json::object valid_application() {
    return parse(R"({
        'apiVersion': 'holdfast.dev/v1alpha1', 'kind': 'Application', 'metadata': {'name': 'web', 'namespace': 'default'},
        'spec': {'source': {'repoURL': 'https://git.example.com/deploy.git', 'path': 'web'},
                 'destination': {'name': 'in-cluster', 'namespace': 'shop'}}
    })")
        .as_object();
}

json::object valid_repository() {
    return parse(R"({
        'apiVersion': 'holdfast.dev/v1alpha1', 'kind': 'Repository', 'metadata': {'name': 'git', 'namespace': 'default'},
        'spec': {'url': 'https://git.example.com/deploy.git'}
    })")
        .as_object();
}

json::object valid_project() {
    return parse(R"({
        'apiVersion': 'holdfast.dev/v1alpha1', 'kind': 'Project', 'metadata': {'name': 'shop', 'namespace': 'holdfast'},
        'spec': {'sourceRepos': ['*'], 'destinations': [{'name': 'in-cluster', 'namespace': 'shop-*'}]}
    })")
        .as_object();
}

json::value converted(const YAML::Node& node) {
    switch (node.Type()) {
    case YAML::NodeType::Map: {
        json::object made;
        for (const auto& entry : node)
            made.emplace(entry.first.Scalar(), converted(entry.second));
        return made;
    }
    case YAML::NodeType::Sequence: {
        json::array made;
        for (const auto& item : node)
            made.push_back(converted(item));
        return made;
    }
    case YAML::NodeType::Scalar: {
        // "!" is how yaml-cpp marks what was quoted.
        if (node.Tag() != "!") {
            bool flag = false;
            std::int64_t number = 0;
            if (YAML::convert<bool>::decode(node, flag)) return flag;
            if (YAML::convert<std::int64_t>::decode(node, number)) return number;
        }
        return json::string{node.Scalar()};
    }
    default: return nullptr;
    }
}

} // namespace

json::value parse(std::string_view text) {
    std::string real{text};
    std::ranges::replace(real, '\'', '"');
    return json::parse(real);
}

json::object application_with(std::string_view spec) {
    auto made = valid_application();
    made["spec"] = merged(made.at("spec").as_object(), spec);
    return made;
}

json::object repository_with(std::string_view spec) {
    auto made = valid_repository();
    made["spec"] = merged(made.at("spec").as_object(), spec);
    return made;
}

json::object project_with(std::string_view spec) {
    auto made = valid_project();
    made["spec"] = merged(made.at("spec").as_object(), spec);
    return made;
}

json::object application_beside(std::string_view members) {
    return merged(valid_application(), members);
}

json::object full_application() {
    return json::parse(file(HOLDFAST_SOURCE_DIR "/tests/unit/crds/data/full_application.json")).as_object();
}

json::object full_project() {
    return json::parse(file(HOLDFAST_SOURCE_DIR "/tests/unit/crds/data/full_project.json")).as_object();
}

json::object full_repository() {
    return json::parse(file(HOLDFAST_SOURCE_DIR "/tests/unit/crds/data/full_repository.json")).as_object();
}

json::object full_application_set() {
    return json::parse(file(HOLDFAST_SOURCE_DIR "/tests/unit/crds/data/full_application_set.json"))
        .as_object();
}

std::vector<json::object> yaml_documents(const std::string& path) {
    std::vector<json::object> made;
    for (const auto& document : YAML::LoadAllFromFile(path))
        made.push_back(converted(document).as_object());
    return made;
}

json::value yaml(const std::string& text) {
    return converted(YAML::Load(text));
}

std::string file(const std::string& path) {
    std::ifstream stream{path, std::ios::binary};
    if (!stream) throw std::runtime_error{"cannot read " + path};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

} // namespace holdfast::crds::test
