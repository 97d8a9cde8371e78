#include "crds/kinds.hpp"

#include "crds/application.hpp"
#include "crds/application_set.hpp"
#include "crds/project.hpp"
#include "crds/repository.hpp"

namespace holdfast::crds {

const kind_description& application_kind() {
    static constexpr printer_column columns[] = {
        {"Sync", "string", ".status.sync.status", "Whether the cluster is as the manifests say."},
        {"Health", "string", ".status.health.status", "How its objects are doing."},
        {"Revision", "string", ".status.sync.shortRevision", "The commit that was compared with."},
        {"Age", "date", ".metadata.creationTimestamp", "When it was made."},
        {"Repository", "string", ".spec.source.repoURL", "Where the manifests come from.", true},
        {"Path", "string", ".spec.source.path", "Folder of the manifests.", true},
        {"Message", "string", R"(.status.conditions[?(@.type=="Ready")].message)",
         "How it is doing, in words.", true},
    };
    static constexpr std::string_view selectable[] = {
        ".spec.project",          ".spec.source.repoURL", ".spec.destination.namespace",
        ".spec.destination.name", ".status.sync.status",  ".status.health.status"
    };
    static const kind_description description{
        .kind = "Application",
        .plural = "applications",
        .singular = "application",
        .short_name = "happ",
        .columns = columns,
        .selectable = selectable,
        .type = &description_of<application>()
    };
    return description;
}

const kind_description& application_set_kind() {
    static constexpr printer_column columns[] = {
        {"Applications", "integer", ".status.resourcesCount", "How many applications it has."},
        {"Health", "string", ".status.health.status", "Whether it could do its work."},
        {"Age", "date", ".metadata.creationTimestamp", "When it was made."},
        {"Message", "string", R"(.status.conditions[?(@.type=="Ready")].message)",
         "How it is doing, in words.", true},
    };
    static constexpr std::string_view selectable[] = {".status.health.status"};
    static const kind_description description{
        .kind = "ApplicationSet",
        .plural = "applicationsets",
        .singular = "applicationset",
        .short_name = "happset",
        .columns = columns,
        .selectable = selectable,
        .type = &description_of<application_set>()
    };
    return description;
}

const kind_description& project_kind_description() {
    static constexpr printer_column columns[] = {
        {"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", "Whether it holds."},
        {"Applications", "integer", ".status.applications", "How many applications name it."},
        {"Forbidden", "integer", ".status.forbiddenApplications", "How many of them it forbids something."},
        {"Age", "date", ".metadata.creationTimestamp", "When it was made."},
        {"Description", "string", ".spec.description", "What it is for.", true},
        {"Message", "string", R"(.status.conditions[?(@.type=="Ready")].message)",
         "How it is doing, in words.", true},
    };
    static const kind_description description{
        .kind = "Project",
        .plural = "projects",
        .singular = "project",
        .short_name = "hproj",
        .columns = columns,
        .selectable = {},
        .type = &description_of<project>()
    };
    return description;
}

const kind_description& repository_kind() {
    static constexpr printer_column columns[] = {
        {"URL", "string", ".spec.url", "Where it is."},
        {"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", "Whether it was reached."},
        {"Applications", "integer", ".status.applications", "How many applications read from it."},
        {"Age", "date", ".metadata.creationTimestamp", "When it was made."},
        {"Last fetch", "date", ".status.lastFetch.time", "When a fetch last brought something, or failed.",
         true},
        {"Message", "string", R"(.status.conditions[?(@.type=="Ready")].message)",
         "How it is doing, in words.", true},
    };
    static constexpr std::string_view selectable[] = {".spec.url"};
    static const kind_description description{
        .kind = "Repository",
        .plural = "repositories",
        .singular = "repository",
        .short_name = "hrepo",
        .columns = columns,
        .selectable = selectable,
        .type = &description_of<repository>()
    };
    return description;
}

} // namespace holdfast::crds
