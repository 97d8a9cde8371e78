#pragma once

#include "sets_control/plan.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::sets_control {

/// Whose the Applications are, of all that there are: what their other readers do not keep. Keys are
/// "namespace/name". On one thread.
class application_owners {
public:
    /// What one telling came to.
    struct news {
        /// Sets, by key, that had it or have it now.
        std::set<std::string> sets;
        /// More than its status is otherwise.
        bool is_other = false;
        bool is_being_deleted = false;
    };

    /// An Application as it is now.
    news put(const json::object& application);
    /// It is gone.
    news erase(const std::string& key);

    /// Of an Application; none where nobody owns it.
    [[nodiscard]] const std::vector<owner_reference>& owners_of(const std::string& key) const;
    /// The names of Applications that bear a set's name, as their owner's or in the annotation.
    [[nodiscard]] const std::set<std::string>& of_set(const std::string& set) const;

private:
    struct entry {
        std::vector<owner_reference> owners;
        std::set<std::string> sets;
        std::uint64_t fingerprint = 0;
    };
    void note(const std::string& key, const entry& of, bool there);

    std::unordered_map<std::string, entry> entries_; // those with owners, and those that are marked
    std::map<std::string, std::set<std::string>> by_set_;
};

} // namespace holdfast::sets_control
