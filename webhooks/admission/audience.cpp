#include "admission/audience.hpp"

#include "git/url.hpp"

#include <utility>

namespace holdfast::admission {

bool told_surroundings::may_tell_of(const std::string& namespace_, const std::string& url) const {
    if (namespace_.empty()) {
        return false;
    }
    const auto* through = all_.repository_for(namespace_, url);
    if (through != nullptr && through->metadata.namespace_ != namespace_ &&
        through->metadata.namespace_ != all_.own_namespace()) {
        return false;
    }
    if (to_ == audience::api_server) {
        return true;
    }
    // A file:// URL leads to the operator's own disk, and ssh goes by nothing but a credential.
    const auto parsed = git::url::parse(url);
    const bool by_web =
        parsed && (parsed->kind() == git::transport::https || parsed->kind() == git::transport::http);
    return by_web && (through == nullptr || !through->spec.secret_ref);
}

std::optional<std::set<std::string>>
told_surroundings::secret_keys(const std::string& namespace_, const std::string& name) const {
    return to_ == audience::api_server ? all_.secret_keys(namespace_, name) : std::nullopt;
}

std::optional<bool> told_surroundings::has_revision(
    const std::string& namespace_, const std::string& url, const std::string& revision,
    const std::string& tag_prefix
) const {
    return may_tell_of(namespace_, url) ? all_.has_revision(namespace_, url, revision, tag_prefix)
                                        : std::nullopt;
}

asio::awaitable<std::vector<crds::problem>> told_surroundings::look_into_sources(crds::application value
) const {
    const auto& namespace_ = value.metadata.namespace_;
    const auto may_be_read = [&](const crds::application_source& source) {
        return may_tell_of(namespace_, source.repo_url);
    };
    // One that is passed over is one without a path, so that the others keep their places.
    if (value.spec.source && !may_be_read(*value.spec.source)) {
        value.spec.source->path.clear();
    }
    for (auto& source : value.spec.sources) {
        if (!may_be_read(source)) {
            source.path.clear();
        }
    }
    co_return co_await all_.look_into_sources(std::move(value));
}

} // namespace holdfast::admission
