#include "push/form_payload.hpp"

#include "base/hash.hpp"

namespace holdfast::push {

namespace {

constexpr std::string_view wanted = "payload";

error malformed() {
    return user_error("the body must be a form with the field payload, or JSON");
}

} // namespace

result<std::string> form_payload::decode(std::string_view piece) {
    std::string text;
    for (char c : piece) {
        if (!escape_.empty()) {
            escape_ += c;
            if (escape_.size() < 3) {
                continue;
            }
            const auto byte = from_hex(std::string_view{escape_}.substr(1));
            if (!byte) {
                return malformed();
            }
            escape_.clear();
            c = byte->front();
        } else if (c == '%') {
            escape_ = c;
            continue;
        } else if (c == '&') {
            at_ = place::name;
            name_.clear();
            continue;
        } else if (c == '=' && at_ == place::name) {
            // The first of that name counts, as with every reader of forms.
            at_ = name_ == wanted && !found_ ? place::payload : place::other_value;
            found_ = found_ || at_ == place::payload;
            continue;
        } else if (c == '+') {
            c = ' ';
        }
        if (at_ == place::payload) {
            text += c;
        } else if (at_ == place::name && name_.size() <= wanted.size()) {
            name_ += c;
        }
    }
    return text;
}

result<void> form_payload::finish() {
    if (!escape_.empty()) {
        return malformed();
    }
    if (!found_) {
        return user_error("the form has no field payload");
    }
    return {};
}

} // namespace holdfast::push
