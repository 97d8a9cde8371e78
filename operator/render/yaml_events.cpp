#include "render/yaml_events.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace holdfast::render {

namespace {

position position_of_mark(const yaml_mark_t& mark) noexcept {
    return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

std::string_view view(const yaml_char_t* text) noexcept {
    return text == nullptr ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(text)};
}

/// The line of a text that a position is in.
std::string_view line_at(std::string_view text, int line) noexcept {
    for (int i = 1; i < line; ++i) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

/// The hint for one line.
std::string_view hint_of_line(std::string_view line) noexcept {
    if (line.find("{{") != std::string_view::npos) {
        return "; this looks like a template: a directory is read as it is, templates are built from a chart";
    }
    const auto indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
    if (indent.find('\t') != std::string_view::npos) {
        return "; a tab cannot be used for indentation: use spaces";
    }
    return {};
}

} // namespace

std::string_view hint_for(std::string_view text, position where) noexcept {
    if (text.starts_with("<<<<<<< ") || text.find("\n<<<<<<< ") != std::string_view::npos) {
        return "; there is a merge conflict in it";
    }
    const std::string_view line = line_at(text, where.line);
    const auto column = static_cast<std::size_t>(std::max(where.column - 1, 0));
    if (column < line.size() && (line[column] == '@' || line[column] == '`' || line[column] == '%')) {
        return "; quote the value"; // columns are bytes as long as the line is ASCII, which is enough for a
                                    // hint
    }
    return hint_of_line(line);
}

position position_of(std::string_view text, std::size_t offset) noexcept {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto last = before.rfind('\n');
    const std::string_view line = last == std::string_view::npos ? before : before.substr(last + 1);
    const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    return {
        static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
        static_cast<int>(std::count_if(line.begin(), line.end(), starts_character)) + 1
    };
}

struct yaml_events::parser {
    std::string_view text;
    yaml_parser_t handle{};
    yaml_event_t event{};
    bool has_event = false;
    yaml_event current;

    explicit parser(std::string_view t) : text{t} {
        if (yaml_parser_initialize(&handle) == 0) {
            throw std::bad_alloc{};
        }
        yaml_parser_set_input_string(
            &handle, reinterpret_cast<const unsigned char*>(text.data()), text.size()
        );
    }
    ~parser() {
        drop();
        yaml_parser_delete(&handle);
    }
    parser(const parser&) = delete;
    parser& operator=(const parser&) = delete;

    void drop() {
        if (has_event) {
            yaml_event_delete(&event);
            has_event = false;
        }
    }

    void fill() {
        current.start = position_of_mark(event.start_mark);
        current.text = current.tag = current.anchor = {};
        current.plain = false;
        using type = yaml_event::type;
        switch (event.type) {
        case YAML_SCALAR_EVENT: {
            const auto& scalar = event.data.scalar;
            current.kind = type::scalar;
            current.text = {reinterpret_cast<const char*>(scalar.value), scalar.length};
            current.tag = view(scalar.tag);
            current.anchor = view(scalar.anchor);
            current.plain = scalar.plain_implicit != 0;
            break;
        }
        case YAML_ALIAS_EVENT:
            current.kind = type::alias;
            current.anchor = view(event.data.alias.anchor);
            break;
        case YAML_SEQUENCE_START_EVENT:
            current.kind = type::sequence_start;
            current.anchor = view(event.data.sequence_start.anchor);
            break;
        case YAML_MAPPING_START_EVENT:
            current.kind = type::mapping_start;
            current.anchor = view(event.data.mapping_start.anchor);
            break;
        case YAML_SEQUENCE_END_EVENT: current.kind = type::sequence_end; break;
        case YAML_MAPPING_END_EVENT: current.kind = type::mapping_end; break;
        case YAML_DOCUMENT_START_EVENT: current.kind = type::document_start; break;
        case YAML_DOCUMENT_END_EVENT: current.kind = type::document_end; break;
        case YAML_STREAM_END_EVENT: current.kind = type::stream_end; break;
        case YAML_STREAM_START_EVENT:
        case YAML_NO_EVENT: current.kind = type::stream_start; break;
        }
    }
};

yaml_events::yaml_events(std::string_view text) : parser_{std::make_unique<parser>(text)} {}
yaml_events::~yaml_events() = default;

const yaml_event* yaml_events::next() {
    parser_->drop();
    if (yaml_parser_parse(&parser_->handle, &parser_->event) == 0) {
        return nullptr;
    }
    parser_->has_event = true;
    parser_->fill();
    return &parser_->current;
}

yaml_error yaml_events::failure() const {
    const yaml_parser_t& p = parser_->handle;
    const std::string_view problem =
        p.problem == nullptr ? "this is not valid YAML" : std::string_view{p.problem};
    yaml_error failure;
    if (p.error == YAML_MEMORY_ERROR) {
        throw std::bad_alloc{};
    }
    if (p.error == YAML_READER_ERROR) {
        // The reader runs ahead of the marks and knows bytes only.
        const bool utf8 = p.encoding == YAML_UTF8_ENCODING || p.encoding == YAML_ANY_ENCODING;
        failure.where = utf8 ? position_of(parser_->text, p.problem_offset) : position_of_mark(p.mark);
        failure.message = p.problem_value < 0 ? std::string{problem}
                                              : fmt::format("{} (0x{:02X})", problem, p.problem_value);
        return failure;
    }
    failure.where = position_of_mark(p.problem_mark);
    failure.message = problem;
    if (p.context != nullptr && problem == "could not find expected ':'") {
        // It was noticed where the next line starts; what is wrong is the line that is no key.
        failure.where = position_of_mark(p.context_mark);
    } else if (p.context != nullptr) {
        const position context = position_of_mark(p.context_mark);
        failure.message += fmt::format(" {}", p.context);
        if (context.line != failure.where.line) {
            failure.message += fmt::format(" that starts in line {}", context.line);
        }
    }
    failure.message += hint_for(parser_->text, failure.where);
    return failure;
}

} // namespace holdfast::render
