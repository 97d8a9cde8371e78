#include "sync/made_namespace.hpp"

#include "support.hpp"

namespace holdfast::sync {
namespace {

const application_ref shop{"holdfast", "shop"};
const application_ref platform{"holdfast", "platform"};
const application_ref gone{"holdfast", "gone"};

bool exists(const application_ref& application) {
    return application != gone;
}

desired_object wanted(const std::map<std::string, std::string>& labels) {
    return make_namespace("ns", labels, {});
}

/// What a manager holds of the Namespace's labels.
std::string
held(const std::string& manager, const std::string& labels, const std::string& operation = "Apply") {
    std::string fields;
    for (std::size_t at = 0; at < labels.size();) {
        const auto end = std::min(labels.find(' ', at), labels.size());
        fields += (fields.empty() ? "" : ",") + ("'f:" + labels.substr(at, end - at) + "':{}");
        at = end + 1;
    }
    return "{'manager':'" + manager + "','operation':'" + operation +
           "','apiVersion':'v1','fieldsType':'FieldsV1','fieldsV1':{'f:metadata':{'f:labels':{'.':{}," +
           fields + "}}}}";
}

json::object live(const std::string& labels, const std::string& managers, const std::string& more = {}) {
    return object(
        "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'ns','labels':{" + labels +
        "},'managedFields':[" + managers + "]" + more + "}}"
    );
}

std::string tracked_by(const application_ref& application) {
    return ",'annotations':{'holdfast.dev/tracking-id':'" + to_string(application) + ":/Namespace:/ns'}";
}

namespace_standing stand(const desired_object& made, const json::object& there) {
    return stand_of_namespace(made, there, shop, holdfast_dev(), exists);
}

const std::string ours = namespace_manager(shop, holdfast_dev());

BOOST_AUTO_TEST_SUITE(made_namespace)

BOOST_AUTO_TEST_CASE(without_metadata_a_namespace_that_is_there_is_left_alone) {
    const auto bare = wanted({});
    BOOST_TEST(stand(bare, live("", "")).is_as_wanted());
    BOOST_TEST(stand(bare, live("'a':'1'", held("kubectl", "a", "Update"))).is_as_wanted());
    BOOST_TEST(stand(bare, live("'a':'1'", held("holdfast", "a"), tracked_by(platform))).is_as_wanted());
}

BOOST_AUTO_TEST_CASE(metadata_is_held_with_a_manager_of_its_own) {
    const auto made = wanted({{"team", "shop"}});
    BOOST_TEST(stand(made, live("'team':'shop'", held(ours, "team"))).is_as_wanted());
    BOOST_TEST(stand(made, live("", "")).to_apply);
    // It would go with whoever else set it.
    BOOST_TEST(stand(made, live("'team':'shop'", held("kubectl", "team", "Update"))).to_apply);
    BOOST_TEST(stand(made, live("'team':'shop'", held(ours, "team", "Update"))).to_apply);
    BOOST_TEST(stand(made, live("'team':'shop','b':'1'", held(ours, "team b"))).to_apply); // to be given up
    BOOST_TEST(stand(wanted({}), live("'team':'shop'", held(ours, "team"))).to_apply);
}

BOOST_AUTO_TEST_CASE(what_others_add_is_theirs) {
    const auto made = wanted({{"team", "shop"}});
    const auto there = live(
        "'team':'shop','pod-security':'restricted'",
        held(ours, "team") + "," + held("holdfast", "pod-security"), tracked_by(platform)
    );
    BOOST_TEST(stand(made, there).is_as_wanted());
}

BOOST_AUTO_TEST_CASE(people_and_other_programs_are_overridden) {
    const auto made = wanted({{"team", "shop"}});
    for (const auto& manager : {held("kubectl", "team", "Update"), held("flux", "team")}) {
        const auto s = stand(made, live("'team':'other'", manager));
        BOOST_TEST(s.conflict.empty());
        BOOST_TEST(s.to_apply);
    }
}

BOOST_AUTO_TEST_CASE(another_application_is_not_and_is_named) {
    const auto made = wanted({{"pod-security", "privileged"}});
    // As the owner of the Namespace,
    const auto owned = stand(
        made, live("'pod-security':'restricted'", held("holdfast", "pod-security"), tracked_by(platform))
    );
    BOOST_TEST(
        owned.conflict ==
        "the label pod-security of Namespace \"ns\" is set to another value by the application "
        "holdfast/platform: take it out of that one, or out of "
        "spec.syncPolicy.managedNamespaceMetadata"
    );
    BOOST_TEST(!owned.is_as_wanted());
    // or as one that has it made, too.
    const auto made_too = stand(
        made,
        live("'pod-security':'restricted'", held(namespace_manager(platform, holdfast_dev()), "pod-security"))
    );
    BOOST_TEST(made_too.conflict.find("the application holdfast/platform") != std::string::npos);
    const application_ref long_name{std::string(63, 'n'), std::string(253, 'a')};
    const auto unnamed = stand(
        made,
        live(
            "'pod-security':'restricted'", held(namespace_manager(long_name, holdfast_dev()), "pod-security")
        )
    );
    BOOST_TEST(
        unnamed.conflict.find("another application (field manager holdfast-namespace:") != std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(what_an_application_set_that_is_gone_is_free) {
    const auto made = wanted({{"a", "1"}});
    BOOST_TEST(stand(made, live("'a':'2'", held("holdfast", "a"), tracked_by(gone))).conflict.empty());
    BOOST_TEST(
        stand(made, live("'a':'2'", held(namespace_manager(gone, holdfast_dev()), "a"))).conflict.empty()
    );
    // As an earlier version left it: nobody's.
    BOOST_TEST(stand(made, live("'a':'2'", held("holdfast", "a"))).conflict.empty());
}

BOOST_AUTO_TEST_CASE(one_that_was_among_the_sources_is_let_go_of) {
    BOOST_TEST(stand(wanted({}), live("", "", tracked_by(shop))).to_release);
    BOOST_TEST(!stand(wanted({}), live("", "", tracked_by(platform))).to_release);
}

BOOST_AUTO_TEST_CASE(one_that_is_leaving_is_not_as_wanted) {
    const auto s = stand(wanted({}), live("", "", ",'deletionTimestamp':'2026-01-01T00:00:00Z'"));
    BOOST_TEST(s.leaving);
    BOOST_TEST(!s.is_as_wanted());
}

BOOST_AUTO_TEST_CASE(managers_fit_and_differ) {
    BOOST_TEST(ours == "holdfast-namespace:holdfast/shop");
    const application_ref a{std::string(63, 'n'), std::string(253, 'a')};
    const application_ref b{std::string(63, 'n'), std::string(252, 'a') + "b"};
    BOOST_TEST(namespace_manager(a, holdfast_dev()).size() <= 128U);
    BOOST_TEST(namespace_manager(a, holdfast_dev()) != namespace_manager(b, holdfast_dev()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
