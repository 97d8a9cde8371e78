#include "base/json_pointer.hpp"
#include "render/json_stream.hpp"
#include "render/scalar.hpp"
#include "render/yaml.hpp"
#include "render/yaml_events.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace holdfast::render {

namespace {

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

/// Follows the steps through one JSON value, which is known to be one.
class json_tracer {
public:
    json_tracer(std::string_view text, std::size_t at) : text_{text}, at_{at} {}

    /// The offset of the deepest place on the path.
    std::size_t run(const std::vector<std::string>& steps) {
        std::size_t found = at_;
        for (const std::string& step : steps) {
            const auto next = peek() == '{' ? member(step) : peek() == '[' ? item(step) : std::nullopt;
            if (!next) break;
            found = *next;
        }
        return found;
    }

private:
    [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

    void skip_blanks() noexcept { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

    /// The string that starts here, with its quotes.
    std::string_view take_string() noexcept {
        const std::size_t start = at_++;
        while (at_ < text_.size() && text_[at_] != '"') {
            at_ += text_[at_] == '\\' ? 2 : 1;
        }
        at_ = std::min(at_ + 1, text_.size());
        return text_.substr(start, at_ - start);
    }

    void skip_value() noexcept {
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                take_string();
                continue;
            }
            if (depth == 0 && (c == ',' || c == '}' || c == ']')) return;
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            ++at_;
        }
    }

    /// Goes to the value of a key; the place is that of the key.
    std::optional<std::size_t> member(const std::string& name) {
        ++at_;
        for (skip_blanks(); peek() == '"'; skip_blanks()) {
            const std::size_t place = at_;
            const std::string_view raw = take_string();
            skip_blanks();
            ++at_; // ':'
            skip_blanks();
            bool is_it = raw.size() == name.size() + 2 && raw.substr(1, name.size()) == name;
            if (!is_it && raw.find('\\') != std::string_view::npos) {
                json::error_code failure;
                const json::value key = json::parse(raw, failure);
                is_it = !failure && key.is_string() && key.get_string() == name;
            }
            if (is_it) return place;
            skip_value();
            if (peek() != ',') break;
            ++at_;
        }
        return std::nullopt;
    }

    std::optional<std::size_t> item(const std::string& number) {
        std::size_t wanted = 0;
        const auto done = std::from_chars(number.data(), number.data() + number.size(), wanted);
        if (done.ec != std::errc{} || done.ptr != number.data() + number.size()) return std::nullopt;
        ++at_;
        skip_blanks();
        for (std::size_t index = 0; peek() != ']' && at_ < text_.size(); ++index) {
            if (index == wanted) return at_;
            skip_value();
            if (peek() == ',') ++at_;
            skip_blanks();
        }
        return std::nullopt;
    }

    std::string_view text_;
    std::size_t at_;
};

} // namespace

std::optional<position> locate(std::string_view text, int index, std::string_view pointer) {
    auto read = read_pointer(pointer);
    if (!read) return std::nullopt;
    auto& steps = *read;
    if (looks_like_json(text)) {
        if (const auto found = scan_json(text, {}); !found.failure) {
            if (index < 1 || found.starts.size() < static_cast<std::size_t>(index)) return std::nullopt;
            return position_of(
                text, json_tracer{text, found.starts[static_cast<std::size_t>(index) - 1]}.run(steps)
            );
        }
    }
    return locate_in(text, index, std::move(steps));
}

} // namespace holdfast::render
