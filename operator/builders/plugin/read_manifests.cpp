// holdfast-read-manifests: reads manifests at descriptor 3, YAML or JSON, and prints each object as JSON, on
// a line of its own, normalised as the operator does it: the values of Secrets in base64. It is run in the
// sandbox on what may hold secrets. Where something is wrong it prints nothing but the places, on its error
// output, and ends with 1.

#include "render/documents.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <string>
#include <unistd.h>

using namespace holdfast;

namespace {

constexpr std::size_t most_places = 20;

std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 65536> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (ssize_t count = 0; (count = ::read(descriptor, buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
}

} // namespace

int main() {
    const auto text = read_all(3);
    render::directory_limits limits;
    limits.max_file_bytes = text.size() + 1;
    limits.yaml.max_bytes = text.size() + 1;
    limits.yaml.max_memory = limits.max_memory;
    render::collected into{limits};
    render::collect("", text, limits, into);
    if (!into.errors.all.empty()) {
        const auto count = std::min(into.errors.all.size(), most_places);
        for (std::size_t i = 0; i < count; ++i) {
            const auto& each = into.errors.all[i];
            std::cerr << (i == 0 ? "" : ", ") << "document " << each.document << ", line " << each.line;
        }
        return 1;
    }
    for (const auto& each : into.output.objects) {
        std::cout << boost::json::serialize(each.object) << '\n';
    }
    return std::cout.flush() ? 0 : 1;
}
