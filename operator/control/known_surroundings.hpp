#pragma once

#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/project_users.hpp"
#include "policy/claim_index.hpp"
#include "policy/surroundings.hpp"
#include "sources/builder.hpp"
#include "sources/repositories.hpp"

namespace holdfast::control {

/// What the controllers know, for judging specifications. On the loop's thread.
class known_surroundings final : public policy::surroundings {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        const application_index& applications;
        const policy::claim_index& claims;
        const project_users& in_projects;
        const cluster::destinations& clusters;
        const policy::known_projects& projects;
        sources::repositories& sources;
        sources::builder& build;
    };
    explicit known_surroundings(parts with) : with_{with} {}

    [[nodiscard]] const std::string& own_namespace() const override { return with_.config.own_namespace; }
    [[nodiscard]] const crds::application*
    rival_of(const crds::application& value, const crds::application_source& source) const override;
    [[nodiscard]] const crds::application*
    application(const std::string& namespace_, const std::string& name) const override;
    [[nodiscard]] std::optional<policy::cluster_trouble>
    trouble_with_cluster(const crds::application_destination& to) const override;
    [[nodiscard]] const crds::repository* rival_of(const crds::repository& value) const override;
    [[nodiscard]] const crds::repository*
    repository_for(const std::string& namespace_, const std::string& url) const override;
    [[nodiscard]] std::optional<std::set<std::string>>
    secret_keys(const std::string& namespace_, const std::string& name) const override;
    [[nodiscard]] std::optional<bool> has_revision(
        const std::string& namespace_, const std::string& url, const std::string& revision,
        const std::string& tag_prefix
    ) const override;
    [[nodiscard]] asio::awaitable<std::vector<crds::problem>> look_into_sources(crds::application value
    ) const override;
    [[nodiscard]] const policy::known_projects& projects() const override { return with_.projects; }
    [[nodiscard]] policy::cluster_identity cluster_meant_by(const crds::application_destination& to
    ) const override;
    void for_each_application_of(
        const std::string& project, const std::function<void(const crds::application&)>& see
    ) const override;

private:
    parts with_;
};

} // namespace holdfast::control
