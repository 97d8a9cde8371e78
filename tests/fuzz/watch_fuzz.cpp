// The bytes of a watch: whatever comes, nothing breaks, and where the network cuts them makes no difference.

#include "kube/failure.hpp"
#include "kube/watch_decoder.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace holdfast;

/// What came out, up to the error if there was one.
std::vector<std::string> read(std::string_view bytes, std::size_t chunk) {
    kube::watch_decoder decoder{4096};
    std::vector<std::string> out;
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
        decoder.feed(std::string{bytes.substr(at, chunk)});
        while (true) {
            auto event = decoder.next();
            if (event.has_error()) {
                out.emplace_back("error");
                return out;
            }
            if (!*event) {
                break;
            }
            const auto& object = (*event)->object;
            out.push_back(json::serialize(object));
            (void)kube::key_of(object).to_string();
            (void)kube::failure_from_status(object, "fuzz").message();
        }
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const std::size_t chunk = 1 + data[0];
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    if (read(bytes, bytes.size()) != read(bytes, chunk)) {
        std::abort();
    }
    return 0;
}
