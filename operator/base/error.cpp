#include "base/error.hpp"

namespace holdfast {

std::string_view to_string(error_kind kind) noexcept {
    switch (kind) {
    case error_kind::transient: return "transient";
    case error_kind::user: return "user";
    case error_kind::conflict: return "conflict";
    case error_kind::not_found: return "not_found";
    case error_kind::forbidden: return "forbidden";
    case error_kind::cancelled: return "cancelled";
    case error_kind::internal: return "internal";
    }
    return "internal";
}

error error::within(std::string_view context) const {
    std::string message;
    message.reserve(context.size() + 2 + message_.size());
    message.append(context).append(": ").append(message_);
    return {kind_, std::move(message)};
}

void throw_exception_from_error(const error& e, const boost::source_location&) {
    throw bad_result{e};
}

} // namespace holdfast
