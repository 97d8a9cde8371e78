#pragma once

#include "cluster/cluster_secret.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cluster {

/// What one Secret declares: a cluster, or why it is none.
struct declared_cluster {
    cluster_names names;
    result<cluster_secret> read;
};

[[nodiscard]] declared_cluster declared_by(const boost::json::object& secret);

/// What others may know of a cluster: the generators of ApplicationSets, the page. No credentials.
struct cluster_facts {
    /// Of the Secret; empty: nobody declared it, it is the operator's own.
    std::string secret;
    std::string name;
    std::string server;
    std::string project;
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;
    friend bool operator==(const cluster_facts&, const cluster_facts&) = default;
};

/// Which clusters there are, and which of them a server or a name means. A value, without I/O.
class cluster_register {
public:
    /// `secret_namespace`: what errors say of where the Secrets are.
    explicit cluster_register(std::string secret_namespace) : namespace_{std::move(secret_namespace)} {}

    /// In place of all that were declared before. Order does not matter.
    void set(std::vector<declared_cluster> all);
    /// They have been set once.
    [[nodiscard]] bool is_known() const noexcept { return is_known_; }

    /// What a destination means.
    struct found {
        /// Empty of the operator's own cluster, else its server; empty too where there is a problem.
        std::string id;
        /// Why it means nothing, as a sentence; empty: it does.
        std::string problem;
        /// The problem is that more than one is meant.
        bool is_ambiguous = false;
        friend bool operator==(const found&, const found&) = default;
    };
    /// One of the two is empty.
    [[nodiscard]] found find(std::string_view server, std::string_view name) const;

    /// The declaration of a cluster that find() gave; null when there is none (any more). Valid until set().
    [[nodiscard]] const cluster_secret* declaration(std::string_view id) const;
    /// The same of the operator's own cluster: only its names and labels count.
    [[nodiscard]] const cluster_secret* home() const { return declaration(match::own_cluster_server); }

    /// All that were declared, by the Secrets' names.
    [[nodiscard]] const std::vector<declared_cluster>& all() const noexcept { return all_; }

    /// All that can be deployed to, sorted by server, the operator's own among them.
    [[nodiscard]] std::vector<cluster_facts> facts() const;

private:
    [[nodiscard]] std::string listed(const std::vector<const declared_cluster*>& all) const;
    [[nodiscard]] std::vector<const declared_cluster*> with_server(std::string_view server) const;
    [[nodiscard]] found only(
        const std::vector<const declared_cluster*>& all, std::string_view what, std::string_view value
    ) const;

    std::string namespace_;
    std::vector<declared_cluster> all_; // by the Secrets' names
    bool is_known_ = false;
};

} // namespace holdfast::cluster
