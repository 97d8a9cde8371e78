#pragma once

#include "control/surroundings.hpp"

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
/// to know, so only sources that are fetched without one, and no Secret's keys. Keeps what it is made of.
class told_surroundings final : public control::surroundings {
public:
    told_surroundings(const control::surroundings& all, audience to) : all_{all}, to_{to} {}

    [[nodiscard]] const std::string& own_namespace() const override { return all_.own_namespace(); }
    void for_each_application(const std::function<void(const crds::application&)>& see) const override {
        all_.for_each_application(see);
    }
    [[nodiscard]] const crds::application*
    application(const std::string& namespace_, const std::string& name) const override {
        return all_.application(namespace_, name);
    }
    void for_each_repository(const std::function<void(const crds::repository&)>& see) const override {
        all_.for_each_repository(see);
    }
    [[nodiscard]] const crds::repository*
    repository_for(const std::string& namespace_, const std::string& url) const override {
        return all_.repository_for(namespace_, url);
    }
    [[nodiscard]] std::optional<std::set<std::string>>
    secret_keys(const std::string& namespace_, const std::string& name) const override;
    [[nodiscard]] std::optional<bool> has_revision(
        const std::string& namespace_, const std::string& url, const std::string& revision,
        const std::string& tag_prefix
    ) const override;
    [[nodiscard]] std::optional<bool> is_branch(
        const std::string& namespace_, const std::string& url, const std::string& revision
    ) const override;
    [[nodiscard]] asio::awaitable<std::vector<crds::problem>> look_into_sources(crds::application value
    ) const override;

    /// Whether it may be told what the repository at `url` has, to somebody who writes in that namespace.
    [[nodiscard]] bool may_tell_of(const std::string& namespace_, const std::string& url) const;

private:
    const control::surroundings& all_;
    audience to_;
};

} // namespace holdfast::admission
