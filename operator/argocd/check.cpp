#include "argocd/check.hpp"

#include "argocd/convert.hpp"
#include "argocd/customizations.hpp"
#include "base/base64.hpp"
#include "base/counted_list.hpp"
#include "base/trim.hpp"
#include "cluster/cluster_secret.hpp"
#include "crds/application.hpp"
#include "crds/application_set.hpp"
#include "crds/project.hpp"
#include "git/credentials.hpp"
#include "lua/health_scripts.hpp"
#include "match/words.hpp"
#include "policy/unserved.hpp"
#include "sync/health_rule.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace holdfast::argocd {

namespace {

constexpr std::string_view controller = "argocd-application-controller";
constexpr std::string_view set_controller = "argocd-applicationset-controller";
constexpr std::string_view repo_server = "argocd-repo-server";
// As docs/installation.md says.
constexpr unsigned least_minor = 32;
// Objects that one sentence names.
constexpr std::size_t most_named = 5;

struct checker {
    const installation& found;
    std::vector<finding> findings;

    void say(std::string object, treatment how, std::string text) {
        findings.push_back({.object = std::move(object), .how = how, .text = std::move(text)});
    }
    // Of a row that says what becomes of something which `object` uses.
    void feature(std::string object, std::string_view name, std::string_view used) {
        const auto* row = find_setting("feature", name);
        std::string text{used};
        text += ": ";
        text += row == nullptr ? std::string_view{"is not known"} : row->note;
        say(std::move(object), row == nullptr ? treatment::missing : row->how, std::move(text));
    }
};

std::string named(std::string_view kind, const json::object& object) {
    return std::string{kind} + " " + std::string{kube::namespace_of(object)} + "/" +
           std::string{kube::name_of(object)};
}

// ---- the whole

void check_server(checker& c) {
    if (c.found.server.major == 1 && c.found.server.minor < least_minor) {
        c.say(
            "Kubernetes", treatment::missing,
            "is " + c.found.server.git_version + "; Holdfast needs 1." + std::to_string(least_minor) +
                " or later"
        );
    }
    if (!c.found.applications.empty() || !c.found.sets.empty()) {
        c.feature("Holdfast", "objects of argoproj.io", "argoproj.io");
    }
}

// ---- its processes

std::int64_t replicas_of(const json::object& workload) {
    const auto* said = kube::find_path(workload, {"spec", "replicas"});
    return said != nullptr && said->is_int64() ? said->get_int64() : 1;
}

template <class F>
void for_each_container(const json::object& workload, F see) {
    for (const auto* list : {"initContainers", "containers"}) {
        if (const auto* all = kube::find_array(workload, {"spec", "template", "spec", list})) {
            for (const auto& one : *all) {
                if (one.is_object()) {
                    see(one.get_object());
                }
            }
        }
    }
}

std::string_view text_in(const json::value& value, std::string_view key) {
    return value.is_object() ? kube::find_text(value.get_object(), {key}) : std::string_view{};
}

// What of a container has to do with a password store: its environment and what is mounted for it.
void check_password_store(checker& c, const json::object& workload) {
    counted_list seen{most_named, ", "};
    const auto look = [&](const json::object& container) {
        if (const auto* variables = kube::find_array(container, {"env"})) {
            for (const auto& one : *variables) {
                const auto name = text_in(one, "name");
                if (name.starts_with("PASSWORD_STORE_") || name == "GNUPGHOME") {
                    seen.add("the variable " + std::string{name});
                }
            }
        }
        if (const auto* mounts = kube::find_array(container, {"volumeMounts"})) {
            for (const auto& one : *mounts) {
                const auto path = text_in(one, "mountPath");
                if (path.find("kustomize-pass") != std::string_view::npos ||
                    path.find("password-store") != std::string_view::npos ||
                    path.find("gnupg") != std::string_view::npos) {
                    seen.add(std::string{path} + " (volume " + match::shown(text_in(one, "name")) + ")");
                }
            }
        }
    };
    for_each_container(workload, look);
    if (!seen.empty()) {
        c.feature(
            named(kube::kind_of(workload), workload), "pass",
            "gives builds a password store by " + seen.text()
        );
    }
}

void check_workloads(checker& c) {
    for (const auto& one : c.found.workloads) {
        const auto name = kube::name_of(one);
        if ((name == controller || name == set_controller) && replicas_of(one) > 0) {
            c.say(
                named(kube::kind_of(one), one), treatment::missing,
                "runs, with spec.replicas " + std::to_string(replicas_of(one)) +
                    ": it and Holdfast would write the same objects. Before an Application is moved, annotate it with "
                    "argocd.argoproj.io/skip-reconcile=true; when all are, scale this to 0"
            );
        }
        if (name != repo_server) {
            continue;
        }
        check_password_store(c, one);
        for_each_container(one, [&](const json::object& container) {
            const auto* command = kube::find_array(container, {"command"});
            const bool is_plugin = command != nullptr && !command->empty() && command->front().is_string() &&
                                   command->front().get_string().ends_with("argocd-cmp-server");
            if (is_plugin) {
                c.feature(
                    named(kube::kind_of(one), one), "plugins",
                    "has the plugin " + match::shown(kube::find_text(container, {"name"}))
                );
            }
        });
    }
}

// ---- its settings

// Of a key of a table that is not in it.
std::string unknown_key(std::string_view table, std::string_view key) {
    const auto meant = meant_setting(table, key);
    return std::string{key} + ": is not a setting that is known" +
           (meant.empty() ? std::string{} : ", was " + std::string{meant} + " meant?");
}

void check_key(checker& c, const std::string& object, std::string_view table, std::string_view key) {
    if (const auto* row = find_setting(table, key)) {
        if (row->how != treatment::honoured) {
            c.say(object, row->how, std::string{key} + ": " + std::string{row->note});
        }
        return;
    }
    c.say(object, treatment::missing, unknown_key(table, key));
}

/// How somebody who moves gets a health check that Argo CD is told of one kind.
std::pair<treatment, std::string> judged_health(const customization& one) {
    if (one.kind.find_first_of("*?[{") != std::string::npos) {
        return {
            treatment::missing,
            "stands for many kinds, and spec.healthChecks names one: write it for each kind that you have"
        };
    }
    if (const auto wrong = lua::problem_of(one.value); !wrong.empty()) {
        return {treatment::missing, "is not Lua: " + wrong};
    }
    const auto slash = one.kind.find('/');
    const auto group = slash == std::string::npos ? std::string{} : one.kind.substr(0, slash);
    std::string text =
        "write the script into spec.healthChecks of each Application with such objects: it is run as it is";
    if (const auto* rule =
            sync::find_health_rule(group, one.kind.substr(slash == std::string::npos ? 0 : slash + 1))) {
        text += "; or do without it, since there is a rule for " + rule->name;
    }
    return {treatment::differently, std::move(text)};
}

void check_customizations(checker& c, const std::string& object, const json::object& data) {
    const auto found = read_customizations(data);
    for (const auto& one : found.all) {
        if (one.type == "health") {
            const auto [how, text] = judged_health(one);
            c.say(object, how, one.where + ": " + text);
        } else if (const auto* row =
                       find_setting("argocd-cm", "resource.customizations." + one.type + ".any")) {
            c.say(object, row->how, one.where + ": " + std::string{row->note});
        }
    }
    for (const auto& one : found.problems)
        c.say(object, treatment::missing, one);
}

void check_settings(checker& c) {
    for (const auto& [name, map] : c.found.config_maps) {
        const auto object = "ConfigMap " + c.found.namespace_ + "/" + name;
        const auto* data = kube::find_object(map, {"data"});
        if (data == nullptr) {
            continue;
        }
        for (const auto& [key, value] : *data) {
            // An empty text is as good as none, and the manifests of Argo CD have many.
            const bool is_customization = name == "argocd-cm" && key.starts_with("resource.customizations");
            if (value.is_string() && !trimmed(value.get_string()).empty() && !is_customization) {
                check_key(c, object, name, key);
            }
        }
        if (name == "argocd-cm") check_customizations(c, object, *data);
    }
    const auto settings = c.found.config_maps.find("argocd-cm");
    if (settings != c.found.config_maps.end() &&
        !kube::find_path(settings->second, {"data", "application.resourceTrackingMethod"})) {
        const auto version = version_of(c.found);
        if (!version.empty()) {
            c.say(
                "ConfigMap " + c.found.namespace_ + "/argocd-cm", treatment::differently,
                "application.resourceTrackingMethod is not set: Argo CD " + version +
                    " knows its objects by the " +
                    (version.starts_with("2.") ? "label app.kubernetes.io/instance"
                                               : "annotation argocd.argoproj.io/tracking-id")
            );
        }
    }
}

// ---- its Secrets

git::secret_data decoded(const json::object& secret) {
    git::secret_data data;
    if (const auto* encoded = kube::find_object(secret, {"data"})) {
        for (const auto& [key, value] : *encoded) {
            if (value.is_string()) {
                if (auto bytes = base64_decode(value.get_string())) {
                    data.emplace(key, std::move(*bytes));
                }
            }
        }
    }
    return data;
}

void check_webhooks(checker& c) {
    const auto object = "Secret " + c.found.namespace_ + "/argocd-secret";
    bool has_any = false;
    for (const auto& [key, value] : c.found.secret ? decoded(*c.found.secret) : git::secret_data{}) {
        const auto* row = find_setting("argocd-secret", key);
        const auto meant = meant_setting("argocd-secret", key);
        if (row != nullptr && key.starts_with("webhook.")) {
            if (trimmed(value).empty()) {
                c.say(object, treatment::missing, key + ": is empty, so deliveries are not verified");
                continue;
            }
            has_any = true;
            c.say(object, row->how, key + ": " + std::string{row->note});
        } else if (meant.starts_with("webhook.") || (row == nullptr && key.starts_with("webhook."))) {
            c.say(
                object, treatment::missing,
                unknown_key("argocd-secret", key) + (meant.empty() ? "." : "") +
                    " Argo CD takes such deliveries without a signature; Holdfast believes none of them"
            );
        }
    }
    if (!has_any) {
        c.say(
            object, treatment::missing,
            "has no secret of a webhook: deliveries bear no signature, and Holdfast believes none of them. Without them "
            "a push is seen at the next poll"
        );
    }
}

void check_repository_secret(checker& c, const json::object& secret) {
    const auto object = named("Secret", secret);
    const auto data = decoded(secret);
    for (const auto& [key, value] : data) {
        const auto* row = find_setting("repository Secret", key);
        const auto text = trimmed(value);
        const bool is_used = !text.empty() && text != "false";
        if (row == nullptr || (row->how == treatment::missing && is_used)) {
            check_key(c, object, "repository Secret", key);
        }
    }
    if (auto read = git::read_credentials(data); !read) {
        c.say(object, treatment::missing, read.error().message());
    } else {
        const auto repository = as_repository(secret, c.found.namespace_);
        if (!repository) {
            c.say(object, treatment::missing, "url: is missing, so nobody knows what the Secret is for");
            return;
        }
        c.say(
            object, treatment::differently,
            "write a Repository with spec.url " +
                match::shown(kube::find_text(*repository, {"spec", "url"})) +
                " whose spec.secretRef names this Secret" +
                (read->ssh_key && read->known_hosts.empty() && !read->insecure_ignore_host_key
                     ? ", and add known_hosts from argocd-ssh-known-hosts-cm to it"
                     : "")
        );
    }
}

void check_secrets(checker& c) {
    check_webhooks(c);
    for (const auto& secret : c.found.labelled_secrets) {
        const auto type = kube::label(secret, cluster::secret_type_label).value_or("");
        const auto object = named("Secret", secret);
        if (type == "repository" || type == "repo-creds") {
            check_repository_secret(c, secret);
        } else if (type == "cluster") {
            if (const auto read = cluster::read_cluster_secret(secret); !read) {
                c.say(object, treatment::missing, read.error().message());
            } else {
                c.say(
                    object, treatment::differently,
                    "copy it to the namespace of Holdfast, which reads it there"
                );
            }
        } else {
            c.say(object, treatment::missing, "nothing is done with Secrets for " + match::shown(type));
        }
    }
}

// ---- its Applications

std::string id_of(const json::object& row) {
    const auto namespace_ = kube::find_text(row, {"namespace"});
    return std::string{kube::find_text(row, {"kind"})} + " " +
           (namespace_.empty() ? std::string{} : std::string{namespace_} + "/") +
           std::string{kube::find_text(row, {"name"})};
}

void check_objects(checker& c, const std::string& object, const json::object& application) {
    counted_list hooks{most_named, ", "};
    counted_list secrets{most_named, ", "};
    const auto* rows = kube::find_array(application, {"status", "resources"});
    for (const auto& row : rows == nullptr ? json::array{} : *rows) {
        if (!row.is_object()) {
            continue;
        }
        const auto& one = row.get_object();
        if (const auto* hook = one.if_contains("hook");
            hook != nullptr && hook->is_bool() && hook->get_bool()) {
            hooks.add(id_of(one));
        }
        if (kube::find_text(one, {"kind"}) == "Secret" && kube::find_text(one, {"group"}).empty()) {
            secrets.add(id_of(one));
        }
    }
    if (!hooks.empty()) {
        c.feature(object, "hooks", "has hooks (" + hooks.text() + ")");
    }
    if (!secrets.empty()) {
        c.say(
            object, treatment::differently,
            "brings Secrets (" + secrets.text() +
                "): where they are readable in Git, whoever reads the repository has them"
        );
    }
}

// What of an object is not as the kind of holdfast.dev has it.
template <class Kind>
std::vector<crds::problem> problems_of(const crds::reading<Kind>& read) {
    auto problems = read.problems;
    for (const auto& more : {read.unknown_fields, crds::check(read.value)}) {
        problems.insert(problems.end(), more.begin(), more.end());
    }
    return problems;
}

void check_application(checker& c, const json::object& application) {
    const auto object = named("Application", application);
    const auto read = crds::examine_application(as_holdfast(application, c.found.namespace_));
    for (const auto& one : problems_of(read)) {
        if (one.path.starts_with("spec.sourceHydrator")) {
            c.feature(object, "sourceHydrator", "spec.sourceHydrator");
        } else {
            c.say(object, treatment::missing, one.text());
        }
    }
    for (const auto& source : read.value.spec.all_sources()) {
        if (source.plugin) {
            c.feature(object, "plugins", "a source has a plugin");
        }
    }
    for (const auto& one : policy::unserved_annotations(read.value.metadata)) {
        c.say(object, treatment::missing, one.text());
    }
    if (kube::annotation(application, "argocd.argoproj.io/skip-reconcile") == "true") {
        c.feature(object, "skip-reconcile", "argocd.argoproj.io/skip-reconcile");
    }
    check_objects(c, object, application);
}

void check_others(checker& c) {
    for (const auto& one : c.found.sets) {
        const auto read = crds::examine_application_set(as_holdfast(one, c.found.namespace_));
        for (const auto& problem : problems_of(read)) {
            c.say(named("ApplicationSet", one), treatment::missing, problem.text());
        }
    }
    for (const auto& one : c.found.projects) {
        const auto read = crds::examine_project(as_holdfast(one, c.found.namespace_));
        for (const auto& problem : problems_of(read)) {
            c.say(named("AppProject", one), treatment::missing, problem.text());
        }
    }
}

} // namespace

std::string version_of(const installation& found) {
    for (const auto& one : found.workloads) {
        if (kube::name_of(one) != controller) {
            continue;
        }
        std::string version;
        for_each_container(one, [&](const json::object& container) {
            auto image = kube::find_text(container, {"image"});
            image = image.substr(0, image.find('@'));
            const auto slash = image.rfind('/');
            const auto tag = image.find(":v", slash == std::string_view::npos ? 0 : slash);
            if (tag != std::string_view::npos && version.empty()) {
                version = image.substr(tag + 2);
            }
        });
        if (!version.empty()) {
            return version;
        }
    }
    return {};
}

std::vector<finding> check(const installation& found) {
    checker c{.found = found, .findings = {}};
    check_server(c);
    check_workloads(c);
    check_settings(c);
    check_secrets(c);
    for (const auto& application : found.applications) {
        check_application(c, application);
    }
    check_others(c);
    return std::move(c.findings);
}

bool may_move(const std::vector<finding>& findings) noexcept {
    return std::ranges::none_of(findings, [](const finding& one) { return one.how == treatment::missing; });
}

} // namespace holdfast::argocd
