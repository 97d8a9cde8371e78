// holdfast-sops-gpg: plays gpg for the program sops, which starts it as "gpg -d" with an OpenPGP message on
// standard input when a key of PGP is to open an object. The message was opened before, by holdfast-keyring
// (secrets/decrypt.hpp): what comes out of it stands in a memory file at descriptor 3, and is printed. So the
// private keys are nowhere near sops, and sops needs no agent.

#include "secrets/memory_file.hpp"
#include "secrets/sensitive.hpp"

#include <array>
#include <iostream>
#include <string>
#include <unistd.h>

namespace {

constexpr std::size_t max_message = std::size_t{1} << 20U;

std::string read_message() {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto count = ::read(0, buffer.data(), buffer.size());
        if (count <= 0 || text.size() > max_message) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

bool write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(1, bytes.data(), bytes.size());
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

} // namespace

int main() {
    using namespace holdfast::secrets;
    const auto opened = memory_file::open("/proc/self/fd/3");
    if (opened.has_error()) {
        std::cerr << "holdfast-sops-gpg is for the operator, not for the command line\n";
        return 2;
    }
    const auto message = read_message();
    unpacker from{opened->view()};
    for (auto count = from.number(); count > 0 && from.good(); --count) {
        const auto known = from.text();
        const auto plain = from.text();
        if (from.good() && known == message) return write_all(plain) ? 0 : 1;
    }
    std::cerr << "no key for this message\n";
    return 2;
}
