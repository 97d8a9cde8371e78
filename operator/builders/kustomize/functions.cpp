#include "builders/kustomize/functions.hpp"

#include "builders/kustomize/kustomization.hpp"
#include "crds/words.hpp"
#include "render/yaml.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace holdfast::builders {

namespace {

constexpr int max_nesting = 8;

std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const auto& name : names) {
        all += (all.empty() ? "" : ", ") + name;
    }
    return all;
}

std::string allowed_text(const std::vector<std::string>& allowed) {
    return allowed.empty() ? "there are no exec functions here"
                           : "allowed are exec functions by their name: " + joined(allowed);
}

// Variables that decide which code a program is, or where it finds what it trusts.
bool is_dangerous_variable(std::string_view text) {
    for (const std::string_view prefix : {"LD_", "GLIBC_", "GCONV_", "PATH=", "HOLDFAST_"}) {
        if (text.starts_with(prefix)) return true;
    }
    return false;
}

class checker {
public:
    checker(
        std::string_view text, const std::string& file, const std::string& shown,
        const std::vector<std::string>& allowed, std::vector<render::render_error>& errors
    )
        : text_{text}, file_{file}, shown_{shown}, allowed_{allowed}, errors_{errors} {}

    function_use run() {
        const auto documents = render::read_yaml(text_, render::configuration_limits());
        if (!documents) {
            const auto& e = documents.error();
            fail({e.document, e.where, ""}, e.message);
            return {};
        }
        for (const auto& document : *documents) {
            check(document.value, {document.index, {document.line, 1}, ""}, 0);
        }
        return std::move(use_);
    }

private:
    struct place {
        int document = 1;
        render::position where;
        std::string pointer;
    };

    void fail(const place& at, std::string message) {
        if (errors_.size() >= max_errors) return;
        render::render_error e{
            .file = file_,
            .document = at.document,
            .line = at.where.line,
            .column = at.where.column,
            .message = shown_.empty() ? std::move(message) : shown_ + ": " + std::move(message),
        };
        if (!shown_.empty()) { // inside another text: its lines are not those of the file
            e.document = 0;
            e.line = 0;
            e.column = 0;
        } else if (!at.pointer.empty()) {
            if (const auto found = render::locate(text_, at.document, at.pointer)) {
                e.line = found->line;
                e.column = found->column;
            }
        }
        errors_.push_back(std::move(e));
    }

    void check(const json::value& value, const place& at, int nesting) {
        const auto* object = value.if_object();
        if (object == nullptr) return; // kustomize says so
        const auto names = render::names_of(*object);
        const auto* items = object->if_contains("items");
        if (names.kind.ends_with("List") && items != nullptr && items->is_array() && nesting < max_nesting) {
            const auto& list = items->get_array();
            for (std::size_t i = 0; i < list.size(); ++i) {
                check(
                    list[i], {at.document, at.where, fmt::format("{}/items/{}", at.pointer, i)}, nesting + 1
                );
            }
            return;
        }
        check_plugin(*object, names, at);
    }

    void check_plugin(const json::object& object, const render::object_names& names, const place& at) {
        if (names.group.empty() && names.version == "builtin") {
            if (names.kind == "HelmChartInflationGenerator") fail(at, std::string{helm_is_off});
            return;
        }
        const auto spec = function_of(object, at);
        if (!spec) return; // an error by now
        if (spec->empty()) {
            return fail(
                at, fmt::format(
                        "{} is a plugin that would have to be installed beside kustomize; {}",
                        describe(names), allowed_text(allowed_)
                    )
            );
        }
        check_function(*spec, names, at);
    }

    // The function's specification; empty: it is no function. Nothing: an error.
    std::optional<json::object> function_of(const json::object& object, const place& at) {
        const auto* metadata = object.if_contains("metadata");
        if (metadata == nullptr || !metadata->is_object()) return json::object{};
        const auto* annotations = metadata->get_object().if_contains("annotations");
        const auto annotation = [&](std::string_view name) -> std::string_view {
            if (annotations == nullptr || !annotations->is_object()) return {};
            const auto* found = annotations->get_object().if_contains(name);
            return found != nullptr && found->is_string() ? std::string_view{found->get_string()}
                                                          : std::string_view{};
        };
        for (const std::string_view name : {"config.kubernetes.io/function", "config.k8s.io/function"}) {
            const auto text = annotation(name);
            if (text.empty()) continue;
            const auto read = render::read_yaml(text, render::configuration_limits());
            if (!read || read->size() != 1 || !read->front().value.is_object() ||
                read->front().value.get_object().empty()) {
                fail(at, fmt::format("the annotation {} is not the YAML of a function", name));
                return std::nullopt;
            }
            return read->front().value.get_object();
        }
        if (const auto* function = metadata->get_object().if_contains("configFn");
            function != nullptr && function->is_object()) {
            return function->get_object();
        }
        if (const auto image = annotation("config.kubernetes.io/container"); !image.empty()) {
            return json::object{{"container", {{"image", image}}}};
        }
        return json::object{};
    }

    void check_function(const json::object& spec, const render::object_names& names, const place& at) {
        if (const auto* container = member(spec, "container");
            container != nullptr && container->value().is_object()) {
            if (const auto image = text_member(container->value().get_object(), "image"); !image.empty()) {
                return fail(
                    at, fmt::format(
                            "{} would run the container image {}; {}", describe(names), crds::quoted(image),
                            allowed_text(allowed_)
                        )
                );
            }
        }
        const auto* exec = member(spec, "exec");
        const auto path = exec != nullptr && exec->value().is_object()
                              ? text_member(exec->value().get_object(), "path")
                              : std::string_view{};
        if (path.empty()) {
            return fail(
                at,
                fmt::format("{} names no program (exec.path); {}", describe(names), allowed_text(allowed_))
            );
        }
        if (std::ranges::find(allowed_, path) == allowed_.end()) {
            return fail(
                at, fmt::format(
                        "{} would run {}; {}", describe(names), crds::quoted(path), allowed_text(allowed_)
                    )
            );
        }
        for (const std::string_view list : {"envs", "env"}) {
            const auto* variables = member(exec->value().get_object(), list);
            if (variables == nullptr || !variables->value().is_array()) continue;
            for (const auto& variable : variables->value().get_array()) {
                if (variable.is_string() && is_dangerous_variable(variable.get_string())) {
                    return fail(
                        at, fmt::format(
                                "{} would give {} the variable {}, which functions may not have",
                                describe(names), path, crds::quoted(variable.get_string())
                            )
                    );
                }
            }
        }
        use_.programs.emplace(path);
    }

    std::string_view text_;
    const std::string& file_;
    const std::string& shown_;
    const std::vector<std::string>& allowed_;
    std::vector<render::render_error>& errors_;
    function_use use_;
};

} // namespace

function_use check_functions(
    std::string_view text, const std::string& file, const std::string& shown,
    const std::vector<std::string>& allowed, std::vector<render::render_error>& errors
) {
    return checker{text, file, shown, allowed, errors}.run();
}

bool is_inline(std::string_view entry) {
    if (entry.find('\n') != std::string_view::npos)
        return true; // no path, so there is nothing else to be said
    const auto read = render::read_yaml(entry, render::configuration_limits());
    return read.has_value() &&
           std::ranges::all_of(*read, [](const auto& each) { return each.value.is_object(); });
}

std::vector<std::string> functions_in(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code ec;
    for (const auto& entry : std::filesystem::directory_iterator{directory, ec}) {
        if (std::error_code ignored; entry.is_regular_file(ignored)) names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

} // namespace holdfast::builders
