#include "objects.hpp"

#include "sync/compare.hpp"
#include "sync/desired.hpp"
#include "sync/owned_fields.hpp"
#include "sync/refusal.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::sync {
namespace {

const ownership who{{"deploy", "drift"}, "test", holdfast_dev()};

/// A Deployment that is applied, and how it drifts.
class drifting {
public:
    explicit drifting(const std::string& name) : name_{name} {
        desired =
            make_desired(
                object(
                    "{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': '" + name +
                    "', 'namespace': 'shop', 'labels': {'app': 'web'}}, 'spec': {'replicas': 0, 'selector': "
                    "{'matchLabels': {'app': 'web'}}, 'template': {'metadata': {'labels': {'app': 'web'}}, "
                    "'spec': "
                    "{'containers': [{'name': 'web', 'image': 'nginx:1.27', 'env': [{'name': 'A', 'value': "
                    "'1'}]}]}}}}"
                ),
                who
            )
                .value();
        reapply();
        clean = hash();
    }

    void reapply() {
        const auto answer = apply(desired.manifest);
        BOOST_TEST_REQUIRE(answer.ok(), answer.err);
    }

    json::object live() const { return get(desired.manifest); }
    sha256_digest hash() const { return owned_fields_of(live(), "holdfast").value().hash; }
    bool is_clean() const { return hash() == clean; }

    void patch(const char* text, std::vector<std::string> more = {}) const {
        std::string body = text;
        for (char& c : body) {
            if (c == '\'') c = '"';
        }
        std::vector<std::string> args{"patch",           "deployment", name_, "-n", "shop",
                                      "--field-manager", "someone",    "-p",  body};
        args.insert(args.end(), more.begin(), more.end());
        kubectl(std::move(args));
    }

    desired_object desired;
    sha256_digest clean{};

private:
    std::string name_;
};

BOOST_AUTO_TEST_SUITE(owned_fields_on_a_server)

BOOST_AUTO_TEST_CASE(what_is_not_ours_leaves_the_hash_alone) {
    drifting d{"quiet"};
    d.patch("{'status': {'replicas': 7}}", {"--subresource=status"});
    BOOST_TEST(d.is_clean());
    d.patch("{'metadata': {'labels': {'foreign': 'x'}, 'annotations': {'foreign': 'x'}}}");
    BOOST_TEST(d.is_clean());
    d.patch("{'spec': {'revisionHistoryLimit': 3}}");
    BOOST_TEST(d.is_clean());
    d.patch("{'spec': {'template': {'spec': {'containers': [{'name': 'web', 'env': [{'name': 'B', 'value': "
            "'2'}]}, {'name': "
            "'sidecar', 'image': 'x'}]}}}}");
    BOOST_TEST(d.is_clean());
    d.reapply();
    BOOST_TEST(d.is_clean());
    BOOST_TEST((compare_objects(d.desired.manifest, d.live(), "holdfast").result == verdict::equal));
}

BOOST_AUTO_TEST_CASE(what_is_ours_changes_it_and_an_apply_restores_it) {
    drifting d{"drifts"};
    for (const auto* change :
         {"{'spec': {'replicas': 3}}", "{'metadata': {'labels': {'app': null}}}",
          "{'metadata': {'labels': {'app': 'x'}}}",
          "{'spec': {'template': {'spec': {'containers': [{'name': 'web', 'image': 'nginx:1.28'}]}}}}",
          "{'spec': {'template': {'spec': {'containers': [{'name': 'web', 'env': [{'name': 'A', 'value': "
          "'2'}]}]}}}}",
          "{'spec': {'template': {'spec': {'containers': [{'name': 'web', 'env': [{'name': 'A', '$patch': "
          "'delete'}]}]}}}}"}) {
        d.patch(change);
        BOOST_TEST(!d.is_clean(), change);
        BOOST_TEST(
            (compare_objects(d.desired.manifest, d.live(), "holdfast").result != verdict::equal), change
        );
        d.reapply();
        BOOST_TEST(d.is_clean(), change);
    }
    kubectl({"scale", "deployment", "drifts", "-n", "shop", "--replicas=4"});
    BOOST_TEST(!d.is_clean());
    d.reapply();
    BOOST_TEST(d.is_clean());
}

BOOST_AUTO_TEST_CASE(a_value_that_was_changed_and_put_back_by_hand_is_a_drift_that_one_apply_takes_back) {
    drifting d{"back"};
    d.patch("{'spec': {'replicas': 3}}");
    d.patch("{'spec': {'replicas': 0}}");
    BOOST_TEST(!d.is_clean());
    d.reapply();
    BOOST_TEST(d.is_clean());
}

BOOST_AUTO_TEST_CASE(a_dry_run_tells_equal_from_different) {
    drifting d{"dry"};
    const auto dry_run = [&](const json::object& o) {
        test::kubectl_options options;
        options.input = json::serialize(o);
        const auto answer = cluster().kubectl(
            {"apply", "--server-side", "--force-conflicts", "--field-manager", "holdfast", "--dry-run=server",
             "-o", "json", "--show-managed-fields", "-f", "-"},
            options
        );
        BOOST_TEST_REQUIRE(answer.ok(), answer.err);
        return json::parse(answer.out).as_object();
    };
    const auto same = compare_dry_run(dry_run(d.desired.manifest), d.live(), "holdfast");
    BOOST_TEST((same.result == verdict::equal), (same.differences.empty() ? "" : same.differences[0].path));
    d.patch("{'spec': {'replicas': 3}}");
    const auto drifted = compare_dry_run(dry_run(d.desired.manifest), d.live(), "holdfast");
    BOOST_TEST((drifted.result == verdict::differs));
    BOOST_TEST(drifted.differences.at(0).path == "spec.replicas");
}

BOOST_AUTO_TEST_CASE(an_ignored_field_is_given_up_to_whoever_changes_it) {
    drifting d{"ignored"};
    kubectl({"scale", "deployment", "ignored", "-n", "shop", "--replicas=4"});
    ignore_rule rule;
    rule.group = match::glob::compile(match::glob_dialect::gobwas, "apps").value();
    rule.kind = match::glob::compile(match::glob_dialect::gobwas, "Deployment").value();
    rule.json_pointers = {"/spec/replicas"};
    const std::vector rules{rule};
    const auto left = apply_ignored(d.desired.manifest, d.live(), rules, holdfast_dev());
    BOOST_TEST(!left.at("spec").as_object().contains("replicas"));
    BOOST_TEST_REQUIRE(apply(left).ok());
    BOOST_TEST(d.live().at("spec").at("replicas") == 4);
    BOOST_TEST((compare_objects(left, d.live(), "holdfast").result == verdict::equal));
    // From now on it is none of our business.
    const auto settled = d.hash();
    kubectl({"scale", "deployment", "ignored", "-n", "shop", "--replicas=5"});
    BOOST_TEST((d.hash() == settled));
}

BOOST_AUTO_TEST_CASE(a_secret_made_of_texts_is_ours_as_data) {
    const auto desired = make_desired(
                             object("{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'texts', "
                                    "'namespace': 'shop'}, 'stringData': {'a': 'x'}}"),
                             who
    )
                             .value();
    BOOST_TEST_REQUIRE(apply(desired.manifest).ok());
    const auto before = owned_fields_of(get(desired.manifest), "holdfast").value().hash;
    BOOST_TEST((compare_objects(desired.manifest, get(desired.manifest), "holdfast").result == verdict::equal)
    );
    kubectl({"patch", "secret", "texts", "-n", "shop", "-p", R"({"data": {"a": "eQ=="}})"});
    BOOST_TEST((owned_fields_of(get(desired.manifest), "holdfast").value().hash != before));
}

BOOST_AUTO_TEST_CASE(refusals_of_immutable_fields_are_recognised) {
    drifting d{"fixed"};
    auto changed = d.desired.manifest;
    changed.at("spec").at_pointer("/selector/matchLabels").as_object()["app"] = "other";
    changed.at("spec").at_pointer("/template/metadata/labels").as_object()["app"] = "other";
    const auto answer = apply(changed);
    BOOST_TEST(!answer.ok());
    BOOST_TEST(is_immutable_refusal(answer.err), answer.err);
    BOOST_TEST(
        explain_refusal(d.desired.id, answer.err, holdfast_dev()).value().find("Force=true") !=
        std::string::npos
    );
    for (const auto& [first, second] : std::vector<std::pair<std::string, std::string>>{
             {"{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'still', 'namespace': 'shop'}, "
              "'immutable': true, 'data': {'a': 'eA=='}}",
              "{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'still', 'namespace': 'shop'}, "
              "'immutable': true, 'data': {'a': 'eQ=='}}"},
             {"{'apiVersion': 'batch/v1', 'kind': 'Job', 'metadata': {'name': 'still', 'namespace': 'shop'}, "
              "'spec': {'template': {'spec': "
              "{'restartPolicy': 'Never', 'containers': [{'name': 'a', 'image': 'x'}]}}}}",
              "{'apiVersion': 'batch/v1', 'kind': 'Job', 'metadata': {'name': 'still', 'namespace': 'shop'}, "
              "'spec': {'template': {'spec': "
              "{'restartPolicy': 'Never', 'containers': [{'name': 'a', 'image': 'y'}]}}}}"},
             {"{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'RoleBinding', 'metadata': {'name': "
              "'still', 'namespace': 'shop'}, "
              "'roleRef': {'kind': 'ClusterRole', 'name': 'view', 'apiGroup': 'rbac.authorization.k8s.io'}}",
              "{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'RoleBinding', 'metadata': {'name': "
              "'still', 'namespace': 'shop'}, "
              "'roleRef': {'kind': 'ClusterRole', 'name': 'edit', 'apiGroup': 'rbac.authorization.k8s.io'}}"},
             {"{'apiVersion': 'apps/v1', 'kind': 'StatefulSet', 'metadata': {'name': 'still', 'namespace': "
              "'shop'}, 'spec': {'replicas': 0, "
              "'serviceName': 'a', 'selector': {'matchLabels': {'app': 'x'}}, 'template': {'metadata': "
              "{'labels': {'app': 'x'}}, 'spec': "
              "{'containers': [{'name': 'a', 'image': 'x'}]}}}}",
              "{'apiVersion': 'apps/v1', 'kind': 'StatefulSet', 'metadata': {'name': 'still', 'namespace': "
              "'shop'}, 'spec': {'replicas': 0, "
              "'serviceName': 'b', 'selector': {'matchLabels': {'app': 'x'}}, 'template': {'metadata': "
              "{'labels': {'app': 'x'}}, 'spec': "
              "{'containers': [{'name': 'a', 'image': 'x'}]}}}}"},
         }) {
        const auto made = apply(object(first));
        BOOST_TEST_REQUIRE(made.ok(), made.err);
        const auto refused = apply(object(second));
        BOOST_TEST(!refused.ok(), second);
        BOOST_TEST(is_immutable_refusal(refused.err), refused.err);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
