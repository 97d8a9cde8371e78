#include "crds/secret_names.hpp"

namespace holdfast::crds {

std::set<std::string> secrets_named_by(const repository_spec& spec) {
    std::set<std::string> names;
    if (spec.secret_ref) {
        names.insert(spec.secret_ref->name);
    }
    if (spec.webhook) {
        names.insert(spec.webhook->secret_ref.name);
    }
    if (spec.proxy && spec.proxy->secret_ref) {
        names.insert(spec.proxy->secret_ref->name);
    }
    if (spec.verify) {
        names.insert(spec.verify->secret_ref.name);
    }
    if (spec.password_store) {
        names.insert(spec.password_store->key_secret_ref.name);
        if (spec.password_store->passphrase_secret_ref) {
            names.insert(spec.password_store->passphrase_secret_ref->name);
        }
    }
    return names;
}

std::set<std::string> secrets_named_by(const application_spec& spec) {
    std::set<std::string> names;
    const auto add = [&](const std::optional<secret_reference>& one) {
        if (one) {
            names.insert(one->name);
        }
    };
    for (const auto& source : spec.secrets) {
        if (source.pass) {
            names.insert(source.pass->key_secret_ref.name);
            add(source.pass->passphrase_secret_ref);
        }
        if (source.sops) {
            names.insert(source.sops->key_secret_ref.name);
            add(source.sops->passphrase_secret_ref);
        }
    }
    return names;
}

} // namespace holdfast::crds
