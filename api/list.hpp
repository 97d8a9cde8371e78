#pragma once

#include "api/row.hpp"
#include "base/error.hpp"
#include "http/query.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::api {

using rows = std::map<application_name, row>;

inline constexpr std::size_t usual_page = 200;
inline constexpr std::size_t longest_page = 500;

/// What somebody wants to see of the Applications. Values of one filter are alternatives; filters have to agree.
struct list_query {
    std::vector<std::string> namespaces;
    std::vector<std::string> projects;
    std::vector<std::string> sync;
    std::vector<std::string> health;
    /// Words that an Application has in its name, its namespace, its project, its repository, its path, its
    /// revision, its destination or its message, whatever their case; with '!' before it, one that it has not.
    std::vector<std::string> words;
    std::size_t limit = usual_page;
    /// list_page::next of the page before.
    std::string after;
};

/// User errors name the parameter: an unknown one, a limit that is none, a state that there is not.
[[nodiscard]] result<list_query> read_list_query(const http::query_values& query);

struct list_page {
    /// The most urgent first, then by their names.
    std::vector<const row*> items;
    /// Where the next page begins; empty on the last.
    std::string next;
    /// How many there are on all pages.
    std::size_t total = 0;
    /// For each filter how many Applications each of its values would give, going by all other filters.
    std::map<std::string, std::map<std::string, std::size_t>> facets;
};

/// One page of those that `sees` says may be shown. User error for an `after` that no page gave.
[[nodiscard]] result<list_page>
list(const rows& all, const list_query& query, const std::function<bool(const row&)>& sees);

/// In JSON, without where in the order of changes it is true.
[[nodiscard]] crds::json::object write(const list_page& page);

} // namespace holdfast::api
