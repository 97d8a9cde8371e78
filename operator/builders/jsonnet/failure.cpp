#include "failure.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace holdfast::builders::jsonnet {

namespace {

constexpr std::size_t max_message = 4096;

struct place {
    std::string_view file;
    int line = 0;
    int column = 0;
    /// Behind the place.
    std::string_view rest;
};

/// "a.jsonnet:3:5", "a.jsonnet:3:5-9", "a.jsonnet:(3:5)-(4:1)", at the start of a line. The file is as long
/// as it can be made.
std::optional<place> read_place(std::string_view text) {
    for (auto colon = text.rfind(':'); colon != std::string_view::npos && colon > 0;
         colon = text.rfind(':', colon - 1)) {
        place found{.file = text.substr(0, colon), .rest = text.substr(colon + 1)};
        const bool is_range = found.rest.starts_with('(');
        if (is_range) found.rest.remove_prefix(1);
        const auto number = [&](int& into) {
            const auto done = std::from_chars(found.rest.data(), found.rest.data() + found.rest.size(), into);
            if (done.ec != std::errc{}) return false;
            found.rest.remove_prefix(static_cast<std::size_t>(done.ptr - found.rest.data()));
            return true;
        };
        if (!number(found.line) || !found.rest.starts_with(':')) continue;
        found.rest.remove_prefix(1);
        if (!number(found.column)) continue;
        if (is_range && !found.rest.starts_with(")-(")) continue;
        found.rest.remove_prefix(std::min(found.rest.find_first_not_of("()-:0123456789"), found.rest.size()));
        return found;
    }
    return std::nullopt;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

void take_blanks(std::string_view& text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\t' || text.back() == ' ')) {
        text.remove_suffix(1);
    }
}

/// How a variable whose value is code is called as a file.
std::string variable_of(std::string_view file) {
    if (take_prefix(file, "<extvar:") && file.ends_with('>')) {
        file.remove_suffix(1);
        return "external variable " + std::string{file};
    }
    if (take_prefix(file, "tla:")) return "top-level argument " + std::string{file};
    return {};
}

} // namespace

failure read_failure(std::string_view file, std::string_view said) {
    failure made{.file = std::string{file}, .message = {}};
    take_blanks(said);
    std::string_view message = said;
    std::optional<place> where;
    if (take_prefix(message, "STATIC ERROR: ")) {
        // The message may have what looks like a place in it: the first line up to ": " has the real one.
        const auto head = message.substr(0, message.find(": "));
        where = read_place(head);
        if (where) message.remove_prefix(std::min(head.size() + 2, message.size()));
    } else if (take_prefix(message, "RUNTIME ERROR: ")) {
        // The trace is what is indented at the end.
        auto trace = message.size();
        for (auto end = message.rfind('\n');
             end != std::string_view::npos && message.substr(end).starts_with("\n\t");
             end = end == 0 ? std::string_view::npos : message.rfind('\n', end - 1)) {
            trace = end;
        }
        auto lines = message.substr(trace);
        message = message.substr(0, trace);
        while (!where && take_prefix(lines, "\n\t")) {
            const auto line = lines.substr(0, lines.find('\n'));
            lines.remove_prefix(line.size());
            where = read_place(line.substr(0, line.find('\t')));
            if (where && where->file.starts_with("<std>")) where.reset();
        }
    }
    take_blanks(message);
    made.message = std::string{message.substr(0, max_message)};
    if (message.size() > max_message) made.message += " …";
    if (where) {
        const auto variable = variable_of(where->file);
        if (!variable.empty()) {
            made.message += " (in the " + variable + ")";
            return made;
        }
        take_prefix(where->file, "./");
        made.line = where->line;
        made.column = where->column;
        if (where->file != file) {
            made.file = std::string{where->file};
            made.message += " (evaluating " + std::string{file} + ")";
        }
    }
    return made;
}

} // namespace holdfast::builders::jsonnet
