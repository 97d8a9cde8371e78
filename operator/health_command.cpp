#include "health_command.hpp"

#include "base/timestamp.hpp"
#include "command_output.hpp"
#include "crds/application.hpp"
#include "kube/object.hpp"
#include "lua/health_scripts.hpp"
#include "render/yaml.hpp"
#include "sync/health.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <vector>

namespace holdfast {

namespace {

constexpr std::size_t longest_file = std::size_t{10} << 20U;

struct check_of {
    std::string application;
    crds::health_check check;
};

bool is_application(const json::object& object) {
    const auto gvk = kube::gvk_of(object);
    return gvk.group == "holdfast.dev" && gvk.kind == "Application";
}

std::string name_of(const json::object& object) {
    const auto namespace_ = kube::namespace_of(object);
    std::string name{kube::kind_of(object)};
    name += ' ';
    if (!namespace_.empty()) name += std::string{namespace_} + '/';
    return name + std::string{kube::name_of(object)};
}

/// "cert-manager.io/Certificate", "Pod".
std::string kind_of(const json::object& object) {
    const auto gvk = kube::gvk_of(object);
    return gvk.group.empty() ? gvk.kind : gvk.group + '/' + gvk.kind;
}

std::string text_of(const std::optional<sync::health>& verdict) {
    if (!verdict) return "no health";
    auto text = std::string{to_string(verdict->status)};
    if (verdict->degraded_from) text += ", Degraded from " + format_time(*verdict->degraded_from);
    return verdict->message.empty() ? text : text + ": " + verdict->message;
}

std::string reason_of(const sync::judgement& found, const json::object& object) {
    switch (found.by) {
    case sync::judge::deletion: return "since it is being deleted";
    case sync::judge::built_in: return "by what is built in for " + kind_of(object);
    case sync::judge::rule:
        return "by the rule for " + std::string{found.rule} + ": " + std::string{found.because};
    case sync::judge::conditions: break;
    }
    return found.verdict ? "by its conditions: there is no rule for " + kind_of(object)
                         : kind_of(object) + " has no effect on an application's health";
}

const check_of* find_check(const std::vector<check_of>& checks, const json::object& object) {
    const auto gvk = kube::gvk_of(object);
    for (const auto& one : checks) {
        if (one.check.kind == gvk.kind && one.check.group == gvk.group) return &one;
    }
    return nullptr;
}

std::string told(const json::object& object, const std::vector<check_of>& checks) {
    auto found = sync::judge_health(object);
    auto reason = reason_of(found, object);
    const auto* own = find_check(checks, object);
    if (own != nullptr && found.by != sync::judge::deletion) {
        lua::health_scripts scripts;
        found.verdict = scripts.run(own->check.check, object).verdict;
        reason = "by spec.healthChecks of the " + own->application;
    }
    return name_of(object) + ": " + text_of(found.verdict) + "\n  " + reason + "\n";
}

/// The objects of a document, which may be a list of them.
void add_objects(json::value& value, std::vector<json::object>& all) {
    auto* object = value.if_object();
    if (object == nullptr) return;
    auto* items = object->if_contains("items");
    if (kube::kind_of(*object).ends_with("List") && items != nullptr && items->is_array()) {
        for (auto& item : items->get_array())
            add_objects(item, all);
        return;
    }
    all.push_back(std::move(*object));
}

} // namespace

result<std::string> health_of_objects(std::string_view text) {
    render::yaml_limits limits;
    limits.repeated = render::yaml_limits::repeated_keys::refused_in_manifest;
    auto documents = render::read_yaml(text, limits);
    if (!documents) {
        const auto& wrong = documents.error();
        return user_error(
            "line " + std::to_string(wrong.where.line) + ", column " + std::to_string(wrong.where.column) +
            ": " + wrong.message
        );
    }
    std::vector<json::object> objects;
    for (auto& document : *documents) {
        const auto before = objects.size();
        add_objects(document.value, objects);
        for (std::size_t i = before; i < objects.size(); ++i) {
            if (kube::kind_of(objects[i]).empty() || kube::api_version_of(objects[i]).empty()) {
                return user_error(
                    "line " + std::to_string(document.line) + ": an object needs apiVersion and kind"
                );
            }
        }
    }
    if (objects.empty()) return user_error("there is no object in it");
    std::vector<check_of> checks;
    for (const auto& object : objects) {
        if (!is_application(object)) continue;
        const auto read = crds::examine_application(object);
        for (const auto& one : read.value.spec.health_checks) {
            checks.push_back({.application = name_of(object), .check = one});
        }
    }
    std::string all;
    for (const auto& object : objects)
        all += told(object, checks);
    return all;
}

int run_health(const health_options& options) {
    const auto fail = [&](const std::string& why) {
        (void)std::fprintf(stderr, "holdfast health: %s: %s\n", options.file.c_str(), why.c_str());
        return 2;
    };
    std::ifstream file;
    if (options.file != "-") {
        file.open(options.file, std::ios::binary);
        if (!file) return fail("cannot be read");
    }
    std::istream& from = options.file == "-" ? std::cin : file;
    std::string text(longest_file + 1, '\0');
    from.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(from.gcount()));
    if (from.bad()) return fail("cannot be read");
    if (text.size() > longest_file) return fail("has more than 10 MiB");
    const auto all = health_of_objects(text);
    if (!all) return fail(all.error().message());
    const auto written = write_output(*all);
    return written ? 0 : fail(written.error().message());
}

} // namespace holdfast
