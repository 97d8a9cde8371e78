#include "fixtures.hpp"

#include "render/yaml.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::sets::test {

crds::application_set set_of(std::string_view spec) {
    const auto read = render::read_yaml(spec);
    BOOST_REQUIRE_MESSAGE(read.has_value(), "the spec of the test is not valid YAML: " << spec);
    json::object object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "ApplicationSet"},
        {"metadata", {{"name", "teams"}, {"namespace", "argo"}}},
        {"spec", read->front().value}
    };
    auto set = crds::examine_application_set(object);
    BOOST_REQUIRE_MESSAGE(set.problems.empty(), crds::join(set.problems) << "\n" << spec);
    BOOST_REQUIRE_MESSAGE(set.unknown_fields.empty(), crds::join(set.unknown_fields) << "\n" << spec);
    return std::move(set.value);
}

generation world::generate(const crds::application_set& set) {
    knowledge known;
    for (rounds = 1; rounds <= most_rounds; ++rounds) {
        auto made = sets::generate(set, known, {}, limits);
        if (made.missing.empty()) return made;
        for (const auto& id : made.missing.trees) {
            auto& tree = known.trees[id];
            const auto there = trees.find(id.repo_url);
            if (there == trees.end()) {
                tree.error = "there is no repository " + id.repo_url;
                continue;
            }
            std::vector<std::string> files;
            for (const auto& [path, content] : there->second)
                files.push_back(path);
            tree.files = std::make_shared<const std::vector<std::string>>(std::move(files));
        }
        for (const auto& [id, paths] : made.missing.files) {
            for (const auto& path : paths)
                known.trees.at(id).contents.emplace(path, trees.at(id.repo_url).at(path));
        }
        if (made.missing.clusters) {
            known.clusters_error = clusters_error;
            if (clusters_error.empty()) known.clusters = clusters;
        }
        if (!made.missing.templates.empty()) {
            BOOST_REQUIRE_MESSAGE(go, "nobody renders Go templates in this test");
            known.templates.merge(go(made.missing.templates));
        }
    }
    BOOST_FAIL("it never ends");
    return {};
}

std::map<std::string, std::string> directories(const std::vector<std::string>& names) {
    std::map<std::string, std::string> files;
    for (const auto& name : names)
        files.emplace(name + "/x", "");
    return files;
}

std::string names_of(const generation& made) {
    std::string text;
    for (const auto& one : made.applications)
        text += (text.empty() ? "" : ", ") + one.name;
    for (const auto& one : made.failures)
        text += (text.empty() ? "" : "; ") + one.message;
    return text;
}

std::string at(const generation& made, std::size_t application, std::string_view pointer) {
    BOOST_REQUIRE_MESSAGE(application < made.applications.size(), names_of(made));
    boost::system::error_code ec;
    const auto& whole = json::value(made.applications[application].application);
    const auto* found = whole.find_pointer(pointer, ec);
    if (found == nullptr) return "-";
    if (const auto* text = found->if_string()) return std::string{*text};
    return json::serialize(*found);
}

} // namespace holdfast::sets::test
