#include "sync/holding.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::sync {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(holding)

BOOST_AUTO_TEST_CASE(an_object_says_what_keeps_it_from_going) {
    const std::string marked = R"("deletionTimestamp": "2026-01-31T12:00:00Z")";
    const auto by = [&](const std::string& finalizers) {
        return R"({"metadata": {)" + marked + R"(, "finalizers": [)" + finalizers + "]}}";
    };
    const object_id config{"", "ConfigMap", "shop", "a"};
    const object_id child{"argoproj.io", "Application", "argocd", "child"};
    const object_id ours{"holdfast.dev", "Application", "holdfast", "child"};
    const object_id ns{"", "Namespace", "", "shop"};
    const std::string do_it =
        "longer than a minute already: see that the controller runs that takes it away, or, "
        "where none is to come back, do it yourself: kubectl patch ";
    const std::string off = R"( --type=merge -p '{"metadata":{"finalizers":null}}')";
    struct row {
        object_id id;
        std::string live;
        std::chrono::seconds after;
        std::string says;
    };
    const std::vector<row> rows{
        {config, R"({"metadata": {"finalizers": ["example.com/hold"]}})", 5s, ""}, // nobody deleted it
        {config, by(""), 5s, ""},
        {config, by(R"("example.com/hold")"), 5s, R"(held by the finalizer "example.com/hold")"},
        {config, by(R"("foregroundDeletion", "example.com/hold")"), 5s,
         R"(held by the finalizer "example.com/hold")"},
        {config, by(R"("foregroundDeletion")"), 5s, "held until its dependents are gone"},
        {config, by(R"("a", "b", "c", "d")"), 5s, R"(held by the finalizers "a", "b", "c", and 1 more)"},
        {config, by(R"("example.com/hold")"), 61s,
         R"(held by the finalizer "example.com/hold"; )" + do_it + "configmap a -n shop" + off},
        {child, by(R"("resources-finalizer.argocd.argoproj.io")"), 61s,
         R"(held by the finalizer "resources-finalizer.argocd.argoproj.io"; )" + do_it +
             "application.argoproj.io child -n argocd" + off},
        {ours, by(R"("holdfast.dev/resources-finalizer")"), 5s,
         R"(held by the finalizer "holdfast.dev/resources-finalizer"; its conditions say what it waits for)"},
        {ours, by(R"("holdfast.dev/resource-finalizer")"), 5s,
         R"(held by the finalizer "holdfast.dev/resource-finalizer"; no controller removes )"
         R"("holdfast.dev/resource-finalizer"; "holdfast.dev/resources-finalizer" seems to be meant)"},
        {ns, R"({"metadata": {)" + marked + R"(}, "status": {"conditions": [
             {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "all well"},
             {"type": "NamespaceFinalizersRemaining", "status": "True",
              "message": "Some content in the namespace has finalizers remaining: a/b in 1 resource instances"}]}})",
         5s,
         "held by its remaining contents: Some content in the namespace has finalizers remaining: a/b in 1 "
         "resource instances"},
        {ns, R"({"metadata": {)" + marked + R"(}, "spec": {"finalizers": ["kubernetes"]}})", 61s, ""},
    };
    const auto then = *parse_time("2026-01-31T12:00:00Z");
    for (const auto& one : rows) {
        BOOST_TEST(what_holds(one.id, json::parse(one.live).as_object(), then + one.after) == one.says);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::sync
