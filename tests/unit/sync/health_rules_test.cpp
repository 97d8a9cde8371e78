#include "sync/health.hpp"
#include "sync/health_rule.hpp"

#include "base/trim.hpp"
#include "support.hpp"

#include <boost/algorithm/string/split.hpp>

#include <charconv>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <vector>

namespace holdfast::sync {
namespace {

// data/health_rules/*.txt has a case in each line: "group/Kind | what is of it | verdict". What is of it are conditions,
// "Ready=True(Reason)@3", in status or, after a path and a colon, elsewhere; and values at paths, ".status.phase=Running".

std::vector<std::string> steps_of(std::string_view path) {
    std::vector<std::string> steps(1);
    bool is_in_brackets = false;
    for (const char c : path) {
        if (c == '[' || c == ']' || (c == '.' && !is_in_brackets)) {
            is_in_brackets = c == '[' || (is_in_brackets && c != ']');
            if (!steps.back().empty()) steps.emplace_back();
        } else {
            steps.back() += c;
        }
    }
    if (steps.back().empty()) steps.pop_back();
    return steps;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The value at a path, which is made where it is missing.
json::value& made_at(json::value& from, std::span<const std::string> steps) {
    auto* value = &from;
    for (const auto& step : steps) {
        if (is_number(step)) {
            if (!value->is_array()) value->emplace_array();
            const auto index = static_cast<std::size_t>(std::stoul(step));
            if (value->get_array().size() <= index) value->get_array().resize(index + 1);
            value = &value->get_array()[index];
        } else {
            if (!value->is_object()) value->emplace_object();
            value = &value->get_object()[step];
        }
    }
    return *value;
}

json::value value_of(std::string_view text) {
    if (text.starts_with('"')) return json::value(text.substr(1, text.size() - 2));
    if (text == "true" || text == "false") return json::value(text == "true");
    if (is_number(text)) return json::value(std::stol(std::string{text}));
    return json::value(text);
}

/// "Ready=True(Reason)@3"
json::value condition_of_text(std::string_view text) {
    json::object c;
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
        c["observedGeneration"] = value_of(text.substr(at + 1));
        text = text.substr(0, at);
    }
    if (text.ends_with(')')) {
        const auto open = text.find('(');
        c["reason"] = text.substr(open + 1, text.size() - open - 2);
        text = text.substr(0, open);
    }
    const auto equals = text.find('=');
    c["type"] = text.substr(0, equals);
    c["status"] = text.substr(equals + 1);
    return c;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words(1);
    bool is_quoted = false;
    for (const char c : text) {
        is_quoted = is_quoted != (c == '"');
        if (c == ' ' && !is_quoted) {
            if (!words.back().empty()) words.emplace_back();
        } else {
            words.back() += c;
        }
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

json::object live_object(std::string_view name, std::string_view state) {
    const auto slash = name.find('/');
    json::value live{
        {"apiVersion", std::string{name.substr(0, slash)} + "/v1"}, {"kind", name.substr(slash + 1)}
    };
    for (const std::string_view word : words_of(state)) {
        const bool is_path = word.starts_with('.');
        const auto colon = is_path ? word.find_first_of(":=") : std::string_view::npos;
        if (is_path && word[colon] == '=') {
            made_at(live, steps_of(word.substr(0, colon))) = value_of(word.substr(colon + 1));
            continue;
        }
        auto where = steps_of(is_path ? word.substr(0, colon) : ".status");
        where.emplace_back("conditions");
        auto& conditions = made_at(live, where);
        if (!conditions.is_array()) conditions.emplace_array();
        conditions.get_array().push_back(condition_of_text(is_path ? word.substr(colon + 1) : word));
    }
    return live.get_object();
}

std::string text_of(const std::optional<health>& verdict) {
    return verdict ? std::string{to_string(verdict->status)} : "none";
}

/// Kinds of one line share their steps.
std::string body_of(const health_rule& rule) {
    std::string text;
    for (const auto& step : rule.steps)
        text += step.text + "; ";
    return text;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    boost::split(lines, text, [](char c) { return c == '\n'; });
    return lines;
}

BOOST_AUTO_TEST_SUITE(health_rules)

BOOST_AUTO_TEST_CASE(each_step_of_each_rule_decides_as_it_says) {
    std::map<std::string, std::set<std::string, std::less<>>> decided;
    std::map<std::string, const health_rule*, std::less<>> by_name;
    for (const auto& rule : shipped_health_rules())
        by_name[rule.name] = &rule;

    for (const auto& file :
         std::filesystem::directory_iterator{std::string{HOLDFAST_TEST_DATA} + "/health_rules"}) {
        for (const auto& line : lines_of(read_data("health_rules/" + file.path().filename().string()))) {
            if (line.empty() || line.starts_with('#')) continue;
            std::vector<std::string> parts;
            boost::split(parts, line, [](char c) { return c == '|'; });
            BOOST_REQUIRE_MESSAGE(parts.size() == 3, line);
            const auto found = judge_health(live_object(trimmed(parts[0]), parts[1]));
            BOOST_TEST(
                text_of(found.verdict) == trimmed(parts[2]),
                line << ": is " << text_of(found.verdict) << " by " << found.rule << ": " << found.because
            );
            BOOST_TEST((found.by == judge::rule), line);
            const auto rule = by_name.find(found.rule);
            if (rule != by_name.end()) decided[body_of(*rule->second)].emplace(found.because);
        }
    }
    for (const auto& rule : shipped_health_rules()) {
        for (const auto& step : rule.steps) {
            BOOST_TEST(
                decided[body_of(rule)].contains(step.text), "no case for " << rule.name << ": " << step.text
            );
        }
    }
}

struct row {
    const char* what;
    const char* kind;
    const char* state;
    const char* expected;
};

BOOST_AUTO_TEST_CASE(what_is_easily_got_wrong) {
    const std::vector<row> rows{
        {"issued anew", "cert-manager.io/Certificate", "Ready=False Issuing=True", "Progressing"},
        {"all three of a release", "helm.toolkit.fluxcd.io/HelmRelease",
         "Ready=True Released=True TestSuccess=True", "Degraded"},
        {"one of them", "helm.toolkit.fluxcd.io/HelmRelease", "Ready=True", "Degraded"},
        {"a source that is fetched", "source.toolkit.fluxcd.io/GitRepository",
         "Ready=Unknown Reconciling=True", "Progressing"},
        {"Crossplane: no status at all", "a.crossplane.io/Bucket", "", "Healthy"},
        {"Crossplane: a status, and no conditions", "a.crossplane.io/Bucket", ".status.atProvider.arn=x",
         "Progressing"},
        {"Crossplane: ready once, and not in step", "a.crossplane.io/Bucket", "Ready=True Synced=False",
         "Degraded"},
        {"a Rollout that was observed later", "argoproj.io/Rollout",
         ".metadata.generation=3 .status.observedGeneration=\"9\" .status.phase=Healthy", "Healthy"},
        {"a Rollout that was observed earlier", "argoproj.io/Rollout",
         ".metadata.generation=3 .status.observedGeneration=\"2\" .status.phase=Healthy", "Progressing"},
        {"a Rollout that pauses", "argoproj.io/Rollout",
         ".metadata.generation=3 .status.observedGeneration=\"3\" .status.phase=Paused", "Suspended"},
        {"a Rollout without status", "argoproj.io/Rollout", ".metadata.generation=3", "Progressing"},
        {"a Rollout of a phase that nobody knows", "argoproj.io/Rollout", ".status.phase=Odd", "Unknown"},
        {"a Rollout whose Deployment has changed", "argoproj.io/Rollout",
         ".metadata.annotations[rollout.argoproj.io/workload-generation]=\"4\" "
         ".status.workloadObservedGeneration=\"3\" .status.phase=Healthy",
         "Progressing"},
        {"Knative: one is not known yet", "serving.knative.dev/Service",
         "Ready=Unknown ConfigurationsReady=True RoutesReady=True", "Progressing"},
        {"Knative: one is false", "serving.knative.dev/Service", "Ready=False RoutesReady=Unknown", "Degraded"
        },
        {"CNPG fails over", "postgresql.cnpg.io/Cluster", "Ready=False .status.phase=\"Failing over\"",
         "Degraded"},
        {"CNPG in a phase that is not listed", "postgresql.cnpg.io/Cluster", "Ready=False .status.phase=Odd",
         "Unknown"},
        {"KEDA pauses", "keda.sh/ScaledObject", "Ready=True Paused=True", "Suspended"},
        {"KEDA falls back", "keda.sh/ScaledObject", "Ready=True Fallback=True", "Degraded"},
        {"KEDA does not know", "keda.sh/ScaledJob", "Ready=Unknown", "Degraded"},
        {"a parent that speaks of an older route", "gateway.networking.k8s.io/HTTPRoute",
         ".metadata.generation=2 .status.parents[0]:Accepted=False@1", "Progressing"},
        {"a parent that took the route", "gateway.networking.k8s.io/HTTPRoute",
         ".metadata.generation=2 .status.parents[0]:Accepted=False@1 .status.parents[1]:Accepted=True@2",
         "Healthy"},
        {"a node that is to go", "karpenter.sh/NodeClaim", "Ready=True Disrupting=True", "Suspended"},
        {"what only collects", "monitoring.coreos.com/ServiceMonitor", "", "none"},
        {"a collector for sidecars", "opentelemetry.io/OpenTelemetryCollector", ".spec.mode=sidecar",
         "Healthy"},
        {"a collector of which some are ready", "opentelemetry.io/OpenTelemetryCollector",
         ".status.scale.statusReplicas=1/3", "Progressing"},
        {"a collector of which none is ready", "opentelemetry.io/OpenTelemetryCollector",
         ".status.scale.statusReplicas=0/3", "Degraded"},
        {"a collector without a node for it", "opentelemetry.io/OpenTelemetryCollector",
         ".spec.mode=daemonset .status.scale.statusReplicas=0/0", "Healthy"},
        {"hostile: a status that is a number", "cert-manager.io/Certificate", ".status=7", "Progressing"},
        {"hostile: conditions that are texts", "cert-manager.io/Certificate", ".status.conditions[0]=Ready",
         "Progressing"},
        {"hostile: items that are no objects", "gateway.networking.k8s.io/HTTPRoute", ".status.parents[0]=x",
         "Progressing"},
        {"hostile: a count that is a text", "cluster.x-k8s.io/MachineHealthCheck",
         ".status.expectedMachines=x", "Healthy"},
    };
    for (const auto& r : rows) {
        const auto found = judge_health(live_object(r.kind, r.state));
        BOOST_TEST(
            text_of(found.verdict) == r.expected,
            r.what << ": " << text_of(found.verdict) << ", " << found.because
        );
    }
}

BOOST_AUTO_TEST_CASE(what_is_being_deleted_is_not_asked) {
    const auto found = judge_health(live_object(
        "cert-manager.io/Certificate", "Ready=True .metadata.deletionTimestamp=2026-01-01T00:00:00Z"
    ));
    BOOST_TEST(text_of(found.verdict) == "Progressing");
    BOOST_TEST((found.by == judge::deletion));
}

BOOST_AUTO_TEST_CASE(it_says_what_the_object_says_and_which_step_held) {
    const auto of_condition = judge_health(object(
        "{'apiVersion': 'cert-manager.io/v1', 'kind': 'Certificate', 'status': {'conditions': [{'type': 'Ready', "
        "'status': 'False', 'reason': 'DoesNotExist', 'message': 'there is no such issuer in this namespace, nor in any other'}]}}"
    ));
    BOOST_TEST(
        of_condition.verdict->message == "there is no such issuer in this namespace, nor in any other"
    );
    BOOST_TEST(of_condition.rule == "cert-manager.io/Certificate");
    BOOST_TEST(of_condition.because == "Degraded if Ready=False");
    const auto of_count = judge_health(live_object(
        "elasticsearch.k8s.elastic.co/Elasticsearch",
        ".status.phase=Ready .status.availableNodes=3 .spec.nodeSets[0].count=2 .spec.nodeSets[1].count=2"
    ));
    BOOST_TEST(of_count.verdict->message == "status.availableNodes is 3, spec.nodeSets[].count is 4");
    const auto of_phase = judge_health(live_object("flagger.app/Canary", ".status.phase=Failed"));
    BOOST_TEST(of_phase.verdict->message == "status.phase is Failed");
}

BOOST_AUTO_TEST_CASE(the_rule_that_says_most_of_a_kind_is_taken) {
    const auto name = [](std::string_view group, std::string_view kind) {
        const auto* rule = find_health_rule(group, kind);
        return rule != nullptr ? rule->name : "none";
    };
    BOOST_TEST(name("pkg.crossplane.io", "Provider") == "pkg.crossplane.io/Provider");
    BOOST_TEST(name("helm.crossplane.io", "ProviderConfig") == "*.crossplane.io/ProviderConfig");
    BOOST_TEST(name("helm.crossplane.io", "Release") == "*.crossplane.io/*");
    BOOST_TEST(name("s3.aws.crossplane.io", "Bucket") == "s3.aws.crossplane.io/*");
    BOOST_TEST(name("crossplane.io.example.com", "Release") == "none");
    BOOST_TEST(name("", "ConfigMap") == "none");
}

BOOST_AUTO_TEST_CASE(no_kind_has_two_rules) {
    std::set<std::string, std::less<>> names;
    for (const auto& rule : shipped_health_rules()) {
        BOOST_TEST(names.insert(rule.name).second, rule.name << " is there twice");
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_rule_is_said_with_its_line) {
    struct wrong {
        const char* text;
        const char* says;
    };
    const std::vector<wrong> rows{
        {"\n# x\na.io/A: Fine if Ready=True", "t.rules:3: Fine is none of Healthy, Progressing, Degraded"},
        {"a.io/A Healthy", "t.rules:1: a rule is group/Kind: and what holds of it"},
        {"A: else Healthy", "t.rules:1: A is not group/Kind"},
        {"a.io/A,: else Healthy", "t.rules:1: a.io/A,: a kind is missing"},
        {"a.io/A: Healthy Ready=True", "t.rules:1: after a verdict comes: if"},
        {"a.io/A: Healthy if Ready", "t.rules:1: Ready: what of this condition?"},
        {"a.io/A: Healthy if Ready maybe", "t.rules:1: Ready: what of this condition?"},
        {"a.io/A: Healthy if Ready=True(x", "t.rules:1: True(x: '(' without ')' at the end"},
        {"a.io/A: Healthy if .status.x", "t.rules:1: something is missing at the end"},
        {"a.io/A: Healthy if .status.x was y", "t.rules:1: was is none of is, absent, missing, present"},
        {"a.io/A: Healthy if .status.x < y", "t.rules:1: y is neither a number nor a path"},
        {"a.io/A: Healthy if .status.x[].y is z", "t.rules:1: .status.x[].y: of many values only the sum"},
        {"a.io/A: Healthy if .status.x[y is z", "t.rules:1: .status.x[y: '[' without ']'"},
        {"a.io/A: Healthy if any .status.x Ready=True", "t.rules:1: after a list comes: has"},
        {"a.io/A: Healthy if any x has Ready=True", "t.rules:1: x is no path"},
        {"a.io/A: Healthy if Ready=True or more", "t.rules:1: what is or for?"},
        {"a.io/A: Healthy if .x is \"y", "t.rules:1: a \" without another one"},
        {"a.io/A: else Healthy; by Ready", "t.rules:1: what comes after else is never reached"},
        {"a.io/A: by Ready;; else Healthy", "t.rules:1: a ; with nothing before it"},
        {"a.io/A: generation if you like", "t.rules:1: after generation if comes: given"},
    };
    for (const auto& r : rows) {
        BOOST_CHECK_EXCEPTION(
            (void)read_health_rules("t.rules", r.text), std::invalid_argument,
            [&](const std::invalid_argument& e) {
                BOOST_TEST_INFO(e.what());
                return std::string_view{e.what()}.starts_with(r.says);
            }
        );
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
