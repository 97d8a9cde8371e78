// What a repository can say to the planner of jsonnet: any text has imports that are found or not, and each
// of them leads to a path below the root or nowhere.

#include "builders/jsonnet/import_path.hpp"
#include "builders/jsonnet/imports.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace holdfast::builders::jsonnet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const auto& one : imports_of(text)) {
        if (one.line < 1) std::abort();
        const auto path = import_path("a/b", one.name);
        if (!path) continue;
        if (path->empty() || path->front() == '/' || path->back() == '/') std::abort();
        for (std::string_view left = *path; !left.empty();) {
            const auto step = left.substr(0, left.find('/'));
            if (step.empty() || step == "." || step == "..") std::abort();
            left.remove_prefix(step.size() < left.size() ? step.size() + 1 : left.size());
        }
    }
    return 0;
}
