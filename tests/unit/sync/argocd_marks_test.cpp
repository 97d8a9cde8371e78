// Objects as Argo CD marks them, in each of its ways.

#include "support.hpp"

#include "sync/desired.hpp"
#include "sync/live_record.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace holdfast::sync {
namespace {

const application_ref shop{"argocd", "shop"};

argocd_marks marks_of(marking how, std::string installation = {}) {
    return {.application_namespace = "argocd", .how = how, .installation = std::move(installation)};
}

result<desired_object>
made(const char* manifest, const argocd_marks& marks, const application_ref& who = shop) {
    const auto names = argoproj_io(marks);
    return make_desired(object(manifest), {who, "holdfast", names, "shop"});
}

json::value metadata_of(const char* manifest, const argocd_marks& marks, const application_ref& who = shop) {
    return made(manifest, marks, who).value().manifest.at("metadata");
}

constexpr auto* config_map =
    "{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'namespace': 'n', 'name': 'a'}}";
constexpr auto* role = "{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'ClusterRole', "
                       "'metadata': {'name': 'a:b'}}";
constexpr auto* definition = "{'apiVersion': 'apiextensions.k8s.io/v1', 'kind': 'CustomResourceDefinition', "
                             "'metadata': {'name': 'things.example.com'}}";

BOOST_AUTO_TEST_SUITE(marks_of_argo_cd)

BOOST_AUTO_TEST_CASE(an_object_bears_what_argo_cd_would_write_and_nothing_else) {
    struct {
        marking how;
        const char* manifest;
        const char* metadata;
    } const cases[] = {
        {marking::by_label, config_map,
         "{'namespace': 'n', 'name': 'a', 'labels': {'app.kubernetes.io/instance': 'shop'}}"},
        {marking::by_annotation, config_map,
         "{'namespace': 'n', 'name': 'a', 'annotations': {'argocd.argoproj.io/tracking-id': "
         "'shop:/ConfigMap:n/a'}}"},
        {marking::by_annotation_and_label, config_map,
         "{'namespace': 'n', 'name': 'a', 'labels': {'app.kubernetes.io/instance': 'shop'}, 'annotations': "
         "{'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:n/a'}}"},
        // What is in no namespace has that of the application's destination.
        {marking::by_annotation, role,
         "{'name': 'a:b', 'annotations': {'argocd.argoproj.io/tracking-id': "
         "'shop:rbac.authorization.k8s.io/ClusterRole:shop/a:b'}}"},
        {marking::by_annotation, definition, "{'name': 'things.example.com'}"},
        {marking::by_label, definition, "{'name': 'things.example.com'}"},
    };
    for (const auto& one : cases) {
        const auto metadata = metadata_of(one.manifest, marks_of(one.how));
        BOOST_TEST(metadata == json::value(object(one.metadata)), json::serialize(metadata));
    }
    const auto of_one = metadata_of(config_map, marks_of(marking::by_annotation, "east"));
    BOOST_TEST(of_one.at("annotations").at("argocd.argoproj.io/installation-id") == "east");
}

BOOST_AUTO_TEST_CASE(a_name_that_no_label_can_have_is_cut_only_where_the_annotation_has_it_too) {
    const application_ref wordy{"argocd", std::string(62, 'a') + "-" + std::string(10, 'b')};
    const auto refused = made(config_map, marks_of(marking::by_label), wordy);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(
        refused.error().message().find("has 73 characters") != std::string::npos, refused.error().message()
    );
    const auto cut = metadata_of(config_map, marks_of(marking::by_annotation_and_label), wordy);
    const auto& label = cut.at("labels").at("app.kubernetes.io/instance").as_string();
    BOOST_TEST(std::string{label} == std::string(62, 'a'));
}

BOOST_AUTO_TEST_CASE(an_object_is_found_by_its_mark) {
    for (const auto how : {marking::by_label, marking::by_annotation, marking::by_annotation_and_label}) {
        const auto marks = marks_of(how);
        const auto names = argoproj_io(marks);
        for (const auto* manifest : {config_map, role}) {
            const auto live = made(manifest, marks).value().manifest;
            BOOST_REQUIRE(owner_of(live, names).has_value());
            BOOST_TEST((owner_of(live, names)->application == shop));
            BOOST_TEST((owner_of(live, names)->object == kube::key_of(live)));
            BOOST_TEST(names.is_marked(live, "whichever"));
            BOOST_TEST(!owner_of(live, holdfast_dev()).has_value());
            // What a controller made of it has the marks, too.
            auto copied = live;
            copied["metadata"].as_object()["ownerReferences"] = json::array{json::object{{"kind", "X"}}};
            BOOST_TEST(!owner_of(copied, names).has_value());
        }
        BOOST_TEST(!owner_of(object(config_map), names).has_value());
    }
}

BOOST_AUTO_TEST_CASE(an_annotation_counts_on_the_object_that_it_names_and_in_its_installation) {
    const auto owner = [](const std::string& id, const argocd_marks& marks,
                          const char* installation = nullptr) {
        auto live = object(config_map);
        json::object annotations{{"argocd.argoproj.io/tracking-id", id}};
        if (installation != nullptr) annotations["argocd.argoproj.io/installation-id"] = installation;
        live["metadata"].as_object()["annotations"] = std::move(annotations);
        const auto found = owner_of(live, argoproj_io(marks));
        return found ? to_string(found->application) : std::string{};
    };
    const auto ours = marks_of(marking::by_annotation);
    BOOST_TEST(owner("shop:/ConfigMap:n/a", ours) == "argocd/shop");
    for (const auto* other :
         {"shop:/ConfigMap:n/b", "shop:/ConfigMap:m/a", "shop:/Secret:n/a", "shop:apps/ConfigMap:n/a",
          "team_shop:/ConfigMap:n/a", ":/ConfigMap:n/a", "shop", "shop:/ConfigMap:na", ""}) {
        BOOST_TEST(owner(other, ours) == "", other);
    }
    BOOST_TEST(owner("shop:/ConfigMap:n/a", ours, "east") == "");
    BOOST_TEST(
        owner("shop:/ConfigMap:n/a", marks_of(marking::by_annotation, "east"), "east") == "argocd/shop"
    );
    BOOST_TEST(owner("shop:/ConfigMap:n/a", marks_of(marking::by_annotation, "east")) == "");
}

BOOST_AUTO_TEST_CASE(the_server_selects_where_the_label_alone_counts) {
    const auto by_label = marks_of(marking::by_label);
    BOOST_TEST(argoproj_io(by_label).selector_of("x") == "app.kubernetes.io/instance");
    for (const auto how : {marking::by_annotation, marking::by_annotation_and_label}) {
        const auto marks = marks_of(how);
        BOOST_TEST(argoproj_io(marks).selector_of("x") == "");
        BOOST_TEST(!argoproj_io(marks).is_selected_by_server());
    }
    BOOST_TEST(holdfast_dev().is_selected_by_server());
}

BOOST_AUTO_TEST_CASE(the_label_of_an_application_of_applications_does_not_take_it_away) {
    const auto marks = marks_of(marking::by_label);
    const auto names = argoproj_io(marks);
    const auto child = object("{'metadata': {'labels': {'app.kubernetes.io/instance': 'parent'}}}");
    BOOST_TEST(names.is_for(child, "holdfast"));
    BOOST_TEST(!names.is_for(child, "other"));
    BOOST_TEST(
        names.is_for(object("{'metadata': {'labels': {'holdfast.dev/installation': 'other'}}}"), "other")
    );
}

BOOST_AUTO_TEST_CASE(the_mark_is_ours_where_argo_cds_manager_wrote_it) {
    for (const auto how : {marking::by_label, marking::by_annotation}) {
        const auto marks = marks_of(how);
        const auto names = argoproj_io(marks);
        auto live = made(config_map, marks).value().manifest;
        live["metadata"].as_object()["managedFields"] = json::array{object(
            how == marking::by_label
                ? "{'manager': 'argocd-controller', 'operation': 'Update', 'apiVersion': 'v1', 'fieldsV1': "
                  "{'f:metadata': {'f:labels': {'f:app.kubernetes.io/instance': {}}}}}"
                : "{'manager': 'argocd-controller', 'operation': 'Update', 'apiVersion': 'v1', 'fieldsV1': "
                  "{'f:metadata': {'f:annotations': {'f:argocd.argoproj.io/tracking-id': {}}}}}"
        )};
        BOOST_TEST(observe(live, names).is_mark_ours);
        BOOST_TEST(!observe(live, names).owned()); // nothing was applied
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
