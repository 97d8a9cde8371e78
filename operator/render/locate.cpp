#include "render/json_stream.hpp"
#include "render/scalar.hpp"
#include "render/yaml.hpp"
#include "render/yaml_events.hpp"

#include <charconv>
#include <string>
#include <vector>

namespace holdfast::render {

namespace {

/// The steps of an RFC 6901 pointer.
std::vector<std::string> steps_of(std::string_view pointer) {
    std::vector<std::string> steps;
    while (!pointer.empty() && pointer.front() == '/') {
        pointer.remove_prefix(1);
        const std::string_view raw = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(raw.size());
        std::string step;
        for (std::size_t i = 0; i < raw.size(); ++i) {
            if (raw[i] == '~' && i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1')) {
                step += raw[++i] == '0' ? '~' : '/';
            } else {
                step += raw[i];
            }
        }
        steps.push_back(std::move(step));
    }
    return steps;
}

/// Follows one path through the events of a document: at each level it knows whether the levels above are on
/// the path, and it remembers the deepest place that is.
class tracer {
public:
    explicit tracer(std::vector<std::string> steps) : steps_{std::move(steps)} {}

    void on(const yaml_event& event) {
        using type = yaml_event::type;
        switch (event.kind) {
        case type::mapping_end:
        case type::sequence_end:
            levels_.pop_back();
            if (!levels_.empty()) after_value();
            break;
        case type::mapping_start:
        case type::sequence_start: {
            const bool on_path = arrive(event);
            levels_.push_back({
                .mapping = event.kind == type::mapping_start,
                .on_path = on_path,
                .wants_key = event.kind == type::mapping_start,
            });
            break;
        }
        case type::scalar:
        case type::alias:
            if (!levels_.empty() && levels_.back().wants_key) {
                key(event);
            } else {
                arrive(event);
                if (!levels_.empty()) after_value();
            }
            break;
        default: break;
        }
    }

    [[nodiscard]] std::optional<position> found() const noexcept { return found_; }

private:
    struct level {
        bool mapping = false;
        /// Everything from the root down to this container is named by the steps.
        bool on_path = false;
        bool wants_key = false;
        /// The key read last is the step that leads on, or may have it (a merge).
        bool matches = false;
        bool is_merge = false;
        position key_place;
        std::size_t index = 0;
    };

    void key(const yaml_event& event) {
        level& l = levels_.back();
        l.wants_key = false;
        l.key_place = event.start;
        l.matches = l.is_merge = false;
        if (!l.on_path || event.kind == yaml_event::type::alias) return;
        const std::size_t step = step_of_top();
        if (step >= steps_.size()) return;
        l.is_merge = event.text == "<<" && event.plain;
        const auto name = resolve_key(event.text, event.tag, event.plain);
        l.matches = !l.is_merge && name.has_value() && *name == steps_[step];
    }

    /// A value starts; true when it is on the path.
    bool arrive(const yaml_event& event) {
        if (levels_.empty()) {
            best_ = 0;
            found_ = event.start;
            return true;
        }
        const level& l = levels_.back();
        const std::size_t step = step_of_top();
        if (!l.on_path || step >= steps_.size()) return false;
        bool here = l.matches;
        if (!l.mapping) here = std::to_string(l.index) == steps_[step];
        if (l.mapping && l.is_merge && best_ <= step) {
            found_ = l.key_place; // unless the key is found beside it, it is from there
            return false;
        }
        if (here) {
            best_ = step + 1;
            found_ = l.mapping ? l.key_place : event.start;
        }
        return here;
    }

    void after_value() {
        level& l = levels_.back();
        ++l.index;
        if (l.mapping) l.wants_key = true;
    }

    /// Which step leads out of the innermost container.
    [[nodiscard]] std::size_t step_of_top() const noexcept { return levels_.size() - 1; }

    std::vector<std::string> steps_;
    std::vector<level> levels_;
    std::size_t best_ = 0;
    std::optional<position> found_;
};

std::optional<position> locate_in(std::string_view text, int index, std::vector<std::string> steps) {
    yaml_events events{text};
    tracer trace{std::move(steps)};
    int document = 0;
    while (const yaml_event* event = events.next()) {
        if (event->kind == yaml_event::type::stream_end) break;
        if (event->kind == yaml_event::type::document_start) ++document;
        if (document > index) break;
        if (document == index) trace.on(*event);
    }
    return trace.found();
}

} // namespace

std::optional<position> locate(std::string_view text, int index, std::string_view pointer) {
    auto steps = steps_of(pointer);
    if (index > 1 && looks_like_json(text)) {
        // Values that follow each other without "---" are no YAML: find the one, and read it alone.
        const auto starts = json_starts(text, yaml_limits{}.max_depth);
        if (starts.size() >= static_cast<std::size_t>(index)) {
            const std::size_t start = starts[static_cast<std::size_t>(index) - 1];
            auto where = locate_in(text.substr(start), 1, std::move(steps));
            if (where) {
                const position base = position_of(text, start);
                if (where->line == 1) where->column += base.column - 1;
                where->line += base.line - 1;
            }
            return where;
        }
    }
    return locate_in(text, index, std::move(steps));
}

} // namespace holdfast::render
