#include "render/documents.hpp"

#include "base/json_pointer.hpp"
#include "base/work_budget.hpp"
#include "render/canonical.hpp"
#include "render/json_stream.hpp"
#include "render/normalise.hpp"
#include "render/yaml.hpp"

#include <fmt/format.h>

#include <utility>

namespace holdfast::render {

namespace {

std::string_view type_of(const json::value& value) noexcept {
    switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "a string";
    case json::kind::array: return "a list";
    case json::kind::object: return "a mapping";
    }
    return "a value";
}

// A kind, a version, a name: longer ones are no API server's, and each message would repeat them.
constexpr std::size_t longest_name = 1024;

/// The file that is being read, for the errors of its objects.
class file_reader {
public:
    file_reader(
        const std::string& file, std::string_view text, const directory_limits& limits, collected& into
    )
        : file_{file}, text_{text}, limits_{limits}, into_{into} {}

    /// A file that lies among manifests, and may be something else: values of a chart, a configuration.
    bool run_found() {
        may_be_no_manifest_ = !looks_like_manifest() && !file_.ends_with(".json");
        const bool goes_on = run();
        if (!is_no_manifest_) return goes_on;
        return true;
    }

    bool run() {
        bool goes_on = true;
        const auto read = read_documents(text_, limits_.yaml, &into_.memory, [&](yaml_document&& document) {
            document_ = document.index;
            line_ = document.line;
            warn_of(document.repeated);
            goes_on = take(std::move(document.value), {});
            return goes_on;
        });
        if (read) return goes_on;
        const yaml_error& e = read.error();
        if (may_be_no_manifest_ && !into_.memory.is_exceeded()) {
            document_ = e.document;
            return pass_over(e.where.line, e.message);
        }
        goes_on = into_.fail(
            limits_, {.file = file_,
                      .document = e.document,
                      .line = e.where.line,
                      .column = e.where.column,
                      .message = e.message}
        );
        return goes_on && !is_out_of_memory();
    }

    /// The text is what a program printed.
    bool run_evaluated() {
        is_evaluated_ = true;
        if (text_.size() > limits_.yaml.max_bytes) {
            return fail(
                {},
                fmt::format("{} bytes are more than the limit of {}", text_.size(), limits_.yaml.max_bytes)
            );
        }
        bool goes_on = true;
        const auto read = read_json(text_, limits_.yaml, &into_.memory, [&](yaml_document&& document) {
            warn_of(document.repeated);
            goes_on = take_evaluated(std::move(document.value));
            return goes_on;
        });
        if (read) return goes_on;
        return fail({}, "the result cannot be read: " + read.error().message) && !is_out_of_memory();
    }

private:
    bool take_evaluated(json::value&& value) {
        if (!value.is_array()) return take(std::move(value), {});
        is_item_ = true;
        document_ = 0;
        for (json::value& item : value.get_array()) {
            ++document_;
            if (!item.is_null() && !take(std::move(item), {})) return false;
        }
        return true;
    }

    void warn_of(const std::vector<repeated_key>& repeated) {
        for (const repeated_key& key : repeated) {
            into_.output.warnings.push_back(fmt::format(
                "{}: key \"{}\" appears twice in one mapping, first in line {}; the last one counts",
                to_string(origin{.file = file_, .document = document_, .line = key.where.line}), key.name,
                key.first_line
            ));
        }
    }

    /// The other files of the source would only say so again.
    bool is_out_of_memory() {
        if (!into_.memory.is_exceeded()) return false;
        into_.errors.is_too_large = true;
        return true;
    }

    /// Counts what is made here and is in no text. False with an error when that is too much.
    bool pay(std::size_t bytes, const std::string& pointer) {
        if (into_.memory.take(bytes)) return true;
        fail(pointer, source_is_too_large(into_.memory));
        return !is_out_of_memory();
    }

    /// Argo CD's rule for what is an object that somebody wrote wrongly.
    [[nodiscard]] bool looks_like_manifest() const {
        return text_.find("apiVersion") != std::string_view::npos &&
               text_.find("kind") != std::string_view::npos &&
               text_.find("metadata") != std::string_view::npos;
    }

    /// The file is passed over, with a warning. Always false, since nothing more in it is of interest.
    bool pass_over(int line, const std::string& why) {
        is_no_manifest_ = true;
        into_.output.warnings.push_back(fmt::format(
            "{}: left out, since there is no Kubernetes object in it: {}",
            to_string(origin{.file = file_, .document = document_, .line = line}), why
        ));
        return false;
    }

    /// An error about the value at `pointer`.
    bool fail(const std::string& pointer, std::string message) {
        if (is_evaluated_) {
            if (is_item_) message = fmt::format("object {} of the result: {}", document_, message);
            return into_.fail(limits_, {.file = file_, .message = std::move(message)});
        }
        const auto where = locate(text_, document_, pointer);
        return into_.fail(
            limits_, {.file = file_,
                      .document = document_,
                      .line = where ? where->line : line_,
                      .column = where ? where->column : 0,
                      .message = std::move(message)}
        );
    }

    /// One value that should be an object, at `pointer` of its document. False when reading shall stop.
    bool take(json::value&& value, const std::string& pointer) {
        if (!value.is_object()) {
            if (may_be_no_manifest_) return pass_over(line_, fmt::format("this is {}", type_of(value)));
            return fail(
                pointer,
                fmt::format(
                    "this is {}, not a Kubernetes object{}", type_of(value),
                    value.is_array()
                        ? "; several objects are documents divided by \"---\", or the items of a kind: List"
                        : ""
                )
            );
        }
        json::object& object = value.get_object();
        if (!has_type(object, pointer)) return keep_going_;
        const object_names names = names_of(object);
        auto* items = object.if_contains("items");
        if (names.kind.ends_with("List") && names.name.empty() &&
            (names.kind == "List" || (items != nullptr && (items->is_array() || items->is_null())))) {
            return take_list(object, names, pointer);
        }
        if (!has_name(object, pointer) || !has_texts(object, pointer)) return keep_going_;
        for (const std::string& warning : normalise(object)) {
            into_.output.warnings.push_back(
                fmt::format("{}: {}: {}", to_string(place()), describe(names_of(object)), warning)
            );
        }
        return add(std::move(object), pointer);
    }

    bool take_list(json::object& list, const object_names& names, const std::string& pointer) {
        auto* items = list.if_contains("items");
        if (items == nullptr || items->is_null()) return true;
        if (!items->is_array())
            return fail(pointer + "/items", fmt::format("items is {}, not a list", type_of(*items)));
        if (pointer.size() > 200) return fail(pointer, "lists inside of lists, too deep");
        // The items of a typed list need not repeat what their list says.
        const std::string item_kind{
            names.kind == "List" ? std::string_view{} : names.kind.substr(0, names.kind.size() - 4)
        };
        const json::string version{list.at("apiVersion").as_string()};
        std::size_t index = 0;
        for (json::value& item : items->get_array()) {
            if (item.is_null()) {
                ++index;
                continue; // as a document without content
            }
            if (!item_kind.empty() && item.is_object()) {
                json::object& object = item.get_object();
                if (!pay(version.size() + item_kind.size(), pointer)) return false;
                if (!object.contains("apiVersion")) object["apiVersion"] = version;
                if (!object.contains("kind")) object["kind"] = item_kind;
            }
            if (!take(std::move(item), fmt::format("{}/items/{}", pointer, index++))) return false;
        }
        return true;
    }

    bool has_type(const json::object& object, const std::string& pointer) {
        const auto* version = object.if_contains("apiVersion");
        const auto* kind = object.if_contains("kind");
        // With two of the three it was to be an object.
        const auto known =
            (version != nullptr ? 1 : 0) + (kind != nullptr ? 1 : 0) + (object.contains("metadata") ? 1 : 0);
        if (may_be_no_manifest_ && known < 2) {
            keep_going_ = pass_over(line_, version == nullptr ? "it has no apiVersion" : "it has no kind");
            return false;
        }
        if (version == nullptr && kind == nullptr) {
            keep_going_ = fail(
                pointer, "this is not a Kubernetes object: it has no apiVersion and no kind. A file that is "
                         "none can be left out "
                         "with directory.exclude, or with a comment \"# +argocd:skip-file-rendering\" in it"
            );
            return false;
        }
        for (const auto& [name, field] : {std::pair{"apiVersion", version}, std::pair{"kind", kind}}) {
            if (field == nullptr || field->is_null() || (field->is_string() && field->get_string().empty())) {
                keep_going_ = fail(pointer, fmt::format("the object has no {}", name));
                return false;
            }
            if (!field->is_string()) {
                keep_going_ = fail(
                    pointer + "/" + name,
                    fmt::format("{} is {}, not a string{}", name, type_of(*field), quote_hint(*field))
                );
                return false;
            }
            if (is_too_long(*field, name, pointer + "/" + name)) return false;
            may_be_no_manifest_ = false;
            if (field->get_string().starts_with("ENC[AES256_GCM,")) {
                keep_going_ = fail(
                    pointer + "/" + name,
                    fmt::format(
                        "{} is encrypted by SOPS, so the object cannot be identified; encrypt its values "
                        "only: sops encrypt --encrypted-regex '^(data|stringData)$'",
                        name
                    )
                );
                return false;
            }
        }
        return true;
    }

    bool is_too_long(const json::value& text, std::string_view name, const std::string& pointer) {
        const std::size_t size = text.get_string().size();
        if (size <= longest_name) return false;
        keep_going_ =
            fail(pointer, fmt::format("{} has {} bytes; {} is the limit", name, size, longest_name));
        return true;
    }

    static std::string_view quote_hint(const json::value& value) noexcept {
        return value.is_bool() || value.is_number() ? "; quote it" : "";
    }

    bool has_name(const json::object& object, const std::string& pointer) {
        const object_names names = names_of(object);
        const auto* metadata = object.if_contains("metadata");
        if (metadata != nullptr && !metadata->is_object() && !metadata->is_null()) {
            keep_going_ =
                fail(pointer + "/metadata", fmt::format("metadata is {}, not a mapping", type_of(*metadata)));
            return false;
        }
        if (metadata != nullptr && metadata->is_object()) {
            for (const char* const name : {"name", "generateName", "namespace"}) {
                const auto* field = metadata->get_object().if_contains(name);
                if (field != nullptr && !field->is_string() && !field->is_null()) {
                    keep_going_ = fail(
                        pointer + "/metadata/" + name,
                        fmt::format(
                            "metadata.{} is {}, not a string{}", name, type_of(*field), quote_hint(*field)
                        )
                    );
                    return false;
                }
                if (field != nullptr && field->is_string() &&
                    is_too_long(*field, fmt::format("metadata.{}", name), pointer + "/metadata/" + name)) {
                    return false;
                }
            }
        }
        if (names.name.empty() && names.generate_name.empty()) {
            keep_going_ = fail(pointer + "/metadata", fmt::format("the {} has no metadata.name", names.kind));
            return false;
        }
        return true;
    }

    /// Labels and annotations are strings: what people forget to quote most often.
    bool has_texts(const json::object& object, const std::string& pointer) {
        const auto* metadata = object.if_contains("metadata");
        if (metadata == nullptr || !metadata->is_object()) return true;
        bool is_fine = true;
        for (const char* const name : {"labels", "annotations"}) {
            const auto* field = metadata->get_object().if_contains(name);
            if (field == nullptr || field->is_null()) continue;
            const std::string below = pointer + "/metadata/" + name;
            if (!field->is_object()) {
                keep_going_ =
                    fail(below, fmt::format("metadata.{} is {}, not a mapping", name, type_of(*field)));
                return false;
            }
            for (const auto& [key, value] : field->get_object()) {
                if (value.is_string() || value.is_null()) continue;
                is_fine = false;
                const std::string_view key_text{key.data(), key.size()};
                keep_going_ = fail(
                    below + "/" + pointer_token(key_text),
                    fmt::format(
                        "metadata.{}[\"{}\"] is {}, not a string{}", name, key_text, type_of(value),
                        quote_hint(value)
                    )
                );
                if (!keep_going_) return false;
            }
        }
        return is_fine;
    }

    bool add(json::object&& object, const std::string& pointer) {
        if (const auto enough = spend_looks(1, file_); !enough) {
            fail(pointer, enough.error().message());
            return false;
        }
        const object_names names = names_of(object);
        if (into_.output.objects.size() >= limits_.max_objects) {
            fail(pointer, fmt::format("the source has more than {} objects", limits_.max_objects));
            return false;
        }
        canonical_.clear();
        if (!append_canonical(canonical_, object, limits_.max_object_bytes)) {
            return fail(
                pointer, fmt::format(
                             "{} is larger than {} bytes, the limit for one object", describe(names),
                             limits_.max_object_bytes
                         )
            );
        }
        into_.output_bytes += canonical_.size();
        if (into_.output_bytes > limits_.max_output_bytes) {
            fail(
                pointer, fmt::format(
                             "the objects of the source have more than {} bytes together, the limit for one "
                             "source; divide it among several Applications",
                             limits_.max_output_bytes
                         )
            );
            into_.errors.is_too_large = true;
            return false;
        }
        if (!pay(sizeof(manifest) + sizeof(sha256_digest) + file_.size(), pointer)) return false;
        into_.digests.push_back(sha256(canonical_));
        into_.output.objects.push_back({.object = std::move(object), .from = place()});
        return true;
    }

    [[nodiscard]] origin place() const { return {.file = file_, .document = document_, .line = line_}; }

    const std::string& file_;
    std::string_view text_;
    const directory_limits& limits_;
    collected& into_;
    std::string canonical_;
    int document_ = 1;
    int line_ = 1;
    bool is_evaluated_ = false;
    bool is_item_ = false;
    /// What is wrong in it means that it is something else.
    bool may_be_no_manifest_ = false;
    bool is_no_manifest_ = false;
    /// What take() answers after an object was refused.
    bool keep_going_ = true;
};

} // namespace

bool collected::fail(const directory_limits& limits, render_error e) {
    errors.all.push_back(std::move(e));
    return errors.all.size() < limits.max_errors;
}

bool collect(
    const std::string& file, std::string_view text, const directory_limits& limits, collected& into
) {
    return file_reader{file, text, limits, into}.run();
}

bool collect_found(
    const std::string& file, std::string_view text, const directory_limits& limits, collected& into
) {
    return file_reader{file, text, limits, into}.run_found();
}

bool collect_evaluated(
    const std::string& file, std::string_view text, const directory_limits& limits, collected& into
) {
    return file_reader{file, text, limits, into}.run_evaluated();
}

} // namespace holdfast::render
