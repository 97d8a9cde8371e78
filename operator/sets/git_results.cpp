#include "sets/git_results.hpp"

#include "base/bounded_text.hpp"
#include "match/glob.hpp"
#include "render/yaml.hpp"
#include "sets/go_text.hpp"
#include "sets/pathspec.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace holdfast::sets {

namespace {

/// A walk goes through a directory before what follows it: '/' comes before every other character.
bool comes_first_in_walk(std::string_view a, std::string_view b) {
    return std::ranges::lexicographical_compare(
        a, b, {}, [](char c) { return c == '/' ? '\0' : c; }, [](char c) { return c == '/' ? '\0' : c; }
    );
}

struct walk_order {
    bool operator()(const std::string& a, const std::string& b) const { return comes_first_in_walk(a, b); }
};

/// path.Dir and path.Base of a clean relative path.
std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string{"."} : path.substr(0, slash);
}

std::string base_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

json::array segments_of(const std::string& path) {
    json::array segments;
    std::string_view rest{path};
    while (true) {
        const auto slash = rest.find('/');
        segments.emplace_back(rest.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        rest.remove_prefix(slash + 1);
    }
}

/// Those of a directory, and of a file in it where there is one.
void put_path(
    parameters& into, const std::string& directory, const std::string& file, const path_style& style
) {
    const auto base = base_of(directory);
    if (style.go) {
        json::object path{
            {"path", directory},
            {"basename", base},
            {"basenameNormalized", normalized(base)},
            {"segments", segments_of(directory)}
        };
        if (!file.empty()) {
            path.emplace("filename", file);
            path.emplace("filenameNormalized", normalized(file));
        }
        if (style.prefix.empty()) {
            into.insert_or_assign("path", std::move(path));
        } else {
            into.insert_or_assign(style.prefix, json::object{{"path", std::move(path)}});
        }
        return;
    }
    const auto name = style.prefix.empty() ? std::string{"path"} : style.prefix + ".path";
    into.insert_or_assign(name, directory);
    into.insert_or_assign(name + ".basename", base);
    into.insert_or_assign(name + ".basenameNormalized", normalized(base));
    if (!file.empty()) {
        into.insert_or_assign(name + ".filename", file);
        into.insert_or_assign(name + ".filenameNormalized", normalized(file));
    }
    std::size_t i = 0;
    for (const auto& segment : segments_of(directory))
        into.insert_or_assign(fmt::format("{}[{}]", name, i++), segment);
}

result<json::value> value_in(std::string_view yaml) {
    auto limits = render::configuration_limits();
    limits.repeated = render::yaml_limits::repeated_keys::last_wins;
    json::value value;
    // Only the first document counts, as there.
    const auto read = render::read_documents(yaml, limits, nullptr, [&](render::yaml_document&& document) {
        value = std::move(document.value);
        return false;
    });
    if (read.has_error()) {
        const auto& wrong = read.error();
        return user_error(
            fmt::format("line {}, column {}: {}", wrong.where.line, wrong.where.column, wrong.message)
        );
    }
    return value;
}

result<std::vector<parameters>> maps_in_list(json::array list) {
    std::vector<parameters> maps;
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto& item = list[i];
        if (item.is_null()) {
            maps.emplace_back();
        } else if (auto* map = item.if_object()) {
            maps.push_back(std::move(*map));
        } else {
            return user_error(fmt::format("its item {} must be a map of parameters, and is not", i));
        }
    }
    return maps;
}

} // namespace

std::vector<std::string> directories_of(const std::vector<std::string>& files) {
    std::set<std::string, walk_order> found;
    std::string_view last;
    for (const auto& file : files) {
        const auto end = file.rfind('/');
        if (end == std::string::npos) continue;
        const auto directory = std::string_view{file}.substr(0, end);
        if (directory == last) continue;
        last = directory;
        for (std::size_t at = 0; at != std::string_view::npos && at < directory.size();) {
            if (directory[at] == '.') break;
            const auto slash = directory.find('/', at);
            found.emplace(directory.substr(0, slash));
            at = slash == std::string_view::npos ? slash : slash + 1;
        }
    }
    return {found.begin(), found.end()};
}

result<std::vector<std::string>> matching_directories(
    const std::vector<std::string>& directories, const std::vector<crds::git_path_rule>& rules
) {
    std::vector<std::pair<match::glob, bool>> globs;
    for (const auto& rule : rules) {
        auto glob = match::glob::compile(match::glob_dialect::go_path, rule.path);
        if (!glob) return glob.error();
        globs.emplace_back(std::move(*glob), rule.exclude);
    }
    std::vector<std::string> found;
    for (const auto& directory : directories) {
        bool included = false;
        bool excluded = false;
        for (const auto& [glob, exclude] : globs) {
            if (glob.matches(directory)) (exclude ? excluded : included) = true;
        }
        if (included && !excluded) found.push_back(directory);
    }
    return found;
}

result<std::vector<std::string>>
matching_files(const std::vector<std::string>& files, const std::vector<crds::git_path_rule>& rules) {
    std::vector<std::pair<pathspec, bool>> specs;
    for (const auto& rule : rules) {
        auto spec = pathspec::parse(rule.path);
        if (!spec) return spec.error();
        specs.emplace_back(std::move(*spec), rule.exclude);
    }
    std::vector<std::string> found;
    for (const auto& file : files) {
        const auto by = [&](bool exclude) {
            return std::ranges::any_of(specs, [&](const auto& one) {
                return one.second == exclude && one.first.matches(file);
            });
        };
        if (by(false) && !by(true)) found.push_back(file);
    }
    return found;
}

result<std::vector<parameters>> maps_in_file(std::string_view content) {
    auto value = value_in(content);
    if (!value) return value.error();
    if (value->is_null()) return std::vector<parameters>(1);
    if (auto* object = value->if_object()) {
        std::vector<parameters> one;
        one.push_back(std::move(*object));
        return one;
    }
    if (auto* list = value->if_array()) return maps_in_list(std::move(*list));
    return user_error("it must be a map of parameters or a list of such maps");
}

result<std::vector<parameters>> maps_in_elements(std::string_view yaml) {
    auto value = value_in(yaml);
    if (!value) return value.error();
    if (value->is_null()) return std::vector<parameters>{};
    if (auto* list = value->if_array()) return maps_in_list(std::move(*list));
    return user_error("it must be a list of maps of parameters");
}

parameters directory_parameters(const std::string& directory, const path_style& style) {
    parameters made;
    put_path(made, valid_utf8(directory), {}, style);
    return made;
}

parameters file_parameters(const std::string& file, const parameters& content, const path_style& style) {
    auto made = style.go ? content : flattened(content);
    const auto text = valid_utf8(file);
    put_path(made, parent_of(text), base_of(text), style);
    return made;
}

} // namespace holdfast::sets
