// What the controller knows, for judging objects.

#include "control/application_controller_state.hpp"

namespace holdfast::control {

void application_controller::state::for_each_application(
    const std::function<void(const crds::application&)>& see
) const {
    for (const auto& [key, r] : records) {
        see(r->object);
    }
}

const crds::application*
application_controller::state::application(const std::string& namespace_, const std::string& name) const {
    const auto r = find(namespace_ + "/" + name);
    return r ? &r->object : nullptr;
}

void application_controller::state::for_each_repository(
    const std::function<void(const crds::repository&)>& see
) const {
    with.sources.for_each(see);
}

const crds::repository*
application_controller::state::repository_for(const std::string& namespace_, const std::string& url) const {
    return with.sources.serving(namespace_, url);
}

std::optional<std::set<std::string>>
application_controller::state::secret_keys(const std::string& namespace_, const std::string& name) const {
    return with.sources.secret_keys(namespace_, name);
}

std::optional<bool> application_controller::state::has_revision(
    const std::string& namespace_, const std::string& url, const std::string& revision,
    const std::string& tag_prefix
) const {
    const auto refs = with.sources.refs(namespace_, url);
    const auto parsed = git::revision::parse(revision);
    if (!refs || !parsed || parsed->kind == git::revision::form::commit) {
        return std::nullopt;
    }
    const auto found = git::resolve(*parsed, *refs, tag_prefix);
    if (!found && found.error().kind() != error_kind::not_found) {
        return std::nullopt;
    }
    return found.has_value();
}

std::optional<bool> application_controller::state::is_branch(
    const std::string& namespace_, const std::string& url, const std::string& revision
) const {
    const auto refs = with.sources.refs(namespace_, url);
    if (!refs) {
        return std::nullopt;
    }
    return revision.empty() || revision == "HEAD" || refs->find("refs/heads/" + revision) != nullptr ||
           (revision.starts_with("refs/heads/") && refs->find(revision) != nullptr);
}

} // namespace holdfast::control
