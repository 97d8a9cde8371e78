// Clusters that are declared for one Project, and Projects that use no others.

#include "e2e/other_cluster.hpp"
#include "e2e/projects.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

/// The Secret that declares the operator's own cluster, for a project; gone at the end.
class own_cluster {
public:
    explicit own_cluster(world& w) : w_{w} {}
    own_cluster(const own_cluster&) = delete;
    own_cluster& operator=(const own_cluster&) = delete;
    ~own_cluster() { remove(); }
    void declare_for(const std::string& project) {
        w_.apply(cluster_secret(
            "own",
            {{"name", "in-cluster"}, {"server", "https://kubernetes.default.svc"}, {"project", project}}
        ));
    }
    void remove() { w_.kubectl({"delete", "secret", "own", "-n", home, "--ignore-not-found"}); }

private:
    world& w_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(project_clusters)

BOOST_AUTO_TEST_CASE(a_cluster_is_used_by_the_project_that_it_is_declared_for_alone) {
    scene s{"scoped-cluster"};
    s.config_map("a", "1");
    s.repository.push("One");
    project p{s.w, "scoped", permitting(s)};
    s.follow({.spec = {{"project", "scoped"}}});
    s.until(is_ready, "a cluster that is nobody's is everybody's");

    own_cluster secret{s.w};
    secret.declare_for("another");
    await_condition(
        s.name, "InvalidSpecError",
        {"cluster 'https://kubernetes.default.svc' is declared for another project than 'scoped'"}
    );
    s.config_map("a", "2");
    s.repository.push("Two");
    throughout(2s, [&] { return s.value("a") == "1"; }, "nothing is done there");
    secret.declare_for("scoped");
    s.until(is_ready, "it may deploy there again");
    eventually([&] { return s.value("a") == "2"; }, "it goes on");

    // The other way round: the project uses no cluster but its own.
    p.apply(with(permitting(s), "permitOnlyProjectScopedClusters", true));
    throughout(2s, [&] { return is_ready(s.look()); }, "this one is its own");
    secret.remove();
    await_condition(
        s.name, "InvalidSpecError", {"do not match any of the allowed destinations in project 'scoped'"}
    );
    p.apply(permitting(s));
    s.until(is_ready, "it is permitted for its end");
}

BOOST_AUTO_TEST_SUITE_END()
