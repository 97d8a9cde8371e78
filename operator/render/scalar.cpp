#include "render/scalar.hpp"

#include "base/ascii.hpp"
#include "base/base64.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>

namespace holdfast::render {

namespace json = boost::json;

namespace {

constexpr std::string_view yaml_prefix = "tag:yaml.org,2002:";

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
/// What a scalar turned out to be. Floats stay floats here: they are printed differently as keys.
struct resolved {
    enum class type { null, boolean, integer, unsigned_integer, real, string, timestamp };
    type kind = type::string;
    bool boolean = false;
    std::int64_t integer = 0;
    std::uint64_t unsigned_integer = 0;
    double real = 0;
};

resolved boolean(bool b) {
    return {.kind = resolved::type::boolean, .boolean = b};
}
resolved integer(std::int64_t i) {
    return {.kind = resolved::type::integer, .integer = i};
}
resolved unsigned_integer(std::uint64_t u) {
    return {.kind = resolved::type::unsigned_integer, .unsigned_integer = u};
}
resolved real(double d) {
    return {.kind = resolved::type::real, .real = d};
}

/// resolveMap of resolve.go.
std::optional<resolved> well_known(std::string_view s) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto is = [s](auto... names) { return ((s == names) || ...); };
    switch (s.empty() ? '~' : s.front()) {
    case 'y':
    case 'Y':
        if (is("y", "Y", "yes", "Yes", "YES")) return boolean(true);
        break;
    case 't':
    case 'T':
        if (is("true", "True", "TRUE")) return boolean(true);
        break;
    case 'f':
    case 'F':
        if (is("false", "False", "FALSE")) return boolean(false);
        break;
    case 'o':
    case 'O':
        if (is("on", "On", "ON")) return boolean(true);
        if (is("off", "Off", "OFF")) return boolean(false);
        break;
    case 'n':
    case 'N':
        if (is("n", "N", "no", "No", "NO")) return boolean(false);
        if (is("null", "Null", "NULL")) return resolved{.kind = resolved::type::null};
        break;
    case '~':
        if (is("", "~")) return resolved{.kind = resolved::type::null};
        break;
    case '.':
        if (is(".nan", ".NaN", ".NAN")) return real(std::numeric_limits<double>::quiet_NaN());
        if (is(".inf", ".Inf", ".INF")) return real(infinity);
        break;
    case '+':
        if (is("+.inf", "+.Inf", "+.INF")) return real(infinity);
        break;
    case '-':
        if (is("-.inf", "-.Inf", "-.INF")) return real(-infinity);
        break;
    default: break;
    }
    return std::nullopt;
}

/// strconv.ParseUint: no sign; base 0 reads the prefixes 0x, 0o, 0b and 0.
std::optional<std::uint64_t> parse_uint(std::string_view s, int base) {
    if (s.empty()) return std::nullopt;
    if (base == 0) {
        base = 10;
        if (s.front() == '0') {
            const char prefix = s.size() >= 3 ? ascii_lower(s[1]) : '\0';
            base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
            s.remove_prefix(prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1);
            if (s.empty()) return 0;
        }
    }
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(s.data(), s.data() + s.size(), value, base);
    if (failure != std::errc{} || end != s.data() + s.size()) return std::nullopt;
    return value;
}

/// strconv.ParseInt.
std::optional<std::int64_t> parse_int(std::string_view s, int base) {
    bool negative = false;
    if (!s.empty() && (s.front() == '+' || s.front() == '-')) {
        negative = s.front() == '-';
        s.remove_prefix(1);
    }
    const auto magnitude = parse_uint(s, base);
    constexpr auto limit = std::uint64_t{1} << 63U;
    if (!magnitude || *magnitude > limit || (*magnitude == limit && !negative)) return std::nullopt;
    return static_cast<std::int64_t>(negative ? std::uint64_t{0} - *magnitude : *magnitude);
}

/// The grammar of floats: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool is_float(std::string_view s) noexcept {
    std::size_t i = 0;
    const auto digits = [&] {
        const std::size_t start = i;
        while (i < s.size() && is_digit(s[i])) {
            ++i;
        }
        return i - start;
    };
    if (i < s.size() && (s[i] == '+' || s[i] == '-')) ++i;
    const std::size_t whole = digits();
    if (i < s.size() && s[i] == '.') {
        ++i;
        if (digits() == 0 && whole == 0) return false;
    } else if (whole == 0) {
        return false;
    }
    if (i < s.size() && ascii_lower(s[i]) == 'e') {
        ++i;
        if (i < s.size() && (s[i] == '+' || s[i] == '-')) ++i;
        if (digits() == 0) return false;
    }
    return i == s.size();
}

/// strconv.ParseFloat of what is_float accepts: too large is an error, too small is zero.
std::optional<double> parse_float(std::string_view s) {
    if (s.front() == '+') s.remove_prefix(1);
    double value = 0;
    const auto [end, failure] = std::from_chars(s.data(), s.data() + s.size(), value);
    if (failure == std::errc::result_out_of_range) {
        value = std::strtod(std::string{s}.c_str(), nullptr);
        if (!std::isfinite(value)) return std::nullopt;
        return value;
    }
    if (failure != std::errc{} || end != s.data() + s.size()) return std::nullopt;
    return value;
}

std::string without_underscores(std::string_view s) {
    std::string plain;
    plain.reserve(s.size());
    for (const char c : s) {
        if (c != '_') plain += c;
    }
    return plain;
}

/// A number that starts with '.': Go takes an underscore there only between two digits.
std::optional<double> parse_dot_float(std::string_view s) {
    for (std::size_t i = 0; i < s.size(); ++i) {
        if (s[i] == '_' && (i == 0 || i + 1 == s.size() || !is_digit(s[i - 1]) || !is_digit(s[i + 1]))) {
            return std::nullopt;
        }
    }
    const std::string plain = without_underscores(s);
    if (!is_float(plain)) return std::nullopt;
    return parse_float(plain);
}

/// What starts with a digit or a sign.
std::optional<resolved> parse_number(std::string_view text) {
    std::string stripped;
    std::string_view s = text;
    if (text.find('_') != std::string_view::npos) {
        stripped = without_underscores(text);
        s = stripped;
    }
    if (const auto i = parse_int(s, 0)) return integer(*i);
    if (const auto u = parse_uint(s, 0)) return unsigned_integer(*u);
    if (is_float(s)) {
        if (const auto d = parse_float(s)) return real(*d);
    }
    if (s.starts_with("0b")) {
        if (const auto i = parse_int(s.substr(2), 2)) return integer(*i);
    }
    return std::nullopt;
}

/// What the tag !!timestamp accepts: a date, with a time behind 't', 'T' or a blank. It is only looked at
/// with that tag, and its value is the text.
bool is_timestamp(std::string_view s) {
    std::size_t i = 0;
    const auto number = [&](std::size_t most) -> int {
        int value = 0;
        std::size_t count = 0;
        while (i < s.size() && is_digit(s[i]) && count < most) {
            value = value * 10 + (s[i] - '0');
            ++i;
            ++count;
        }
        return count == 0 ? -1 : value;
    };
    const auto skip = [&](char c) { return i < s.size() && s[i] == c ? (++i, true) : false; };
    const int year = number(4);
    if (i != 4 || !skip('-')) return false;
    const int month = number(2);
    if (month < 1 || month > 12 || !skip('-')) return false;
    const int day = number(2);
    constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int last = month == 2 && leap ? 29 : days[static_cast<std::size_t>(month) - 1];
    if (day < 1 || day > last) return false;
    if (i == s.size()) return true;
    const char separator = s[i++];
    if (separator != 'T' && separator != 't' && separator != ' ') return false;
    const int hour = number(2);
    if (hour < 0 || hour > 23 || !skip(':')) return false;
    const int minute = number(2);
    if (minute < 0 || minute > 59 || !skip(':')) return false;
    const int second = number(2);
    if (second < 0 || second > 59) return false;
    if (skip('.') || skip(',')) {
        if (number(s.size()) < 0) return false;
    }
    if (separator == ' ') return i == s.size();
    if (skip('Z')) return i == s.size();
    if (!skip('+') && !skip('-')) return false;
    const int zone_hour = number(2);
    return zone_hour >= 0 && zone_hour <= 24 && skip(':') && number(2) >= 0 && i == s.size();
}

/// resolve() of resolve.go, for a tag that it resolves: none, or one of the five and !!timestamp.
resolved guess(std::string_view text, std::string_view tag) {
    if (tag == "str") return {};
    if (const auto known = well_known(text)) return *known;
    const char first = text.front();
    std::optional<resolved> number;
    if (first == '.') {
        if (const auto d = parse_dot_float(text)) number = real(*d);
    } else if (is_digit(first) || first == '+' || first == '-') {
        if (tag == "timestamp" && is_timestamp(text)) return {.kind = resolved::type::timestamp};
        number = parse_number(text);
    }
    return number.value_or(resolved{});
}

std::string_view name_of(resolved::type type) noexcept {
    switch (type) {
    case resolved::type::null: return "null";
    case resolved::type::boolean: return "bool";
    case resolved::type::integer:
    case resolved::type::unsigned_integer: return "int";
    case resolved::type::real: return "float";
    case resolved::type::string: return "str";
    case resolved::type::timestamp: return "timestamp";
    }
    return "str";
}

std::string shorten(std::string_view text) {
    constexpr std::size_t most = 40;
    return text.size() <= most ? std::string{text} : std::string{text.substr(0, most)} + "…";
}

bool is_utf8(std::string_view s) noexcept {
    for (std::size_t i = 0; i < s.size();) {
        const auto c = static_cast<unsigned char>(s[i]);
        const std::size_t length = c < 0x80U                 ? 1
                                   : c >= 0xC2U && c < 0xE0U ? 2
                                   : (c & 0xF0U) == 0xE0U    ? 3
                                   : c >= 0xF0U && c < 0xF5U ? 4
                                                             : 0;
        if (length == 0 || i + length > s.size()) return false;
        std::uint32_t code = length == 1 ? c : c & (0x7FU >> length);
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(s[i + k]);
            if ((next & 0xC0U) != 0x80U) return false;
            code = (code << 6U) | (next & 0x3FU);
        }
        if ((length == 3 && code < 0x800U) || (length == 4 && (code < 0x10000U || code > 0x10FFFFU)) ||
            (code >= 0xD800U && code < 0xE000U)) {
            return false;
        }
        i += length;
    }
    return true;
}

/// encoding/base64.StdEncoding: as ours, but only line breaks may stand in between.
result<std::string> decode_binary(std::string_view text) {
    const auto bytes =
        text.find_first_of(" \t") == std::string_view::npos ? base64_decode(text) : std::nullopt;
    if (!bytes) {
        return user_error("!!binary value contains invalid base64 data");
    }
    if (!is_utf8(*bytes)) {
        return user_error("!!binary value is not UTF-8 text, which is all that JSON can hold; in a Secret, "
                          "give the base64 text in data without the tag");
    }
    return *bytes;
}

/// The scalar with its tag taken into account; the text itself is the value where the answer is string.
result<resolved> resolve(std::string_view text, std::string_view tag) {
    if (tag.empty()) return guess(text, {});
    if (!tag.starts_with(yaml_prefix)) return resolved{};
    const std::string_view name = tag.substr(yaml_prefix.size());
    if (name != "str" && name != "bool" && name != "int" && name != "float" && name != "null" &&
        name != "timestamp") {
        return resolved{};
    }
    resolved value = guess(text, name);
    if (name_of(value.kind) == name || name == "str") return value;
    if (name == "float" && value.kind == resolved::type::integer) {
        return real(static_cast<double>(value.integer));
    }
    return user_error(
        fmt::format("cannot decode !!{} `{}` as a !!{}", name_of(value.kind), shorten(text), name)
    );
}

/// The shortest decimal digits that read back as `number`, and the power of ten: 0.DIGITS × 10^point.
template <class Float>
struct decimal {
    std::array<char, 32> digits{};
    int count = 0;
    int point = 0;

    explicit decimal(Float number) {
        std::array<char, 40> text{};
        const auto done = std::to_chars(
            text.data(), text.data() + text.size(), std::fabs(number), std::chars_format::scientific
        );
        const char* at = text.data();
        for (; at != done.ptr && *at != 'e'; ++at) {
            if (*at != '.') digits[static_cast<std::size_t>(count++)] = *at;
        }
        ++at;
        if (at != done.ptr && *at == '+') ++at;
        std::from_chars(at, done.ptr, point);
        ++point;
    }
};

/// strconv.FormatFloat(number, 'g', -1, 32), with YAML's names for what is no number.
std::string float_key(double wide) {
    const auto number = static_cast<float>(wide);
    if (std::isnan(number)) return ".nan";
    if (std::isinf(number)) return number < 0 ? "-.inf" : ".inf";
    const std::string sign = std::signbit(number) ? "-" : "";
    if (number == 0.0F) return sign + "0";
    const decimal<float> d{number};
    const std::string digits{d.digits.data(), static_cast<std::size_t>(d.count)};
    const int exponent = d.point - 1;
    if (exponent < -4 || exponent >= 6) {
        std::string text = sign + digits.substr(0, 1);
        if (digits.size() > 1) text += "." + digits.substr(1);
        return text + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
    }
    if (d.point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-d.point), '0') + digits;
    if (d.point >= d.count)
        return sign + digits + std::string(static_cast<std::size_t>(d.point - d.count), '0');
    return sign + digits.substr(0, static_cast<std::size_t>(d.point)) + "." +
           digits.substr(static_cast<std::size_t>(d.point));
}

} // namespace

json::value number_value(double number) {
    // JSON as Go and Kubernetes print it has no fraction for whole numbers below 1e21, and the API server
    // then reads an integer where it fits. Beyond 2^53 it reads the digits that were printed: the shortest
    // ones.
    constexpr double exact = 9007199254740992.0;
    if (number == std::trunc(number) && std::fabs(number) < 1e19) {
        if (std::fabs(number) <= exact) return static_cast<std::int64_t>(number);
        const decimal<double> d{number};
        std::string text{d.digits.data(), static_cast<std::size_t>(d.count)};
        text.append(static_cast<std::size_t>(d.point - d.count), '0');
        if (number < 0) text.insert(text.begin(), '-');
        if (const auto i = parse_int(text, 10)) return *i;
    }
    return number;
}

result<json::value> resolve_scalar(std::string_view text, std::string_view tag, bool plain) {
    if (tag.empty() && !plain) return json::value(json::string(text));
    if (tag.starts_with(yaml_prefix) && tag.substr(yaml_prefix.size()) == "binary") {
        auto bytes = decode_binary(text);
        if (!bytes) return bytes.error();
        return json::value(json::string(*bytes));
    }
    const auto value = resolve(text, tag);
    if (!value) return value.error();
    switch (value->kind) {
    case resolved::type::null: return json::value(nullptr);
    case resolved::type::boolean: return json::value(value->boolean);
    case resolved::type::integer: return json::value(value->integer);
    case resolved::type::unsigned_integer: return json::value(value->unsigned_integer);
    case resolved::type::real:
        if (!std::isfinite(value->real)) {
            return user_error(fmt::format(
                "`{}` is not a number that JSON can hold; quote it if it is a text", shorten(text)
            ));
        }
        return number_value(value->real);
    case resolved::type::string:
    case resolved::type::timestamp: break;
    }
    return json::value(json::string(text));
}

result<std::string> resolve_key(std::string_view text, std::string_view tag, bool plain) {
    if (tag.empty() && !plain) return std::string{text};
    if (tag.starts_with(yaml_prefix) && tag.substr(yaml_prefix.size()) == "binary")
        return decode_binary(text);
    const auto value = resolve(text, tag);
    if (!value) return value.error();
    switch (value->kind) {
    case resolved::type::null: return user_error("null cannot be a key; quote it if it is a text");
    case resolved::type::boolean: return std::string{value->boolean ? "true" : "false"};
    case resolved::type::integer: return std::to_string(value->integer);
    case resolved::type::unsigned_integer:
        return user_error(
            fmt::format("{} is too large a number for a key; quote it if it is a text", shorten(text))
        );
    case resolved::type::real: return float_key(value->real);
    case resolved::type::string:
    case resolved::type::timestamp: break;
    }
    return std::string{text};
}

} // namespace holdfast::render
