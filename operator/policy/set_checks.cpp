#include "policy/set_checks.hpp"

#include "base/json_pointer.hpp"
#include "crds/words.hpp"
#include "kube/object.hpp"
#include "policy/specification_checks.hpp"
#include "policy/specification_checks_shared.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>

namespace holdfast::policy {

namespace {

using crds::problem;
using crds::quoted;

// Applications would be written anew at each look.
constexpr std::array<std::string_view, 20> unsteady_functions{
    "now",
    "ago",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "uuidv4",
    "shuffle",
    "bcrypt",
    "htpasswd",
    "encryptAES",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey"
};

bool is_name_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Calls `see` with each generator and its path, those inside others too.
void for_each_generator(
    const crds::set_generator& one, const std::string& path,
    const std::function<void(const crds::set_generator&, const std::string&)>& see
) {
    see(one, path);
    const auto inner = [&](const std::vector<json::object>& generators, const std::string& name) {
        for (std::size_t i = 0; i < generators.size(); ++i) {
            const auto where = path + "." + name + ".generators[" + std::to_string(i) + "]";
            const auto read = crds::examine_set_generator(generators[i], where);
            if (read.problems.empty()) {
                for_each_generator(read.value, where, see);
            }
        }
    };
    if (one.matrix) inner(one.matrix->generators, "matrix");
    if (one.merge) inner(one.merge->generators, "merge");
}

void for_each_generator(
    const crds::application_set_spec& spec,
    const std::function<void(const crds::set_generator&, const std::string&)>& see
) {
    for (std::size_t i = 0; i < spec.generators.size(); ++i) {
        for_each_generator(spec.generators[i], "spec.generators[" + std::to_string(i) + "]", see);
    }
}

bool has_parameters(std::string_view text) {
    return text.find("{{") != std::string_view::npos;
}

// Whether a word stands in a text by itself.
bool names(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        const auto is_inside = [&](char c) { return is_name_character(c) || c == '.'; };
        if ((at == 0 || !is_inside(text[at - 1])) && (end == text.size() || !is_name_character(text[end]))) {
            return true;
        }
    }
    return false;
}

// What stands between "{{" and "}}" of a text.
std::string actions_of(std::string_view text) {
    std::string all;
    for (auto begin = text.find("{{"); begin != std::string_view::npos; begin = text.find("{{", begin)) {
        const auto end = text.find("}}", begin);
        all += text.substr(begin + 2, end == std::string_view::npos ? end : end - begin - 2);
        all += ' ';
        if (end == std::string_view::npos) break;
        begin = end;
    }
    return all;
}

void warn_of_go_templates(const crds::application_set_spec& spec, std::vector<problem>& warnings) {
    if (!spec.go_template) {
        return;
    }
    const auto& options = spec.go_template_options;
    if (std::ranges::find(options, "missingkey=error") == options.end()) {
        warnings.push_back(
            {"spec.goTemplateOptions",
             "does not have \"missingkey=error\": a parameter that is missing becomes the text \"<no value>\""
            }
        );
    }
    const auto used = actions_of(json::serialize(crds::write(spec.template_)) + spec.template_patch);
    for (const auto name : unsteady_functions) {
        if (names(used, name)) {
            warnings.push_back(
                {"spec.template",
                 "uses the function " + quoted(name) +
                     ", whose result differs each time: the Applications are written whenever they are generated"
                }
            );
        }
    }
}

} // namespace

std::optional<std::string> pointer_of_jq(std::string_view expression) {
    std::string pointer;
    std::size_t at = 0;
    const auto rest = [&] { return expression.substr(at); };
    while (at < expression.size()) {
        if (rest().starts_with("[\"") || rest().starts_with(".[\"")) {
            at += rest().front() == '.' ? 3 : 2;
            const auto end = expression.find("\"]", at);
            if (end == std::string_view::npos) return std::nullopt;
            const auto name = expression.substr(at, end - at);
            if (name.find_first_of("\\\"") != std::string_view::npos) return std::nullopt;
            pointer += "/" + pointer_token(name);
            at = end + 2;
        } else if (rest().starts_with('[') && !pointer.empty()) {
            const auto end = expression.find(']', at);
            if (end == std::string_view::npos || end == at + 1) return std::nullopt;
            const auto index = expression.substr(at + 1, end - at - 1);
            if (index.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
            pointer += "/" + std::string{index};
            at = end + 1;
        } else if (rest().starts_with('.')) {
            const auto begin = ++at;
            while (at < expression.size() && is_name_character(expression[at]))
                ++at;
            if (at == begin) return std::nullopt;
            pointer += "/" + std::string{expression.substr(begin, at - begin)};
        } else {
            return std::nullopt;
        }
    }
    return pointer.empty() ? std::nullopt : std::optional{pointer};
}

std::vector<problem> problems_of(const crds::application_set& value, const std::string& own_namespace) {
    auto problems = crds::check(value);
    const bool is_elsewhere =
        !value.metadata.namespace_.empty() && value.metadata.namespace_ != own_namespace;
    for_each_generator(value.spec, [&](const crds::set_generator& one, const std::string& path) {
        if (one.git && is_elsewhere && is_file(one.git->repo_url)) {
            problems.push_back({path + ".git.repoURL", files_are_refused(own_namespace)});
        }
    });
    const auto& ignored = value.spec.ignore_application_differences;
    for (std::size_t i = 0; i < ignored.size(); ++i) {
        const auto& expressions = ignored[i].jq_path_expressions;
        for (std::size_t k = 0; k < expressions.size(); ++k) {
            if (!expressions[k].empty() && !pointer_of_jq(expressions[k])) {
                problems.push_back(
                    {"spec.ignoreApplicationDifferences[" + std::to_string(i) + "].jqPathExpressions[" +
                         std::to_string(k) + "]",
                     "is not served by this version: served are paths, such as .spec.source.targetRevision or "
                     ".spec.sources[0].path, is " +
                         quoted(expressions[k])}
                );
            }
        }
    }
    return problems;
}

std::vector<problem> warnings_of(const crds::application_set& value) {
    const auto& spec = value.spec;
    std::vector<problem> warnings;
    const auto& metadata = spec.template_.metadata;
    if (!metadata.name.empty() && !has_parameters(metadata.name)) {
        warnings.push_back(
            {"spec.template.metadata.name", "has no parameter in it: every result would be the Application " +
                                                quoted(metadata.name) + ", and of two there would be none"}
        );
    }
    if (!metadata.namespace_.empty() && metadata.namespace_ != value.metadata.namespace_) {
        warnings.push_back(
            {"spec.template.metadata.namespace",
             "counts for nothing: Applications are made in the namespace of the set, which is " +
                 quoted(value.metadata.namespace_)}
        );
    }
    if (spec.sync_policy.preserve_resources_on_deletion && !metadata.finalizers.empty()) {
        warnings.push_back(
            {"spec.syncPolicy.preserveResourcesOnDeletion",
             "leaves the finalizers that the template names: with them the objects of an Application go with it"
            }
        );
    }
    for_each_generator(spec, [&](const crds::set_generator& one, const std::string& path) {
        if (!one.git) {
            return;
        }
        const auto& git = *one.git;
        if (git.requeue_after_seconds) {
            warnings.push_back(
                {path + ".git.requeueAfterSeconds",
                 "counts for nothing: how often a repository is asked is the interval of its Repository, and a "
                 "webhook brings news at once"}
            );
        }
        if (!git.directories.empty() && !git.files.empty()) {
            warnings.push_back({path + ".git.files", "counts for nothing where there are directories"});
        }
        for (std::size_t i = 0; i < git.directories.size(); ++i) {
            if (git.directories[i].path.find("**") != std::string::npos) {
                warnings.push_back(
                    {path + ".git.directories[" + std::to_string(i) + "].path",
                     "has \"**\", which means the same as \"*\" here: one level of directories"}
                );
            }
        }
    });
    warn_of_go_templates(spec, warnings);
    return warnings;
}

} // namespace holdfast::policy
