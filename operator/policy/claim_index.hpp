#pragma once

#include "crds/application.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::policy {

/// Where an Application's objects without a namespace go.
[[nodiscard]] const std::string& target_namespace(const crds::application& value);

/// What one source of an Application claims: two Applications with the same claim have the same objects, and
/// would fight for them. All that decides about the objects is in it: the namespace they go to, the
/// repository (however it is reached), the path, the revision as it is written (another branch may have other
/// objects there), the chart, the options of the build. Nothing for a source that others only take files
/// from, for one that is no address, and for one whose objects are named after the Application, as a chart's
/// are. `cluster`: where it deploys (cluster::destinations::id_of).
[[nodiscard]] std::optional<std::string> claim_of(
    const crds::application& value, const crds::application_source& source, std::string_view cluster = {}
);

/// Who claims what, so that an Application is judged without looking at the others. Of those that claim the
/// same one of the operator's namespace is right before all others; then one that is there before one that is
/// only asked about; then one that has objects before one that was not looked at yet, and that before one that
/// turned out to have none or is refused; then the oldest.
/// Keys are "namespace/name".
class claim_index {
public:
    using cluster_of_destination = std::function<std::string(const crds::application_destination& to)>;

    /// Applications outside of this namespace deploy only into their own. `cluster_of` says which cluster a
    /// destination is, as claim_of takes it.
    explicit claim_index(
        std::string own_namespace,
        cluster_of_destination cluster_of = [](const crds::application_destination&) { return std::string{}; }
    );

    /// What an Application claims by one of its sources: see claim_of.
    [[nodiscard]] std::optional<std::string>
    claim_of(const crds::application& value, const crds::application_source& source) const;

    /// What an Application's status says that it has.
    enum class standing : std::uint8_t { objects, not_looked_at, nothing };
    [[nodiscard]] static standing standing_of(const crds::application_status& status);

    /// Enters what an Application claims, in place of what it claimed before: nothing when it is being
    /// deleted, when it deploys to where it may not, and when its status says that its source turned out to
    /// be a chart. Gives the other Applications whose rival is another one than before, or that have none any
    /// more.
    std::vector<std::string> put(const crds::application& value);
    /// The same of one of which it is known otherwise whether it deploys to where it may.
    std::vector<std::string> put(const crds::application& value, bool deploys_where_it_may);
    /// Takes one out; gives the same.
    std::vector<std::string> erase(const std::string& key);

    /// The key of the first Application with this claim in the order of right, apart from `value` itself,
    /// where it comes before `value`; null when there is none. Valid until the next change.
    [[nodiscard]] const std::string* rival_of(const crds::application& value, const std::string& claim) const;

    /// How many entries were looked at so far, to see that a question stays cheap.
    [[nodiscard]] std::uint64_t looked_at() const noexcept { return looked_at_; }

private:
    // In the order of right.
    struct claimant {
        bool confined = false;
        bool unborn = false;
        standing has = standing::not_looked_at;
        crds::timestamp created{};
        std::string namespace_;
        std::string name;
        std::string key;
        friend auto operator<=>(const claimant&, const claimant&) = default;
    };
    struct entry {
        claimant as;
        std::set<std::string> claims;
        friend bool operator==(const entry&, const entry&) = default;
    };

    [[nodiscard]] bool is_confined(const crds::application& value) const;
    [[nodiscard]] claimant claimant_of(const crds::application& value) const;
    [[nodiscard]] std::set<std::string>
    claims_of(const crds::application& value, bool deploys_where_it_may) const;
    // The keys of all that have this claim, when the first of them is another one than `before`.
    void tell_of(const std::string& claim, const std::string& before, std::set<std::string>& into) const;
    [[nodiscard]] std::string first_of(const std::string& claim) const;
    std::set<std::string> replace(const std::string& key, entry now);

    std::string own_namespace_;
    cluster_of_destination cluster_of_;
    std::unordered_map<std::string, std::set<claimant>> claimants_; // by claim
    std::unordered_map<std::string, entry> entries_;                // by key
    mutable std::uint64_t looked_at_ = 0;
};

} // namespace holdfast::policy
