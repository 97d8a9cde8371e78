#include "secrets/helper_program.hpp"

#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace holdfast::secrets {

namespace fs = std::filesystem;

result<std::string> find_helper(const std::string& name) {
    std::error_code ec;
    const auto here = fs::read_symlink("/proc/self/exe", ec).parent_path();
    for (const auto& candidate : {here / name, here.parent_path() / "libexec/holdfast" / name}) {
        if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
    }
    return internal_error("the program " + name + " is not beside this one, in " + here.string());
}

} // namespace holdfast::secrets
