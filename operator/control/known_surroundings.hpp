#pragma once

#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
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
        const cluster::destinations& clusters;
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

private:
    parts with_;
};

} // namespace holdfast::control
