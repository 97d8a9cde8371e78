#pragma once

#include "admission/authority.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::admission {

/// What a Secret holds, decoded.
using secret_data = std::map<std::string, std::string>;

struct rotation_settings {
    std::chrono::seconds authority_life{std::chrono::hours{24 * 365}};
    std::chrono::seconds serving_life{std::chrono::hours{24 * 90}};
    /// How long a bundle with a new authority is published before anything signed by it is served: API
    /// servers learn of it by a watch.
    std::chrono::seconds settle{120};
    /// How long the old authority stays in the bundle after that: other replicas learn of the new certificate
    /// by a watch, too.
    std::chrono::seconds overlap{600};
};

/// What is known when the next step is decided.
struct rotation_input {
    /// Nothing: there is no Secret.
    std::optional<secret_data> secret;
    /// It was made by us, and may be changed. Else it is somebody's, such as cert-manager's.
    bool ours = true;
    /// Names and addresses that the webhook is reached by.
    std::vector<std::string> names;
    /// The authorities that API servers are told to trust now, each as PEM, and since when. Nothing where
    /// there is nobody to be told, or somebody else tells them.
    std::optional<std::map<std::string, wall_clock::time_point>> published;
    /// With what this replica serves so far.
    std::optional<issued> serves;
};

struct rotation_step {
    /// What the Secret is to hold instead.
    std::optional<secret_data> write;
    /// For the log: why.
    std::string reason;
    /// With what to serve now; nothing while there is nothing good.
    std::optional<issued> serve;
    /// What API servers are to trust now; empty when that is not ours to say.
    std::string bundle;
    /// When there may be something to do without anything having changed.
    wall_clock::time_point look_again;
};

/// The next step in the life of the webhook's certificates, from what there is: any replica may take it at
/// any time, and be killed after it.
///
/// A new authority goes through three states, all of them in the Secret: it is `next.crt` and published
/// beside the present one; then it takes over, and the one before stays published as `previous.crt` until
/// `previous.until`; then it is alone. So whoever serves with either is trusted throughout.
///
/// A Secret that is gone, broken or suddenly somebody else's leaves no time for that. Then what was published
/// so far stays so beside the new authority, and who serves something trusted serves it on, until API servers
/// had time to learn of the other.
[[nodiscard]] rotation_step
next_step(const rotation_input& known, const rotation_settings& settings, wall_clock::time_point now);

} // namespace holdfast::admission
