#include "push/body_fields.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>

namespace holdfast::push {

namespace json = boost::json;

namespace {

constexpr std::size_t max_depth = 64;
// A URL, a ref, an id: nothing that is looked for is longer.
constexpr std::size_t max_text = 2048;
constexpr std::size_t max_key = 64;

const std::string nothing;
const std::vector<std::string> none;

} // namespace

// What basic_parser calls; names and signatures are its own.
struct body_fields::handler {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    place_map* places = nullptr;
    std::string path;
    std::vector<std::size_t> ends; // how long the path is outside of each open object and list
    std::vector<bool> lists;
    std::string key;
    std::string text;
    std::string wrong;
    bool is_object = false;

    found* here() {
        const auto at = places->find(path);
        return at == places->end() ? nullptr : &at->second;
    }
    // The value at a key is read: the path is that of the object again.
    void leave_value() {
        if (!ends.empty()) {
            path.resize(ends.back());
        }
    }
    bool open(bool list, json::error_code& ec) {
        if (here() != nullptr) {
            return refuse(list ? "a list" : "an object", ec);
        }
        if (ends.empty()) {
            is_object = !list;
        }
        if (list) {
            path += "[]";
        }
        ends.push_back(path.size());
        lists.push_back(list);
        return true;
    }
    bool close() {
        ends.pop_back();
        lists.pop_back();
        leave_value();
        return true;
    }
    bool refuse(std::string_view what, json::error_code& ec) {
        wrong = path + " must be a text, is " + std::string{what};
        ec = json::make_error_code(json::error::not_string);
        return false;
    }
    bool scalar(std::string_view what, json::error_code& ec) {
        if (here() != nullptr) {
            return refuse(what, ec);
        }
        leave_value();
        return true;
    }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code& ec) { return open(false, ec); }
    bool on_object_end(std::size_t, json::error_code&) { return close(); }
    bool on_array_begin(json::error_code& ec) { return open(true, ec); }
    bool on_array_end(std::size_t, json::error_code&) { return close(); }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        key.append(part.substr(0, max_key - std::min(max_key, key.size())));
        return true;
    }
    bool on_key(json::string_view part, std::size_t size, json::error_code& ec) {
        on_key_part(part, size, ec);
        path += path.empty() ? "" : ".";
        // A longer key is none that is looked for, and neither is one that looks like a place.
        const bool odd = key.size() >= max_key || key.find_first_of(".[") != std::string::npos;
        path += odd ? "?" : key;
        key.clear();
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        if (here() != nullptr) {
            text.append(part.substr(0, max_text + 1 - std::min(max_text + 1, text.size())));
        }
        return true;
    }
    bool on_string(json::string_view part, std::size_t size, json::error_code& ec) {
        on_string_part(part, size, ec);
        if (auto* place = here()) {
            if (place->texts.size() >= most_of_each || text.size() > max_text) {
                place->more = true;
            } else if (!text.empty()) {
                place->texts.push_back(std::exchange(text, {}));
            }
        }
        text.clear();
        leave_value();
        return true;
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, json::error_code& ec) { return scalar("a number", ec); }
    bool on_uint64(std::uint64_t, json::string_view, json::error_code& ec) { return scalar("a number", ec); }
    bool on_double(double, json::string_view, json::error_code& ec) { return scalar("a number", ec); }
    bool on_bool(bool, json::error_code& ec) { return scalar("a truth value", ec); }
    bool on_null(json::error_code&) {
        leave_value();
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

struct body_fields::parser {
    explicit parser(const json::parse_options& options) : reader{options} {}
    json::basic_parser<handler> reader;
    // Bytes of the document that were read.
    std::uint64_t read = 0;
};

body_fields::body_fields(std::span<const std::string_view> places) : places_{std::make_unique<place_map>()} {
    for (const auto place : places) {
        places_->try_emplace(std::string{place});
    }
    json::parse_options options;
    options.max_depth = max_depth;
    parser_ = std::make_unique<parser>(options);
    parser_->reader.handler().places = places_.get();
}

body_fields::~body_fields() = default;
body_fields::body_fields(body_fields&&) noexcept = default;
body_fields& body_fields::operator=(body_fields&&) noexcept = default;

error body_fields::malformed() const {
    return user_error(
        "the body must be JSON, which it is not from byte " + std::to_string(parser_->read) + " on"
    );
}

result<void> body_fields::add(std::string_view piece) {
    auto& reader = parser_->reader;
    if (piece.empty()) {
        return {};
    }
    if (!reader.done()) {
        json::error_code ec;
        const auto taken = reader.write_some(true, piece.data(), piece.size(), ec);
        parser_->read += taken;
        if (ec && !reader.handler().wrong.empty()) {
            return user_error("the body's " + reader.handler().wrong);
        }
        if (ec == json::error::too_deep) {
            return user_error("the body is nested deeper than " + std::to_string(max_depth));
        }
        if (ec) {
            return malformed();
        }
        piece.remove_prefix(taken);
    }
    if (piece.find_first_not_of(" \t\r\n") != std::string_view::npos) {
        return user_error("the body must be one JSON object");
    }
    return {};
}

result<void> body_fields::finish() {
    auto& reader = parser_->reader;
    if (!reader.done()) {
        json::error_code ec;
        reader.write_some(false, "", 0, ec);
        if (ec || !reader.done()) {
            return malformed();
        }
    }
    if (!reader.handler().is_object) {
        return user_error("the body must be a JSON object");
    }
    return {};
}

const std::vector<std::string>& body_fields::all(std::string_view place) const {
    const auto at = places_->find(place);
    return at == places_->end() ? none : at->second.texts;
}

const std::string& body_fields::first(std::string_view place) const {
    const auto& texts = all(place);
    return texts.empty() ? nothing : texts.front();
}

bool body_fields::overflowed(std::string_view place) const {
    const auto at = places_->find(place);
    return at != places_->end() && at->second.more;
}

} // namespace holdfast::push
