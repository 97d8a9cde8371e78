#include "http/answer.hpp"

#include "http/message.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <ctime>

namespace holdfast::http {

namespace {

std::string http_date() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    if (::gmtime_r(&now, &parts) == nullptr) {
        return "Thu, 01 Jan 1970 00:00:00 GMT";
    }
    static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::array<char, 32> text{};
    const auto size = std::strftime(text.data(), text.size(), "___, %d ___ %Y %H:%M:%S GMT", &parts);
    std::string date{text.data(), size};
    date.replace(0, 3, days.at(static_cast<std::size_t>(parts.tm_wday)));
    date.replace(8, 3, months.at(static_cast<std::size_t>(parts.tm_mon)));
    return date;
}

} // namespace

std::string chunk(std::string_view piece) {
    if (piece.empty()) {
        return {};
    }
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr;
    std::string made{digits.data(), end};
    made.append("\r\n").append(piece).append("\r\n");
    return made;
}

std::string serialize(const response& r, bool to_head, bool close) {
    const bool in_pieces = r.more != nullptr;
    const bool bodiless = r.status == 204 || r.status == 304 || r.status / 100 == 1;
    std::string out =
        "HTTP/1.1 " + std::to_string(r.status) + " " + std::string{reason_phrase(r.status)} + "\r\n";
    out += "Date: " + http_date() + "\r\n";
    for (const auto& h : r.headers) {
        if (is_valid_header(h) && !same_name(h.name, "Content-Length") && !same_name(h.name, "Connection") &&
            !same_name(h.name, "Transfer-Encoding") && !same_name(h.name, "Date")) {
            out += h.name + ": " + h.value + "\r\n";
        }
    }
    if (in_pieces) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (!bodiless) {
        out += "Content-Length: " + std::to_string(r.body.size()) + "\r\n";
    }
    out += close ? "Connection: close\r\n" : "Connection: keep-alive\r\n";
    out += "\r\n";
    if (!bodiless && !to_head) {
        out += in_pieces ? chunk(r.body) : r.body;
    }
    return out;
}

} // namespace holdfast::http
