#pragma once

#include "kube/object_store.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace holdfast::sources {

/// The first `most` of these, so that nobody's many keep out another's few: those of the operator's own
/// namespace first, then the first of each other namespace, the second of each, and so on; of one namespace
/// in the order in which they are given. The same names give the same order. Pure.
[[nodiscard]] inline std::vector<kube::object_name>
fair_order(std::vector<kube::object_name> names, const std::string& own_namespace, std::size_t most) {
    struct ranked {
        std::size_t turn;
        std::string namespace_;
        std::size_t place;
    };
    std::map<std::string, std::size_t> turns;
    std::vector<ranked> order;
    order.reserve(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool is_own = names[i].namespace_ == own_namespace;
        order.push_back({is_own ? 0 : ++turns[names[i].namespace_], names[i].namespace_, i});
    }
    std::ranges::sort(order, {}, [](const ranked& r) { return std::tuple{r.turn, r.namespace_, r.place}; });
    order.resize(std::min(order.size(), most));
    std::vector<kube::object_name> chosen;
    chosen.reserve(order.size());
    for (const auto& r : order) {
        chosen.push_back(std::move(names[r.place]));
    }
    return chosen;
}

} // namespace holdfast::sources
