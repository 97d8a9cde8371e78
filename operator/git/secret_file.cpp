#include "git/secret_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace holdfast::git {

result<secret_file> secret_file::make(std::string_view content) {
    const auto failed = [] {
        return transient_error(
            "cannot keep a secret in memory for git: " + std::generic_category().message(errno)
        );
    };
    secret_file file{::memfd_create("holdfast", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (file.descriptor_ < 0 || ::fchmod(file.descriptor_, S_IRUSR | S_IWUSR) != 0) {
        return failed();
    }
    while (!content.empty()) {
        const auto written = ::write(file.descriptor_, content.data(), content.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return failed();
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fcntl(file.descriptor_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) !=
        0) {
        return failed();
    }
    return file;
}

secret_file& secret_file::operator=(secret_file&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

secret_file::~secret_file() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::string secret_file::path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor_);
}

} // namespace holdfast::git
