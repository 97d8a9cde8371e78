// ApplicationSets: from a directory in Git to an Application and its objects, and what is in the way of that.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/other_cluster.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/read_file.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

using namespace holdfast::test;

namespace {

constexpr const char* sets = "applicationsets.holdfast.dev";
constexpr const char* applications = "applications.holdfast.dev";

/// A set of the directories below apps/ of a repository: each an Application NAME-DIRECTORY in "holdfast" that
/// deploys into the namespace NAME. `spec` is merged into the set's.
std::string directories(const git_repository& repository, const json::object& spec = {}) {
    const auto& name = repository.name();
    json::object set{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "ApplicationSet"},
        {"metadata", {{"name", name}, {"namespace", home}}},
        {"spec",
         {{"generators", json::array{json::object{
                             {"git",
                              {{"repoURL", repository.url()},
                               {"revision", "main"},
                               {"directories", json::array{json::object{{"path", "apps/*"}}}}}}
                         }}},
          {"template",
           {{"metadata", {{"name", name + "-{{path.basename}}"}}},
            {"spec",
             {{"source", {{"repoURL", repository.url()}, {"path", "{{path}}"}, {"targetRevision", "main"}}},
              {"destination", {{"name", "in-cluster"}, {"namespace", name}}},
              {"syncPolicy", {{"automated", {{"prune", true}, {"selfHeal", true}}}}}}}}}}}
    };
    auto& into = set["spec"].as_object();
    for (const auto& [key, value] : spec) {
        into[key] = value;
    }
    return json::serialize(set);
}

std::string condition_of(const std::string& set, const std::string& type, const std::string& part) {
    return world::get().field(sets, home, set, ".status.conditions[?(@.type==\"" + type + "\")]." + part);
}

std::string ready(const std::string& set) {
    return condition_of(set, "Ready", "status") + " " + condition_of(set, "Ready", "reason") + ": " +
           condition_of(set, "Ready", "message");
}

void await_ready(const std::string& set, const std::string& begin) {
    eventually(
        [&] { return ready(set).starts_with(begin); }, set + " is " + begin, std::chrono::seconds{60},
        [&] { return ready(set); }
    );
}

std::vector<std::string> made_by(const std::string& set) {
    std::vector<std::string> names;
    for (const auto& name : world::get().names(applications, home)) {
        if (name.starts_with(set + "-")) names.push_back(name);
    }
    return names;
}

void annotate(const std::string& kind, const std::string& name, const std::string& what) {
    world::get().kubectl({"annotate", "--overwrite", kind, name, "-n", home, what});
}

void remove_set(const std::string& name) {
    world::get().kubectl({"delete", sets, name, "-n", home, "--timeout=60s"});
}

} // namespace

BOOST_AUTO_TEST_SUITE(application_sets)

BOOST_AUTO_TEST_CASE(a_directory_that_is_pushed_becomes_an_application_and_goes_with_it) {
    auto& w = world::with_operator();
    w.create_namespace("teams");
    git_repository repository{"teams"};
    repository.write("apps/a/a.yaml", config_map("a", "greeting", "Welcome"));
    repository.write("apps/b/b.yaml", config_map("b", "greeting", "Welcome"));
    repository.push("Two applications");
    repository.declare();
    w.apply(directories(repository));
    await_synced("teams-a");
    await_synced("teams-b");
    await_ready("teams", "True UpToDate: 2 Applications are as generated.");
    BOOST_TEST(w.field("configmap", "teams", "a", ".data.greeting") == "Welcome");
    BOOST_TEST(
        w.field(applications, home, "teams-a", ".metadata.ownerReferences[0].kind") == "ApplicationSet"
    );
    BOOST_TEST(w.field(applications, home, "teams-a", ".metadata.ownerReferences[0].controller") == "true");
    BOOST_TEST(w.field(sets, home, "teams", ".status.resourcesCount") == "2");
    eventually(
        [&] { return w.field(sets, home, "teams", ".status.resources[0].health.status") == "Healthy"; },
        "the set says how its applications are"
    );

    // A push that changes no directory: nothing of the set is written.
    const auto before = w.field(sets, home, "teams", ".metadata.resourceVersion");
    const auto application = w.field(applications, home, "teams-b", ".metadata.generation");
    repository.write("apps/a/a.yaml", config_map("a", "greeting", "Welcome back"));
    repository.push("A file");
    eventually(
        [&] { return w.field("configmap", "teams", "a", ".data.greeting") == "Welcome back"; }, "it is live"
    );
    BOOST_TEST(w.field(applications, home, "teams-b", ".metadata.generation") == application);
    BOOST_TEST(w.field(sets, home, "teams", ".metadata.resourceVersion") == before);

    // One appears, one is renamed.
    repository.write("apps/c/c.yaml", config_map("c", "greeting", "Welcome"));
    repository.git({"mv", "apps/b", "apps/d"});
    repository.push("One more, and another name");
    await_synced("teams-c");
    await_synced("teams-d");
    eventually([&] { return view("teams-b").exists == false; }, "what has no directory any more is gone");

    // The template changes.
    auto changed = json::parse(directories(repository)).as_object();
    changed["spec"].as_object()["template"].as_object()["metadata"].as_object()["labels"] = {{"team", "x"}};
    w.apply(json::serialize(changed));
    eventually(
        [&] { return w.field(applications, home, "teams-c", ".metadata.labels.team") == "x"; },
        "it is labelled"
    );
    // Somebody changes what the set says.
    w.kubectl({"label", "--overwrite", applications, "teams-c", "-n", home, "team=y"});
    eventually(
        [&] { return w.field(applications, home, "teams-c", ".metadata.labels.team") == "x"; }, "it is back"
    );
    // Somebody deletes one: it is made again.
    w.kubectl({"delete", applications, "teams-c", "-n", home, "--timeout=60s"});
    await_synced("teams-c");

    remove_set("teams");
    eventually([&] { return made_by("teams").empty(); }, "its applications go with it");
    eventually([&] { return !w.exists("configmap", "teams", "a"); }, "and their objects");
}

// Directories without objects in them: what is tested is what becomes of Applications.
void write_directories(git_repository& repository, int from, int to) {
    for (int i = from; i < to; ++i) {
        const auto name = std::to_string(1000 + i);
        repository.write("apps/" + name + "/a.yaml", config_map("a" + name, "greeting", "Welcome"));
    }
}

// Of Applications that do nothing, and that nobody has to free of a finalizer.
json::object idle(const git_repository& repository) {
    const auto set = json::parse(directories(repository)).as_object();
    auto made = set.at("spec").at("template").as_object();
    made["spec"].as_object()["suspend"] = true;
    return {{"template", made}, {"syncPolicy", {{"preserveResourcesOnDeletion", true}}}};
}

BOOST_AUTO_TEST_CASE(many_deletions_wait_until_somebody_confirms_them) {
    auto& w = world::with_operator();
    w.create_namespace("guarded");
    git_repository repository{"guarded"};
    write_directories(repository, 0, 24);
    repository.push("24 applications");
    repository.declare();
    w.apply(directories(repository, idle(repository)));
    await_ready("guarded", "True UpToDate: 24 Applications");
    BOOST_TEST(
        !w.get_json(applications, home, "guarded-1000")->at("metadata").as_object().contains("finalizers")
    );

    for (int i = 0; i < 13; ++i)
        repository.remove("apps/" + std::to_string(1000 + i));
    write_directories(repository, 24, 54);
    repository.push("Most of them are gone, and there are as many others");
    await_ready("guarded", "False ConfirmationNeeded: 13 of ");
    eventually([&] { return made_by("guarded").size() == 54U; }, "the others are there");
    BOOST_TEST(made_by("guarded").size() == 54U);
    annotate(sets, "guarded", "holdfast.dev/confirm-deletion=another-token");
    w.shared_operator().restart(); // which remembers what it asked
    throughout(
        std::chrono::milliseconds{1500}, [&] { return made_by("guarded").size() == 54U; }, "nothing goes"
    );
    const auto message = condition_of("guarded", "Ready", "message");
    annotate(sets, "guarded", message.substr(message.rfind("holdfast.dev/confirm-deletion=")));
    await_ready("guarded", "True UpToDate: 41 Applications");
    eventually([&] { return made_by("guarded").size() == 41U; }, "they are gone");
    remove_set("guarded");
}

BOOST_AUTO_TEST_CASE(names_that_are_taken_or_generated_twice_and_wrong_applications_hold_nobody_else_up) {
    auto& w = world::with_operator();
    w.create_namespace("mixed");
    git_repository repository{"mixed"};
    write_directories(repository, 0, 1);
    repository.push("One");
    repository.declare();
    w.apply(application("mixed-there", {.url = repository.url(), .path = "apps/1000", .into = "mixed"}));
    const auto element = [](const std::string& name, const std::string& revision = "main") {
        return json::object{{"name", name}, {"revision", revision}};
    };
    const auto set = [&](json::array elements) {
        json::object spec = idle(repository);
        spec["generators"] = json::array{{{"list", {{"elements", std::move(elements)}}}}};
        auto& made = spec["template"].as_object();
        made["metadata"] = {{"name", "mixed-{{name}}"}};
        made["spec"].as_object()["source"] = {
            {"repoURL", repository.url()}, {"path", "apps/1000"}, {"targetRevision", "{{revision}}"}
        };
        made["spec"].as_object()["destination"] = {{"name", "in-cluster"}, {"namespace", "mixed-{{name}}"}};
        return directories(repository, spec);
    };
    w.apply(set(
        {element("a"), element("twice"), element("twice"), element("there"), element("wrong", "@"),
         element("z")}
    ));
    await_ready("mixed", "False NameGeneratedTwice");
    const auto message = condition_of("mixed", "Ready", "message");
    BOOST_TEST(
        message.find("Application \"mixed-twice\": is generated 2 times") != std::string::npos, message
    );
    BOOST_TEST(
        message.find("Application \"mixed-there\": exists already, and was not made by this set") !=
            std::string::npos,
        message
    );
    BOOST_TEST(
        message.find("Application \"mixed-wrong\": spec.source.targetRevision") != std::string::npos, message
    );
    BOOST_TEST(
        made_by("mixed") == (std::vector<std::string>{"mixed-a", "mixed-there", "mixed-z"}),
        boost::test_tools::per_element()
    );
    BOOST_TEST(condition_of("mixed", "ErrorOccurred", "status") == "True");

    // Another set with the same name for an Application.
    auto rival = json::parse(set({element("a")})).as_object();
    rival["metadata"].as_object()["name"] = "rival";
    w.apply(json::serialize(rival));
    await_ready(
        "rival",
        "False ApplicationExists: Application \"mixed-a\": exists, and belongs to the ApplicationSet \"mixed\""
    );

    // It is offered to the set, and taken.
    annotate(applications, "mixed-there", "holdfast.dev/application-set=mixed");
    eventually(
        [&] {
            return w.field(applications, home, "mixed-there", ".metadata.ownerReferences[0].name") == "mixed";
        },
        "it is taken over"
    );
    BOOST_TEST(w.field(applications, home, "mixed-there", ".spec.suspend") == "true");
    // When the one set ceases to want the name, the other takes it.
    w.apply(set({element("z"), element("there")}));
    await_ready("mixed", "True UpToDate: 2 Applications");
    await_ready("rival", "True UpToDate: 1 Application");
    remove_set("rival");
    remove_set("mixed");
    eventually([&] { return made_by("mixed").empty(); }, "all are gone");
}

BOOST_AUTO_TEST_CASE(a_generator_that_fails_leaves_what_it_made_and_the_others_go_on) {
    auto& w = world::with_operator();
    w.create_namespace("failing");
    git_repository repository{"failing"};
    write_directories(repository, 0, 2);
    repository.push("Two", "main");
    repository.push("Two", "other");
    repository.declare();
    const auto set = [&](json::array elements) {
        auto spec = idle(repository);
        const auto whole = json::parse(directories(repository)).as_object();
        auto git = whole.at("spec").at("generators").at(0).as_object();
        git["git"].as_object()["revision"] = "other";
        spec["generators"] = json::array{git, {{"list", {{"elements", std::move(elements)}}}}};
        return directories(repository, spec);
    };
    const auto element = [](const std::string& name) {
        return json::object{{"path", "apps/" + name}, {"path.basename", name}};
    };
    w.apply(set({element("x")}));
    await_ready("failing", "True UpToDate: 3 Applications");
    repository.git({"push", "-q", "../served/failing.git", ":other"});
    await_ready("failing", "False GeneratorFailed: spec.generators[0].git");
    w.apply(set({element("y")}));
    eventually(
        [&] {
            return made_by("failing") ==
                   std::vector<std::string>{"failing-1000", "failing-1001", "failing-y"};
        },
        "the others go on"
    );
    // Nobody knows any more whose they are: nothing goes.
    w.shared_operator().restart();
    w.apply(set({element("z")}));
    eventually([&] { return made_by("failing").size() == 4U; }, "one comes");
    await_ready("failing", "False GeneratorFailed");
    throughout(
        std::chrono::milliseconds{1000}, [&] { return made_by("failing").size() == 4U; }, "nothing goes"
    );
    repository.push("Again", "other");
    await_ready("failing", "True UpToDate: 3 Applications");
    eventually([&] { return made_by("failing").size() == 3U; }, "what is too much goes");
    remove_set("failing");
}

BOOST_AUTO_TEST_CASE(what_becomes_of_applications_when_their_set_is_deleted_needs_no_operator) {
    auto& w = world::with_operator();
    w.create_namespace("ending");
    git_repository repository{"ending"};
    write_directories(repository, 0, 2);
    repository.push("Two");
    repository.declare();
    auto spec = idle(repository);
    spec["syncPolicy"].as_object()["applicationsSync"] = "create-update";
    w.apply(directories(repository, spec));
    await_ready("ending", "True UpToDate: 2 Applications");
    w.shared_operator().stop();
    remove_set("ending");
    throughout(std::chrono::milliseconds{3000}, [&] { return made_by("ending").size() == 2U; }, "they stay");

    // A set of that name has them again, and takes them along under another policy.
    w.apply(directories(repository, idle(repository)));
    w.shared_operator().start();
    await_ready("ending", "True UpToDate: 2 Applications");
    BOOST_TEST(
        w.field(applications, home, "ending-1000", ".metadata.ownerReferences[0].kind") == "ApplicationSet"
    );
    w.kubectl({"delete", sets, "ending", "-n", home, "--cascade=orphan", "--timeout=60s"});
    throughout(std::chrono::milliseconds{2000}, [&] { return made_by("ending").size() == 2U; }, "they stay");
    w.apply(directories(repository, idle(repository)));
    await_ready("ending", "True UpToDate: 2 Applications");
    w.shared_operator().stop();
    remove_set("ending");
    eventually([&] { return made_by("ending").empty(); }, "Kubernetes collects them");
    w.shared_operator().start();
}

BOOST_AUTO_TEST_CASE(a_set_of_a_tenant_is_no_way_out_of_its_namespace) {
    auto& w = world::with_operator();
    w.create_namespace("tenant");
    git_repository repository{"tenant"};
    write_directories(repository, 0, 1);
    repository.push("One");
    repository.declare();
    auto set = json::parse(directories(repository)).as_object();
    set["metadata"].as_object()["namespace"] = "tenant";
    set["spec"].as_object()["template"].at("spec").as_object(
    )["destination"] = {{"name", "in-cluster"}, {"namespace", "kube-system"}};
    w.apply(json::serialize(set));
    const auto message = [&] {
        return w.field(sets, "tenant", "tenant", ".status.conditions[?(@.type==\"Ready\")].message");
    };
    eventually(
        [&] { return message().find("spec.destination.namespace: must be \"tenant\"") != std::string::npos; },
        "it says why not", std::chrono::seconds{60}, message
    );
    BOOST_TEST(w.names(applications, "tenant").empty());
    set["spec"].as_object()["template"].at("spec").as_object()["destination"].as_object()["namespace"] =
        "tenant";
    w.apply(json::serialize(set));
    eventually([&] { return w.names(applications, "tenant").size() == 1U; }, "it is made where the set is");
    w.kubectl({"delete", sets, "tenant", "-n", "tenant", "--timeout=60s"});
}

BOOST_AUTO_TEST_CASE(a_thousand_are_written_once_although_the_operator_is_killed_in_the_middle) {
    auto& w = world::with_operator();
    w.create_namespace("many");
    git_repository repository{"many"};
    write_directories(repository, 0, 1000);
    repository.write("beside/a.yaml", config_map("beside", "greeting", "Welcome"));
    repository.push("1000 applications");
    repository.declare();
    w.apply(application("beside", {.url = repository.url(), .path = "beside", .into = "many"}));
    w.apply(directories(repository, idle(repository)));
    eventually([&] { return made_by("many").size() >= 100; }, "some are there");
    w.shared_operator().kill9();
    const auto before = made_by("many").size();
    BOOST_TEST_REQUIRE(before < 1000U); // else it was not in the middle
    BOOST_TEST_MESSAGE("killed with " << before << " of 1000");
    w.shared_operator().start();
    await_ready("many", "True UpToDate: 1000 Applications are as generated.");
    const auto versions = [&] {
        std::vector<std::string> all;
        for (const auto& one : w.list(applications, home)) {
            const auto& metadata = one.at("metadata").as_object();
            const std::string name{metadata.at("name").as_string()};
            if (!name.starts_with("many-")) continue;
            all.push_back(name + " " + std::string{metadata.at("resourceVersion").as_string()});
            BOOST_TEST(metadata.at("generation").as_int64() == 1, name); // nobody wrote it a second time
            BOOST_TEST(metadata.at("ownerReferences").as_array().size() == 1U, name);
        }
        std::ranges::sort(all);
        return all;
    };
    BOOST_TEST(versions().size() == 1000U);
    await_synced("beside");

    // A push that is nothing to the set: nothing of it is written.
    const auto at_rest = settled(
        [&] {
            std::string all = w.field(sets, home, "many", ".metadata.resourceVersion");
            for (const auto& one : versions())
                all += "\n" + one;
            return all;
        },
        "statuses are written", std::chrono::milliseconds{12'000}
    );
    repository.write("beside/a.yaml", config_map("beside", "greeting", "Welcome back"));
    repository.push("Beside");
    eventually(
        [&] { return w.field("configmap", "many", "beside", ".data.greeting") == "Welcome back"; },
        "it is live"
    );
    std::string now = w.field(sets, home, "many", ".metadata.resourceVersion");
    for (const auto& one : versions())
        now += "\n" + one;
    BOOST_TEST((now == at_rest));
    remove_set("many");
    eventually([&] { return made_by("many").empty(); }, "they are collected", std::chrono::seconds{180});
    w.kubectl({"delete", applications, "beside", "-n", home, "--timeout=60s"});
}

BOOST_AUTO_TEST_CASE(templates_of_go_are_filled_in_and_one_that_is_wrong_stops_its_set_alone) {
    auto& w = world::with_operator();
    w.create_namespace("gopher");
    git_repository repository{"gopher"};
    write_directories(repository, 0, 1);
    repository.push("One");
    repository.declare();
    const auto set = [&](const std::string& name, const std::string& template_name) {
        auto spec = idle(repository);
        spec["goTemplate"] = true;
        spec["goTemplateOptions"] = json::array{"missingkey=error"};
        spec["generators"] =
            json::array{{{"list", {{"elements", json::array{{{"team", "One Team"}, {"size", 12}}}}}}}};
        auto& made = spec["template"].as_object();
        made["metadata"] = {{"name", template_name}, {"labels", {{"size", "{{ .size }}"}}}};
        made["spec"].as_object(
        )["source"] = {{"repoURL", repository.url()}, {"path", "apps/1000"}, {"targetRevision", "main"}};
        auto whole = json::parse(directories(repository, spec)).as_object();
        whole["metadata"].as_object()["name"] = name;
        w.apply(json::serialize(whole));
    };
    set("gopher", "gopher-{{ .team | slugify }}");
    set("loops", "loops-{{ range $i := until 1000000000 }}{{ $i }}{{ end }}");
    set("missing", "missing-{{ .nobody }}");
    await_ready("gopher", "True UpToDate: 1 Application");
    BOOST_TEST(w.field(applications, home, "gopher-one-team", ".metadata.labels.size") == "12");
    await_ready("missing", "False GeneratorFailed: spec.generators[0]");
    BOOST_TEST(condition_of("missing", "ErrorOccurred", "reason") == "RenderTemplateParamsError");
    BOOST_TEST(condition_of("missing", "Ready", "message").find("nobody") != std::string::npos);
    await_ready("loops", "False GeneratorFailed: spec.generators[0]");
    for (const std::string name : {"gopher", "loops", "missing"})
        remove_set(name);
}

// The examples of docs/application-sets.md, as they stand there but for the address of the repository.
BOOST_AUTO_TEST_CASE(the_examples_of_the_guide_do_what_it_says) {
    auto& w = world::with_operator();
    git_repository repository{"guide"};
    for (const std::string path : {"apps/shop", "apps/web", "apps/old", "shared/log", "web", "agent"}) {
        auto name = path;
        std::ranges::replace(name, '/', '-');
        repository.write(path + "/a.yaml", config_map(name, "greeting", "Welcome"));
    }
    repository.write("environments/staging.yaml", "name: staging\nrevision: main\nnamespace: web-staging\n");
    repository.push("What the guide speaks of");
    repository.declare();
    for (const std::string ns : {"teams-of-guide", "web-staging", "test", "live"})
        w.create_namespace(ns);

    std::istringstream lines{read_file(HOLDFAST_SOURCE_DIR "/docs/application-sets.md")};
    std::vector<std::string> blocks;
    bool in_block = false;
    for (std::string line; std::getline(lines, line);) {
        if (line == "```") in_block = false;
        if (in_block) blocks.back() += line + "\n";
        if (line == "```yaml") {
            in_block = true;
            blocks.emplace_back();
        }
    }
    BOOST_REQUIRE(blocks.size() == 4U);
    w.apply(cluster_secret(
        "own", {{"name", "in-cluster"}, {"server", "https://kubernetes.default.svc"}},
        {{"environment", "live"}}
    ));
    for (auto& block : blocks) {
        boost::replace_all(block, "https://git.example.com/platform/apps.git", repository.url());
        boost::replace_all(block, "namespace: teams}", "namespace: teams-of-guide}");
        w.apply(block);
    }
    for (const std::string name : {"shop", "web", "web-staging", "log-test", "log-live", "agent-in-cluster"})
        await_synced(name);
    await_ready("teams", "True UpToDate: 2 Applications");
    await_ready("environments", "True UpToDate: 1 Application");
    await_ready("everywhere", "True UpToDate: 2 Applications");
    BOOST_TEST(!view("old").exists);
    BOOST_TEST(w.field(applications, home, "web-staging", ".metadata.labels.environment") == "staging");
    BOOST_TEST(w.exists("configmap", "live", "shared-log"));
    BOOST_TEST(w.exists("configmap", "agents", "agent"));
    for (const std::string name : {"teams", "environments", "everywhere", "agents"})
        remove_set(name);
    eventually([&] { return !w.exists("configmap", "live", "shared-log"); }, "everything goes with the sets");
    w.kubectl({"delete", "secret", "own", "-n", home});
}

BOOST_AUTO_TEST_SUITE_END()
