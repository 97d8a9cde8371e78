#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace holdfast::push {

/// Decodes the field "payload" of a form (application/x-www-form-urlencoded) that comes in pieces; the other
/// fields are passed over. One form, one thread.
class form_payload {
public:
    /// What the piece gives of the field's text. User error when it is no form.
    result<std::string> decode(std::string_view piece);
    /// The form's end. User error when it is cut off, or has no such field.
    result<void> finish();

private:
    enum class place { name, payload, other_value };

    std::string name_;
    // Of a character that is written as %XX: what there is of it.
    std::string escape_;
    place at_ = place::name;
    bool found_ = false;
};

} // namespace holdfast::push
