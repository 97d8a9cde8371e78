#include "builders/helm/values.hpp"

#include "base/hash.hpp"
#include "base/json_as_yaml.hpp"
#include "builders/doublestar.hpp"
#include "builders/paths.hpp"
#include "render/links.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_values_file = std::size_t{10} << 20U;
constexpr std::size_t max_pointer = 1024; // of a pointer into LFS, by its specification
constexpr std::size_t max_entries = 1000;

/// The scheme of a URL as Go's url.Parse has it; empty for a path.
std::string_view scheme_of(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) return {};
    const auto scheme = text.substr(0, colon);
    const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
    if (!is_letter(scheme.front())) return {};
    const bool is_one = std::ranges::all_of(scheme, [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
    return is_one ? scheme : std::string_view{};
}

bool is_url(std::string_view scheme) {
    std::string lower{scheme};
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return lower == "http" || lower == "https";
}

/// A URL as messages may show it.
std::string without_user(const std::string& url) {
    const auto host = url.find("://") + 3;
    const auto end = std::min(url.find_first_of("/?#", host), url.size());
    const auto at = url.rfind('@', end);
    return at == std::string::npos || at < host ? url : url.substr(0, host) + url.substr(at + 1);
}

/// One entry, as far as its text says where it leads.
struct entry {
    /// "spec.source.helm.valueFiles[1]".
    std::string field;
    std::string written;
    /// Of a URL: it.
    std::string url;
    /// The source; nullptr for the chart's archive.
    const source_view* view = nullptr;
    /// From the root of the source or the archive.
    std::string path;
    /// Where the root is below the workspace, and what stands for it in messages.
    std::string below;
    std::string shown;
};

/// Finds files for the options of helm that name some.
class file_finder {
public:
    file_finder(helm_work& work, const values_base& base) : work_{work}, base_{base} {}

    /// Nothing, and an error said or the chart missing, where an entry cannot lead anywhere.
    std::optional<entry> read(std::string field, const std::string& written) {
        entry one{.field = std::move(field), .written = written};
        if (written.starts_with('$')) {
            const auto slash = std::min(written.find('/'), written.size());
            const auto name = written.substr(1, slash - 1);
            if (work_.source.refs.contains(name)) return in_ref(std::move(one), name, written.substr(slash));
            std::vector<std::string> unknown;
            (void)work_.environment.substitute(written.substr(0, slash), &unknown);
            if (!unknown.empty()) return no_ref(one, unknown.front());
        }
        const auto text = work_.environment.substitute(written);
        if (const auto scheme = scheme_of(text); !scheme.empty()) {
            if (!is_url(scheme)) {
                work_.fail(fmt::format(
                    "{}: the URL scheme \"{}\" of {} is not allowed: http and https are", one.field, scheme,
                    text
                ));
                return std::nullopt;
            }
            one.url = text;
            return one;
        }
        if (work_.repository == nullptr) {
            if (base_.archive == nullptr) return std::nullopt;
            return at_path(std::move(one), {}, text);
        }
        one.view = work_.repository.get();
        one.below = "repo";
        return at_path(std::move(one), base_.chart_path, text);
    }

    /// The files that an entry means, in order; empty for a URL and where nothing is there.
    result<std::vector<std::string>> matches(const entry& one) {
        if (has_wildcard(one.path)) {
            return one.view != nullptr ? expand_pattern(*one.view, one.path)
                                       : expand_pattern(base_.archive->paths(), one.path);
        }
        if (one.view == nullptr) {
            const bool is_there = base_.archive->has(one.path);
            return is_there ? std::vector{one.path} : std::vector<std::string>{};
        }
        const auto found = one.view->find(one.path);
        if (found) return std::vector{one.path};
        if (found.error().kind() == error_kind::not_found) return std::vector<std::string>{};
        return found.error();
    }

    void missing(const entry& one) {
        const auto base = one.view == nullptr ? what_is_there(base_.archive->paths(), one.path)
                                              : what_is_there(*one.view, one.path);
        const auto where = one.view == nullptr ? work_.plan.name : one.view->name;
        if (has_wildcard(one.path)) {
            work_.fail(fmt::format("{}: {} matches no file in {}{}", one.field, one.path, where, base));
        } else {
            work_.fail(fmt::format("{}: there is no {} in {}{}", one.field, one.path, where, base));
        }
    }

    /// Gives one file to the build: its place below the workspace.
    std::optional<std::string> place(const entry& one, const std::string& path) {
        if (one.view == nullptr) {
            auto to = "values/chart/" + path;
            if (!work_.copies.has(to)) {
                auto content = base_.archive->content(path);
                if (!content) {
                    work_.fail(content.error().within(one.field));
                    return std::nullopt;
                }
                work_.copies.written(std::move(*content), to);
            }
            work_.plan.places[to] = fmt::format("{}: {}", work_.plan.name, path);
            return to;
        }
        auto found = one.view->find(path);
        if (!found) {
            work_.fail(found.error().within(one.field));
            return std::nullopt;
        }
        const auto wrong = [&](std::string_view what) {
            work_.fail(fmt::format("{}: {} in {} {}", one.field, path, one.view->name, what));
            return std::nullopt;
        };
        if (found->mode == files::entry_mode::tree || found->mode == files::entry_mode::submodule) {
            return wrong("is a directory, not a file");
        }
        const auto size = one.view->reader->blob_size(found->id);
        if (!size) {
            work_.fail(size.error().within(one.field));
            return std::nullopt;
        }
        if (*size > max_values_file) {
            return wrong(fmt::format("has more than {} MiB", max_values_file >> 20U));
        }
        if (*size <= max_pointer) {
            const auto text = one.view->reader->blob(found->id);
            if (text && files::is_lfs_pointer(*text)) {
                return wrong("is a pointer to a file in Git LFS, not the file: commit the file itself");
            }
        }
        auto to = render::join_path(one.below, path);
        if (!work_.copies.has(to)) work_.copies.file(*one.view, *found, to);
        work_.plan.places[to] = one.shown + path;
        return to;
    }

    /// Gives what is behind a URL to the build; nothing while it is missing.
    std::optional<std::string> download(const entry& one) {
        const auto* found = work_.need({.what = need::kind::file, .url = one.url});
        if (found == nullptr) return std::nullopt;
        auto to = fmt::format("values/url-{}.yaml", to_hex(sha256(one.url)).substr(0, 16));
        work_.copies.archive(*found, to);
        work_.plan.places[to] = without_user(one.url);
        return to;
    }

    /// Gives the one file that an entry names to the build, whatever is in its name; an error where there is
    /// none.
    std::optional<std::string> place_named(const entry& one) {
        if (one.view == nullptr && !base_.archive->has(one.path)) {
            missing(one);
            return std::nullopt;
        }
        if (one.view != nullptr) {
            const auto found = one.view->find(one.path);
            if (!found && found.error().kind() == error_kind::not_found) {
                missing(one);
                return std::nullopt;
            }
        }
        return place(one, one.path);
    }

private:
    std::optional<entry> no_ref(const entry& one, const std::string& name) {
        std::vector<std::string> names;
        for (const auto& [known, source] : work_.source.refs) {
            names.push_back(known);
        }
        work_.fail(fmt::format(
            "{}: {}: there is no source with ref: {}{}", one.field, one.written, name,
            what_is_there(names, name)
        ));
        return std::nullopt;
    }

    std::optional<entry> in_ref(entry one, const std::string& name, const std::string& rest) {
        auto known = work_.refs.find(name);
        if (known == work_.refs.end()) {
            const auto& source = work_.source.refs.find(name)->second;
            auto view = source_view::of(source.at, source.repo_url);
            if (!view) {
                work_.fail(view.error().within(one.field));
                return std::nullopt;
            }
            known = work_.refs.emplace(name, std::move(*view)).first;
        }
        one.view = &known->second;
        one.below = "refs/" + name;
        one.shown = "$" + name + "/";
        return at_path(std::move(one), {}, work_.environment.substitute(rest));
    }

    std::optional<entry> at_path(entry one, const std::string& directory, const std::string& text) {
        auto path = join_paths(directory, text);
        if (!path || text.find('\0') != std::string::npos) {
            work_.fail(fmt::format(
                "{}: {} leads out of {}", one.field, text,
                one.view == nullptr ? "the chart" : "the repository"
            ));
            return std::nullopt;
        }
        if (path->empty()) {
            work_.fail(fmt::format("{}: \"{}\" names no file", one.field, one.written));
            return std::nullopt;
        }
        one.path = std::move(*path);
        return one;
    }

    helm_work& work_;
    const values_base& base_;
};

} // namespace

std::vector<std::string> place_value_files(helm_work& work, const values_base& base) {
    std::vector<std::string> placed;
    const auto& options = *work.source.spec.helm;
    if (options.value_files.size() > max_entries) {
        work.fail(fmt::format("spec.source.helm.valueFiles: there are more than {} entries", max_entries));
        return placed;
    }
    file_finder finder{work, base};
    std::vector<entry> entries;
    std::set<std::string> named;
    for (std::size_t i = 0; i < options.value_files.size(); ++i) {
        auto one = finder.read(fmt::format("spec.source.helm.valueFiles[{}]", i), options.value_files[i]);
        if (!one) continue;
        if (one->url.empty() && !has_wildcard(one->path)) named.insert(one->below + "/" + one->path);
        entries.push_back(std::move(*one));
    }
    std::set<std::string> seen;
    const auto add = [&](std::optional<std::string> to) {
        if (to && seen.insert(*to).second) placed.push_back(std::move(*to));
    };
    for (const auto& one : entries) {
        if (!one.url.empty()) {
            add(finder.download(one));
            continue;
        }
        const auto found = finder.matches(one);
        if (!found) {
            work.fail(found.error().within(one.field));
            continue;
        }
        if (found->empty() && !options.ignore_missing_value_files) finder.missing(one);
        for (const auto& path : *found) {
            if (has_wildcard(one.path) && named.contains(one.below + "/" + path)) continue;
            add(finder.place(one, path));
        }
    }
    return placed;
}

std::vector<std::pair<std::string, std::string>>
place_file_parameters(helm_work& work, const values_base& base) {
    std::vector<std::pair<std::string, std::string>> placed;
    const auto& parameters = work.source.spec.helm->file_parameters;
    if (parameters.size() > max_entries) {
        work.fail(fmt::format("spec.source.helm.fileParameters: there are more than {} entries", max_entries)
        );
        return placed;
    }
    file_finder finder{work, base};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto one =
            finder.read(fmt::format("spec.source.helm.fileParameters[{}]", i), parameters[i].path);
        if (!one) continue;
        auto to = one->url.empty() ? finder.place_named(*one) : finder.download(*one);
        if (to) placed.emplace_back(parameters[i].name, std::move(*to));
    }
    return placed;
}

std::string values_text(const boost::json::object& values) {
    return json_as_yaml(boost::json::serialize(values)) + "\n";
}

} // namespace holdfast::builders
