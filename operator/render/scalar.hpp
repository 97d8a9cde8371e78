#pragma once

#include "base/error.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace holdfast::render {

/// The value of one scalar of a YAML text, by the rules of sigs.k8s.io/yaml 1.6.0 (resolve.go of go-yaml v2).
/// `tag` is the long form ("tag:yaml.org,2002:int"), "" when there is none. `plain` tells that the text was
/// not quoted (nor a block), so that it may stand for something else than a string. Error: user, with a
/// sentence that needs a position in front.
result<boost::json::value> resolve_scalar(std::string_view text, std::string_view tag, bool plain);

/// The text that a scalar becomes as the key of a mapping: 1 is "1", yes is "true", 1.50 is "1.5". Error:
/// user when it cannot be a key (null, integers of 2^63 and above).
result<std::string> resolve_key(std::string_view text, std::string_view tag, bool plain);

/// The number as JSON has it: integers where its shortest decimal form is one that fits.
boost::json::value number_value(double number);

} // namespace holdfast::render
