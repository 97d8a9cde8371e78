#include "builders/kustomize/options.hpp"

#include "builders/kustomize/repospec.hpp"
#include "crds/words.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <variant>

namespace holdfast::builders {

namespace {

constexpr std::string_view prefix = "spec.source.kustomize.";

class editor {
public:
    editor(
        kustomization& k, const crds::kustomize_options& options, const build_environment& environment,
        const component_glob& glob, std::vector<render::render_error>& errors,
        std::vector<std::string>& warnings
    )
        : k_{k},
          options_{options},
          environment_{environment},
          glob_{glob},
          errors_{errors},
          warnings_{warnings} {}

    void run() {
        for (const auto& [name, value] :
             {std::pair{"namePrefix", &options_.name_prefix},
              {"nameSuffix", &options_.name_suffix},
              {"namespace", &options_.namespace_}}) {
            if (!value->empty()) k_.value[name] = *value;
        }
        set_images();
        set_replicas();
        add_labels();
        add_annotations();
        add_patches();
        add_components();
    }

private:
    void fail(const std::string& option, const std::string& message) {
        errors_.push_back({.message = fmt::format("{}{}: {}", prefix, option, message)});
    }

    // A list of the kustomization, made where there is none; nullptr where it is something else.
    json::array* list(std::string_view name) {
        auto& value = k_.value[name];
        if (value.is_null()) value.emplace_array();
        if (!value.is_array()) {
            errors_.push_back(
                error_at(k_, "/" + std::string{name}, name, "has to be a list, is " + crds::named(value))
            );
            return nullptr;
        }
        return &value.get_array();
    }

    json::object* map(json::object& in, std::string_view name, std::string_view shown) {
        auto* found = member(in, name);
        auto& value = found != nullptr ? found->value() : in[name];
        if (value.is_null()) value.emplace_object();
        if (value.is_object()) return &value.get_object();
        errors_.push_back(
            error_at(k_, "/" + std::string{shown}, shown, "has to be a mapping, is " + crds::named(value))
        );
        return nullptr;
    }

    // `entries` over those of the same name in the kustomization, of which the first counts, sorted by name.
    void replace_list(std::string_view name, std::map<std::string, json::object> entries) {
        auto* const there = list(name);
        if (there == nullptr) return;
        for (auto& each : *there) {
            if (!each.is_object()) continue; // kustomize refuses it
            auto& old = each.get_object();
            const std::string key{text_member(old, "name")};
            const auto [at, added] = entries.try_emplace(key, old);
            if (added) continue;
            for (const auto* field : {"newName", "newTag", "digest"}) {
                auto* wanted = at->second.if_contains(field);
                if (wanted == nullptr || !wanted->is_string() || wanted->get_string() != "*") continue;
                *wanted = text_member(old, field);
            }
        }
        there->clear();
        for (auto& [key, entry] : entries) {
            for (const auto* field : {"newName", "newTag", "digest"}) {
                const auto* value = entry.if_contains(field);
                if (value != nullptr && value->is_string() &&
                    (value->get_string() == "*" || value->get_string().empty())) {
                    entry.erase(field);
                }
            }
            there->emplace_back(std::move(entry));
        }
    }

    void set_images() {
        if (options_.images.empty()) return;
        std::map<std::string, json::object> entries;
        for (std::size_t i = 0; i < options_.images.size(); ++i) {
            const auto text = environment_.substitute(options_.images[i]);
            const auto image = read_image_override(text);
            if (!image) {
                fail(fmt::format("images[{}]", i), image.error().message());
                continue;
            }
            json::object entry{{"name", image->name}};
            if (!image->new_name.empty()) entry["newName"] = image->new_name;
            if (!image->new_tag.empty()) entry["newTag"] = image->new_tag;
            if (!image->digest.empty()) entry["digest"] = image->digest;
            entries.insert_or_assign(image->name, std::move(entry));
        }
        // kustomize reads the old name of the field as more of the same.
        if (auto* old = k_.value.if_contains("imageTags"); old != nullptr && old->is_array()) {
            if (auto* const images = list("images"); images != nullptr) {
                // `list` may have moved what `old` points to.
                auto& from = k_.value.at("imageTags").get_array();
                images->insert(images->end(), from.begin(), from.end());
                k_.value.erase("imageTags");
            }
        }
        replace_list("images", std::move(entries));
    }

    void set_replicas() {
        if (options_.replicas.empty()) return;
        std::map<std::string, json::object> entries;
        for (std::size_t i = 0; i < options_.replicas.size(); ++i) {
            const auto& replica = options_.replicas[i];
            std::int64_t count = 0;
            if (const auto* text = std::get_if<std::string>(&replica.count)) {
                const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), count);
                if (ec != std::errc{} || end != text->data() + text->size()) {
                    fail(
                        fmt::format("replicas[{}].count", i), "has to be a number, is " + crds::quoted(*text)
                    );
                    continue;
                }
            } else {
                count = std::get<std::int64_t>(replica.count);
            }
            if (replica.name.empty()) {
                fail(fmt::format("replicas[{}].name", i), "is missing");
                continue;
            }
            entries.insert_or_assign(replica.name, json::object{{"name", replica.name}, {"count", count}});
        }
        replace_list("replicas", std::move(entries));
    }

    // `kustomize edit add` takes KEY:VALUE and double quotes off the value.
    static std::string without_quotes(std::string value) {
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            return value.substr(1, value.size() - 2);
        }
        return value;
    }

    void add_to(
        json::object& pairs, const std::string& key, std::string value, std::string_view option, bool force
    ) {
        if (pairs.contains(key) && !force) {
            const bool labels = option == "commonLabels";
            return fail(
                fmt::format("{}.{}", option, key),
                fmt::format(
                    "{} has it already; {} overwrites it", k_.shown,
                    labels ? "forceCommonLabels: true" : "forceCommonAnnotations: true"
                )
            );
        }
        pairs[key] = without_quotes(std::move(value));
    }

    void add_labels() {
        if (options_.common_labels.empty()) return;
        if (options_.label_include_templates && !options_.label_without_selector) {
            return fail("labelIncludeTemplates", "means something only with labelWithoutSelector: true");
        }
        auto* const pairs = options_.label_without_selector ? pairs_without_selector()
                                                            : map(k_.value, "commonLabels", "commonLabels");
        if (pairs == nullptr) return;
        for (const auto& [key, value] : options_.common_labels) {
            add_to(*pairs, key, environment_.substitute(value), "commonLabels", options_.force_common_labels);
        }
    }

    // The pairs of the first entry of `labels` with these settings.
    json::object* pairs_without_selector() {
        auto* const labels = list("labels");
        if (labels == nullptr) return nullptr;
        const auto is_true = [](const json::object& entry, std::string_view name) {
            const auto* found = member(entry, name);
            return found != nullptr && found->value().is_bool() && found->value().get_bool();
        };
        for (auto& each : *labels) {
            if (each.is_object() && !is_true(each.get_object(), "includeSelectors") &&
                is_true(each.get_object(), "includeTemplates") == options_.label_include_templates) {
                return map(each.get_object(), "pairs", "labels");
            }
        }
        json::object entry{{"pairs", json::object{}}};
        if (options_.label_include_templates) entry["includeTemplates"] = true;
        return &labels->emplace_back(std::move(entry)).get_object()["pairs"].get_object();
    }

    void add_annotations() {
        if (options_.common_annotations.empty()) return;
        auto* const pairs = map(k_.value, "commonAnnotations", "commonAnnotations");
        if (pairs == nullptr) return;
        for (const auto& [key, value] : options_.common_annotations) {
            add_to(
                *pairs, key, options_.common_annotations_envsubst ? environment_.substitute(value) : value,
                "commonAnnotations", options_.force_common_annotations
            );
        }
    }

    void add_patches() {
        if (options_.patches.empty()) return;
        auto* const patches = list("patches");
        if (patches == nullptr) return;
        for (std::size_t i = 0; i < options_.patches.size(); ++i) {
            const auto& patch = options_.patches[i];
            json::object entry;
            if (!patch.path.empty()) entry["path"] = patch.path;
            if (!patch.patch.empty()) entry["patch"] = patch.patch;
            if (patch.target) entry["target"] = target_of(*patch.target);
            if (!patch.options.empty()) {
                auto& set = entry["options"].emplace_object();
                for (const auto& [name, value] : patch.options) {
                    set[name] = value;
                }
            }
            note("patches", patches->size(), fmt::format("patches[{}]", i));
            patches->emplace_back(std::move(entry));
        }
    }

    static json::object target_of(const crds::kustomize_selector& selector) {
        json::object target;
        for (const auto& [name, value] :
             {std::pair{"group", &selector.group},
              {"version", &selector.version},
              {"kind", &selector.kind},
              {"name", &selector.name},
              {"namespace", &selector.namespace_},
              {"annotationSelector", &selector.annotation_selector},
              {"labelSelector", &selector.label_selector}}) {
            if (!value->empty()) target[name] = *value;
        }
        return target;
    }

    void add_components() {
        if (options_.components.empty()) return;
        auto* const components = list("components");
        if (components == nullptr) return;
        for (std::size_t i = 0; i < options_.components.size(); ++i) {
            const auto option = fmt::format("components[{}]", i);
            for (auto& each : components_of(options_.components[i], option)) {
                const auto same = [&](const json::value& there) {
                    return there.is_string() && there.get_string() == each;
                };
                if (std::ranges::any_of(*components, same)) continue;
                note("components", components->size(), option);
                components->emplace_back(std::move(each));
            }
        }
    }

    std::vector<std::string> components_of(const std::string& component, const std::string& option) {
        const bool remote = read_remote_base(component).has_value();
        if (remote && options_.ignore_missing_components) {
            warnings_.push_back(fmt::format(
                "{}{}: {} is left out: with ignoreMissingComponents only directories of the repository are "
                "added",
                prefix, option, component
            ));
            return {};
        }
        if (remote) return {component};
        // What Argo CD looks for before it ignores it is the text itself, not what it matches.
        const bool pattern = component.find_first_of("*?[") != std::string::npos;
        if (!pattern && !options_.ignore_missing_components) return {component};
        auto found = glob_(component);
        if (!found) {
            fail(option, found.error().message());
            return {};
        }
        if (options_.ignore_missing_components) {
            return std::ranges::find(*found, component) == found->end() ? std::vector<std::string>{}
                                                                        : std::vector{component};
        }
        if (found->empty()) fail(option, component + " matches no directory");
        return std::move(*found);
    }

    void note(std::string_view field, std::size_t index, const std::string& option) {
        k_.added.emplace(fmt::format("/{}/{}", field, index), std::string{prefix} + option);
    }

    kustomization& k_;
    const crds::kustomize_options& options_;
    const build_environment& environment_;
    const component_glob& glob_;
    std::vector<render::render_error>& errors_;
    std::vector<std::string>& warnings_;
};

std::vector<int> numbers_in(std::string_view version) {
    std::vector<int> numbers;
    auto at = version.find_first_of("0123456789");
    while (at != std::string_view::npos && numbers.size() < 3) {
        int number = 0;
        const auto end = std::from_chars(version.data() + at, version.data() + version.size(), number).ptr;
        numbers.push_back(number);
        at = static_cast<std::size_t>(end - version.data());
        if (at + 1 >= version.size() || version[at] != '.') break;
        at = version[at + 1] >= '0' && version[at + 1] <= '9' ? at + 1 : std::string_view::npos;
    }
    return numbers;
}

} // namespace

void apply_options(
    kustomization& k, const crds::kustomize_options& options, const build_environment& environment,
    const component_glob& glob, std::vector<render::render_error>& errors, std::vector<std::string>& warnings
) {
    editor{k, options, environment, glob, errors, warnings}.run();
}

result<image_override> read_image_override(std::string_view text) {
    const auto equals = text.find('=');
    const auto value = equals == std::string_view::npos ? text : text.substr(equals + 1);
    // A ':' before the first '/' is the port of a registry.
    const auto slash = value.find('/');
    const auto from = slash == std::string_view::npos || slash == 0 ? 0 : slash;
    const auto at = value.find('@', from);
    const auto colon = value.find(':', from);
    const auto name = value.substr(0, std::min(at, colon));
    image_override image;
    if (at != std::string_view::npos) image.digest = value.substr(at + 1);
    if (colon != std::string_view::npos && colon < at) {
        image.new_tag = value.substr(colon + 1, at == std::string_view::npos ? at : at - colon - 1);
    }
    if (name == text) {
        return user_error(fmt::format(
            "{} says nothing new: it has to be NAME=NEW, NAME:TAG, NAME@DIGEST, NAME:TAG@DIGEST, or NAME=NEW "
            "with "
            ":TAG, @DIGEST or both",
            crds::quoted(text)
        ));
    }
    if (equals == std::string_view::npos) {
        image.name = name;
    } else {
        image.name = text.substr(0, equals);
        image.new_name = name;
    }
    return image;
}

std::string version_warning(std::string_view version, std::string_view there) {
    if (version.empty()) return {};
    const auto wanted = numbers_in(version);
    const auto had = numbers_in(there);
    const bool fits = !wanted.empty() && wanted.size() <= had.size() &&
                      std::equal(wanted.begin(), wanted.end(), had.begin());
    if (fits) return {};
    return fmt::format(
        "{}version is {}; there is one kustomize here{}{}, and it builds this", prefix, crds::quoted(version),
        there.empty() ? "" : ", ", there
    );
}

} // namespace holdfast::builders
