#pragma once

// Not a public header: for the .cpp files of this folder.

#include "base/error.hpp"

#include <cstddef>

namespace holdfast::http {

/// How far an attempt came.
enum class progress {
    done,
    /// Try again when the socket can be read, or written.
    want_read,
    want_write,
    /// The peer has said that nothing more comes.
    end,
    /// It is over; failure() says why.
    broken,
};

struct step {
    progress how = progress::done;
    std::size_t count = 0;
};

/// Bytes over a socket, or over another layer: plain TCP, TLS, TLS within TLS. Never blocks and never waits;
/// so it needs no coroutine, no buffer of its own for waiting, and one place that waits serves all of them.
class layer {
public:
    virtual ~layer() = default;
    /// What must happen before the first byte. Repeated until done.
    virtual step handshake() = 0;
    virtual step read(char* into, std::size_t size) = 0;
    virtual step write(const char* from, std::size_t size) = 0;
    /// Says that nothing more comes, as far as that is possible at once.
    virtual void goodbye() noexcept = 0;
    /// Why it is broken.
    [[nodiscard]] virtual error failure() const = 0;
};

} // namespace holdfast::http
