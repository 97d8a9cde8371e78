#pragma once

#include "admission/review.hpp"
#include "base/error.hpp"

#include <functional>
#include <string_view>

namespace holdfast::admission {

/// What is wrong with the text of an option file. Called on the loop's thread.
using option_check = std::function<result<void>(std::string_view text)>;

/// Whether a review is of a ConfigMap with the operator's options: it has the label holdfast.dev/options:
/// "true", or had it before. (Pods read it by its name: without the label it is not less used.)
[[nodiscard]] bool is_of_options(const review& of);

/// Refuses options that no operator would start with: of a roll-out with them nothing would come but pods
/// that end at once.
[[nodiscard]] decision decide_options(const review& of, const option_check& check);

} // namespace holdfast::admission
