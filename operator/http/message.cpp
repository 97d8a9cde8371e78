#include "http/message.hpp"

#include "base/ascii.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <limits>

namespace holdfast::http {

namespace beast = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

namespace {

std::string to_string(string_view text) {
    return {text.data(), text.size()};
}

// Beast's parser (which has the grammar, the framing rules and the limits) writing into our struct.
template <bool IsRequest>
class collector final : public beast::basic_parser<IsRequest> {
public:
    collector(incoming& into, std::size_t max_header_bytes) : into_{into} {
        this->header_limit(static_cast<std::uint32_t>(
            std::min<std::size_t>(max_header_bytes, std::numeric_limits<std::uint32_t>::max())
        ));
        this->body_limit(boost::none);
        this->eager(false);
    }

private:
    void on_request_impl(beast::verb, string_view method, string_view target, int, error_code&) override {
        into_.method = to_string(method);
        into_.target = to_string(target);
    }
    void on_response_impl(int code, string_view, int, error_code&) override {
        into_.status = static_cast<unsigned>(code);
    }
    void on_field_impl(beast::field, string_view name, string_view value, error_code&) override {
        // Trailers come here too; they are of no use to us.
        if (!this->is_header_done()) {
            into_.headers.push_back({to_string(name), to_string(value)});
        }
    }
    void on_header_impl(error_code&) override {
        into_.keep_alive = this->keep_alive();
        if (const auto length = this->content_length()) {
            into_.content_length = *length;
        }
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view body, error_code&) override {
        into_.body.append(body.data(), body.size());
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
        into_.body.append(body.data(), body.size());
        return body.size();
    }
    void on_finish_impl(error_code&) override {}

    incoming& into_;
};

} // namespace

struct message_reader::parser {
    kind what;
    std::size_t max_header_bytes;
    incoming message;
    std::optional<collector<true>> request;
    std::optional<collector<false>> response;
    message_fault fault = message_fault::none;
    std::string reason;
    bool started = false;

    void begin() {
        message = {};
        if (what == kind::request) {
            request.emplace(message, max_header_bytes);
        } else {
            response.emplace(message, max_header_bytes);
            response->skip(what == kind::bodiless_response);
        }
    }

    template <class F>
    auto with(F f) {
        return request ? f(static_cast<beast::basic_parser<true>&>(*request)) : f(*response);
    }

    bool fail(message_fault f, std::string text) {
        fault = f;
        reason = std::move(text);
        return false;
    }

    bool fail(error_code ec) {
        if (ec == beast::error::header_limit) {
            return fail(
                message_fault::header_too_long,
                "the head of the message exceeds " + std::to_string(max_header_bytes) + " bytes"
            );
        }
        if (ec == beast::error::body_limit) {
            return fail(message_fault::body_too_long, "the body of the message is too long");
        }
        if (ec == beast::error::partial_message) {
            return fail(message_fault::truncated, "the connection ended before the message did");
        }
        return fail(message_fault::malformed, "this is not HTTP/1.1: " + ec.message());
    }

    template <class Parser>
    bool feed(Parser& p, std::string& bytes, bool head_only) {
        std::size_t used = 0;
        while (!p.is_done() && !(head_only && p.is_header_done())) {
            error_code ec;
            used += p.put(boost::asio::const_buffer{bytes.data() + used, bytes.size() - used}, ec);
            if (ec == beast::error::need_more) {
                // What the parser leaves is a part of a line, or of a head, that it bounds itself while it
                // reads heads; chunk headers and trailers it does not.
                if (bytes.size() - used > max_header_bytes) {
                    return fail(beast::error::header_limit);
                }
                break;
            }
            if (ec) {
                return fail(ec);
            }
            if (used == bytes.size()) {
                break;
            }
        }
        bytes.erase(0, used);
        return true;
    }
};

message_reader::message_reader(kind what, std::size_t max_header_bytes)
    : parser_{std::make_unique<parser>(parser{.what = what, .max_header_bytes = max_header_bytes})} {
    parser_->begin();
}

message_reader::~message_reader() = default;

bool message_reader::feed(std::string& bytes, bool head_only) {
    auto& p = *parser_;
    if (p.fault != message_fault::none) {
        return false;
    }
    p.started = p.started || !bytes.empty();
    for (;;) {
        const bool fine =
            p.request ? p.feed(*p.request, bytes, head_only) : p.feed(*p.response, bytes, head_only);
        if (!fine) {
            return false;
        }
        const bool interim =
            p.response && p.response->is_done() && p.message.status / 100 == 1 && p.message.status != 101;
        if (!interim) {
            return true;
        }
        p.begin();
        if (bytes.empty()) {
            return true;
        }
    }
}

bool message_reader::end_of_input() {
    auto& p = *parser_;
    if (p.fault != message_fault::none || done()) {
        return p.fault == message_fault::none;
    }
    error_code ec = beast::error::partial_message;
    if (p.response && p.response->got_some()) {
        p.response->put_eof(ec);
    }
    return ec ? p.fail(ec) : true;
}

void message_reader::limit_body(std::uint64_t bytes) {
    auto& p = *parser_;
    if (p.message.content_length && *p.message.content_length > bytes && !done()) {
        p.fail(beast::error::body_limit);
        return;
    }
    // A limit set after the head counts from the body's begin.
    p.with([bytes](auto& each) { each.body_limit(bytes); });
}

bool message_reader::head_done() const noexcept {
    return parser_->with([](auto& each) { return each.is_header_done(); });
}

bool message_reader::done() const noexcept {
    return parser_->with([](auto& each) { return each.is_done(); });
}

bool message_reader::started() const noexcept {
    return parser_->started;
}

incoming& message_reader::message() noexcept {
    return parser_->message;
}

message_fault message_reader::fault() const noexcept {
    return parser_->fault;
}

const std::string& message_reader::what() const noexcept {
    return parser_->reason;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

std::optional<std::string_view>
find_header(const std::vector<header>& headers, std::string_view name) noexcept {
    for (const auto& h : headers) {
        if (same_name(h.name, name)) {
            return h.value;
        }
    }
    return std::nullopt;
}

bool has_token(std::string_view list, std::string_view token) noexcept {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        auto item = list.substr(0, comma);
        while (!item.empty() && (item.front() == ' ' || item.front() == '\t'))
            item.remove_prefix(1);
        while (!item.empty() && (item.back() == ' ' || item.back() == '\t'))
            item.remove_suffix(1);
        if (same_name(item, token)) {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

namespace {

bool is_token_character(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

} // namespace

bool is_valid_method(std::string_view method) noexcept {
    return !method.empty() && std::ranges::all_of(method, is_token_character);
}

bool is_valid_header(const header& h) noexcept {
    return !h.name.empty() && std::ranges::all_of(h.name, is_token_character) &&
           h.value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos;
}

bool is_valid_target(std::string_view target) noexcept {
    return target.starts_with('/') && std::ranges::all_of(target, [](char c) {
               return static_cast<unsigned char>(c) > ' ' && c != 0x7f;
           });
}

std::string_view reason_phrase(unsigned status) noexcept {
    const auto text = beast::obsolete_reason(static_cast<beast::status>(status));
    return {text.data(), text.size()};
}

} // namespace holdfast::http
