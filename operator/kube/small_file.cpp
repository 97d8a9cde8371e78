#include "kube/small_file.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace holdfast::kube {

namespace {
constexpr std::size_t largest = std::size_t{1} << 20U;

error failure(const std::string& path, int code) {
    return {
        code == ENOENT ? error_kind::not_found : error_kind::user,
        "cannot read " + path + ": " + std::system_category().message(code)
    };
}
} // namespace

result<std::string> read_small_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return failure(path, errno);
    }
    std::string text;
    std::array<char, 16384> piece{};
    long got = 0;
    int code = 0;
    while ((got = ::read(descriptor, piece.data(), piece.size())) != 0) {
        if (got < 0) {
            if (errno == EINTR) continue;
            code = errno;
            break;
        }
        text.append(piece.data(), static_cast<std::size_t>(got));
        if (text.size() > largest) {
            code = EFBIG;
            break;
        }
    }
    ::close(descriptor);
    if (code != 0) {
        return failure(path, code);
    }
    return text;
}

} // namespace holdfast::kube
