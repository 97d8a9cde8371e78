#pragma once

// Not a public header: for the .cpp files of this folder.

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace holdfast::http {

/// What a connection of a server does.
enum class occupation {
    /// For a request, or for TLS: nothing is lost when it is closed.
    waiting,
    /// A request is read, or an answer is sent: that depends on the peer.
    transferring,
    /// The request is worked on.
    answering,
};

struct open_connection {
    std::string_view host;
    occupation doing = occupation::waiting;
    std::chrono::steady_clock::time_point since;
};

/// Who in good faith sends a request or takes an answer is through after this. Beyond it he may be cut off
/// when somebody waits.
inline constexpr std::chrono::milliseconds transfer_grace{1'000};

struct eviction_choice {
    /// Whom to close; nothing when all are at work.
    std::optional<std::size_t> index;
    /// When somebody may have become too slow; max() when nobody will.
    std::chrono::steady_clock::time_point look_again = std::chrono::steady_clock::time_point::max();
};

/// Which connection of a full server makes room for the next: one that waits for a request, before one that
/// is slow at sending or receiving; of the host with the most of them, so that who takes all places loses
/// them; and the one that has been at it longest. One whose request is worked on never is. Pure.
[[nodiscard]] eviction_choice
choose_eviction(std::span<const open_connection> all, std::chrono::steady_clock::time_point now);

} // namespace holdfast::http
