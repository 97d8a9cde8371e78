#include "base/replace_file.hpp"

#include <cerrno>
#include <fstream>

namespace holdfast {

namespace fs = std::filesystem;

std::error_code replace_file(const fs::path& path, std::string_view text) {
    auto made = path;
    made += ".new";
    std::error_code failed;
    {
        std::ofstream file{made, std::ios::binary | std::ios::trunc};
        file << text;
        file.close();
        if (!file.good()) {
            failed = {errno, std::generic_category()};
            std::error_code ignored;
            fs::remove(made, ignored);
            return failed ? failed : std::make_error_code(std::errc::io_error);
        }
    }
    fs::rename(made, path, failed);
    return failed;
}

} // namespace holdfast
