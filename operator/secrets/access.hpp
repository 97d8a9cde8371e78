#pragma once

#include "base/error.hpp"
#include "match/glob.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::secrets {

/// The application that asks.
struct requester {
    /// Of the Application object.
    std::string namespace_;
    std::string name;
};

/// One line of a store's `allow`, as its Repository says it. Globs as in match/glob.hpp: '*' matches '/'
/// too.
struct access_rule {
    /// None: every entry.
    std::vector<std::string> entries;
    /// None: the store's own namespace.
    std::vector<std::string> namespaces;
    /// None: every application there.
    std::vector<std::string> applications;
};

/// Which applications may read which entries of a store. Immutable; any thread.
class access_rules {
public:
    /// Nobody may read anything.
    access_rules() = default;
    /// Whoever is asking may read all of it: for a store that an Application names itself, with a key out of
    /// its own namespace.
    static access_rules everything();
    /// `store_namespace` is that of the Repository. Without rules its applications may read all; with an
    /// empty list nobody may. Error: user, for a glob that is none, naming the rule ("allow[0].entries[1]").
    static result<access_rules>
    compile(std::string store_namespace, const std::optional<std::vector<access_rule>>& allow);

    [[nodiscard]] bool may_read(const requester& who, std::string_view entry) const;
    /// The same rules, the same text.
    [[nodiscard]] const std::string& identity() const noexcept { return identity_; }
    /// Whether there may be any entry that `who` may read.
    [[nodiscard]] bool may_read_some(const requester& who) const;

private:
    struct compiled {
        std::vector<match::glob> entries;
        std::vector<match::glob> namespaces;
        std::vector<match::glob> applications;
        [[nodiscard]] bool concerns(const requester& who, std::string_view store_namespace) const;
    };
    bool everything_ = false;
    bool own_namespace_ = false;
    std::string store_namespace_;
    std::shared_ptr<const std::vector<compiled>> rules_; // copies share them; null: none
    std::string identity_;
};

} // namespace holdfast::secrets
