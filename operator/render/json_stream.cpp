#include "render/json_stream.hpp"

#include "render/scalar.hpp"
#include "render/value_builder.hpp"
#include "render/yaml_events.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace holdfast::render {

namespace {

using error_code = json::error_code;
using json_view = json::string_view;

/// Takes the parser's events. All its errors are ours: `problem` says which.
struct handler {
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

    const char* text = nullptr;
    std::size_t size = 0;
    value_builder builder;
    std::string part;
    std::string number;
    std::string problem;
    /// Where the key is that was given before.
    std::optional<std::size_t> first_place;
    bool is_duplicate = false;

    bool fail(error_code& ec, std::string why) {
        problem = std::move(why);
        ec = json::make_error_code(json::error::exception);
        return false;
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        builder.open(true);
        return true;
    }
    bool on_object_end(std::size_t, error_code&) { return builder.add(builder.close()); }
    bool on_array_begin(error_code&) {
        builder.open(false);
        return true;
    }
    bool on_array_end(std::size_t, error_code&) { return builder.add(builder.close()); }
    bool on_key_part(json_view s, std::size_t, error_code&) {
        part.append(s.data(), s.size());
        return true;
    }
    bool on_key(json_view s, std::size_t, error_code& ec) {
        // A key without escapes is a piece of the text: that gives its place.
        const bool inside = s.data() >= text && s.data() < text + size;
        const auto place = inside ? static_cast<value_builder::place>(s.data() - text) : 0;
        part.append(s.data(), s.size());
        const auto before = builder.key(part, place);
        if (before) {
            is_duplicate = true;
            if (*before != 0) first_place = *before;
            return fail(ec, std::move(part));
        }
        part.clear();
        return true;
    }
    bool on_string_part(json_view s, std::size_t, error_code&) {
        part.append(s.data(), s.size());
        return true;
    }
    bool on_string(json_view s, std::size_t, error_code&) {
        if (part.empty()) return builder.add(json::value(json::string(s)));
        part.append(s.data(), s.size());
        json::string whole{part};
        part.clear();
        return builder.add(json::value(std::move(whole)));
    }
    bool on_number_part(json_view s, error_code&) {
        number.append(s.data(), s.size());
        return true;
    }
    bool on_int64(std::int64_t i, json_view, error_code&) {
        number.clear();
        return builder.add(json::value(i));
    }
    bool on_uint64(std::uint64_t u, json_view, error_code&) {
        number.clear();
        return builder.add(json::value(u));
    }
    bool on_double(double approximate, json_view s, error_code& ec) {
        // Boost 1.81 does not round correctly: its double is good for telling whether there is one.
        number.append(s.data(), s.size());
        double exact = approximate;
        const auto done = std::from_chars(number.data(), number.data() + number.size(), exact);
        const bool is_too_large = done.ec == std::errc::result_out_of_range && std::fabs(approximate) > 1;
        if (done.ec == std::errc::result_out_of_range && !is_too_large) exact = 0;
        if (is_too_large || !std::isfinite(exact)) {
            return fail(ec, fmt::format("{} is too large a number", number));
        }
        number.clear();
        return builder.add(number_value(exact));
    }
    bool on_bool(bool b, error_code&) { return builder.add(json::value(b)); }
    bool on_null(error_code&) { return builder.add(json::value(nullptr)); }
    bool on_comment_part(json_view, error_code&) { return true; }
    bool on_comment(json_view, error_code&) { return true; }
};

json::parse_options options_for(std::size_t max_depth) {
    json::parse_options options;
    options.max_depth = max_depth;
    return options;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
    const auto found = text.find_first_not_of(" \t\r\n", at);
    return found == std::string_view::npos ? text.size() : found;
}

} // namespace

bool looks_like_json(std::string_view text) noexcept {
    const std::size_t first = skip_blanks(text, 0);
    return first < text.size() && text[first] == '{';
}

json_outcome read_json(std::string_view text, const yaml_limits& limits) {
    std::vector<yaml_document> documents;
    int index = 0;
    std::size_t counted = 0; // the part of the text whose lines are in `line`
    int line = 1;
    for (std::size_t at = skip_blanks(text, 0); at < text.size(); at = skip_blanks(text, at)) {
        ++index;
        for (; counted < at; ++counted) {
            if (text[counted] == '\n') ++line;
        }
        const auto fail = [&](std::size_t offset, std::string message) {
            return yaml_error{
                .document = index, .where = position_of(text, offset), .message = std::move(message)
            };
        };
        if (static_cast<std::size_t>(index) > limits.max_documents) {
            return {.documents = fail(at, fmt::format("more than {} documents", limits.max_documents))};
        }
        json::basic_parser<handler> parser{options_for(limits.max_depth)};
        handler& h = parser.handler();
        h.text = text.data();
        h.size = text.size();
        error_code failure;
        const std::size_t used = parser.write_some(false, text.data() + at, text.size() - at, failure);
        if (failure) {
            if (h.is_duplicate) {
                std::string message = fmt::format("key \"{}\" is given twice in one object", h.problem);
                if (h.first_place) {
                    message +=
                        fmt::format("; it was first in line {}", position_of(text, *h.first_place).line);
                }
                return {.documents = fail(at + used, std::move(message))};
            }
            if (!h.problem.empty()) return {.documents = fail(at + used, std::move(h.problem))};
            if (failure == json::error::too_deep) {
                return {
                    .documents = fail(at + used, fmt::format("nested more than {} deep", limits.max_depth))
                };
            }
            return {
                .documents = fail(at + used, fmt::format("this is no JSON: {}", failure.message())),
                .is_json = false
            };
        }
        if (json::value value = h.builder.take(); !value.is_null()) {
            documents.push_back({.index = index, .line = line, .value = std::move(value)});
        }
        at += used;
    }
    return {.documents = std::move(documents)};
}

std::optional<std::vector<std::size_t>> json_starts(std::string_view text, std::size_t max_depth) {
    std::vector<std::size_t> starts;
    for (std::size_t at = skip_blanks(text, 0); at < text.size(); at = skip_blanks(text, at)) {
        json::basic_parser<handler> parser{options_for(max_depth)};
        parser.handler().text = text.data();
        parser.handler().size = text.size();
        error_code failure;
        const std::size_t used = parser.write_some(false, text.data() + at, text.size() - at, failure);
        if (failure) return std::nullopt;
        starts.push_back(at);
        at += used;
    }
    return starts;
}

} // namespace holdfast::render
