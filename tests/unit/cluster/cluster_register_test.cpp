#include "cluster/cluster_register.hpp"

#include "base/base64.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace holdfast::cluster {
namespace {

namespace json = boost::json;

declared_cluster declared(
    const std::string& secret, const std::string& name, const std::string& server,
    const std::string& config = "{}"
) {
    json::object data{
        {"name", base64_encode(name)}, {"server", base64_encode(server)}, {"config", base64_encode(config)}
    };
    return declared_by(json::object{
        {"metadata",
         {{"namespace", "holdfast"},
          {"name", secret},
          {"labels", {{"argocd.argoproj.io/secret-type", "cluster"}, {"tier", secret}}}}},
        {"data", std::move(data)}
    });
}

BOOST_AUTO_TEST_SUITE(cluster_registers)

BOOST_AUTO_TEST_CASE(a_destination_means_one_cluster_or_says_why_it_means_none) {
    cluster_register all{"holdfast"};
    BOOST_TEST(!all.is_known());
    all.set({
        declared("b", "east", "https://east:6443/"),
        declared("a", "west", "https://west"),
        declared("c", "twice", "https://one"),
        declared("d", "twice", "https://two"),
        declared("e", "alias", "https://shared"),
        declared("f", "other-alias", "https://shared/"),
        declared("g", "broken", "https://broken", R"({"execProviderConfig":{}})"),
        declared("h", "here", "https://kubernetes.default.svc/"),
    });
    BOOST_TEST(all.is_known());
    struct row {
        const char* server;
        const char* name;
        const char* id;
        std::vector<std::string> says;
        bool ambiguous = false;
    };
    for (const auto& r : std::vector<row>{
             {"", "in-cluster", "", {}},
             {"https://kubernetes.default.svc", "", "", {}},
             {"https://kubernetes.default.svc/", "", "", {}},
             {"", "here", "", {}}, // a Secret may give the operator's own cluster a name
             {"", "east", "https://east:6443", {}},
             {"https://east:6443", "", "https://east:6443", {}},
             {"https://east:6443//", "", "https://east:6443", {}},
             {"",
              "north",
              "",
              {"there are no clusters with this name: north", "holdfast", "secret-type=cluster"}},
             {"https://north", "", "", {"there are no clusters with this server: https://north"}},
             {"", "twice", "", {"2 clusters with the same name: twice", "holdfast/c, holdfast/d"}, true},
             {"https://one", "", "https://one", {}},
             {"https://shared", "", "", {"2 clusters with the same server", "holdfast/e, holdfast/f"}, true},
             {"", "alias", "", {"2 clusters with the same server: https://shared", "holdfast/e"}, true},
             {"", "broken", "", {"Secret holdfast/g", "execProviderConfig"}},
             {"https://broken", "", "", {"Secret holdfast/g", "execProviderConfig"}},
         }) {
        const auto found = all.find(r.server, r.name);
        const auto what = std::string{r.server} + "|" + r.name + ": " + found.problem;
        BOOST_TEST(found.id == r.id, what);
        BOOST_TEST(found.problem.empty() == r.says.empty(), what);
        BOOST_TEST(found.is_ambiguous == r.ambiguous, what);
        for (const auto& part : r.says) {
            BOOST_TEST(found.problem.find(part) != std::string::npos, what);
        }
    }
    BOOST_TEST(all.declaration("https://east:6443")->secret == "b");
    BOOST_TEST(all.declaration("https://shared") == nullptr);
    BOOST_TEST(all.declaration("https://broken") == nullptr);
    BOOST_TEST(all.home()->name == "here");
}

BOOST_AUTO_TEST_CASE(facts_name_each_cluster_once_and_the_operator_s_own_always) {
    cluster_register all{"holdfast"};
    all.set({});
    BOOST_REQUIRE(all.facts().size() == 1U);
    BOOST_TEST(all.facts().front().name == "in-cluster");
    BOOST_TEST(all.facts().front().secret.empty());
    all.set(
        {declared("b", "east", "https://b"), declared("a", "here", "https://kubernetes.default.svc"),
         declared("c", "broken", "https://c", "[]"), declared("d", "x", "https://d"),
         declared("e", "y", "https://d")}
    );
    const auto facts = all.facts();
    BOOST_REQUIRE(facts.size() == 2U); // what is wrong, or declared twice, is no cluster
    BOOST_TEST(facts[0].server == "https://b");
    BOOST_TEST(facts[0].labels.at("tier") == "b");
    BOOST_TEST(facts[1].name == "here");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
