// Any bytes: either documents or an error with a place inside of the text. What was read is read again from
// its JSON as the same, and every place can be asked for.

#include "render/yaml.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

using namespace holdfast;
namespace json = boost::json;

namespace {

void require(bool holds, const char* what) {
    if (holds) return;
    std::fputs(what, stderr);
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto documents = render::read_yaml(text);
    if (!documents) {
        const auto& e = documents.error();
        const auto lines =
            std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }) + 2;
        require(e.where.line >= 1 && e.where.column >= 1 && e.document >= 1, "an error without a place\n");
        // Other characters end lines too, but each takes a byte of the text.
        require(
            e.where.line <= lines + static_cast<std::ptrdiff_t>(size), "an error behind the end of the text\n"
        );
        require(!e.message.empty(), "an error without a message\n");
        return 0;
    }
    int last = 0;
    for (const auto& document : *documents) {
        require(document.index > last, "documents are not in their order\n");
        last = document.index;
        require(!document.value.is_null(), "a document without content\n");
        require(render::locate(text, document.index, "").has_value(), "a document that cannot be found\n");
        if (!document.value.is_object()) continue;
        for (const auto& [key, value] : document.value.get_object()) {
            std::string pointer = "/";
            for (const char c : key) {
                pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
            }
            require(
                render::locate(text, document.index, pointer).has_value(), "a key that cannot be found\n"
            );
        }
        render::yaml_limits limits;
        limits.max_bytes = std::size_t{256} << 20U;
        const auto again = render::read_yaml(json::serialize(document.value), limits);
        require(again.has_value() && again->size() == 1, "its JSON cannot be read again\n");
        require(again->front().value == document.value, "its JSON is read as something else\n");
    }
    return 0;
}
