// Deliveries from anybody: headers, an empty line, and a body, as in tests/unit/push/data.
#include "push/delivery.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdfast;
    std::string_view text{reinterpret_cast<const char*>(data), size}; // NOLINT: bytes to characters
    http::request_info request;
    request.what.method = "POST";
    request.what.target = "/hooks/push";
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty()) {
            break;
        }
        const auto colon = line.find(':');
        request.what.headers.push_back(
            {std::string{line.substr(0, colon)},
             std::string{colon == std::string_view::npos ? "" : line.substr(std::min(line.size(), colon + 2))}
            }
        );
    }
    request.what.body = text;
    const auto from = push::recognise(request);
    if (!from) {
        return 0;
    }
    const auto read = push::read_claim(*from, request);
    if (read && (read->urls.size() > push::max_urls || read->refs.size() > push::max_refs ||
                 read->delivery_id.size() > 128 || read->from != *from)) {
        std::abort();
    }
    // Nobody guesses this; whoever sends it has it from here.
    const std::vector<std::string> secrets{"", "4dd4f9d1-9b3c-4f0e-a0c5-1b7f7f5d2c11", "whsec_nonsense%"};
    const auto verdict = push::verify(*from, request, secrets, wall_clock::time_point{});
    const bool told =
        std::string_view{reinterpret_cast<const char*>(data), size}.find("4dd4f9d1") != // NOLINT
        std::string_view::npos;
    if (verdict == push::verdict::genuine && !told) {
        std::abort();
    }
    return 0;
}
