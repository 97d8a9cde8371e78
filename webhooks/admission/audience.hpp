#pragma once

#include "policy/surroundings.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::admission {

/// Who is told what a review comes to.
enum class audience {
    /// Whoever reaches the port: the review may be made up, in anybody's name.
    anyone,
    /// An API server, by its client certificate: the review is of somebody who may write the object.
    api_server,
};

/// What is around an object, as far as whoever asks may be told of it. Everybody: sources only through a
/// Repository of the object's own namespace or of the operator's. Anyone: nothing that it took a credential
/// to know, so only sources that are fetched without one, no Secret's keys, and no clusters. Keeps what it is made of.
class told_surroundings final : public policy::surroundings {
public:
    told_surroundings(const policy::surroundings& all, audience to) : all_{all}, to_{to} {}

    [[nodiscard]] const std::string& own_namespace() const override { return all_.own_namespace(); }
    [[nodiscard]] const crds::application*
    rival_of(const crds::application& value, const crds::application_source& source) const override {
        return all_.rival_of(value, source);
    }
    [[nodiscard]] const crds::application*
    application(const std::string& namespace_, const std::string& name) const override {
        return all_.application(namespace_, name);
    }
    [[nodiscard]] std::optional<policy::cluster_trouble>
    trouble_with_cluster(const crds::application_destination& to) const override {
        return to_ == audience::api_server ? all_.trouble_with_cluster(to) : std::nullopt;
    }
    [[nodiscard]] const crds::repository* rival_of(const crds::repository& value) const override {
        return all_.rival_of(value);
    }
    [[nodiscard]] const crds::repository*
    repository_for(const std::string& namespace_, const std::string& url) const override {
        return all_.repository_for(namespace_, url);
    }
    [[nodiscard]] const policy::known_projects& projects() const override { return all_.projects(); }
    [[nodiscard]] policy::cluster_identity cluster_meant_by(const crds::application_destination& to
    ) const override {
        return all_.cluster_meant_by(to);
    }
    /// Nobody but whoever may write Projects is told which Applications there are.
    void for_each_application_of(
        const std::string& project, const std::function<void(const crds::application&)>& see
    ) const override {
        if (to_ == audience::api_server) {
            all_.for_each_application_of(project, see);
        }
    }
    [[nodiscard]] std::optional<std::set<std::string>>
    secret_keys(const std::string& namespace_, const std::string& name) const override;
    [[nodiscard]] std::optional<bool> has_revision(
        const std::string& namespace_, const std::string& url, const std::string& revision,
        const std::string& tag_prefix
    ) const override;
    [[nodiscard]] asio::awaitable<std::vector<crds::problem>> look_into_sources(crds::application value
    ) const override;

    /// Whether it may be told what the repository at `url` has, to somebody who writes in that namespace.
    [[nodiscard]] bool may_tell_of(const std::string& namespace_, const std::string& url) const;

private:
    const policy::surroundings& all_;
    audience to_;
};

} // namespace holdfast::admission
