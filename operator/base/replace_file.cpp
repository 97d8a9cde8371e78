#include "base/replace_file.hpp"

#include <cerrno>
#include <fstream>

namespace holdfast {

namespace fs = std::filesystem;

namespace {

std::error_code write_whole(const fs::path& path, std::initializer_list<std::string_view> pieces) {
    errno = 0;
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    for (const auto piece : pieces) {
        file << piece;
    }
    file.close();
    if (file.good()) return {};
    return errno != 0 ? std::error_code{errno, std::generic_category()}
                      : std::make_error_code(std::errc::io_error);
}

} // namespace

std::error_code replace_file(const fs::path& path, std::string_view text) {
    auto made = path;
    made += ".new";
    return replace_file(path, {text}, made);
}

std::error_code
replace_file(const fs::path& path, std::initializer_list<std::string_view> pieces, const fs::path& made) {
    auto failed = write_whole(made, pieces);
    if (!failed) fs::rename(made, path, failed);
    if (failed) {
        std::error_code ignored;
        fs::remove(made, ignored);
    }
    return failed;
}

} // namespace holdfast
