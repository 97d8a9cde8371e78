// What a set writes: table by table, without a cluster.

#include "sets_control/plan.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <deque>

namespace holdfast::sets_control {
namespace {

using names = std::vector<std::string>;

crds::application application(const std::string& name, const std::string& path = "apps/a") {
    crds::application made;
    made.metadata.name = name;
    made.metadata.namespace_ = "team";
    made.metadata.labels["team"] = "a";
    made.metadata.finalizers = {"holdfast.dev/resources-finalizer"};
    made.spec.source.emplace();
    made.spec.source->repo_url = "https://git.example.com/a.git";
    made.spec.source->path = path;
    made.spec.destination.name = "in-cluster";
    return made;
}

owner_reference owner(const std::string& uid = "set-uid", const std::string& kind = "ApplicationSet") {
    return {
        .api_version = "holdfast.dev/v1alpha1",
        .kind = kind,
        .name = "shop",
        .uid = uid,
        .controller = true,
        .block_owner_deletion = true
    };
}

struct scene {
    set_rules set{.namespace_ = "team", .name = "shop", .uid = "set-uid", .may = {}, .confirmed = {}};
    plan_facts facts;
    std::vector<wanted_application> wanted;
    std::deque<crds::application> live;

    void want(crds::application value) { wanted.push_back({.value = std::move(value), .problems = {}}); }
    crds::application& there(crds::application value, std::vector<owner_reference> owners) {
        value.metadata.uid = "uid-" + value.metadata.name;
        value.metadata.resource_version = "7";
        live.push_back(std::move(value));
        facts.existing[live.back().metadata.name] = {.value = &live.back(), .owners = std::move(owners)};
        return live.back();
    }
    /// As the set itself made it.
    crds::application& made(const std::string& name, const std::string& path = "apps/a") {
        auto value = application(name, path);
        value.metadata.annotations[std::string{set_annotation}] = "shop";
        return there(std::move(value), {owner()});
    }
    [[nodiscard]] write_plan plan() {
        facts.wanted = wanted;
        return plan_of(set, facts);
    }
    [[nodiscard]] json::object patch(const std::string& name) const {
        for (const auto& one : wanted) {
            if (one.value.metadata.name == name) return patch_of(set, one.value, facts.existing.at(name));
        }
        return {};
    }
};

std::string text(const json::object& object) {
    return json::serialize(object);
}

const left_application* left_of(const write_plan& plan, const std::string& name) {
    for (const auto& one : plan.left) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plans_of_sets)

BOOST_AUTO_TEST_CASE(what_is_missing_is_created_what_differs_is_patched_and_what_is_too_much_goes) {
    scene s;
    s.want(application("new"));
    s.want(application("same"));
    s.want(application("moved", "apps/there"));
    s.made("same");
    s.made("moved");
    s.made("old");
    const auto plan = s.plan();
    BOOST_TEST(plan.creations == std::vector<std::size_t>{0}, boost::test_tools::per_element());
    BOOST_TEST(plan.updates == std::vector<std::size_t>{2}, boost::test_tools::per_element());
    BOOST_TEST(plan.deletions == names{"old"}, boost::test_tools::per_element());
    BOOST_TEST(plan.in_place == 1U);
    BOOST_TEST(plan.left.empty());
    BOOST_TEST(
        text(s.patch("moved")) ==
        R"({"spec":{"source":{"path":"apps/there"}},"metadata":{"uid":"uid-moved"}})"
    );
    const auto object = object_of(s.set, s.wanted.front().value);
    BOOST_TEST(
        text(object.at("metadata").as_object()) ==
        R"({"labels":{"team":"a"},"annotations":{"holdfast.dev/application-set":"shop"},)"
        R"("finalizers":["holdfast.dev/resources-finalizer"],"ownerReferences":[{"apiVersion":)"
        R"("holdfast.dev/v1alpha1","kind":"ApplicationSet","name":"shop","uid":"set-uid","controller":true,)"
        R"("blockOwnerDeletion":true}],"name":"new","namespace":"team"})"
    );
}

BOOST_AUTO_TEST_CASE(labels_and_annotations_are_the_sets_but_for_what_others_ask_by_them_and_what_is_preserved
) {
    scene s;
    s.set.preserved_annotations = {"team.example.com/note"};
    s.set.preserved_labels = {"kept"};
    s.want(application("a"));
    auto& live = s.made("a");
    live.metadata.annotations["holdfast.dev/refresh"] = "normal";
    live.metadata.annotations["team.example.com/note"] = "x";
    live.metadata.labels["kept"] = "1";
    live.metadata.finalizers.emplace_back("pre-delete-finalizer.argocd.argoproj.io/cleanup");
    live.metadata.finalizers.emplace_back("holdfast.dev/post-delete-finalizer");
    BOOST_TEST(s.plan().in_place == 1U);
    live.metadata.annotations["other"] = "y";
    live.metadata.labels["other"] = "y";
    BOOST_TEST(s.plan().updates.size() == 1U);
    BOOST_TEST(
        text(s.patch("a")) ==
        R"({"metadata":{"labels":{"other":null},"annotations":{"other":null},"uid":"uid-a"}})"
    );
}

BOOST_AUTO_TEST_CASE(fields_that_are_ignored_stay_as_they_are) {
    scene s;
    s.set.ignored = {
        {.application = {}, .pointers = {"/spec/source/targetRevision"}},
        {.application = "b", .pointers = {"/spec/source/path", "/metadata/labels/team"}}
    };
    for (const std::string name : {"a", "b"}) {
        s.want(application(name, "apps/new"));
        auto& live = s.made(name);
        live.spec.source->target_revision = "v2";
        live.metadata.labels.clear();
    }
    BOOST_TEST(s.plan().updates == std::vector<std::size_t>{0}, boost::test_tools::per_element());
    BOOST_TEST(
        text(s.patch("a")) ==
        R"({"metadata":{"labels":{"team":"a"},"uid":"uid-a"},"spec":{"source":{"path":"apps/new"}}})"
    );
    BOOST_TEST(s.plan().in_place == 1U); // b
}

BOOST_AUTO_TEST_CASE(a_name_that_is_generated_twice_is_left_as_it_is_and_the_others_go_on) {
    scene s;
    s.want(application("a"));
    s.want(application("twice"));
    s.want(application("twice", "apps/b"));
    s.made("twice", "apps/c");
    const auto plan = s.plan();
    BOOST_TEST(plan.creations == std::vector<std::size_t>{0}, boost::test_tools::per_element());
    BOOST_TEST(plan.updates.empty());
    BOOST_TEST(plan.deletions.empty());
    BOOST_REQUIRE(plan.left.size() == 1U);
    BOOST_TEST((plan.left.front().why == left_because::twice));
    BOOST_TEST(plan.left.front().message.find("2 times") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_somebody_else_made_is_taken_over_only_where_an_annotation_says_so) {
    scene s;
    for (const std::string name : {"foreign", "offered", "owned"}) {
        s.want(application(name, "apps/new"));
    }
    s.there(application("foreign"), {});
    s.there(application("offered"), {}).metadata.annotations[std::string{set_annotation}] = "shop";
    s.there(application("owned"), {owner("another", "Workflow")});
    auto plan = s.plan();
    BOOST_TEST(plan.updates == std::vector<std::size_t>{1}, boost::test_tools::per_element());
    BOOST_REQUIRE(left_of(plan, "foreign") != nullptr);
    BOOST_TEST((left_of(plan, "foreign")->why == left_because::foreign));
    BOOST_TEST(
        left_of(plan, "foreign")->message.find("holdfast.dev/application-set=shop") != std::string::npos
    );
    BOOST_REQUIRE(left_of(plan, "owned") != nullptr);
    BOOST_TEST(left_of(plan, "owned")->message.find("Workflow \"shop\"") != std::string::npos);
    const auto patch = s.patch("offered");
    BOOST_TEST(patch.at("metadata").at("ownerReferences").as_array().size() == 1U);
    BOOST_TEST(patch.at("metadata").at("resourceVersion").as_string() == "7");
    BOOST_TEST(plan.deletions.empty());

    s.set.adopts = true;
    plan = s.plan();
    BOOST_TEST(plan.updates == (std::vector<std::size_t>{0, 1}), boost::test_tools::per_element());
    BOOST_TEST(left_of(plan, "owned") != nullptr);
    // Another set's, offered to nobody.
    s.facts.existing.at("foreign").owners = {owner("another")};
    BOOST_TEST((left_of(s.plan(), "foreign")->why == left_because::owned));
}

BOOST_AUTO_TEST_CASE(a_policy_says_what_may_be_done) {
    struct row {
        permissions may;
        std::size_t updates;
        std::size_t deletions;
    };
    for (const auto& [may, updates, deletions] :
         {row{{.update = true, .remove = true}, 1, 1}, row{{.update = false, .remove = true}, 0, 1}}) {
        scene s;
        s.set.may = may;
        s.want(application("new"));
        s.want(application("moved", "apps/there"));
        s.made("moved");
        s.made("old");
        const auto plan = s.plan();
        BOOST_TEST(plan.creations.size() == 1U);
        BOOST_TEST(plan.updates.size() == updates);
        BOOST_TEST(plan.deletions.size() == deletions);
    }
}

// Kubernetes deletes what a set leaves behind whatever its policy says. So who is to stay has no owner, and
// needs neither a finalizer nor an operator for it.
BOOST_AUTO_TEST_CASE(under_a_policy_that_deletes_nothing_applications_have_no_owner) {
    for (const bool update : {false, true}) {
        scene s;
        s.set.may = {.update = update, .remove = false};
        s.want(application("new"));
        s.want(application("was"));
        s.made("was");
        s.made("old");
        const auto plan = s.plan();
        BOOST_TEST(plan.deletions.empty());
        BOOST_TEST(!object_of(s.set, application("new"))["metadata"].as_object().contains("ownerReferences"));
        BOOST_TEST(plan.updates == std::vector<std::size_t>{1}, boost::test_tools::per_element());
        BOOST_TEST(
            text(s.patch("was")) ==
            R"({"metadata":{"ownerReferences":null,"uid":"uid-was","resourceVersion":"7"}})"
        );
        // And back.
        s.facts.existing.at("was").owners = {
            {.api_version = "v1", .kind = "ConfigMap", .name = "c", .uid = "u"}
        };
        BOOST_TEST(s.plan().in_place == 1U);
        s.set.may.remove = true;
        BOOST_TEST(s.patch("was").at("metadata").at("ownerReferences").as_array().size() == 2U);
    }
}

BOOST_AUTO_TEST_CASE(more_deletions_than_half_wait_for_a_confirmation_of_what_is_wanted) {
    const auto with = [](int there, int wanted) {
        scene s;
        for (int i = 0; i < there; ++i)
            s.made("a" + std::to_string(i));
        for (int i = 0; i < wanted; ++i)
            s.want(application("a" + std::to_string(i)));
        return s;
    };
    BOOST_TEST(with(10, 0).plan().deletions.size() == 10U); // so few go
    BOOST_TEST(!with(40, 20).plan().asked);
    auto s = with(40, 19);
    const auto plan = s.plan();
    BOOST_TEST(plan.deletions.empty());
    BOOST_REQUIRE(plan.asked);
    BOOST_TEST(plan.asked->applications.size() == 21U);
    BOOST_TEST(plan.asked->limit == 20U);
    BOOST_TEST(
        plan.asked->sentence.starts_with("21 of 40 Applications would be deleted, more than the limit of 20")
    );
    BOOST_TEST(plan.asked->sentence.ends_with("holdfast.dev/confirm-deletion=" + plan.asked->token));
    s.set.confirmed = "another";
    BOOST_TEST(s.plan().asked.has_value());
    s.set.confirmed = plan.asked->token;
    BOOST_TEST(s.plan().deletions.size() == 21U);
    // Killed after some of them: what is left is done without being asked again.
    for (const std::string name : {"a39", "a38"})
        s.facts.existing.erase(name);
    BOOST_TEST(s.plan().deletions.size() == 19U);
    // But not when something else is wanted.
    s.wanted.pop_back();
    BOOST_TEST(s.plan().asked.has_value());
}

// All are renamed: once the new ones are there the old ones are no more than half.
BOOST_AUTO_TEST_CASE(what_is_created_meanwhile_does_not_make_deletions_fewer) {
    scene s;
    for (int i = 0; i < 24; ++i) {
        s.made("old" + std::to_string(i));
        s.want(application("new" + std::to_string(i)));
    }
    const auto first = s.plan();
    BOOST_TEST(first.creations.size() == 24U);
    BOOST_REQUIRE(first.asked);
    for (int i = 0; i < 24; ++i)
        s.made("new" + std::to_string(i));
    BOOST_TEST(!s.plan().asked); // as one would find it who does not know
    s.facts.asked = first.asked->token;
    BOOST_TEST(s.plan().deletions.empty());
    BOOST_REQUIRE(s.plan().asked);
    BOOST_TEST(s.plan().asked->token == first.asked->token);
    s.set.confirmed = first.asked->token;
    BOOST_TEST(s.plan().deletions.size() == 24U);
}

BOOST_AUTO_TEST_CASE(a_generator_that_fails_leaves_what_it_made) {
    scene s;
    s.want(application("a"));
    s.made("a");
    s.made("of-the-failed");
    s.made("of-nobody");
    s.facts.some_failed = true;
    BOOST_TEST(s.plan().deletions.empty()); // nobody knows whose they were
    BOOST_TEST(s.plan().withheld == 2U);
    s.facts.made_by_failed = std::set<std::string>{"of-the-failed"};
    BOOST_TEST(s.plan().deletions == names{"of-nobody"}, boost::test_tools::per_element());
    BOOST_TEST(s.plan().withheld == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_sent_is_not_sent_again_and_what_goes_is_waited_for) {
    scene s;
    for (const std::string name : {"created", "going", "goes"})
        s.want(application(name));
    s.facts.sent = {
        {"created", on_its_way::write}, {"goes", on_its_way::deletion}, {"old", on_its_way::deletion}
    };
    s.made("going").metadata.deletion_timestamp = crds::timestamp{};
    s.made("goes");
    s.made("old");
    const auto plan = s.plan();
    BOOST_TEST(plan.creations.empty());
    BOOST_TEST(plan.updates.empty());
    BOOST_TEST(plan.deletions.empty());
    BOOST_TEST(plan.under_way == 3U);
}

BOOST_AUTO_TEST_CASE(a_wrong_application_is_said_and_nothing_is_done_to_it) {
    scene s;
    s.wanted.push_back({.value = application("bad"), .problems = {{"spec.source.path", "must not be …"}}});
    s.want(application("good"));
    s.made("bad", "apps/old");
    const auto plan = s.plan();
    BOOST_TEST(plan.creations.size() == 1U);
    BOOST_TEST(plan.updates.empty());
    BOOST_TEST(plan.deletions.empty());
    BOOST_REQUIRE(plan.left.size() == 1U);
    BOOST_TEST(plan.left.front().message == "spec.source.path: must not be …");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::sets_control
