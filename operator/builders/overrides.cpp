#include "builders/overrides.hpp"

#include "builders/file_problems.hpp"
#include "crds/application.hpp"
#include "render/links.hpp"
#include "render/yaml.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace holdfast::builders {

namespace {

namespace json = boost::json;

constexpr std::size_t max_bytes = std::size_t{1} << 20U;

/// What says where the source is; an override file says how it is built.
constexpr std::array<std::string_view, 5> kept{"repoURL", "path", "targetRevision", "chart", "ref"};

/// RFC 7386.
void merge(json::value& target, const json::value& patch) {
    const auto* members = patch.if_object();
    if (members == nullptr) {
        target = patch;
        return;
    }
    if (!target.is_object()) target = json::object{};
    json::object& object = target.get_object();
    for (const auto& [key, value] : *members) {
        if (value.is_null()) {
            object.erase(key);
        } else {
            merge(object[key], value);
        }
    }
}

/// One override file: its text, and what it says as a merge patch.
struct override_file {
    std::string path;
    std::string text;
    json::object patch;
};

/// Nothing where there is no such file, or nothing in it.
result<std::optional<override_file>> read_override(render::source_tree& tree, const std::string& path) {
    const auto there = tree.find(path);
    if (!there) return there.error();
    if (!*there || (*there)->kind == render::entry_kind::directory) return std::optional<override_file>{};
    const auto file = render::follow(tree, path);
    if (!file) return file.error().within(path);
    if (file->entry.kind != render::entry_kind::file) {
        return user_error(fmt::format("{} in {} is not a file", path, tree.describe()));
    }
    auto text = tree.read(file->entry, max_bytes);
    if (!text) return text.error().within(path);
    auto documents = render::read_yaml(*text, render::configuration_limits());
    if (!documents) {
        const auto& e = documents.error();
        return user_error(fmt::format("{}:{}:{}: {}", path, e.where.line, e.where.column, e.message));
    }
    if (documents->empty()) return std::optional<override_file>{};
    if (documents->size() > 1) {
        return user_error(fmt::format(
            "{}:{}: there is a second document; an override file has one", path, (*documents)[1].line
        ));
    }
    auto* patch = documents->front().value.if_object();
    if (patch == nullptr) {
        return user_error(fmt::format(
            "{}:{}: this must be a mapping with the fields of spec.source", path, documents->front().line
        ));
    }
    for (const std::string_view name : kept) {
        patch->erase(name);
    }
    return std::optional{override_file{.path = path, .text = std::move(*text), .patch = std::move(*patch)}};
}

} // namespace

result<overridden_source>
with_overrides(render::source_tree& tree, crds::application_source source, const std::string& application) {
    const auto path = render::clean_path(source.path);
    if (!path) return path.error();
    const auto directory = render::follow(tree, *path);
    if (!directory) return directory.error();
    std::vector<std::string> names{".argocd-source.yaml"};
    if (!application.empty() && application.find('/') == std::string::npos) {
        names.push_back(fmt::format(".argocd-source-{}.yaml", application));
    }
    std::vector<std::string> wrong;
    std::vector<std::string> warnings;
    auto kind = error_kind::user;
    std::optional<json::object> merged;
    for (const auto& name : names) {
        const auto file = read_override(tree, render::join_path(directory->path, name));
        if (!file) {
            if (wrong.empty()) kind = file.error().kind();
            wrong.push_back(file.error().message());
            continue;
        }
        if (!*file) continue;
        json::value next = json::object{};
        next.get_object() = merged ? *merged : crds::write(source);
        merge(next, (*file)->patch);
        auto reading = crds::examine_source(next.get_object());
        for (const auto& sentence : placed((*file)->path, (*file)->text, reading.unknown_fields)) {
            warnings.push_back(sentence + "; it has no effect");
        }
        if (reading.problems.empty()) {
            // Without what nobody knows: the next file is not to be told of it.
            merged =
                reading.unknown_fields.empty() ? std::move(next.get_object()) : crds::write(reading.value);
            continue;
        }
        const auto sentences = placed((*file)->path, (*file)->text, reading.problems);
        wrong.insert(wrong.end(), sentences.begin(), sentences.end());
    }
    if (!wrong.empty()) return all_of(wrong, kind);
    if (merged) source = crds::examine_source(*merged).value;
    return overridden_source{.source = std::move(source), .warnings = std::move(warnings)};
}

} // namespace holdfast::builders
