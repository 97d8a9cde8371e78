// Any pattern and path, divided by a NUL: either refused or compiled and matched, in linear time. A path with
// its special characters escaped is a pattern that matches just this path.

#include "match/glob.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    const auto end = input.find('\0');
    const std::string_view path = end == std::string_view::npos ? input : input.substr(end + 1);
    using enum match::glob_dialect;
    for (const auto dialect : {gobwas, go_path, doublestar}) {
        if (const auto compiled = match::glob::compile(dialect, input.substr(0, end)); compiled.has_value()) {
            static_cast<void>(compiled->matches(path));
        } else if (compiled.error().message().empty()) {
            std::abort();
        }
    }
    std::string escaped;
    for (const char c : path) {
        if (std::string_view{"*?[]{},\\"}.find(c) != std::string_view::npos) escaped += '\\';
        escaped += c;
        if (static_cast<unsigned char>(c) >= 0x80U)
            return 0; // other than in UTF-8, bytes need not match themselves
    }
    for (const auto dialect : {gobwas, go_path, doublestar}) {
        const auto exact = match::glob::compile(dialect, escaped);
        if (exact.has_value() && !exact->matches(path)) {
            std::fputs("an escaped path does not match itself\n", stderr);
            std::abort();
        }
    }
    return 0;
}
