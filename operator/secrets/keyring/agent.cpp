#include "agent.hpp"

#include "base/child_descriptors.hpp"

#include <gpgme.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace holdfast::keyring {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error{std::string{what} + ": " + std::generic_category().message(errno)};
}

int listen_at(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw std::runtime_error{"the path of the keyring is too long"};
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ::unlink(path.c_str());
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0 || ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket, 16) != 0) {
        fail("cannot listen for gpg");
    }
    return socket;
}

[[noreturn]] void become_agent(int socket, const std::string& home, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Socket activation: the listening socket is descriptor 3, and the variables say so (sd_listen_fds(3)).
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    std::array<int, 4> sources{nothing, nothing, nothing, socket};
    if (::getppid() != parent || !holdfast::place_descriptors(sources, {})) {
        ::_exit(127);
    }
    ::setenv("LISTEN_FDS", "1", 1);                                // NOLINT(concurrency-mt-unsafe)
    ::setenv("LISTEN_FDNAMES", "std", 1);                          // NOLINT(concurrency-mt-unsafe)
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1); // NOLINT(concurrency-mt-unsafe)
    // It writes a protected key anew when it first sees it. What is in the home lives for seconds, on tmpfs:
    // the least of stretching its passphrase is enough, and the time for finding out how much would be is
    // saved.
    ::execlp(
        "gpg-agent", "gpg-agent", "--homedir", home.c_str(), "--supervised", "--disable-scdaemon",
        "--no-allow-external-cache", "--allow-loopback-pinentry", "--s2k-count", "65536",
        static_cast<char*>(nullptr)
    );
    ::_exit(127);
}

} // namespace

agent::agent(const std::string& home) : home_{home} {
    // Below /run/user where there is one, else in the home: gpg decides.
    const char* where = gpgme_get_dirinfo("agent-socket");
    socket_ = where != nullptr ? where : home + "/S.gpg-agent";
    const int socket = listen_at(socket_);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) become_agent(socket, home, parent);
    ::close(socket);
    if (pid_ < 0) fail("cannot start gpg-agent");
}

agent::~agent() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL); // all it has is in the home, which goes
        ::waitpid(pid_, nullptr, 0);
    }
    ::unlink(socket_.c_str());
    const auto directory = std::filesystem::path{socket_}.parent_path();
    if (directory != home_) ::rmdir(directory.c_str());
}

} // namespace holdfast::keyring
