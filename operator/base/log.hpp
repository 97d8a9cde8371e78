#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

/// The log: one line an event, a fixed sentence and named values beside it, on standard error. Never a
/// secret. What a reconcile causes bears its reconcile_id as "reconcileID", the last field. From any thread.
namespace holdfast::log {

enum class level { trace, debug, info, warn, error };
enum class format {
    /// For people: time, level, sentence, key=value.
    text,
    /// For machines: one JSON object a line, with "ts", "level", "msg" and the fields.
    json,
};

/// One named value.
struct field {
    std::string_view key;
    std::string value;
};
using fields = std::initializer_list<field>;

/// Sets what is written and how. Before the first thread starts.
void configure(level least, format how);

/// True when lines of this level are written: for callers whose values are dear to make.
[[nodiscard]] bool enabled(level l) noexcept;

void write(level l, std::string_view message, fields values = {});

inline void trace(std::string_view message, fields values = {}) {
    write(level::trace, message, values);
}
inline void debug(std::string_view message, fields values = {}) {
    write(level::debug, message, values);
}
inline void info(std::string_view message, fields values = {}) {
    write(level::info, message, values);
}
inline void warn(std::string_view message, fields values = {}) {
    write(level::warn, message, values);
}
inline void error(std::string_view message, fields values = {}) {
    write(level::error, message, values);
}

/// One line as `write` would print it, without the line's end: for tests and for those who need the text.
[[nodiscard]] std::string
render(level l, format how, std::string_view time, std::string_view message, fields values);

} // namespace holdfast::log
