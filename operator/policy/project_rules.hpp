#pragma once

#include "crds/project.hpp"
#include "match/glob.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::policy {

/// Which project an Application is in that names none.
inline constexpr std::string_view default_project = "default";

/// A cluster as destinations name it; either may be empty where it is not known.
struct cluster_identity {
    std::string server;
    std::string name;
    /// The one that its Secret declares it for; empty: everybody's.
    std::string project;
    friend bool operator==(const cluster_identity&, const cluster_identity&) = default;
};

class orphans_ignored;
class sync_windows;

/// What a Project permits, by Argo CD's rules, its patterns compiled once. Immutable; any thread.
class project_rules {
public:
    explicit project_rules(const crds::project& value);
    /// Of one that could not be read: `why` is what is wrong with it, and it permits nothing.
    project_rules(std::string name, std::string why);
    ~project_rules();
    project_rules(const project_rules&) = delete;
    project_rules& operator=(const project_rules&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const crds::project_spec& spec() const noexcept { return spec_; }
    /// What is wrong with it; empty where nothing is. It permits nothing then.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

    /// Some pattern fits the URL, and none that denies does. A list of nothing but denials permits the rest. A
    /// URL that does not say plainly which repository it is (match::is_plain_repository) is permitted only where
    /// every one is.
    [[nodiscard]] bool permits_source(std::string_view url) const;
    /// With permitOnlyProjectScopedClusters a cluster has to be declared for this project, too.
    [[nodiscard]] bool
    permits_destination(const cluster_identity& cluster, std::string_view namespace_) const;
    /// Whether some namespace of a cluster may be deployed to.
    [[nodiscard]] bool permits_cluster(const cluster_identity& cluster) const;
    [[nodiscard]] bool permits_namespaced_kind(std::string_view group, std::string_view kind) const;
    [[nodiscard]] bool
    permits_cluster_kind(std::string_view group, std::string_view kind, std::string_view name) const;
    /// As which ServiceAccount applications deploy there: "NAMESPACE:NAME", or a name in the destination's namespace;
    /// empty: no entry of destinationServiceAccounts fits.
    [[nodiscard]] std::string_view
    account_for(const cluster_identity& cluster, std::string_view namespace_) const;
    /// Whether Applications of a namespace that is not the operator's may use it.
    [[nodiscard]] bool permits_applications_in(std::string_view namespace_) const;
    /// Whether commits of a Git repository have to be signed (sourceIntegrity, signatureKeys). Where it is not plain
    /// which repository a URL means, they have to.
    [[nodiscard]] bool demands_signatures(std::string_view url) const;
    /// Why what was signed by the keys of these fingerprints may not be read from there, as a sentence; empty: it
    /// may. Each of them has to be one that the Project names. `signers`: nothing where no signature was checked.
    [[nodiscard]] std::string
    why_not_signed(std::string_view url, const std::optional<std::vector<std::string>>& signers) const;
    /// Which objects are not told as orphaned; null where nobody wants any told. Valid as long as this is.
    [[nodiscard]] const orphans_ignored* orphans() const noexcept;
    /// When they may be synced; none where the Project is wrong, since nothing is then. Valid as long as this is.
    [[nodiscard]] const sync_windows& windows() const noexcept;

private:
    struct patterns;

    std::string name_;
    crds::project_spec spec_;
    std::string problem_;
    std::unique_ptr<const patterns> compiled_;
};

} // namespace holdfast::policy
