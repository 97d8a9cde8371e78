#include "support/free_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::test {

int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool found =
        ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&       // NOLINT: the sockets API
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0; // NOLINT
    ::close(fd);
    if (!found) {
        throw std::runtime_error{"no free port"};
    }
    return ntohs(address.sin_port);
}

} // namespace holdfast::test
