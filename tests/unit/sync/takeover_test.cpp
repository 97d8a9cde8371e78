#include "sync/takeover.hpp"

#include "sync/field_path.hpp"

#include "support.hpp"

#include <boost/json/serialize.hpp>

#include <array>
#include <map>

namespace holdfast::sync {
namespace {

using texts = std::vector<std::string>;
using each = boost::test_tools::per_element;

/// One entry of managedFields.
struct claim {
    const char* manager;
    const char* operation;
    std::string fields;
    const char* subresource = "";
};

/// A Service as a server has it.
json::object live(const std::string& ports, const std::vector<claim>& claims) {
    auto o = object(
        "{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'web', 'namespace': 'shop', "
        "'resourceVersion': '7', 'finalizers': ['a/b', 'c/d'], 'managedFields': []}, 'spec': {'ports': " +
        ports + "}}"
    );
    for (const auto& c : claims) {
        auto entry = object(
            std::string{"{'manager': '"} + c.manager + "', 'operation': '" + c.operation +
            "', 'apiVersion': 'v1', 'fieldsType': 'FieldsV1', 'time': '2026-01-01T00:00:00Z'}"
        );
        entry["fieldsV1"] = object(c.fields);
        if (*c.subresource != '\0') entry["subresource"] = c.subresource;
        at(o, "/metadata/managedFields").as_array().push_back(std::move(entry));
    }
    return o;
}

json::object wanted(const std::string& ports) {
    return object(
        "{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'web', 'namespace': 'shop', "
        "'finalizers': ['a/b']}, 'spec': {'ports': " +
        ports + "}}"
    );
}

std::string port(int number, const char* more = "") {
    return R"('k:{\'port\':)" + std::to_string(number) +
           R"(,\'protocol\':\'TCP\'}': {'.': {}, 'f:port': {})" + more + "}";
}
std::string ports(const std::string& items) {
    return "{'f:spec': {'f:ports': {" + items + "}}}";
}

/// "manager/operation" and the fields of each entry.
std::map<std::string, std::string> entries(const std::optional<json::array>& fields) {
    std::map<std::string, std::string> all;
    for (const auto& item : fields.value_or(json::array{})) {
        const auto& o = item.as_object();
        all[std::string{o.at("manager").as_string()} + "/" + std::string{o.at("operation").as_string()}] =
            json::serialize(o.at("fieldsV1"));
    }
    return all;
}
texts names_of(const std::optional<json::array>& fields) {
    texts names;
    for (const auto& [name, unused] : entries(fields)) {
        names.push_back(name);
    }
    return names;
}
texts paths_of(const std::vector<added_item>& items) {
    texts all;
    for (const auto& item : items) {
        all.push_back(item.path + " by " + item.manager);
    }
    return all;
}

/// Single quotes in the keys of fieldsV1 are escaped for `object`.
std::string quoted(std::string text) {
    for (char& c : text) {
        if (c == '\'') c = '"';
    }
    return text;
}

BOOST_AUTO_TEST_SUITE(taking_over)

BOOST_AUTO_TEST_CASE(former_managers_are_known_by_their_names) {
    const auto& names = holdfast_dev();
    for (const auto* manager :
         {"kubectl", "kubectl-client-side-apply", "kubectl-create", "kubectl-replace", "kubectl-edit",
          "before-first-apply", "helm", "argocd-controller", "argocd-application-controller", "argocd-server",
          "kustomize-controller", "helm-controller"}) {
        BOOST_TEST(names.is_former_manager(manager), manager);
    }
    for (const auto* manager :
         {"", "holdfast", "kube-controller-manager", "helmsman", "my-kubectl", "argocd", "Reloader"}) {
        BOOST_TEST(!names.is_former_manager(manager), manager);
    }
    static constexpr std::array<std::string_view, 2> own{"deployer", "ci-*"};
    auto more = names;
    more.former_managers = own;
    BOOST_TEST(more.is_former_manager("ci-1"));
    BOOST_TEST(!more.is_former_manager("deployers"));
}

BOOST_AUTO_TEST_CASE(an_adoption_leaves_out_the_entries_of_former_managers_and_nothing_else) {
    const auto of = ports(port(80));
    const claim ours{"holdfast", "Apply", of};
    const claim controller{"kube-controller-manager", "Update", of};
    struct row {
        claim other;
        bool goes;
    };
    for (const auto& [other, goes] : std::vector<row>{
             {{"kubectl-client-side-apply", "Update", of}, true},
             {{"argocd-controller", "Update", of}, true},
             {{"argocd-controller", "Apply", of}, true},
             {{"kustomize-controller", "Apply", of}, true},
             {{"helm", "Update", of}, true},
             {{"holdfast", "Update", of}, true}, // a replacement of ours
             {{"before-first-apply", "Update", of}, true},
             {{"kubectl", "Update", of, "scale"}, false},
             {{"argocd-controller", "Update", of, "status"}, false},
             {{"someone", "Apply", of}, false},
         }) {
        const auto found = adopted_fields(live("[]", {other, ours, controller}), {}, holdfast_dev());
        BOOST_TEST(found.has_value() == goes, other.manager << " " << other.operation);
        if (found) {
            BOOST_TEST(
                names_of(found) == (texts{"holdfast/Apply", "kube-controller-manager/Update"}), each()
            );
            BOOST_TEST(entries(found).at("holdfast/Apply") == json::serialize(object(of)));
        }
    }
}

BOOST_AUTO_TEST_CASE(before_anything_was_applied_nothing_is_left_out) {
    const claim theirs{"kubectl-create", "Update", ports(port(80))};
    BOOST_TEST(!adopted_fields(live("[]", {theirs}), {}, holdfast_dev()).has_value());
    BOOST_TEST(!adopted_fields(object("{'metadata': {}}"), {}, holdfast_dev()).has_value());
    // A rule that leaves fields to a manager leaves it its entry.
    const claim ours{"holdfast", "Apply", ports(port(80))};
    const texts spared{"kubectl-create"};
    BOOST_TEST(!adopted_fields(live("[]", {ours, theirs}), spared, holdfast_dev()).has_value());
}

BOOST_AUTO_TEST_CASE(an_item_that_was_added_by_hand_is_told_from_all_others) {
    const std::string two = "[{'port': 80, 'protocol': 'TCP'}, {'port': 81, 'protocol': 'TCP'}]";
    const claim ours{"holdfast", "Apply", ports(port(80))};
    struct row {
        const char* what;
        std::string live_ports;
        std::vector<claim> claims;
        std::string wanted_ports;
        texts found;
    };
    const texts added{"spec.ports[port=81,protocol=TCP] by kubectl-edit"};
    for (const auto& row : std::vector<row>{
             {"beside ours", two, {ours, {"kubectl-edit", "Update", ports(port(81))}}, "[{'port': 80}]", added
             },
             {"in the place of ours",
              "[{'port': 81, 'protocol': 'TCP'}]",
              {{"kubectl-edit", "Update", ports(port(81))}},
              "[{'port': 80}]",
              added},
             {"wanted, with the default of a key left out",
              two,
              {ours, {"kubectl-edit", "Update", ports(port(81))}},
              "[{'port': 80}, {'port': 81}]",
              {}},
             {"in a list that is not ours", two, {{"kubectl-edit", "Update", ports(port(81))}}, "[]", {}},
             {"by a controller",
              two,
              {ours, {"service-controller", "Update", ports(port(81))}},
              "[{'port': 80}]",
              {}},
             {"by nobody, as a webhook's", two, {ours}, "[{'port': 80}]", {}},
             {"by hand, and a controller has its part in it",
              two,
              {ours,
               {"kubectl-edit", "Update", ports(port(81))},
               {"service-controller", "Update", ports(port(81, ", 'f:nodePort': {}"))}},
              "[{'port': 80}]",
              {}},
             {"in a subresource",
              two,
              {ours, {"kubectl-edit", "Update", ports(port(81)), "status"}},
              "[{'port': 80}]",
              {}},
             {"gone again",
              "[{'port': 80, 'protocol': 'TCP'}]",
              {ours, {"kubectl-edit", "Update", ports(port(81))}},
              "[{'port': 80}]",
              {}},
             {"a finalizer",
              two,
              {ours, {"kubectl-edit", "Update", "{'f:metadata': {'f:finalizers': {'v:\\'c/d\\'': {}}}}"}},
              "[{'port': 80}]",
              {}},
         }) {
        const auto now = live(row.live_ports, row.claims);
        BOOST_TEST_CONTEXT(row.what) {
            BOOST_TEST(
                paths_of(added_items(now, wanted(row.wanted_ports), {}, holdfast_dev())) == row.found, each()
            );
            const texts spared{"kubectl-edit"};
            BOOST_TEST(added_items(now, wanted(row.wanted_ports), spared, holdfast_dev()).empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_port_of_another_protocol_is_another_port) {
    const auto now = live(
        "[{'port': 80, 'protocol': 'UDP'}]",
        {{"kubectl-edit", "Update",
          R"({'f:spec': {'f:ports': {'k:{\'port\':80,\'protocol\':\'UDP\'}': {'.': {}, 'f:protocol': {}}}}})"}
        }
    );
    BOOST_TEST(
        paths_of(added_items(now, wanted("[{'port': 80}]"), {}, holdfast_dev())) ==
            texts{"spec.ports[port=80,protocol=UDP] by kubectl-edit"},
        each()
    );
}

BOOST_AUTO_TEST_CASE(lists_in_items_and_sets_are_looked_at_too) {
    auto now = live(
        "[{'port': 80, 'protocol': 'TCP', 'tags': ['a', 'b'], 'others': ['x']}]",
        {{"holdfast", "Apply", ports(port(80, R"(, 'f:tags': {'v:\'a\'': {}})"))},
         {"kubectl-edit", "Update",
          R"({'f:spec': {'f:ports': {'k:{\'port\':80,\'protocol\':\'TCP\'}': {'f:tags': {'v:\'b\'': {}}, 'f:others': {'v:\'x\'': {}}}}}})"
         }}
    );
    const texts found{R"(spec.ports[port=80,protocol=TCP].tags["b"] by kubectl-edit)"};
    BOOST_TEST(
        paths_of(added_items(now, wanted("[{'port': 80, 'tags': ['a']}]"), {}, holdfast_dev())) == found,
        each()
    );
    BOOST_TEST(paths_of(added_items(now, holdfast_dev())) == found, each());
    BOOST_TEST(is_contested(now, holdfast_dev()));
    const auto settled = settled_fields(now, wanted("[{'port': 80, 'tags': ['a']}]"), {}, holdfast_dev());
    BOOST_TEST(entries(settled).at("holdfast/Apply").find(R"("v:\"b\"")") != std::string::npos);
    BOOST_TEST(entries(settled).at("kubectl-edit/Update").find(R"("v:\"x\"")") != std::string::npos);
    BOOST_TEST(entries(settled).at("kubectl-edit/Update").find("f:tags") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_was_added_becomes_ours_with_all_that_is_in_it) {
    const auto now = live(
        "[{'port': 81, 'protocol': 'TCP', 'name': 'http'}]",
        {{"holdfast", "Apply", "{'f:spec': {'f:type': {}}}"},
         {"kubectl-edit", "Update", ports(port(81, ", 'f:name': {}"))}}
    );
    const auto settled = settled_fields(now, wanted("[{'port': 80}]"), {}, holdfast_dev());
    BOOST_TEST(names_of(settled) == texts{"holdfast/Apply"}, each());
    const auto fields = json::parse(entries(settled).at("holdfast/Apply")).as_object();
    BOOST_TEST(fields.at("f:spec").as_object().contains("f:type"));
    const auto& item = fields.at("f:spec").at("f:ports").at(R"(k:{"port":81,"protocol":"TCP"})").as_object();
    BOOST_TEST(item.size() == 3U);
    BOOST_TEST(item.contains("."));
    // What has no entry of ours yet is given one.
    const auto first = live(
        "[{'port': 81, 'protocol': 'TCP'}]",
        {{"kubectl-create", "Update", "{'f:spec': {'f:type': {}, 'f:ports': {'.': {}, " + port(81) + "}}}"}}
    );
    const auto made = settled_fields(first, wanted("[{'port': 80}]"), {}, holdfast_dev());
    BOOST_TEST(names_of(made) == (texts{"holdfast/Apply", "kubectl-create/Update"}), each());
    BOOST_TEST(
        entries(made).at("kubectl-create/Update") ==
        json::serialize(object("{'f:spec': {'f:type': {}, 'f:ports': {'.': {}}}}"))
    );
}

BOOST_AUTO_TEST_CASE(what_former_managers_share_with_us_is_ours_alone_and_the_rest_stays_theirs) {
    struct row {
        const char* what;
        const char* ours;
        const char* theirs;
        const char* left; // empty: their entry goes
    };
    for (const auto& row : std::vector<row>{
             {"the same", "{'f:spec': {'f:type': {}}}", "{'f:spec': {'f:type': {}}}", ""},
             {"some of it", "{'f:spec': {'f:type': {}}}", "{'f:spec': {'f:type': {}, 'f:other': {}}}",
              "{'f:spec': {'f:other': {}}}"},
             {"maps that are both's", "{'f:metadata': {'f:labels': {'.': {}, 'f:a': {}}}}",
              "{'f:metadata': {'f:labels': {'.': {}, 'f:a': {}, 'f:b': {}}}}",
              "{'f:metadata': {'f:labels': {'f:b': {}}}}"},
             {"a map that only they had empty", "{'f:spec': {'f:map': {'.': {}, 'f:a': {}}}}",
              "{'f:spec': {'f:map': {}, 'f:b': {}}}", "{'f:spec': {'f:b': {}}}"},
         }) {
        BOOST_TEST_CONTEXT(row.what) {
            const auto now =
                live("[]", {{"holdfast", "Apply", row.ours}, {"kubectl-edit", "Update", row.theirs}});
            BOOST_TEST(is_contested(now, holdfast_dev()));
            const auto settled = entries(settled_fields(now, wanted("[]"), {}, holdfast_dev()));
            BOOST_TEST(settled.at("holdfast/Apply") == json::serialize(object(row.ours)));
            BOOST_TEST(settled.contains("kubectl-edit/Update") == (*row.left != '\0'));
            if (settled.contains("kubectl-edit/Update")) {
                BOOST_TEST(settled.at("kubectl-edit/Update") == json::serialize(object(row.left)));
            }
        }
    }
    for (const auto& theirs : std::vector<claim>{
             {"kubectl-edit", "Update", "{'f:spec': {'f:other': {}}}"},
             {"kubectl", "Update", "{'f:spec': {'f:type': {}}}", "scale"},
             {"someone", "Update", "{'f:spec': {'f:type': {}}}"},
             {"kubectl-annotate", "Update", "{'f:metadata': {'f:annotations': {'f:a': {}}}}"},
         }) {
        const auto now = live("[]", {{"holdfast", "Apply", "{'f:spec': {'f:type': {}}}"}, theirs});
        BOOST_TEST(!is_contested(now, holdfast_dev()), theirs.manager);
        BOOST_TEST(!settled_fields(now, wanted("[]"), {}, holdfast_dev()).has_value(), theirs.manager);
    }
}

BOOST_AUTO_TEST_CASE(the_patch_is_of_the_object_that_was_read) {
    const auto patch = managed_fields_patch(live("[]", {}), {});
    BOOST_TEST(
        json::serialize(patch) == quoted("[{'op':'replace','path':'/metadata/managedFields','value':[]},"
                                         "{'op':'replace','path':'/metadata/resourceVersion','value':'7'}]")
    );
}

BOOST_AUTO_TEST_CASE(what_argo_cd_applied_from_the_client_becomes_an_apply_of_its_own_manager) {
    const argocd_marks marks{.application_namespace = "argocd", .how = marking::by_label, .installation = {}};
    const auto argo_cds = argoproj_io(marks);
    const std::string last_applied = "'f:kubectl.kubernetes.io/last-applied-configuration': {}";
    const auto fields_of = [&](const std::string& annotations) {
        return "{'f:metadata': {'f:annotations': {" + annotations +
               "}, 'f:labels': {'f:app.kubernetes.io/instance': {}}}, 'f:spec': {'f:type': {}}}";
    };
    struct {
        std::vector<claim> before;
        // Empty: nothing is to be done.
        std::vector<claim> after;
    } const cases[] = {
        {{{"argocd-controller", "Update", fields_of("'.': {}, 'f:a': {}, " + last_applied)},
          {"hpa", "Update", "{'f:spec': {'f:replicas': {}}}"}},
         {{"argocd-controller", "Apply", fields_of("'f:a': {}")},
          {"hpa", "Update", "{'f:spec': {'f:replicas': {}}}"}}},
        // As older versions did; nothing is left of the annotations.
        {{{"kubectl-client-side-apply", "Update", fields_of(last_applied)}},
         {{"argocd-controller", "Apply",
           "{'f:metadata': {'f:labels': {'f:app.kubernetes.io/instance': {}}}, "
           "'f:spec': {'f:type': {}}}"}}},
        // Not by an apply, not by a former manager, or by an apply of the server's already.
        {{{"argocd-controller", "Update", fields_of("'f:a': {}")}}, {}},
        {{{"somebody", "Update", fields_of(last_applied)}}, {}},
        {{{"argocd-controller", "Update", fields_of(last_applied), "status"}}, {}},
        {{{"argocd-controller", "Update", fields_of(last_applied)},
          {"argocd-controller", "Apply", "{'f:spec': {}}"}},
         {}},
    };
    for (const auto& one : cases) {
        const auto made = upgraded_fields(live("[]", one.before), argo_cds);
        BOOST_REQUIRE(made.has_value() == !one.after.empty());
        if (made) {
            const auto expected = live("[]", one.after).at("metadata").at("managedFields");
            BOOST_TEST(*made == expected.as_array(), json::serialize(*made));
        }
        BOOST_TEST(!upgraded_fields(live("[]", one.before), holdfast_dev()).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
