#pragma once

#include "sync/identity.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast::control {

/// Which applications want an object, by what was built of them last: so that nobody has to ask all of them.
/// About 50 bytes an object. On the loop's thread.
class wanted_index {
public:
    /// In place of what was said before of this application. `cluster`: where it wants them
    /// (cluster::destinations::id_of).
    void
    set(const std::string& application, const std::string& cluster,
        const std::vector<sync::object_id>& objects);
    void forget(const std::string& application);

    /// The applications that want an object of a cluster, and, since only hashes are kept, perhaps another one: to be made
    /// sure of.
    [[nodiscard]] std::vector<std::string>
    wanting(const std::string& cluster, const sync::object_id& id) const;
    [[nodiscard]] std::size_t size() const noexcept { return applications_of_.size(); }

private:
    void unindex(const std::string& application, const std::vector<std::uint64_t>& objects);

    std::unordered_map<std::string, std::vector<std::uint64_t>> objects_of_;
    /// The values are keys of `objects_of_`, which do not move.
    std::unordered_multimap<std::uint64_t, const std::string*> applications_of_;
};

} // namespace holdfast::control
