#include "sets/applications.hpp"

#include "sets/templates.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace holdfast::sets {

namespace {

constexpr std::array<std::string_view, 4> kept_metadata{"name", "labels", "annotations", "finalizers"};

struct recipe {
    const crds::application_set& set;
    const set_dialect& dialect;
    renderings& templates;
    /// {application: {metadata, spec}, patch}: what of a result is rendered together.
    std::shared_ptr<const json::value> templated;
};

result<std::string> name_of(const json::object& metadata) {
    const auto* name = metadata.if_contains("name");
    if (name == nullptr || !name->is_string() || name->get_string().empty()) {
        return user_error("template.metadata.name is empty with the parameters of a result");
    }
    return std::string{name->get_string()};
}

/// The object as it is written, out of metadata and spec.
result<generated> finished(const recipe& with, json::object application, bool had_parameters) {
    json::object metadata;
    if (auto* given = application.if_contains("metadata"); given != nullptr && given->is_object()) {
        for (const auto name : kept_metadata) {
            auto* member = given->get_object().if_contains(name);
            if (member != nullptr && !member->is_null()) metadata.emplace(name, std::move(*member));
        }
    }
    auto name = name_of(metadata);
    if (!name) return name.error();
    metadata["namespace"] = with.set.metadata.namespace_;
    const auto* finalizers = metadata.if_contains("finalizers");
    const bool has_finalizers =
        finalizers != nullptr && finalizers->is_array() && !finalizers->get_array().empty();
    if (!has_finalizers) {
        metadata.erase("finalizers");
        if (had_parameters && !with.set.spec.sync_policy.preserve_resources_on_deletion) {
            metadata["finalizers"] = json::array{with.dialect.cascade_finalizer};
        }
    }
    generated made;
    made.name = std::move(*name);
    made.application = {
        {"apiVersion", with.dialect.api_version}, {"kind", "Application"}, {"metadata", std::move(metadata)}
    };
    auto* spec = application.if_contains("spec");
    made.application["spec"] = spec != nullptr ? std::move(*spec) : json::value(json::object{});
    return made;
}

maybe<generated> application_of(const recipe& with, const parameters& set) {
    json::value rendered;
    if (set.empty()) {
        rendered = *with.templated; // as it is, and without a finalizer
    } else {
        auto made = with.templates.render(with.templated, std::make_shared<const json::object>(set));
        if (!made) return made.error();
        if (!*made) return std::optional<generated>{};
        rendered = std::move(**made);
    }
    auto* application = rendered.as_object().if_contains("application");
    if (application == nullptr || !application->is_object()) {
        return internal_error("a template was rendered to something else");
    }
    auto object = std::move(application->get_object());
    if (!with.set.spec.template_patch.empty()) {
        const auto patch = std::string{rendered.as_object().at("patch").as_string()};
        auto applied = patched(std::move(object), patch);
        if (!applied) return user_error("templatePatch: " + applied.error().message());
        object = std::move(*applied);
    }
    auto made = finished(with, std::move(object), !set.empty());
    if (!made) return made.error();
    return std::optional{std::move(*made)};
}

} // namespace

maybe<std::vector<generated>> applications_of(
    const crds::application_set& set, const std::vector<generator_results>& results, std::size_t generator,
    const set_dialect& dialect, renderings& templates, std::size_t& budget, std::vector<std::string>& warnings
) {
    std::vector<generated> all;
    bool missing = false;
    std::optional<error> first;
    std::size_t failed = 0;
    std::size_t without_parameters = 0;
    for (const auto& of : results) {
        json::object templated{{"application", template_of(set.spec.template_, of.own_template)}};
        if (!set.spec.template_patch.empty()) templated["patch"] = set.spec.template_patch;
        const recipe with{
            .set = set,
            .dialect = dialect,
            .templates = templates,
            .templated = std::make_shared<const json::value>(std::move(templated))
        };
        for (const auto& one : of.sets) {
            without_parameters += one.empty() ? 1 : 0;
            auto made = application_of(with, one);
            if (!made) {
                ++failed;
                if (!first) first = made.error();
            } else if (!*made) {
                missing = true;
            } else {
                const auto bytes = bytes_of((*made)->application);
                if (bytes > budget) return user_error("the Applications of the set take too many bytes");
                budget -= bytes;
                (*made)->generator = generator;
                all.push_back(std::move(**made));
            }
        }
    }
    if (without_parameters > 0) {
        warnings.push_back(fmt::format(
            "{} of the results of spec.generators[{}] {} no parameters: the template is taken as it is, and "
            "such an Application leaves what it deployed when it goes",
            without_parameters, generator, without_parameters == 1 ? "has" : "have"
        ));
    }
    if (first) {
        return failed == 1 ? *first
                           : user_error(fmt::format("{} (and {} more)", first->message(), failed - 1));
    }
    if (missing) return std::optional<std::vector<generated>>{};
    return std::optional{std::move(all)};
}

} // namespace holdfast::sets
