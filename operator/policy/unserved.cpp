#include "policy/unserved.hpp"

#include "base/counted_list.hpp"
#include "kube/object.hpp"
#include "match/words.hpp"

#include <array>
#include <string_view>

namespace holdfast::policy {

namespace {

struct companion {
    /// Of its annotations, all of which begin so.
    std::string_view prefix;
    std::string_view instead;
};

constexpr std::array companions{
    companion{
        "argocd-image-updater.argoproj.io/",
        "nothing here looks for newer images: have your pipeline write the tag into the repository"
    },
    companion{
        "notifications.argoproj.io/",
        "no notifications are sent by annotations: alert on events and metrics (docs/metrics.md)"
    },
};

constexpr std::size_t most_named = 3;

} // namespace

std::vector<crds::problem> unserved_annotations(const crds::object_metadata& metadata) {
    std::vector<crds::problem> found;
    for (const auto& one : companions) {
        counted_list names{most_named, ", "};
        for (const auto& [name, value] : metadata.annotations) {
            if (name.starts_with(one.prefix)) names.add(name);
        }
        if (!names.empty()) {
            found.push_back(
                {"metadata.annotations", "has no effect: " + names.text() + "; " + std::string{one.instead}}
            );
        }
    }
    return found;
}

std::string unserved_secret(
    const boost::json::object& secret, std::string_view namespace_, std::string_view own_namespace
) {
    constexpr std::string_view key = "argocd.argoproj.io/secret-type";
    const auto type = kube::kind_of(secret) == "Secret" || kube::kind_of(secret).empty()
                          ? kube::label(secret, key)
                          : std::nullopt;
    if (!type) return {};
    const bool is_cluster = *type == "cluster";
    if (is_cluster && namespace_ == own_namespace) return {};
    return "is labelled " + std::string{key} + "=" + match::shown(*type) + ", which " +
           (is_cluster ? "is read nowhere but in the operator's namespace; " : "only Argo CD reads; ") +
           (is_cluster
                ? "move it to " + match::shown(own_namespace) + " to declare a cluster"
                : std::string{
                      "here a Repository names the Secret with a repository's credentials (spec.secretRef)"
                  });
}

} // namespace holdfast::policy
