#include "builders/helm/dependencies.hpp"

#include "builders/helm/chart.hpp"
#include "builders/helm/inspect.hpp"
#include "builders/paths.hpp"
#include "match/semver.hpp"
#include "render/links.hpp"

#include <algorithm>
#include <set>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_charts = 500;
constexpr std::size_t max_nesting = 16;

std::string_view without_slash(std::string_view url) {
    while (url.ends_with('/')) {
        url.remove_suffix(1);
    }
    return url;
}

// "@stable" and "alias:stable": the repository that whoever builds calls so.
std::string_view name_in(std::string_view repository) {
    for (const std::string_view mark : {"@", "alias:"}) {
        if (repository.starts_with(mark)) return repository.substr(mark.size());
    }
    return {};
}

bool is_remote(std::string_view repository) {
    return !name_in(repository).empty() || repository.starts_with("https://") ||
           repository.starts_with("http://") || repository.starts_with("oci://");
}

bool fits(const std::string& range, const std::string& version) {
    const auto parsed = match::version_range::parse(range);
    const auto exact = match::version::parse(version);
    return parsed && exact && parsed->contains(*exact);
}

/// One run: a chart, and what it depends on in the repository.
class placing {
public:
    explicit placing(helm_work& work) : work_{work} {}

    /// `called` is how helm calls the chart in what it says: "web/charts/common".
    void place(const std::string& path, const std::string& to, const std::string& called) {
        if (is_too_much_) return;
        if (++charts_ > max_charts || above_.size() == max_nesting) {
            is_too_much_ = true;
            return work_.fail(
                path, 0, fmt::format("too many charts depend on each other: {}", fmt::join(above_, ", "))
            );
        }
        const auto chart = read_chart(*work_.repository, path);
        if (!chart) return work_.fail(chart.error());
        inspect_chart(work_, *chart);
        copy(*chart, to);
        const auto name = called.empty() ? chart->name : called;
        work_.plan.places[name] = path;
        for (const auto& vendored : chart->vendored) {
            called_as(*chart, vendored.name, name, render::join_path(path, "charts/" + vendored.entry));
        }
        above_.push_back(path);
        resolve(*chart, to, name);
        above_.pop_back();
    }

private:
    // helm says "web/charts/NAME/templates/…" with the alias for NAME where there is one.
    void called_as(
        const helm_chart& chart, const std::string& dependency, const std::string& name,
        const std::string& path
    ) {
        work_.plan.places[name + "/charts/" + dependency] = path;
        for (const auto& one : chart.dependencies) {
            if (one.name == dependency && !one.alias.empty()) {
                work_.plan.places[name + "/charts/" + one.alias] = path;
            }
        }
    }

    void copy(const helm_chart& chart, const std::string& to) {
        const bool is_root = above_.empty();
        auto& reader = *work_.repository->reader;
        const auto without = [&](std::string_view path, bool is_directory) {
            if (!chart.ignored.covers(path, is_directory)) return false;
            // A dependency is what helm would pack of it. Of the chart itself helm leaves out what it
            // ignores, and value files may be there; but large files are not worth their disk.
            if (!is_root) return true;
            const auto entry = reader.entry_at(render::join_path(chart.path, path));
            if (!entry ||
                (entry->mode != files::entry_mode::file && entry->mode != files::entry_mode::executable)) {
                return false;
            }
            const auto size = reader.blob_size(entry->id);
            return size && *size > max_helm_file;
        };
        if (auto done = work_.copies.directory(*work_.repository, chart.path, to, without); !done) {
            work_.fail(done.error());
        }
    }

    void resolve(const helm_chart& chart, const std::string& to, const std::string& called) {
        std::vector<const chart_dependency*> remote;
        std::set<std::pair<std::string, std::string>> done;
        for (const auto& dependency : chart.dependencies) {
            if (is_vendored(chart, dependency)) continue;
            const auto& repository = dependency.repository;
            const auto fail = [&](std::string message) {
                work_.fail(chart.dependencies_file, dependency.line, std::move(message));
            };
            if (repository.empty()) {
                fail(fmt::format(
                    "{} has no repository, and charts/{} is not there: commit it, or say where it is from",
                    dependency.name, dependency.name
                ));
            } else if (repository.starts_with("file://")) {
                if (done.emplace(dependency.name, repository).second) local(chart, dependency, to, called);
            } else if (!is_remote(repository)) {
                fail(fmt::format(
                    "the repository \"{}\" of {} is none: https://…, oci://…, file://… or @NAME of a "
                    "Repository is expected",
                    repository, dependency.name
                ));
            } else {
                remote.push_back(&dependency);
            }
        }
        check_lock(chart, !remote.empty());
        for (const auto* dependency : remote) {
            fetched(chart, *dependency, to, called);
        }
    }

    bool is_vendored(const helm_chart& chart, const chart_dependency& dependency) {
        const vendored_chart* other = nullptr;
        for (const auto& vendored : chart.vendored) {
            if (vendored.name != dependency.name) continue;
            if (fits(dependency.version, vendored.version)) return true;
            other = &vendored;
        }
        if (other == nullptr) return false;
        // helm looks at the name alone to see whether something is missing, and renders it.
        work_.warn(fmt::format(
            "{}:{}: charts/{} is version {}, which is not \"{}\": helm renders it without the dependency's "
            "condition, "
            "tags and alias; run `helm dependency update`",
            chart.dependencies_file, dependency.line, other->entry, other->version, dependency.version
        ));
        return true;
    }

    void local(
        const helm_chart& chart, const chart_dependency& dependency, const std::string& to,
        const std::string& called
    ) {
        const auto fail = [&](std::string message) {
            work_.fail(chart.dependencies_file, dependency.line, std::move(message));
        };
        const auto& repository = dependency.repository;
        const auto written = std::string_view{repository}.substr(7);
        const auto path = written.starts_with('/') ? std::nullopt : join_paths(chart.path, written);
        if (!path) return fail(fmt::format("{} of {} is not in the repository", repository, dependency.name));
        const auto found = work_.repository->find(*path);
        if (!found && found.error().kind() == error_kind::not_found) {
            return fail(fmt::format(
                "{} of {}: there is no {} in {}{}", repository, dependency.name, *path,
                work_.repository->name, what_is_there(*work_.repository, *path)
            ));
        }
        if (!found) return work_.fail(found.error(), chart.dependencies_file, dependency.line);
        if (found->mode != files::entry_mode::tree) {
            return fail(
                fmt::format("{} of {} is a file, not the directory of a chart", repository, dependency.name)
            );
        }
        if (std::ranges::find(above_, found->name) != above_.end()) {
            return fail(fmt::format(
                "{} depends on itself: {} -> {}", dependency.name, fmt::join(above_, " -> "), found->name
            ));
        }
        const auto library = read_chart(*work_.repository, found->name);
        if (!library) return work_.fail(library.error());
        if (library->name != dependency.name) {
            return fail(
                fmt::format("{} is the chart \"{}\", not \"{}\"", repository, library->name, dependency.name)
            );
        }
        if (!fits(dependency.version, library->version)) {
            return fail(fmt::format(
                "{} is version {} of {}, which is not \"{}\"", repository, library->version, dependency.name,
                dependency.version
            ));
        }
        // Two versions of one chart can be there side by side.
        std::string place = "charts/" + dependency.name;
        for (int i = 2; !taken_.insert(to + "/" + place).second ||
                        work_.repository->find(render::join_path(chart.path, place)).has_value();
             ++i) {
            place = fmt::format("charts/{}-{}", dependency.name, i);
        }
        this->place(found->name, to + "/" + place, called + "/charts/" + dependency.name);
        called_as(chart, dependency.name, called, found->name);
    }

    /// What the lock file says of a dependency; empty when there is none.
    static std::string locked(const helm_chart& chart, const chart_dependency& dependency) {
        if (!chart.lock) return {};
        for (std::size_t i = 0; i < chart.lock->size(); ++i) {
            const auto& lock = (*chart.lock)[i];
            if (lock.name == dependency.name && fits(dependency.version, lock.version)) return lock.version;
        }
        return {};
    }

    void check_lock(const helm_chart& chart, bool is_used) {
        if (!chart.lock) return;
        const auto said = [&](int line, const std::string& what) {
            const auto sentence = fmt::format(
                "does not fit {}: {}; run `helm dependency update` and commit the file",
                base_of(chart.dependencies_file), what
            );
            if (is_used) return work_.fail(chart.lock_file, line, sentence);
            // All that it names is there already: it decides nothing.
            work_.warn(fmt::format("{}:{}: {}", chart.lock_file, line, sentence));
        };
        const auto& lock = *chart.lock;
        for (std::size_t i = 0; i < chart.dependencies.size(); ++i) {
            const auto& wanted = chart.dependencies[i];
            if (i >= lock.size()) return said(1, fmt::format("{} is not in it", wanted.name));
            const auto& found = lock[i];
            if (found.name != wanted.name) {
                return said(
                    found.line, fmt::format("{} stands where {} is expected", found.name, wanted.name)
                );
            }
            if (!is_remote(wanted.repository)) continue; // the version is that of the directory
            // Who locked it may have been told the URL that is behind a name.
            const bool is_named = !name_in(wanted.repository).empty() || !name_in(found.repository).empty();
            if (!is_named && without_slash(found.repository) != without_slash(wanted.repository)) {
                return said(found.line, fmt::format("{} is from {} in it", wanted.name, found.repository));
            }
            if (!fits(wanted.version, found.version)) {
                return said(
                    found.line, fmt::format("{} {} is not \"{}\"", wanted.name, found.version, wanted.version)
                );
            }
        }
        if (lock.size() > chart.dependencies.size()) {
            const auto& extra = lock[chart.dependencies.size()];
            said(extra.line, fmt::format("{} is not a dependency", extra.name));
        }
    }

    void fetched(
        const helm_chart& chart, const chart_dependency& dependency, const std::string& to,
        const std::string& called
    ) {
        if (dependency.version.empty()) {
            return work_.fail(
                chart.dependencies_file, dependency.line, fmt::format("{} needs a version", dependency.name)
            );
        }
        if (const auto range = match::version_range::parse(dependency.version); !range) {
            return work_.fail(
                range.error().within(dependency.name), chart.dependencies_file, dependency.line
            );
        }
        auto version = locked(chart, dependency);
        const auto called_so = name_in(dependency.repository);
        const auto* found = work_.need({
            .what = need::kind::chart,
            .url = called_so.empty() ? std::string{without_slash(dependency.repository)}
                                     : fmt::format("@{}", called_so),
            .name = dependency.name,
            .revision = version.empty() ? dependency.version : std::move(version),
        });
        if (found == nullptr) return;
        work_.copies.archive(*found, to + "/charts/" + archive_name(dependency.name, found->version));
        called_as(
            chart, dependency.name, called, fmt::format("chart {} {}", dependency.name, found->version)
        );
    }

    helm_work& work_;
    std::vector<std::string> above_;
    std::set<std::string> taken_;
    std::size_t charts_ = 0;
    bool is_too_much_ = false;
};

} // namespace

void place_chart(helm_work& work, const std::string& path, const std::string& to) {
    placing{work}.place(path, to, {});
}

} // namespace holdfast::builders
