#include "base/log.hpp"

#include "base/reconcile_id.hpp"
#include "base/redact.hpp"
#include "base/timestamp.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

namespace holdfast::log {

namespace {

std::atomic<level> least_level{level::info};
std::atomic<format> line_format{format::text};

// spdlog brings the sink, its lock and its flushing; the line itself is ours, since its values are
// structured.
spdlog::logger& sink() {
    static const auto logger = [] {
        auto made =
            std::make_shared<spdlog::logger>("holdfast", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->set_level(spdlog::level::trace);
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *logger;
}

// As controller-runtime calls it.
constexpr std::string_view reconcile_key = "reconcileID";

constexpr std::array<std::string_view, 5> names{"trace", "debug", "info", "warn", "error"};

// How many bytes the control character at the front has, which a terminal may act on: one, or two for those of
// C1 (U+0080 to U+009F). 0 for what is none.
std::size_t control_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x20 || byte(0) == 0x7f) {
        return 1;
    }
    return text.size() > 1 && byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0 ? 2 : 0;
}

void append_json_string(std::string& line, std::string_view text) {
    line += '"';
    while (!text.empty()) {
        const char c = text.front();
        const auto control = control_length(text);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (c == '\n') {
            line += "\\n";
        } else if (control > 0) {
            const auto code = static_cast<unsigned char>(text[control - 1]);
            fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<unsigned>(code));
        } else {
            line += c;
        }
        text.remove_prefix(std::max<std::size_t>(control, 1));
    }
    line += '"';
}

bool is_plain(std::string_view value) {
    if (value.empty()) {
        return false;
    }
    for (; !value.empty(); value.remove_prefix(1)) {
        const char c = value.front();
        if (control_length(value) > 0 || c == ' ' || c == '"' || c == '\\' || c == '=') {
            return false;
        }
    }
    return true;
}

} // namespace

void configure(level least, format how) {
    least_level = least;
    line_format = how;
}

bool enabled(level l) noexcept {
    return l >= least_level.load(std::memory_order_relaxed);
}

std::string render(level l, format how, std::string_view time, std::string_view message, fields values) {
    const auto name = names[static_cast<std::size_t>(l)];
    std::string line;
    if (how == format::json) {
        line += R"({"ts":)";
        append_json_string(line, time);
        line += R"(,"level":)";
        append_json_string(line, name);
        line += R"(,"msg":)";
        append_json_string(line, message);
        const auto add = [&](std::string_view key, std::string_view value) {
            line += ',';
            append_json_string(line, key);
            line += ':';
            append_json_string(line, value);
        };
        for (const auto& f : values) {
            add(f.key, without_credentials(f.value));
        }
        if (const auto id = reconcile_id::current()) {
            add(reconcile_key, id.text());
        }
        line += '}';
        return line;
    }
    fmt::format_to(std::back_inserter(line), "{} {:5} ", time, name);
    // A line's end inside a message would let its author forge further lines.
    while (!message.empty()) {
        const auto control = control_length(message);
        line += control > 0 ? ' ' : message.front();
        message.remove_prefix(std::max<std::size_t>(control, 1));
    }
    for (const auto& f : values) {
        line += ' ';
        line += f.key;
        line += '=';
        const auto value = without_credentials(f.value);
        if (is_plain(value)) {
            line += value;
        } else {
            append_json_string(line, value);
        }
    }
    if (const auto id = reconcile_id::current()) {
        line += ' ';
        line += reconcile_key;
        line += '=';
        line += id.text();
    }
    return line;
}

void write(level l, std::string_view message, fields values) {
    if (!enabled(l)) {
        return;
    }
    const auto line = render(
        l, line_format.load(std::memory_order_relaxed), format_micro_time(wall_clock::now()), message, values
    );
    sink().log(spdlog::level::info, "{}", line);
}

} // namespace holdfast::log
