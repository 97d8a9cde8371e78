#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

/// Values as texts, as Go has them: parameters are what Argo CD's generators print.
namespace holdfast::sets {

/// fmt.Sprintf("%v") of a value that was read from JSON, whose numbers are float64 there: `<nil>`, `true`,
/// `1.5`, `1.2345678e+07`, `[a b]`, `map[a:1 b:2]`.
std::string go_text(const boost::json::value& value);

/// The shortest digits that read back, with an exponent below -4 and from 6 on.
std::string go_number(double number);

/// A name of DNS made of any text: small letters, digits, '-' and '.', at most 253 bytes, neither '-' nor '.'
/// at its ends. May be empty.
std::string normalized(std::string_view name);

} // namespace holdfast::sets
