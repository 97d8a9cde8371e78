#include "crds/application.hpp"
#include "crds/application_set.hpp"
#include "crds/described.hpp"
#include "crds/project.hpp"
#include "crds/repository.hpp"
#include "crds/schema.hpp"
#include "examples.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

namespace holdfast::crds {
namespace {

using namespace test;

BOOST_AUTO_TEST_SUITE(writing_kinds)

/// The fields of a type that are not in the object, by their paths.
void collect_missing(
    const type_description& type, const json::value& value, const std::string& path,
    std::set<std::string>& missing
) {
    if (value.is_array()) {
        // One item may have what another has not.
        std::set<std::string> in_all;
        bool first = true;
        for (const auto& item : value.get_array()) {
            std::set<std::string> here;
            collect_missing(type, item, path, here);
            if (first) in_all = here;
            std::erase_if(in_all, [&here](const std::string& one) { return !here.contains(one); });
            first = false;
        }
        missing.merge(in_all);
        return;
    }
    for (const auto& field : type.fields) {
        const auto where = path + "." + field.name;
        const auto* member = value.as_object().if_contains(field.name);
        if (member == nullptr) {
            missing.insert(where);
        } else if (const auto& inner = innermost(*field.type); inner.shape == shape::structure) {
            collect_missing(inner, *member, where, missing);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_application_with_every_field_comes_back_as_it_was) {
    const auto object = full_application();
    const auto read = examine_application(object);
    BOOST_TEST(join(read.problems) == "");
    BOOST_TEST(join(read.unknown_fields) == "");
    BOOST_TEST(
        json::serialize(write(read.value)) ==
        json::serialize(write(examine_application(write(read.value)).value))
    );
    BOOST_TEST((json::value(write(read.value)) == json::value(object)));
    BOOST_TEST((examine_application(write(read.value)).value == read.value));
}

BOOST_AUTO_TEST_CASE(a_repository_with_every_field_comes_back_as_it_was) {
    const auto object = full_repository();
    const auto read = examine_repository(object);
    BOOST_TEST(join(read.problems) == "");
    BOOST_TEST(join(read.unknown_fields) == "");
    BOOST_TEST((json::value(write(read.value)) == json::value(object)));
    BOOST_TEST((examine_repository(write(read.value)).value == read.value));
}

BOOST_AUTO_TEST_CASE(a_set_with_every_field_comes_back_as_it_was) {
    const auto object = full_application_set();
    const auto read = examine_application_set(object);
    BOOST_TEST(join(read.problems) == "");
    BOOST_TEST(join(read.unknown_fields) == "");
    BOOST_TEST(json::serialize(write(read.value)) == json::serialize(object));
    BOOST_TEST((examine_application_set(write(read.value)).value == read.value));
}

BOOST_AUTO_TEST_CASE(a_project_with_every_field_comes_back_as_it_was) {
    const auto object = full_project();
    const auto read = examine_project(object);
    BOOST_TEST(join(read.problems) == "");
    BOOST_TEST(join(read.unknown_fields) == "");
    BOOST_TEST((json::value(write(read.value)) == json::value(object)));
    BOOST_TEST((examine_project(write(read.value)).value == read.value));
}

// Absent it permits all kinds, empty none.
BOOST_AUTO_TEST_CASE(a_list_of_kinds_that_is_empty_stays_another_than_none) {
    const auto none = examine_project(project_with("{}"));
    BOOST_TEST(!none.value.spec.namespace_resource_whitelist.has_value());
    BOOST_TEST(!write(none.value.spec).contains("namespaceResourceWhitelist"));
    const auto empty = examine_project(project_with("{'namespaceResourceWhitelist': []}"));
    BOOST_TEST(join(empty.problems) == "");
    BOOST_TEST_REQUIRE(empty.value.spec.namespace_resource_whitelist.has_value());
    BOOST_TEST(empty.value.spec.namespace_resource_whitelist->empty());
    BOOST_TEST((write(empty.value.spec).at("namespaceResourceWhitelist") == json::array{}));
    BOOST_TEST((examine_project(write(empty.value)).value == empty.value));
}

BOOST_AUTO_TEST_CASE(the_full_examples_leave_no_field_out) {
    std::set<std::string> missing;
    collect_missing(description_of<application>(), full_application(), "", missing);
    // Either source or sources; the rest is about sources in places that have them in full elsewhere.
    const std::set<std::string> known{
        ".spec.source",
        ".spec.destination.name",
        ".operation.sync.sources",
        ".operation.sync.syncStrategy.apply",
        ".status.operationState.operation.sync.sources",
        ".status.operationState.operation.sync.syncStrategy.apply",
    };
    std::erase_if(missing, [&known](const std::string& one) {
        const auto of_another_source = one.starts_with(".operation.sync.source.") ||
                                       one.starts_with(".status.operationState.operation.sync.source.") ||
                                       one.starts_with(".status.operationState.syncResult.source") ||
                                       one.starts_with(".status.history.source");
        const bool plain_initiator = one == ".status.history.initiatedBy.automated";
        return known.contains(one) || of_another_source || plain_initiator;
    });
    BOOST_TEST(missing.empty(), (missing.empty() ? "" : *missing.begin()));

    missing.clear();
    collect_missing(description_of<project>(), full_project(), "", missing);
    std::erase_if(missing, [](const std::string& one) { return one.starts_with(".metadata."); });
    BOOST_TEST(missing.empty(), (missing.empty() ? "" : *missing.begin()));

    missing.clear();
    collect_missing(description_of<repository>(), full_repository(), "", missing);
    collect_missing(description_of<application_set>(), full_application_set(), "", missing);
    std::erase_if(missing, [](const std::string& one) { return one.starts_with(".metadata."); });
    BOOST_TEST(missing.empty(), (missing.empty() ? "" : *missing.begin()));
}

BOOST_AUTO_TEST_CASE(the_samples_are_right_and_come_back_as_they_were) {
    int kinds = 0;
    for (const auto* name : {"application.yaml", "project.yaml", "repository.yaml"}) {
        for (auto object : yaml_documents(std::string{HOLDFAST_SOURCE_DIR "/config/samples/"} + name)) {
            BOOST_TEST_CONTEXT(name) {
                if (object.at("kind") == "Application") {
                    const auto read = examine_application(object);
                    BOOST_TEST(join(read.problems) == "");
                    BOOST_TEST(join(read.unknown_fields) == "");
                    BOOST_TEST(join(check(read.value)) == "");
                    // The two values that a sample shows although they are the defaults.
                    object.at("spec").at("syncPolicy").at("retry").at("backoff").as_object().erase("factor");
                    BOOST_TEST((json::value(write(read.value)) == json::value(object)));
                    ++kinds;
                } else if (object.at("kind") == "Project") {
                    const auto read = examine_project(object);
                    BOOST_TEST(join(read.problems) == "");
                    BOOST_TEST(join(read.unknown_fields) == "");
                    BOOST_TEST(join(check(read.value)) == "");
                    BOOST_TEST(join(surprises_of(read.value.spec)) == "");
                    BOOST_TEST((json::value(write(read.value)) == json::value(object)));
                    ++kinds;
                } else if (object.at("kind") == "Repository") {
                    const auto read = examine_repository(object);
                    BOOST_TEST(join(read.problems) == "");
                    BOOST_TEST(join(read.unknown_fields) == "");
                    BOOST_TEST(join(check(read.value)) == "");
                    for (const auto* shown : {"interval", "lfs", "submodules"}) {
                        object.at("spec").as_object().erase(shown);
                    }
                    BOOST_TEST((json::value(write(read.value)) == json::value(object)));
                    ++kinds;
                }
            }
        }
    }
    BOOST_TEST(kinds == 4);
}

BOOST_AUTO_TEST_CASE(what_is_absent_empty_or_default_is_left_out) {
    application app;
    app.metadata.name = "web";
    app.spec.source = application_source{.repo_url = "https://git.example.com/a", .path = "web"};
    app.spec.destination.name = "in-cluster";
    BOOST_TEST(
        json::serialize(write(app.spec)) ==
        R"({"source":{"repoURL":"https://git.example.com/a","path":"web"},"destination":{"name":"in-cluster"}})"
    );
    BOOST_TEST(json::serialize(write(operation{})) == "{}");
}

BOOST_AUTO_TEST_CASE(the_presence_of_an_empty_block_is_kept) {
    const auto object = application_with(R"({'syncPolicy': {'automated': {}},
        'source': {'repoURL': 'x', 'path': 'y', 'directory': {}}})");
    const auto written = write(examine_application(object).value);
    BOOST_TEST((json::value(written) == json::value(object)));
}

BOOST_AUTO_TEST_CASE(required_fields_are_written_whatever_they_are) {
    application_status status;
    status.history.push_back({.id = 0, .deployed_at = timestamp{}});
    status.sync.status = sync_code::unknown;
    const auto written = write(status);
    BOOST_TEST(
        json::serialize(written) == R"({"sync":{"status":"Unknown"},"health":{"status":"Unknown"},)"
                                    R"("history":[{"id":0,"deployedAt":"1970-01-01T00:00:00Z"}]})"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
