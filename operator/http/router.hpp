#pragma once

#include "http/server.hpp"

#include <string>
#include <vector>

namespace holdfast::http {

/// What answers a method on a path. A path that ends with "/" stands for all that begin with it. A segment in
/// braces, "/things/{name}", stands for any one that is not empty; the handler finds it in
/// request_info::parameters.
struct route {
    std::string method;
    std::string path;
    handler handle;
};

/// A handler that looks the request up in the table: the path itself, then one with segments in braces, then the
/// longest that the request's begins with; then the method. HEAD is
/// answered by what answers GET. 404 for a path that is in no route, 405 with Allow for a method that its
/// path does not have.
handler make_router(std::vector<route> routes);

/// An answer of one line, or a whole text, as text/plain.
response text_response(unsigned status, std::string body);

} // namespace holdfast::http
