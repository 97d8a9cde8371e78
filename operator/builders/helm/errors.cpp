#include "builders/helm/errors.hpp"

#include "base/trim.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace holdfast::builders {

std::string place_of(std::string_view path, const std::map<std::string, std::string>& places) {
    for (auto at = path;; at = at.substr(0, at.rfind('/'))) {
        if (const auto known = places.find(std::string{at}); known != places.end()) {
            return render::join_path(known->second, path.substr(std::min(at.size() + 1, path.size())));
        }
        if (at.find('/') == std::string_view::npos) return std::string{path};
    }
}

} // namespace holdfast::builders

namespace holdfast::render {

namespace {

constexpr std::size_t max_message = 2000;
constexpr std::size_t max_errors = 100;
constexpr std::size_t max_outer = 3;

using places_map = std::map<std::string, std::string>;

/// "web/templates/x.yaml:12:4"; the column may be missing.
struct location {
    std::string_view file;
    int line = 0;
    int column = 0;
};

std::optional<int> number_of(std::string_view text) {
    int number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<location> location_of(std::string_view text) {
    const auto last = text.rfind(':');
    if (last == std::string_view::npos || last == 0) return std::nullopt;
    const auto number = number_of(text.substr(last + 1));
    if (!number) return std::nullopt;
    const auto before = text.substr(0, last);
    if (const auto colon = before.rfind(':'); colon != std::string_view::npos && colon > 0) {
        if (const auto line = number_of(before.substr(colon + 1))) {
            return location{.file = before.substr(0, colon), .line = *line, .column = *number};
        }
    }
    return location{.file = before, .line = *number};
}

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// What stands up to `end`, taken away with it.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view end) {
    const auto at = text.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const auto taken = text.substr(0, at);
    text.remove_prefix(at + end.size());
    return taken;
}

/// The message behind "Error: ", without what helm's own logging said before and its advice behind.
std::string_view message_in(std::string_view text) {
    constexpr std::string_view mark = "Error: ";
    auto at = text.starts_with(mark) ? 0 : text.find("\nError: ");
    if (at != std::string_view::npos) text.remove_prefix(at + (text[at] == '\n' ? 1 : 0) + mark.size());
    if (at = text.find("\nUse --debug flag to render out invalid YAML"); at != std::string_view::npos) {
        text = text.substr(0, at);
    }
    return trimmed(text);
}

/// One run over one message.
class reading {
public:
    explicit reading(const places_map& places) : places_{places} {}

    render_errors run(std::string_view text) {
        if (!schema(text) && !bracketed(text) && !chain(text) && !rendered(text) && !values_file(text) &&
            !loading(text) && !options(text)) {
            add({}, 0, 0, std::string{text.empty() ? "it failed without a word" : text});
        }
        return std::move(errors_);
    }

private:
    void add(std::string file, int line, int column, std::string message) {
        if (errors_.all.size() == max_errors) return;
        if (message.size() > max_message) {
            message.resize(max_message);
            message += " …";
        }
        errors_.all.push_back(
            {.file = std::move(file), .line = line, .column = column, .message = std::move(message)}
        );
    }
    [[nodiscard]] std::string place(std::string_view path) const { return builders::place_of(path, places_); }

    /// Where the chart itself is; nothing where it is an archive.
    [[nodiscard]] std::optional<std::string> chart() const {
        for (const auto& [name, path] : places_) {
            if (name.find('/') == std::string::npos) return path;
        }
        return std::nullopt;
    }

    // "parse error at (web/templates/x.yaml:5): …", "execution error at (web/templates/x.yaml:5:3): …" by
    // `required` and `fail`.
    bool bracketed(std::string_view text) {
        for (const std::string_view kind :
             {"parse error at (", "execution error at (", "parse error in (", "execution error in ("}) {
            auto rest = text;
            if (!take(rest, kind)) continue;
            const auto where = take_until(rest, "): ");
            if (!where) return false;
            const auto at = location_of(*where);
            const bool is_parse = kind.starts_with("parse");
            add(place(at ? at->file : *where), at ? at->line : 0, at ? at->column : 0,
                fmt::format("{}{}", is_parse ? "the template cannot be parsed: " : "", trimmed(rest)));
            return true;
        }
        return false;
    }

    // "template: web/templates/a.yaml:3:12: executing "…" at <include "web.labels" .>: error calling include:
    // template: web/templates/_names.tpl:10:8: executing …": the innermost place is where it went wrong.
    bool chain(std::string_view text) {
        constexpr std::string_view mark = "template: ";
        std::vector<std::string> outer;
        std::optional<location> innermost;
        std::string_view message;
        for (auto at = text.starts_with(mark) ? 0 : text.find(" " + std::string{mark});
             at != std::string_view::npos; at = text.find(mark, at + mark.size())) {
            auto rest = text.substr(text.find(mark, at) + mark.size());
            const auto where = take_until(rest, ": ");
            const auto found = where ? location_of(*where) : std::nullopt;
            if (!found) continue;
            if (innermost) outer.push_back(fmt::format("{}:{}", place(innermost->file), innermost->line));
            innermost = found;
            message = rest;
        }
        if (!innermost) return false;
        if (take(message, "executing ")) take_until(message, "\" ");
        auto sentence = std::string{trimmed(message)};
        std::ranges::reverse(outer);
        const auto last = std::unique(outer.begin(), outer.end());
        outer.erase(last, outer.end());
        if (outer.size() > max_outer) outer.resize(max_outer);
        if (!outer.empty()) sentence += fmt::format(" (included from {})", fmt::join(outer, ", "));
        add(place(innermost->file), innermost->line, innermost->column, std::move(sentence));
        return true;
    }

    // "YAML parse error on web/templates/x.yaml: error converting YAML to JSON: yaml: line 7: …". The line is
    // one of what the template gave.
    bool rendered(std::string_view text) {
        if (!take(text, "YAML parse error on ")) return false;
        const auto path = take_until(text, ": ");
        if (!path) return false;
        if (take(text, "error converting YAML to JSON: ")) {
            take(text, "yaml: ");
            add(place(*path), 0, 0, fmt::format("its output is not valid YAML: {}", text));
        } else {
            take(text, "error unmarshaling JSON: while decoding JSON: ");
            add(place(*path), 0, 0, fmt::format("its output is not a Kubernetes object: {}", text));
        }
        return true;
    }

    // "yaml: line 3: …" behind what helm says before it: the line and the rest.
    static std::pair<int, std::string_view> yaml_line(std::string_view text) {
        take(text, "error converting YAML to JSON: ");
        take(text, "yaml: ");
        auto rest = text;
        if (take(rest, "line ")) {
            if (const auto digits = take_until(rest, ": ")) {
                if (const auto line = number_of(*digits)) return {*line, rest};
            }
        }
        return {0, text};
    }

    void in_values(const std::string& file, std::string_view what) {
        const auto [line, message] = yaml_line(what);
        if (file.starts_with("spec.source.")) {
            add({}, 0, 0,
                line > 0 ? fmt::format("{}: line {}: {}", file, line, message)
                         : fmt::format("{}: {}", file, message));
        } else {
            add(file, line, 0, std::string{message});
        }
    }

    // "failed to parse repo/apps/web/values-prod.yaml: …"
    bool values_file(std::string_view text) {
        if (!take(text, "failed to parse ")) return false;
        const auto path = take_until(text, ": ");
        if (!path) return false;
        in_values(place(*path), text);
        return true;
    }

    // "cannot load values.yaml: …", "error unpacking subchart redis-17.0.0.tgz in web: cannot load …"
    bool loading(std::string_view text) {
        auto directory = chart().value_or("");
        bool is_known = chart().has_value();
        while (take(text, "error unpacking subchart ")) {
            const auto entry = take_until(text, " in ");
            if (!entry || !take_until(text, ": ")) return false;
            directory = join_path(directory, "charts/" + std::string{*entry});
        }
        if (take(text, "cannot load ")) {
            const auto name = take_until(text, ": ");
            if (!name) return false;
            in_values(is_known ? join_path(directory, *name) : std::string{*name}, text);
            return true;
        }
        if (!is_known) return false;
        if (directory != *chart()) {
            add(directory, 0, 0, std::string{text});
            return true;
        }
        if (text.starts_with("chart requires kubeVersion: ") || text.starts_with("found in Chart.yaml") ||
            text.starts_with("validation: chart.")) {
            add(join_path(directory, "Chart.yaml"), 0, 0, std::string{text});
            return true;
        }
        return false;
    }

    bool options(std::string_view text) {
        for (const auto& [flag, field] :
             {std::pair{"failed parsing --set data: ", "spec.source.helm.parameters"},
              std::pair{"failed parsing --set-string data: ", "spec.source.helm.parameters"},
              std::pair{"failed parsing --set-file data: ", "spec.source.helm.fileParameters"}}) {
            if (take(text, flag)) {
                add({}, 0, 0, fmt::format("{}: {}", field, text));
                return true;
            }
        }
        return false;
    }

    // "values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- at
    // '/replicas': got string, want integer\n…"
    bool schema(std::string_view text) {
        if (!text.starts_with("values don't meet the specifications of the schema(s)")) return false;
        std::string name;
        std::size_t said = 0;
        if (!take_until(text, "\n")) return false;
        while (!text.empty()) {
            auto line = text.substr(0, text.find('\n'));
            text.remove_prefix(std::min(line.size() + 1, text.size()));
            line = trimmed(line);
            if (line.empty()) continue;
            if (take(line, "- ")) {
                add(schema_of(name), 0, 0, fmt::format("the values of {} do not fit: {}", name, line));
                ++said;
            } else if (line.ends_with(':')) {
                name = line.substr(0, line.size() - 1);
            } else {
                add(schema_of(name), 0, 0, fmt::format("the values of {} do not fit: {}", name, line));
                ++said;
            }
        }
        return said > 0;
    }

    [[nodiscard]] std::string schema_of(const std::string& name) const {
        for (const auto& [called, path] : places_) {
            if (called == name || called.ends_with("/charts/" + name))
                return join_path(path, "values.schema.json");
        }
        return {};
    }

    const places_map& places_;
    render_errors errors_;
};

} // namespace

render_errors
read_helm_error(std::string_view stderr_text, const std::map<std::string, std::string>& places) {
    return reading{places}.run(message_in(stderr_text));
}

} // namespace holdfast::render
