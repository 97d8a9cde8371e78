#include "builders/helm/chart.hpp"

#include "base/memory.hpp"
#include "builders/helm/chart_archive.hpp"
#include "match/semver.hpp"
#include "render/links.hpp"
#include "render/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::builders {

namespace json = boost::json;

namespace {

constexpr std::size_t max_chart_file = std::size_t{1} << 20U;
constexpr std::size_t max_dependencies = 200;
constexpr std::size_t max_archive = std::size_t{100} << 20U;

render::render_errors one_error(render::render_error e) {
    return {.all = {std::move(e)}};
}

render::render_errors of_file(const error& e, const std::string& file) {
    return one_error({.kind = e.kind(), .file = file, .message = e.message()});
}

/// A YAML file that holds one mapping.
struct mapping_file {
    std::string path;
    std::string text;
    json::object object;

    [[nodiscard]] int line_of(const std::string& pointer) const {
        const auto where = render::locate(text, 1, pointer);
        return where ? where->line : 0;
    }
    [[nodiscard]] std::string string(const char* key) const {
        const auto* value = object.if_contains(key);
        return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
    }
};

render::render_result<mapping_file> parse_mapping(std::string text, const std::string& path) {
    if (files::is_lfs_pointer(text)) {
        return one_error(
            {.file = path, .line = 1, .message = "is a pointer to a file in Git LFS, not the file"}
        );
    }
    auto limits = render::configuration_limits();
    limits.repeated = render::yaml_limits::repeated_keys::last_wins; // as helm reads its files
    auto documents = render::read_yaml(text, limits);
    if (!documents) {
        const auto& e = documents.error();
        return one_error({.file = path, .line = e.where.line, .column = e.where.column, .message = e.message}
        );
    }
    mapping_file file{.path = path, .text = std::move(text)};
    if (documents->empty()) return file;
    if (!documents->front().value.is_object()) {
        return one_error({.file = path, .line = documents->front().line, .message = "has to be a mapping"});
    }
    file.object = std::move(documents->front().value.as_object());
    return file;
}

/// Nothing when there is no such file.
render::render_result<std::optional<mapping_file>>
read_mapping(const source_view& view, const std::string& path) {
    const auto found = view.find(path);
    if (!found) {
        if (found.error().kind() == error_kind::not_found) return std::optional<mapping_file>{};
        return of_file(found.error(), path);
    }
    auto text = view.reader->blob(found->id, max_chart_file);
    if (!text) return of_file(text.error(), path);
    auto file = parse_mapping(std::move(*text), path);
    if (!file) return file.error();
    return std::optional{std::move(*file)};
}

std::string text_of(const json::value* value) {
    if (value == nullptr) return {};
    if (value->is_string()) return std::string{value->as_string()};
    if (value->is_int64()) return std::to_string(value->as_int64());
    if (value->is_double()) return fmt::format("{}", value->as_double());
    return {};
}

render::render_result<std::vector<chart_dependency>> dependencies_of(const mapping_file& file) {
    std::vector<chart_dependency> found;
    const auto* list = file.object.if_contains("dependencies");
    if (list == nullptr || list->is_null()) return found;
    const auto wrong = [&](const std::string& pointer, std::string message) {
        return one_error({.file = file.path, .line = file.line_of(pointer), .message = std::move(message)});
    };
    if (!list->is_array()) return wrong("/dependencies", "dependencies has to be a list");
    if (list->as_array().size() > max_dependencies) {
        return wrong("/dependencies", fmt::format("there are more than {} dependencies", max_dependencies));
    }
    render::render_errors errors;
    for (std::size_t i = 0; i < list->as_array().size(); ++i) {
        const auto pointer = fmt::format("/dependencies/{}", i);
        const auto& entry = list->as_array()[i];
        const auto* object = entry.if_object();
        chart_dependency one{.line = file.line_of(pointer)};
        if (object != nullptr) {
            one.name = text_of(object->if_contains("name"));
            one.version = text_of(object->if_contains("version"));
            one.repository = text_of(object->if_contains("repository"));
            one.alias = text_of(object->if_contains("alias"));
        }
        // It becomes the name of a file.
        if (one.name.empty() || one.name.find('/') != std::string::npos || one.name.starts_with('.') ||
            one.name.find('\0') != std::string::npos || one.name.size() > 250) {
            errors.all.push_back({
                .file = file.path,
                .line = one.line,
                .message = one.name.empty() ? fmt::format("dependencies[{}] needs a name", i)
                                            : fmt::format("\"{}\" is not a chart name", one.name),
            });
            continue;
        }
        found.push_back(std::move(one));
    }
    if (!errors.all.empty()) return errors;
    return found;
}

/// "redis-17.0.0.tgz" of a dependency "redis": its version.
std::optional<std::string>
version_in(std::string_view entry, const std::vector<chart_dependency>& names, std::string& name) {
    const auto stem = entry.substr(0, entry.size() - 4);
    for (const auto& dependency : names) {
        if (!stem.starts_with(dependency.name + "-")) continue;
        const auto version = stem.substr(dependency.name.size() + 1);
        if (match::version::parse(version)) {
            name = dependency.name;
            return std::string{version};
        }
    }
    return std::nullopt;
}

render::render_result<std::vector<vendored_chart>>
vendored_in(const source_view& view, const helm_chart& chart) {
    std::vector<vendored_chart> found;
    const auto directory = render::join_path(chart.path, "charts");
    const auto charts = view.find(directory);
    if (!charts || charts->mode != files::entry_mode::tree) return found;
    const auto entries = view.reader->list(charts->id);
    if (!entries) return of_file(entries.error(), directory);
    for (const auto& entry : *entries) {
        if (entry.name.starts_with('_') || entry.name.starts_with('.')) continue; // as helm does
        const auto path = render::join_path(directory, entry.name);
        const auto at = view.find(path);
        if (!at) return of_file(at.error(), path);
        vendored_chart one{.entry = entry.name};
        chart_names names;
        if (at->mode == files::entry_mode::tree) {
            auto file = read_mapping(view, render::join_path(path, "Chart.yaml"));
            if (!file) return file.error();
            if (!*file) continue;
            one.name = (*file)->string("name");
            one.version = text_of((*file)->object.if_contains("version"));
        } else if (chart.dependencies.empty() || !entry.name.ends_with(".tgz") ||
                   chart.ignored.covers("charts/" + entry.name, false)) {
            continue;
        } else if (auto version = version_in(entry.name, chart.dependencies, one.name)) {
            one.version = std::move(*version);
        } else {
            // Named by hand: it says itself what it is.
            const auto size = view.reader->blob_size(at->id);
            if (!size) return of_file(size.error(), path);
            const auto turn = turn_for(*size);
            const auto bytes = view.reader->blob(at->id, max_archive);
            if (!bytes) return of_file(bytes.error(), path);
            const auto archive = chart_archive::read(*bytes);
            if (!archive) {
                return of_file(
                    files::is_lfs_pointer(*bytes)
                        ? user_error("is a pointer to a file in Git LFS, not the file")
                        : archive.error(),
                    path
                );
            }
            const auto said = read_chart_names(*archive->text(), path + "/Chart.yaml");
            if (!said) return said.error();
            one.name = said->name;
            one.version = said->version;
        }
        found.push_back(std::move(one));
    }
    return found;
}

} // namespace

render::render_result<chart_names> read_chart_names(std::string_view text, const std::string& file) {
    const auto read = parse_mapping(std::string{text}, file);
    if (!read) return read.error();
    return chart_names{.name = read->string("name"), .version = text_of(read->object.if_contains("version"))};
}

render::render_result<helm_chart> read_chart(const source_view& view, const std::string& path) {
    helm_chart chart{.path = path};
    const auto file = [&](const char* name) { return render::join_path(path, name); };
    auto main = read_mapping(view, file("Chart.yaml"));
    if (!main) return main.error();
    if (!*main) {
        return one_error({
            .kind = error_kind::not_found,
            .file = file("Chart.yaml"),
            .message = fmt::format(
                "is not there in {}: a chart needs it{}", view.name, what_is_there(view, file("Chart.yaml"))
            ),
        });
    }
    chart.name = (*main)->string("name");
    chart.version = text_of((*main)->object.if_contains("version"));
    // As helm does: what requirements.yaml says stands in place of what Chart.yaml says.
    auto old = read_mapping(view, file("requirements.yaml"));
    if (!old) return old.error();
    const bool is_old = *old && (*old)->object.contains("dependencies");
    auto dependencies = dependencies_of(is_old ? **old : **main);
    if (!dependencies) return dependencies.error();
    chart.dependencies = std::move(*dependencies);
    chart.dependencies_file = is_old ? (*old)->path : (*main)->path;
    for (const char* name : {"requirements.lock", "Chart.lock"}) {
        auto lock = read_mapping(view, file(name));
        if (!lock) return lock.error();
        if (!*lock) continue;
        auto locked = dependencies_of(**lock);
        if (!locked) return locked.error();
        chart.lock = std::move(*locked);
        chart.lock_file = (*lock)->path;
        break;
    }
    if (const auto ignore = view.find(file(".helmignore"));
        ignore && ignore->mode != files::entry_mode::tree) {
        const auto text = view.reader->blob(ignore->id, max_chart_file);
        if (!text) return of_file(text.error(), file(".helmignore"));
        auto rules = helm_ignore::parse(*text);
        if (!rules) return of_file(rules.error(), file(".helmignore"));
        chart.ignored = std::move(*rules);
    }
    auto vendored = vendored_in(view, chart);
    if (!vendored) return vendored.error();
    chart.vendored = std::move(*vendored);
    return chart;
}

} // namespace holdfast::builders
