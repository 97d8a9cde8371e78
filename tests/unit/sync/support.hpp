#pragma once

#include "sync/identity.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace holdfast::sync {

/// An object from JSON in which single quotes stand for double ones, for texts that are easy to read.
inline json::object object(std::string text) {
    for (char& c : text) {
        if (c == '\'') c = '"';
    }
    return json::parse(text).as_object();
}

inline std::string read_data(const std::string& name) {
    std::ifstream file{std::string{HOLDFAST_TEST_DATA} + "/" + name};
    if (!file) throw std::runtime_error{"cannot read " + name};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

inline json::object object_from(const std::string& name) {
    return json::parse(read_data(name)).as_object();
}

/// The value at a JSON pointer, to be changed.
inline json::value& at(json::object& object, std::string_view pointer) {
    auto& first = object.at(pointer.substr(1, pointer.find('/', 1) - 1));
    const auto rest = pointer.find('/', 1);
    return rest == std::string_view::npos ? first : first.at_pointer(pointer.substr(rest));
}

} // namespace holdfast::sync
