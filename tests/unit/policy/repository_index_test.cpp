// Which Repository covers what, and that finding it takes no longer where there are many.

#include "policy/repository_index.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

namespace holdfast::policy {
namespace {

using kube::object_name;

crds::object_metadata named(const std::string& ns, const std::string& name, int created = 0) {
    crds::object_metadata m;
    m.namespace_ = ns;
    m.name = name;
    if (created > 0) {
        m.creation_timestamp = crds::timestamp{std::chrono::seconds{created}};
    }
    return m;
}

repository_scope scope(const std::string& url) {
    const auto made = scope_of(url);
    BOOST_REQUIRE_MESSAGE(made.has_value(), url);
    return *made;
}

struct declared : repository_index {
    void add(const std::string& ns, const std::string& name, const std::string& url, int created = 1) {
        put(named(ns, name, created), scope(url));
    }
    /// "namespace/name" of all that cover a URL for a namespace, the best first.
    [[nodiscard]] std::string covering_all(const std::string& ns, const std::string& url) const {
        std::string all;
        covering(ns, "holdfast", scope(url), [&](const object_name& n) {
            all += (all.empty() ? "" : " ") + n.namespace_ + "/" + n.name;
            return false;
        });
        return all;
    }
    [[nodiscard]] std::string holder_of(const std::string& ns, const std::string& url) const {
        const auto found = holder({ns, scope(url)});
        return found ? found->name : "";
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(repository_indexes)

BOOST_AUTO_TEST_CASE(the_longest_prefix_goes_first_then_ones_own_then_the_operators) {
    declared all;
    all.add("holdfast", "host", "https://git.example.com");
    all.add("holdfast", "group", "https://git.example.com/team");
    all.add("holdfast", "exact", "https://git.example.com/team/deploy");
    all.add("team", "own", "https://git.example.com/team/");
    all.add("other", "theirs", "https://git.example.com/team/deploy");
    all.add("holdfast", "border", "https://git.example.com/team/dep");
    BOOST_TEST(
        all.covering_all("team", "https://git.example.com/team/deploy.git") ==
        "holdfast/exact team/own holdfast/group holdfast/host"
    );
    BOOST_TEST(all.covering_all("team", "https://git.example.com/else") == "holdfast/host");
    BOOST_TEST(all.covering_all("team", "https://git.example.com") == "holdfast/host");
    BOOST_TEST(all.covering_all("team", "https://example.com/team").empty());
    BOOST_TEST(
        all.covering_all("holdfast", "https://git.example.com/team") == "holdfast/group holdfast/host"
    );
}

BOOST_AUTO_TEST_CASE(what_is_said_for_one_transport_or_user_holds_for_no_other) {
    declared all;
    all.add("holdfast", "https", "https://git.example.com:8443/team");
    all.add("holdfast", "ssh", "ssh://git@git.example.com:8443/team");
    all.add("holdfast", "anybody", "ssh://git.example.com:8443/team");
    all.add("holdfast", "disk", "file:///");
    const auto of = [&](const std::string& url) { return all.covering_all("team", url); };
    BOOST_TEST(of("https://git.example.com:8443/team/a") == "holdfast/https");
    BOOST_TEST(of("http://git.example.com:8443/team/a").empty());
    BOOST_TEST(of("https://git.example.com/team/a").empty());
    BOOST_TEST(of("ssh://git@git.example.com:8443/team/a") == "holdfast/ssh holdfast/anybody");
    BOOST_TEST(of("ssh://ada@git.example.com:8443/team/a") == "holdfast/anybody");
    BOOST_TEST(of("ssh://git.example.com:8443/team/a") == "holdfast/anybody");
    BOOST_TEST(of("file:///srv/git/a") == "holdfast/disk");
    BOOST_TEST(covers(scope("ssh://git.example.com"), scope("ada@git.example.com:team/a")));
    BOOST_TEST(!covers(scope("ssh://git@git.example.com"), scope("ada@git.example.com:team/a")));
}

BOOST_AUTO_TEST_CASE(registries_are_covered_as_web_addresses_are) {
    BOOST_TEST(scope("oci://ghcr.io/acme").address == "https://ghcr.io/acme");
    BOOST_TEST(scope("ghcr.io/acme").address == "https://ghcr.io/acme");
    BOOST_TEST(scope("git@github.com:acme/shop").address == "ssh://github.com/acme/shop");
    BOOST_TEST(scope("git@github.com:acme/shop").user == "git");
    BOOST_TEST(scope_of("ftp://a/b").has_error());
}

BOOST_AUTO_TEST_CASE(of_several_for_the_same_the_oldest_is_right_until_it_goes) {
    declared all;
    const std::string url = "https://git.example.com/team";
    const auto is_group = [&](const std::vector<repository_index::group>& changed) {
        return changed.size() == 1 && changed.front() == repository_index::group{"a", scope(url)};
    };
    BOOST_TEST(is_group(all.put(named("a", "second", 2), scope(url))));
    BOOST_TEST(all.put(named("a", "third", 3), scope(url)).empty());
    BOOST_TEST(all.put(named("b", "other", 1), scope(url)).size() == 1U); // a namespace of its own
    BOOST_TEST(is_group(all.put(named("a", "first", 1), scope(url))));
    BOOST_TEST(all.holder_of("a", url) == "first");
    BOOST_TEST(all.rival_of(named("a", "third", 3), scope(url)).value().name == "first");
    BOOST_TEST(!all.rival_of(named("a", "first", 1), scope(url)));
    BOOST_TEST(all.rival_of(named("a", "new"), scope(url)).value().name == "first"); // not yet created
    BOOST_TEST(all.put(named("a", "first", 1), scope(url)).empty());                 // said again

    auto going = named("a", "first", 1);
    going.deletion_timestamp = crds::timestamp{std::chrono::seconds{9}};
    BOOST_TEST(is_group(all.put(going, scope(url))));
    BOOST_TEST(all.holder_of("a", url) == "second");
    BOOST_TEST(!all.rival_of(named("a", "second", 2), scope(url)));
    BOOST_TEST(all.erase({"a", "third"}).empty());
    BOOST_TEST(is_group(all.erase({"a", "second"})));
    BOOST_TEST(is_group(all.erase({"a", "first"})));
    BOOST_TEST(all.holder_of("a", url).empty());
    BOOST_TEST(all.erase({"a", "first"}).empty());
    // With another URL it leaves one group and comes to another.
    BOOST_TEST(all.put(named("b", "other", 1), scope("https://git.example.com/else")).size() == 2U);
}

BOOST_AUTO_TEST_CASE(no_question_and_no_change_takes_longer_where_there_are_many) {
    const auto looked_at_with = [](int count) {
        declared all;
        for (int i = 0; i < count; ++i) { // half of them for one URL, as somebody does who means harm
            const auto n = std::to_string(i);
            all.add("team", "r" + n, "https://git.example.com/" + (i % 2 == 0 ? "one" : "n" + n), 1 + i);
        }
        const auto begin = all.looked_at();
        (void)all.covering_all("team", "https://git.example.com/one/of/four/parts");
        (void)all.rival_of(named("team", "new"), scope("https://git.example.com/one"));
        all.add("team", "another", "https://git.example.com/one", count + 1);
        (void)all.erase({"team", "another"});
        return all.looked_at() - begin;
    };
    BOOST_TEST(looked_at_with(200) == looked_at_with(2000));
    BOOST_TEST(looked_at_with(2000) < 30U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::policy
