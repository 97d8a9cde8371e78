#include "takeover_command.hpp"

#include "argocd/convert.hpp"
#include "argocd/installation.hpp"
#include "base/async.hpp"
#include "command_output.hpp"
#include "crds/yaml_writer.hpp"
#include "kube/object.hpp"
#include "on_cluster.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace holdfast {

using namespace std::chrono_literals;

namespace {

constexpr auto longest_reading = 5min;

constexpr int done = 0;
constexpr int answer_is_no = 1;
constexpr int not_done = 2;
constexpr int too_late = 3;

int fail(std::string_view command, const error& why) {
    std::fprintf(stderr, "holdfast %s: %s\n", std::string{command}.c_str(), why.message().c_str());
    return not_done;
}

int fail_to_read(std::string_view command, const error& why, steady_clock::time_point begin) {
    const auto code = fail(command, why);
    return why.is_transient() && steady_clock::now() - begin >= longest_reading ? too_late : code;
}

int print(std::string_view command, const std::string& text, int code) {
    const auto written = write_output(text);
    return written ? code : fail(command, written.error());
}

result<argocd::installation> read(const takeover_options& options) {
    return on_cluster<argocd::installation>(
        options.kubeconfig, longest_reading, "reading the cluster",
        [&](kube::client& api) { return argocd::read_installation(api, options.argocd_namespace); }
    );
}

std::string heading_of(const argocd::installation& found) {
    const auto version = argocd::version_of(found);
    return "Argo CD " + (version.empty() ? std::string{"of an unknown version"} : version) +
           " in the namespace " + found.namespace_ + ", Kubernetes " + found.server.git_version + ": " +
           std::to_string(found.applications.size()) + " Applications, " + std::to_string(found.sets.size()) +
           " ApplicationSets, " + std::to_string(found.projects.size()) + " AppProjects\n";
}

} // namespace

int run_takeover_check(const takeover_options& options) {
    constexpr std::string_view command = "takeover check";
    const auto begin = steady_clock::now();
    const auto found = read(options);
    if (!found) {
        return fail_to_read(command, found.error(), begin);
    }
    const auto findings = argocd::check(*found);
    auto text = heading_of(*found);
    std::string_view last;
    std::size_t missing = 0;
    for (const auto& one : findings) {
        if (one.object != last) {
            text += "\n" + one.object + "\n";
            last = one.object;
        }
        text += "  [" + std::string{to_string(one.how)} + "] " + one.text + "\n";
        missing += one.how == argocd::treatment::missing ? 1 : 0;
    }
    text += "\n" + std::to_string(findings.size()) + " findings, " + std::to_string(missing) +
            " of which stand against moving. docs/migration.md says what to do.\n";
    return print(command, text, argocd::may_move(findings) ? done : answer_is_no);
}

int run_convert(const takeover_options& options) {
    constexpr std::string_view command = "convert";
    const auto begin = steady_clock::now();
    const auto found = read(options);
    if (!found) {
        return fail_to_read(command, found.error(), begin);
    }
    const auto namespace_ = own_namespace(options.own_namespace);
    std::string text;
    for (const auto& secret : found->labelled_secrets) {
        if (const auto repository = argocd::as_repository(secret, namespace_)) {
            text += "---\n" + crds::to_yaml(*repository);
        }
    }
    for (const auto* all : {&found->projects, &found->applications, &found->sets}) {
        for (const auto& object : *all) {
            // What a set made, it makes again.
            if (!kube::has_owner_of_kind(object, "ApplicationSet")) {
                text += "---\n" + crds::to_yaml(argocd::as_holdfast(object, namespace_));
            }
        }
    }
    return print(command, text, done);
}

} // namespace holdfast
