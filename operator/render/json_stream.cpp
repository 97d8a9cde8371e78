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

    handler(std::string_view t, value_builder& b, text_memory& m, const yaml_limits& l)
        : text{t}, builder{b}, memory{m}, limits{l} {}

    std::string_view text;
    value_builder& builder;
    text_memory& memory;
    const yaml_limits& limits;
    std::vector<repeated_key> repeated;
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

    bool put(json::value&& value, error_code& ec) {
        builder.add(std::move(value)); // nothing is merged in JSON
        return memory.set(builder.memory()) || fail(ec, memory.why());
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        builder.open(true);
        return true;
    }
    bool on_object_end(std::size_t, error_code& ec) { return put(builder.close(), ec); }
    bool on_array_begin(error_code&) {
        builder.open(false);
        return true;
    }
    bool on_array_end(std::size_t, error_code& ec) { return put(builder.close(), ec); }
    bool on_key_part(json_view s, std::size_t, error_code&) {
        part.append(s.data(), s.size());
        return true;
    }
    bool on_key(json_view s, std::size_t, error_code& ec) {
        // A key without escapes is a piece of the text: that gives its place.
        const bool inside = s.data() >= text.data() && s.data() < text.data() + text.size();
        const auto place = inside ? static_cast<value_builder::place>(s.data() - text.data()) : 0;
        part.append(s.data(), s.size());
        const auto before = builder.key(part, place);
        if (before && may_repeat(limits, builder)) {
            if (repeated.size() < yaml_document::max_repeated) {
                repeated.push_back({part, position_of(text, place), position_of(text, *before).line});
            }
            builder.repeat(part, place);
        } else if (before) {
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
    bool on_string(json_view s, std::size_t, error_code& ec) {
        if (part.empty()) return put(json::value(json::string(s)), ec);
        part.append(s.data(), s.size());
        json::string whole{part};
        part.clear();
        return put(json::value(std::move(whole)), ec);
    }
    bool on_number_part(json_view s, error_code&) {
        number.append(s.data(), s.size());
        return true;
    }
    bool on_int64(std::int64_t i, json_view, error_code& ec) {
        number.clear();
        return put(json::value(i), ec);
    }
    bool on_uint64(std::uint64_t u, json_view, error_code& ec) {
        number.clear();
        return put(json::value(u), ec);
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
        return put(number_value(exact), ec);
    }
    bool on_bool(bool b, error_code& ec) { return put(json::value(b), ec); }
    bool on_null(error_code& ec) { return put(json::value(nullptr), ec); }
    bool on_comment_part(json_view, error_code&) { return true; }
    bool on_comment(json_view, error_code&) { return true; }
};

/// Takes the parser's events and makes nothing of them.
struct passer {
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t, error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t, error_code&) { return true; }
    bool on_key_part(json_view, std::size_t, error_code&) { return true; }
    bool on_key(json_view, std::size_t, error_code&) { return true; }
    bool on_string_part(json_view, std::size_t, error_code&) { return true; }
    bool on_string(json_view, std::size_t, error_code&) { return true; }
    bool on_number_part(json_view, error_code&) { return true; }
    bool on_int64(std::int64_t, json_view, error_code&) { return true; }
    bool on_uint64(std::uint64_t, json_view, error_code&) { return true; }
    bool on_double(double, json_view, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }
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

/// What the parser itself refuses.
yaml_error failure_of(
    const error_code& failure, int index, std::string_view text, std::size_t at, std::size_t max_depth
) {
    return {
        .document = index,
        .where = position_of(text, at),
        .message = failure == json::error::too_deep
                       ? fmt::format("nested more than {} deep", max_depth)
                       : fmt::format("this is not valid JSON: {}", failure.message())
    };
}

yaml_error too_many_documents(int index, std::string_view text, std::size_t at, const yaml_limits& limits) {
    return {
        .document = index,
        .where = position_of(text, at),
        .message = fmt::format("more than {} documents", limits.max_documents)
    };
}

/// Why a value was refused that is JSON, or is none.
yaml_error
refusal_of(handler& h, const error_code& failure, int index, std::size_t at, const yaml_limits& limits) {
    if (h.problem.empty() && !h.is_duplicate) return failure_of(failure, index, h.text, at, limits.max_depth);
    std::string message = std::move(h.problem);
    if (h.is_duplicate) {
        message = fmt::format("key \"{}\" appears twice in one object", message);
        if (h.first_place) {
            message += fmt::format("; it was first in line {}", position_of(h.text, *h.first_place).line);
        }
    }
    return {.document = index, .where = position_of(h.text, at), .message = std::move(message)};
}

} // namespace

bool looks_like_json(std::string_view text) noexcept {
    const std::size_t first = skip_blanks(text, 0);
    return first < text.size() && text[first] == '{';
}

json_scan scan_json(std::string_view text, const yaml_limits& limits) {
    json_scan scan;
    int index = 0;
    for (std::size_t at = skip_blanks(text, 0); at < text.size(); at = skip_blanks(text, at)) {
        ++index;
        if (static_cast<std::size_t>(index) > limits.max_documents) {
            scan.failure = too_many_documents(index, text, at, limits);
            return scan;
        }
        json::basic_parser<passer> parser{options_for(limits.max_depth)};
        error_code failure;
        const std::size_t used = parser.write_some(false, text.data() + at, text.size() - at, failure);
        if (failure) {
            scan.failure = failure_of(failure, index, text, at + used, limits.max_depth);
            scan.is_json = failure == json::error::too_deep;
            return scan;
        }
        scan.starts.push_back(at);
        at += used;
    }
    return scan;
}

boost::system::result<void, yaml_error> read_json(
    std::string_view text, const yaml_limits& limits, memory_budget* source, const document_sink& take
) {
    value_builder builder;
    text_memory memory{limits.max_memory, source};
    int index = 0;
    std::size_t counted = 0; // the part of the text whose lines are in `line`
    int line = 1;
    for (std::size_t at = skip_blanks(text, 0); at < text.size(); at = skip_blanks(text, at)) {
        ++index;
        for (; counted < at; ++counted) {
            if (text[counted] == '\n') ++line;
        }
        if (static_cast<std::size_t>(index) > limits.max_documents) {
            return too_many_documents(index, text, at, limits);
        }
        json::basic_parser<handler> parser{options_for(limits.max_depth), text, builder, memory, limits};
        error_code failure;
        const std::size_t used = parser.write_some(false, text.data() + at, text.size() - at, failure);
        if (failure) return refusal_of(parser.handler(), failure, index, at + used, limits);
        if (json::value value = builder.take(); !value.is_null()) {
            auto& repeated = parser.handler().repeated;
            if (!take(
                    {.index = index, .line = line, .value = std::move(value), .repeated = std::move(repeated)}
                )) {
                return {};
            }
        }
        at += used;
    }
    return {};
}

} // namespace holdfast::render
