// What a Project permits: Argo CD's rules, with the answers that Argo CD gives.
#include "policy/project_rules.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace holdfast::policy {
namespace {

using texts = std::vector<std::string>;

const cluster_identity local{.server = "https://kubernetes.default.svc", .name = "in-cluster", .project = {}};
const cluster_identity prod{.server = "https://prod.example.com", .name = "prod", .project = {}};
const cluster_identity nameless{.server = "https://other.example.com", .name = {}, .project = {}};

crds::project project_of(crds::project_spec spec) {
    crds::project made;
    made.metadata.name = "shop";
    made.metadata.namespace_ = "holdfast";
    made.spec = std::move(spec);
    return made;
}

bool permits_source(const texts& repos, std::string_view url) {
    crds::project_spec spec;
    spec.source_repos = repos;
    return project_rules{project_of(std::move(spec))}.permits_source(url);
}

BOOST_AUTO_TEST_SUITE(rules_of_projects)

BOOST_AUTO_TEST_CASE(sources_as_in_cases_1_to_15) {
    struct row {
        int number;
        texts repos;
        std::string_view url;
        bool permitted;
    };
    const row table[] = {
        {1, {"*"}, "https://github.com/a/b", true},
        {1, {"*"}, "git@github.com:a/b", true},
        {2, {}, "https://github.com/a/b", false},
        {3, {"https://github.com/a/*"}, "https://github.com/a/b.git", true},
        {4, {"https://github.com/*"}, "https://github.com/a/b", false},
        {5, {"https://github.com/**"}, "https://github.com/a/b", true},
        {6, {"https://GitHub.com/A/b"}, "https://github.com/a/B.git", true},
        {7, {"git@github.com:a/*"}, "ssh://git@github.com/a/b.git", true},
        {8, {"git@github.com:a/b.git"}, "https://github.com/a/b", false},
        {9, {"*", "!https://github.com/a/*"}, "https://github.com/a/b", false},
        {9, {"!https://github.com/a/*", "*"}, "https://github.com/a/b", false},
        {10, {"!https://github.com/a/*"}, "https://github.com/z/b", true},
        {11, {"https://github.com/a/{x,y}"}, "https://github.com/a/y", false},
        {12, {"https://charts.example.com"}, "https://charts.example.com/", false},
        {13, {"oci://reg/x/*"}, "oci://reg/x/y", true},
        {14, {"https://*.example.com/x"}, "https://a.example.com/x", true},
        {15, {"https://github.com/a/[b"}, "https://github.com/a/[b", false},
    };
    for (const auto& [number, repos, url, permitted] : table)
        BOOST_TEST(permits_source(repos, url) == permitted, "case " << number);
}

// The same repository by another writing of its URL, which git(1) and servers take for it.
BOOST_AUTO_TEST_CASE(a_denial_is_not_evaded_by_another_writing_of_the_url) {
    const texts repos{"*", "!https://github.com/a/*"};
    for (const auto* url :
         {"https://joe@github.com/a/b", "https://github.com:443/a/b", "https://github.com/a/b/",
          "https://github.com/x/../a/b", "https://github.com/%61/b", "https://github.com//a/b",
          "HTTPS://GITHUB.COM/A/B.GIT", "https://github.com./a/b", "https://github.com/a/b.git/"})
        BOOST_TEST(!permits_source(repos, url), url);
    BOOST_TEST(permits_source(repos, "https://joe@github.com/z/b"));
}

BOOST_AUTO_TEST_CASE(a_pattern_is_not_evaded_by_steps_that_lead_out_of_it) {
    for (const auto* url :
         {"https://github.com/a/../evil/b", "https://github.com/a/%2e%2e/evil/b",
          "https://github.com/a/..%2fevil/b", "git@github.com:a/../evil/b"}) {
        BOOST_TEST(!permits_source({"https://github.com/a/**", "git@github.com:a/**"}, url), url);
    }
    BOOST_TEST(permits_source({"https://github.com/a/**"}, "https://github.com/a/x/b"));
}

BOOST_AUTO_TEST_CASE(destinations_as_in_cases_16_to_27) {
    struct row {
        int number;
        std::vector<crds::project_destination> destinations;
        cluster_identity cluster;
        std::string_view namespace_;
        bool permitted;
    };
    const std::string server = local.server;
    const row table[] = {
        {16, {{"*", "", "*"}}, local, "x", true},
        {16, {{"", "*", "*"}}, local, "x", true},
        {17, {{"", "in-cluster", "x"}}, local, "x", true},
        {18, {{server, "", "team-*"}}, local, "team-a", true},
        {18, {{server, "", "team-*"}}, local, "kube-system", false},
        {19, {{"*", "", "!kube-system"}, {"*", "", "*"}}, local, "kube-system", false},
        {20, {{"*", "", "!kube-system"}}, local, "x", true},
        {21, {{"!" + server, "", "*"}, {"*", "", "*"}}, local, "x", false},
        {22, {{"!" + server, "", "team-*"}, {"*", "", "*"}}, local, "x", true},
        {23, {{"", "!prod", "team-*"}, {"", "*", "*"}}, prod, "x", false},
        {24, {{"", "!prod", "*"}, {"*", "", "*"}}, nameless, "x", false},
        {25, {{server, "", ""}}, local, "", true},
        {26, {{server, "", "x"}}, local, "", false},
        {27, {{"https://*.k8s.io", "", "*"}}, {.server = "https://a.b.k8s.io", .name = {}}, "x", true},
    };
    for (const auto& [number, destinations, cluster, namespace_, permitted] : table) {
        crds::project_spec spec;
        spec.destinations = destinations;
        BOOST_TEST(
            project_rules{project_of(std::move(spec))}.permits_destination(cluster, namespace_) == permitted,
            "case " << number
        );
        crds::project_spec turned;
        turned.destinations = destinations;
        std::ranges::reverse(turned.destinations);
        BOOST_TEST(
            project_rules{project_of(std::move(turned))}.permits_destination(cluster, namespace_) ==
                permitted,
            "case " << number << " in the other order"
        );
    }
}

BOOST_AUTO_TEST_CASE(a_cluster_is_permitted_where_some_namespace_of_it_is) {
    struct row {
        std::vector<crds::project_destination> destinations;
        cluster_identity cluster;
        bool permitted;
    };
    const std::string server = local.server;
    const row table[] = {
        {{}, local, false},
        {{{"*", "", "*"}}, prod, true},
        {{{server, "", "team-*"}}, local, true},
        {{{server, "", "team-*"}}, prod, false},
        {{{"", "prod", "x"}}, prod, true},
        {{{"", "pr*", "x"}}, local, false},
        {{{"*", "", "!kube-system"}}, prod, true},
        {{{"!" + server, "", "*"}, {"*", "", "*"}}, local, false},
        {{{"!" + server, "", "team-*"}, {"*", "", "*"}}, local, true},
        {{{"", "!prod", "team-*"}, {"", "*", "*"}}, prod, false},
        {{{"", "!prod", "*"}, {"*", "", "*"}}, nameless, false},
    };
    for (const auto& [destinations, cluster, permitted] : table) {
        crds::project_spec spec;
        spec.destinations = destinations;
        BOOST_TEST(
            project_rules{project_of(std::move(spec))}.permits_cluster(cluster) == permitted,
            destinations.size() << " destinations, the first " << cluster.server << " " << cluster.name
        );
    }
    crds::project_spec scoped;
    scoped.destinations = {{"*", "", "*"}};
    scoped.permit_only_project_scoped_clusters = true;
    const project_rules rules{project_of(std::move(scoped))};
    auto cluster = prod;
    BOOST_TEST(!rules.permits_cluster(cluster));
    cluster.project = rules.name();
    BOOST_TEST(rules.permits_cluster(cluster));
}

BOOST_AUTO_TEST_CASE(namespaced_kinds_as_in_cases_28_to_30) {
    struct row {
        int number;
        std::optional<std::vector<crds::project_kind>> whitelist;
        std::vector<crds::project_kind> blacklist;
        std::string_view group;
        std::string_view kind;
        bool permitted;
    };
    using list = std::vector<crds::project_kind>;
    const row table[] = {
        {28, std::nullopt, {}, "apps", "Deployment", true},
        {28, list{}, {}, "apps", "Deployment", false},
        {29, list{{"apps", "*"}}, {}, "", "Service", false},
        {29, list{{"apps", "*"}}, {}, "apps", "Deployment", true},
        {30, std::nullopt, {{"*", "Secret"}}, "", "Secret", false},
        {30, list{{"*", "*"}}, {{"*", "Secret"}}, "", "Secret", false},
        {30, std::nullopt, {{"*", "Secret"}}, "", "ConfigMap", true},
    };
    for (const auto& [number, whitelist, blacklist, group, kind, permitted] : table) {
        crds::project_spec spec;
        spec.namespace_resource_whitelist = whitelist;
        spec.namespace_resource_blacklist = blacklist;
        BOOST_TEST(
            project_rules{project_of(std::move(spec))}.permits_namespaced_kind(group, kind) == permitted,
            "case " << number << ", " << kind
        );
    }
}

BOOST_AUTO_TEST_CASE(cluster_scoped_kinds_as_in_cases_31_to_34) {
    struct row {
        int number;
        std::vector<crds::project_cluster_kind> whitelist;
        std::vector<crds::project_cluster_kind> blacklist;
        std::string_view group;
        std::string_view kind;
        std::string_view name;
        bool permitted;
    };
    const row table[] = {
        {31, {}, {}, "", "Namespace", "x", false},
        {31, {{"*", "*", ""}}, {}, "", "Namespace", "x", true},
        {32, {{"", "Namespace", "team-*"}}, {}, "", "Namespace", "team-a", true},
        {32, {{"", "Namespace", "team-*"}}, {}, "", "Namespace", "x", false},
        {33, {{"*", "*", ""}}, {{"", "Namespace", "kube-*"}}, "", "Namespace", "kube-system", false},
        {33, {{"*", "*", ""}}, {{"", "Namespace", "kube-*"}}, "", "Namespace", "x", true},
        {34, {{"*.k8s.io", "*", ""}}, {}, "rbac.authorization.k8s.io", "ClusterRole", "admin", true},
        {34, {{"*.k8s.io", "*", ""}}, {}, "", "Namespace", "x", false},
    };
    for (const auto& [number, whitelist, blacklist, group, kind, name, permitted] : table) {
        crds::project_spec spec;
        spec.cluster_resource_whitelist = whitelist;
        spec.cluster_resource_blacklist = blacklist;
        BOOST_TEST(
            project_rules{project_of(std::move(spec))}.permits_cluster_kind(group, kind, name) == permitted,
            "case " << number << ", " << kind << " " << name
        );
    }
}

BOOST_AUTO_TEST_CASE(namespaces_of_applications_are_globs_or_expressions) {
    crds::project_spec spec;
    spec.source_namespaces = {"shop", "team-*", "/^stage-[0-9]+$/"};
    const project_rules rules{project_of(std::move(spec))};
    for (const auto* in : {"shop", "team-a", "stage-1"})
        BOOST_TEST(rules.permits_applications_in(in), in);
    for (const auto* out : {"shop2", "a-team-b", "stage-x", "", "stage-1x"})
        BOOST_TEST(!rules.permits_applications_in(out), out);
}

using signers = std::optional<std::vector<std::string>>;

const std::string alice = "8D05E6D35CA8A0D4F1D3C2B04AEE18F83AFDEB23";
const std::string mallory = "1111E6D35CA8A0D4F1D3C2B04AEE18F83AFDEB24";

crds::integrity_policy signed_by(
    std::vector<crds::integrity_repository> repos, std::vector<std::string> keys,
    crds::integrity_mode mode = crds::integrity_mode::head
) {
    return {.repos = std::move(repos), .gpg = crds::integrity_gpg{.mode = mode, .keys = std::move(keys)}};
}

crds::project with_policies(std::vector<crds::integrity_policy> policies) {
    crds::project_spec spec;
    spec.source_integrity.emplace().git.emplace().policies = std::move(policies);
    return project_of(std::move(spec));
}

BOOST_AUTO_TEST_CASE(a_signature_counts_by_the_keys_that_the_project_names) {
    const project_rules rules{with_policies({signed_by({{"https://git.example.com/**"}}, {"4aee18f83afdeb23"})
    })};
    const std::string url = "https://git.example.com/a/b";
    struct {
        signers by;
        std::string told; // "": it may be read
    } const table[] = {
        {signers{{alice}}, ""},
        {signers{{mallory}}, "the key " + mallory + " is none of those that it names"},
        {signers{{alice, mallory}}, "the key " + mallory + " is none of those that it names"},
        {signers{{"SHA256:abc"}}, "the key SHA256:abc is none of those that it names"},
        {signers{std::vector<std::string>{}}, "nobody signed it"},
        {std::nullopt, "a Repository with spec.verify has to cover it, whose Secret has the public keys"},
    };
    for (const auto& [by, told] : table) {
        BOOST_TEST(
            rules.why_not_signed(url, by) ==
            (told.empty() ? "" : url + " is refused by project 'shop', which asks for signatures: " + told)
        );
    }
    BOOST_TEST(rules.why_not_signed("https://elsewhere.example.com/a", std::nullopt) == "");
}

BOOST_AUTO_TEST_CASE(which_repositories_need_signatures) {
    using repos = std::vector<crds::integrity_repository>;
    struct {
        repos of;
        std::string url;
        bool demanded;
    } const table[] = {
        {{{"*"}}, "https://git.example.com/a", true},
        {{{"https://git.example.com/**"}}, "https://git.example.com/a/b.git", true},
        {{{"https://git.example.com/**"}}, "https://GIT.example.com/A/b", true},
        {{{"https://git.example.com/*"}}, "https://git.example.com/a/b", false},
        {{{"https://git.example.com/a"}}, "https://git.example.com/a/", true},     // the same one
        {{{"https://git.example.com/a"}}, "https://git.example.com:443/a", true},  // and so is this
        {{{"https://git.example.com/a"}}, "https://user@git.example.com/a", true}, // by another name
        {{{"*"}, {"!https://git.example.com/play/**"}}, "https://git.example.com/play/x", false},
        {{{"!https://git.example.com/play/**"}, {"*"}}, "https://git.example.com/play/x", false},
        {{{"*"}, {"!https://git.example.com/play/**"}}, "https://git.example.com/shop/x", true},
        {{{"*"}, {"!https://git.example.com/play/**"}}, "https://git.example.com/play/../shop", true},
        {{{"!https://git.example.com/play/**"}}, "https://git.example.com/shop", true},
        {{{"https://git.example.com/[b"}}, "https://git.example.com/b", false},
    };
    for (const auto& [of, url, demanded] : table) {
        const project_rules rules{with_policies({signed_by(of, {alice})})};
        BOOST_TEST(rules.demands_signatures(url) == demanded, of.front().url << " " << url);
    }
    const project_rules unchecked{with_policies({signed_by({{"*"}}, {alice}, crds::integrity_mode::none)})};
    BOOST_TEST(!unchecked.demands_signatures("https://git.example.com/a"));
}

BOOST_AUTO_TEST_CASE(two_policies_for_one_repository_let_nothing_in) {
    const project_rules rules{
        with_policies({signed_by({{"*"}}, {alice}), signed_by({{"https://git.example.com/a"}}, {alice})})
    };
    BOOST_TEST(
        rules.why_not_signed("https://git.example.com/a", signers{{alice}}).find("more than one policy") !=
        std::string::npos
    );
    BOOST_TEST(rules.why_not_signed("https://git.example.com/b", signers{{alice}}) == "");
}

BOOST_AUTO_TEST_CASE(keys_of_before_are_a_policy_for_all_unless_there_are_others) {
    crds::project_spec spec;
    spec.signature_keys = {{"4AEE18F83AFDEB23"}};
    const project_rules old{project_of(spec)};
    BOOST_TEST(old.why_not_signed("https://git.example.com/a", signers{{alice}}) == "");
    BOOST_TEST(old.why_not_signed("https://git.example.com/a", signers{{mallory}}) != "");
    spec.source_integrity.emplace().git.emplace();
    const project_rules anew{project_of(std::move(spec))};
    BOOST_TEST(!anew.demands_signatures("https://git.example.com/a"));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_permits_nothing) {
    const project_rules unreadable{"shop", "spec: must be an object"};
    BOOST_TEST(unreadable.problem() == "spec: must be an object");
    BOOST_TEST(!unreadable.permits_source("https://github.com/a/b"));
    BOOST_TEST(!unreadable.permits_destination(local, "x"));
    BOOST_TEST(!unreadable.permits_cluster_kind("", "Namespace", "x"));
    BOOST_TEST(!unreadable.permits_namespaced_kind("", "Service"));
    BOOST_TEST(!unreadable.permits_applications_in("shop"));
    crds::project_spec spec;
    spec.source_repos = {"*", "!*"};
    spec.destinations = {{"*", "", "*"}};
    spec.source_namespaces = {"shop"};
    const project_rules wrong{project_of(std::move(spec))};
    BOOST_TEST(!wrong.problem().empty());
    BOOST_TEST(!wrong.permits_source("https://github.com/a/b"));
    BOOST_TEST(!wrong.permits_destination(local, "x"));
    BOOST_TEST(!wrong.permits_namespaced_kind("", "Service"));
    BOOST_TEST(wrong.permits_applications_in("shop"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::policy
