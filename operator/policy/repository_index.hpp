#pragma once

#include "base/error.hpp"
#include "crds/types.hpp"
#include "kube/object_store.hpp"

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

/// What the URL of a Repository covers, or what one has to cover that another URL is read through. The
/// transport belongs to it: credentials for https:// are never sent over http://, nor a key's host asked for
/// otherwise than its owner says.
struct repository_scope {
    /// As git::url::scope.
    std::string address;
    /// The user of an ssh URL. Where a Repository names none, it covers those of all users.
    std::string user;
    friend auto operator<=>(const repository_scope&, const repository_scope&) = default;
};

/// Of a Repository's URL, or of one that may be covered. Registries are covered as web addresses are:
/// "oci://host/path", and Argo CD's form without a scheme. (user@host:path has none either, and is an address
/// of Git.) Errors: those of git::url::parse_prefix.
[[nodiscard]] result<repository_scope> scope_of(const std::string& url);

/// Whether what the first says holds for the second.
[[nodiscard]] bool covers(const repository_scope& repository, const repository_scope& url);

/// Which Repositories there are for a URL, without looking at those for others. Of those of one namespace for
/// the same scope one is right, its holder: the oldest that is not being deleted. All questions are answered
/// in a time that the number of Repositories hardly matters to.
class repository_index {
public:
    /// The Repositories of one namespace that are for the same: only one of them can be right.
    struct group {
        std::string namespace_;
        repository_scope scope;
        friend auto operator<=>(const group&, const group&) = default;
    };

    /// Enters a Repository, in place of what was said of it before. Gives the groups that have another holder
    /// than before, or none any more.
    std::vector<group> put(const crds::object_metadata& of, repository_scope scope);
    /// Takes one out; gives the same.
    std::vector<group> erase(const kube::object_name& name);

    /// Nothing where the group is empty.
    [[nodiscard]] std::optional<kube::object_name> holder(const group& of) const;
    [[nodiscard]] std::vector<kube::object_name> members(const group& of) const;
    /// The group that one is in.
    [[nodiscard]] std::optional<group> group_of(const kube::object_name& name) const;

    /// The oldest Repository for this scope in the namespace of `value`, apart from itself and those that are
    /// being deleted, which was there before `value`: it is the one that is right. Nothing when there is
    /// none.
    [[nodiscard]] std::optional<kube::object_name>
    rival_of(const crds::object_metadata& value, const repository_scope& scope) const;

    /// Shows the holders that cover a URL, the best first, until `take` says true of one: those for the
    /// longest prefix, of these the one of `namespace_` before that of `everywhere`, of these the one for
    /// just its user.
    void covering(
        const std::string& namespace_, const std::string& everywhere, const repository_scope& url,
        const std::function<bool(const kube::object_name&)>& take
    ) const;

    /// How many entries were looked at so far, to see that questions stay cheap.
    [[nodiscard]] std::uint64_t looked_at() const noexcept { return looked_at_; }

private:
    // In the order of right.
    struct member {
        bool deleting = false;
        bool unborn = false;
        crds::timestamp created{};
        std::string name;
        friend auto operator<=>(const member&, const member&) = default;
    };
    struct place {
        group in;
        member as;
    };
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    static member member_of(const crds::object_metadata& metadata);
    static std::string key_of(std::string_view namespace_, std::string_view user, std::string_view address);
    static std::string key_of(const group& g) { return key_of(g.namespace_, g.scope.user, g.scope.address); }
    [[nodiscard]] const std::set<member>* find(std::string_view key) const;

    std::unordered_map<std::string, std::set<member>, text_hash, std::equal_to<>> groups_;
    std::unordered_map<kube::object_name, place> places_;
    mutable std::uint64_t looked_at_ = 0;
};

} // namespace holdfast::policy
