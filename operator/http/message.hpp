#pragma once

// HTTP/1.1 messages as bytes, without any input or output. Not a public header: for the .cpp files of this
// folder.

#include "base/error.hpp"
#include "http/client.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::http {

/// What was read of a message.
struct incoming {
    unsigned status = 0;
    std::string method;
    std::string target;
    std::vector<header> headers;
    /// What came of the body and was not yet taken.
    std::string body;
    std::optional<std::uint64_t> content_length;
    /// The connection may serve another message after this one.
    bool keep_alive = false;
};

/// Why bytes are no message, or none that we take.
enum class message_fault { none, malformed, header_too_long, body_too_long, truncated };

/// Takes bytes of one message. Interim answers (1xx) are skipped.
class message_reader {
public:
    enum class kind {
        request,
        response,
        /// A response that has no body whatever its headers say: to HEAD, or to CONNECT.
        bodiless_response,
    };
    message_reader(kind what, std::size_t max_header_bytes);
    ~message_reader();
    message_reader(const message_reader&) = delete;
    message_reader& operator=(const message_reader&) = delete;

    /// Consumes from the front of `bytes` what it can; stops after the head when `head_only`. False: fault()
    /// and what() say why.
    bool feed(std::string& bytes, bool head_only = false);
    /// The peer sent its last byte: right for a body that ends with the connection, else a fault.
    bool end_of_input();

    /// Once the head is there; the whole body must not exceed it. By default it is not limited.
    void limit_body(std::uint64_t bytes);

    [[nodiscard]] bool head_done() const noexcept;
    [[nodiscard]] bool done() const noexcept;
    /// A byte of the message, or of an interim answer before it, has come.
    [[nodiscard]] bool started() const noexcept;
    [[nodiscard]] incoming& message() noexcept;
    [[nodiscard]] message_fault fault() const noexcept;
    /// For people; empty without a fault.
    [[nodiscard]] const std::string& what() const noexcept;

private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

/// The first header of that name, whatever its case.
std::optional<std::string_view>
find_header(const std::vector<header>& headers, std::string_view name) noexcept;
/// True where names of headers are the same.
bool same_name(std::string_view a, std::string_view b) noexcept;
/// True when a comma-separated header has this token, whatever its case.
bool has_token(std::string_view list, std::string_view token) noexcept;

/// True when nothing in it can end a line: no request smuggling by a value.
bool is_valid_header(const header& h) noexcept;
bool is_valid_target(std::string_view target) noexcept;
bool is_valid_method(std::string_view method) noexcept;

/// The standard reason phrase; "Status" for numbers without one.
std::string_view reason_phrase(unsigned status) noexcept;

} // namespace holdfast::http
