#include "builders/kustomize/kustomization.hpp"

#include "base/json_pointer.hpp"
#include "crds/words.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace holdfast::builders {

namespace {

class reference_finder {
public:
    reference_finder(kustomization& k, std::vector<render::render_error>& errors) : k_{k}, errors_{errors} {}

    std::vector<reference> run() {
        list(k_.value, "resources", reference::kind::resource);
        list(k_.value, "bases", reference::kind::resource);
        list(k_.value, "configurations", reference::kind::file);
        list(k_.value, "crds", reference::kind::file);
        for (const auto name : {"configMapGenerator", "secretGenerator"}) {
            each_object(name, [&](json::object& generator, const reference& at) {
                list(generator, "files", reference::kind::source, &at);
                list(generator, "envs", reference::kind::file, &at);
                one(generator, "env", reference::kind::file, &at);
            });
        }
        list(k_.value, "generators", reference::kind::function);
        list(k_.value, "components", reference::kind::component);
        list(k_.value, "patchesStrategicMerge", reference::kind::patch);
        for (const auto name : {"patches", "patchesJson6902", "replacements"}) {
            each_object(name, [&](json::object& entry, const reference& at) {
                one(entry, "path", reference::kind::file, &at);
            });
        }
        list(k_.value, "transformers", reference::kind::function);
        list(k_.value, "validators", reference::kind::function);
        if (auto* openapi = k_.value.if_contains("openapi"); openapi != nullptr && openapi->is_object()) {
            const auto at = field(k_.value, "openapi", nullptr);
            one(openapi->get_object(), "path", reference::kind::file, &at);
        }
        return std::move(found_);
    }

private:
    // Where a member is, and how it is called.
    reference field(json::object& in, std::string_view name, const reference* above) {
        auto* const found = member(in, name);
        if (found == nullptr) return {};
        std::string_view written = found->key();
        if (above == nullptr) {
            if (const auto spelled = k_.spellings.find(name); spelled != k_.spellings.end())
                written = spelled->second;
        }
        return {
            .value = &found->value(),
            .pointer = (above == nullptr ? "" : above->pointer) + "/" + pointer_token(written),
            .shown = above == nullptr ? std::string{name} : above->shown + "." + std::string{name},
        };
    }

    static reference item(const reference& list, std::size_t i) {
        return {
            .value = &list.value->get_array()[i],
            .pointer = fmt::format("{}/{}", list.pointer, i),
            .shown = fmt::format("{}[{}]", list.shown, i),
        };
    }

    bool is_list(const reference& at) {
        if (at.value == nullptr || at.value->is_null()) return false;
        if (at.value->is_array()) return true;
        if (errors_.size() >= max_errors) return false;
        errors_.push_back(error_at(
            k_, at.pointer, at.shown,
            at.value->is_string() ? "has to be a list, is a text"
                                  : "has to be a list, is " + crds::named(*at.value)
        ));
        return false;
    }

    void add(reference at, reference::kind what) {
        if (!at.value->is_string() || at.value->get_string().empty()) {
            if (errors_.size() >= max_errors) return;
            errors_.push_back(error_at(
                k_, at.pointer, at.shown,
                at.value->is_string() || at.value->is_null()
                    ? "is empty"
                    : "has to be a text, is " + crds::named(*at.value)
            ));
            return;
        }
        at.what = what;
        found_.push_back(std::move(at));
    }

    void
    list(json::object& in, std::string_view name, reference::kind what, const reference* above = nullptr) {
        const auto at = field(in, name, above);
        if (!is_list(at)) return;
        for (std::size_t i = 0; i < at.value->get_array().size(); ++i) {
            add(item(at, i), what);
        }
    }

    void one(json::object& in, std::string_view name, reference::kind what, const reference* above) {
        auto at = field(in, name, above);
        if (at.value == nullptr || at.value->is_null()) return;
        if (at.value->is_string() && at.value->get_string().empty()) return;
        add(std::move(at), what);
    }

    template <class F>
    void each_object(std::string_view name, F then) {
        const auto at = field(k_.value, name, nullptr);
        if (!is_list(at)) return;
        for (std::size_t i = 0; i < at.value->get_array().size(); ++i) {
            const auto each = item(at, i);
            if (each.value->is_object()) then(each.value->get_object(), each); // else kustomize says so
        }
    }

    kustomization& k_;
    std::vector<render::render_error>& errors_;
    std::vector<reference> found_;
};

} // namespace

std::vector<reference> references_of(kustomization& k, std::vector<render::render_error>& errors) {
    return reference_finder{k, errors}.run();
}

} // namespace holdfast::builders
