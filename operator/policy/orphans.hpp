#pragma once

#include "crds/project.hpp"
#include "match/glob.hpp"
#include "sync/identity.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::policy {

/// Which objects a Project does not want told as orphaned (spec.orphanedResources.ignore), its patterns compiled
/// once. Immutable; any thread.
class orphans_ignored {
public:
    explicit orphans_ignored(const crds::orphaned_resources_settings& settings);

    /// Whether the object does not count: by the Project, or since every namespace has it (the ServiceAccount
    /// "default", the ConfigMap "kube-root-ca.crt", the Service "kubernetes" of the namespace "default").
    [[nodiscard]] bool covers(const sync::object_id& id) const;

private:
    struct entry {
        match::glob group;
        std::optional<match::glob> kind; // nothing: all
        std::optional<match::glob> name;
    };
    std::vector<entry> entries_;
};

/// What is said of orphans: "Application has 3 orphaned resources: ConfigMap \"shop/old\"; …"; empty where there are
/// none. The first few are named.
[[nodiscard]] std::string orphans_sentence(const std::vector<sync::object_id>& orphans, bool there_are_more);

} // namespace holdfast::policy
