#include "builders/environment.hpp"

#include <algorithm>

namespace holdfast::builders {

namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// What os.Expand of Go takes for a variable of one character.
bool is_special(char c) {
    return std::string_view{"*#$@!?-0123456789"}.find(c) != std::string_view::npos;
}

struct found_name {
    std::string_view name;
    std::size_t length = 0; // of what is replaced, behind the '$'
};

// os.getShellName: what follows a '$'.
found_name name_at(std::string_view text) {
    if (text.front() == '{') {
        if (text.size() > 2 && is_special(text[1]) && text[2] == '}') {
            return {text.substr(1, 1), 3};
        }
        const auto end = text.find('}');
        if (end == std::string_view::npos) {
            return {{}, 1};
        }
        return end == 1 ? found_name{{}, 2} : found_name{text.substr(1, end - 1), end + 1};
    }
    if (is_special(text.front())) {
        return {text.substr(0, 1), 1};
    }
    const auto end = std::ranges::find_if_not(text, is_name_character);
    const auto length = static_cast<std::size_t>(end - text.begin());
    return {text.substr(0, length), length};
}

std::string joined(const std::vector<std::string>& parts) {
    std::string all;
    for (const auto& part : parts) {
        all += (all.empty() ? "" : ",") + part;
    }
    return all;
}

} // namespace

build_environment::build_environment(const build_source& source, const build_facts& facts)
    : at_{source.at},
      variables_{
          {"ARGOCD_APP_NAME", facts.application},
          {"ARGOCD_APP_NAMESPACE", facts.destination_namespace},
          {"ARGOCD_APP_PROJECT_NAME", facts.project},
          {"ARGOCD_APP_REVISION", source.revision},
          {"ARGOCD_APP_REVISION_SHORT", source.revision.substr(0, 7)},
          {"ARGOCD_APP_REVISION_SHORT_8", source.revision.substr(0, 8)},
          {"ARGOCD_APP_SOURCE_PATH", source.spec.path},
          {"ARGOCD_APP_SOURCE_REPO_URL", source.spec.repo_url},
          {"ARGOCD_APP_SOURCE_TARGET_REVISION", source.spec.target_revision},
          {"KUBE_VERSION", facts.kube_version},
          {"KUBE_API_VERSIONS", joined(*facts.api_versions)}
      } {}

bool tells_revision(std::string_view name) noexcept {
    return name == "ARGOCD_APP_REVISION" || name == "ARGOCD_APP_REVISION_SHORT" ||
           name == "ARGOCD_APP_REVISION_SHORT_8";
}

std::string build_environment::substitute(std::string_view text, std::vector<std::string>* unknown) const {
    std::string made;
    std::size_t copied = 0;
    for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', copied)) {
        made += text.substr(copied, at - copied);
        copied = at + 1;
        if (copied == text.size()) {
            made += '$';
            break;
        }
        const auto found = name_at(text.substr(copied));
        copied += found.length;
        if (found.name == "$") {
            made += '$';
        } else if (!found.name.empty()) {
            const auto known =
                std::ranges::find(variables_, found.name, &std::pair<std::string, std::string>::first);
            if (known != variables_.end()) {
                made += known->second;
                if (tells_revision(known->first)) {
                    at_.note_revision();
                }
            } else if (unknown != nullptr) {
                unknown->emplace_back(found.name);
            }
        } else if (found.length == 0) {
            made += '$'; // nothing that could be a name follows
        }
    }
    if (copied < text.size()) {
        made += text.substr(copied);
    }
    return made;
}

} // namespace holdfast::builders
