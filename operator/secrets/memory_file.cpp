#include "secrets/memory_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace holdfast::secrets {

namespace {

error failure(const char* doing) {
    return transient_error(
        std::string{doing} + " memory for secrets: " + std::generic_category().message(errno)
    );
}

} // namespace

result<memory_file> memory_file::make(std::size_t size) {
    memory_file file{::memfd_create("holdfast", MFD_CLOEXEC), size};
    if (file.descriptor_ < 0 || ::fchmod(file.descriptor_, S_IRUSR | S_IWUSR) != 0 ||
        ::ftruncate(file.descriptor_, static_cast<off_t>(size)) != 0) {
        return failure("cannot get");
    }
    if (auto mapped = file.map(); mapped.has_error()) return mapped.error();
    return file;
}

result<memory_file> memory_file::open(const std::string& path) {
    memory_file file{::open(path.c_str(), O_RDWR | O_CLOEXEC), 0};
    struct stat known{};
    if (file.descriptor_ < 0 || ::fstat(file.descriptor_, &known) != 0) return failure("cannot open");
    file.size_ = static_cast<std::size_t>(known.st_size);
    if (auto mapped = file.map(); mapped.has_error()) return mapped.error();
    return file;
}

result<void> memory_file::map() {
    if (size_ == 0) return {};
    void* memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (memory == MAP_FAILED) return failure("cannot map");
    ::madvise(memory, size_, MADV_DONTDUMP);
    data_ = static_cast<char*>(memory);
    return {};
}

memory_file& memory_file::operator=(memory_file&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

memory_file::~memory_file() {
    if (data_ != nullptr) ::munmap(data_, size_);
    // The pages belong to the file: the kernel gives them to nobody without clearing them once it is closed
    // by all.
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::string memory_file::path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor_);
}

void packer::number(std::size_t value) noexcept {
    std::memcpy(to_, &value, number_size);
    to_ += number_size;
}

void packer::text(std::string_view bytes) noexcept {
    number(bytes.size());
    if (!bytes.empty()) std::memcpy(to_, bytes.data(), bytes.size());
    to_ += bytes.size();
}

std::size_t unpacker::number() noexcept {
    std::size_t value = 0;
    if (from_.size() < sizeof value) {
        good_ = false;
        from_ = {};
        return 0;
    }
    std::memcpy(&value, from_.data(), sizeof value);
    from_.remove_prefix(sizeof value);
    return value;
}

std::string_view unpacker::text() noexcept {
    const auto size = number();
    if (size > from_.size()) {
        good_ = false;
        from_ = {};
        return {};
    }
    const auto bytes = from_.substr(0, size);
    from_.remove_prefix(size);
    return bytes;
}

} // namespace holdfast::secrets
