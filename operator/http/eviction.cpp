#include "http/eviction.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace holdfast::http {

eviction_choice
choose_eviction(std::span<const open_connection> all, std::chrono::steady_clock::time_point now) {
    std::map<std::string_view, std::size_t> count;
    for (const auto& one : all) {
        ++count[one.host];
    }
    eviction_choice choice;
    const auto goes_before = [&](const open_connection& a, const open_connection& b) {
        const bool a_is_slow = a.doing == occupation::transferring;
        const bool b_is_slow = b.doing == occupation::transferring;
        return std::tuple{a_is_slow, count[b.host], a.since} < std::tuple{b_is_slow, count[a.host], b.since};
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& one = all[i];
        if (one.doing == occupation::answering) {
            continue;
        }
        if (one.doing == occupation::transferring && one.since + transfer_grace > now) {
            choice.look_again = std::min(choice.look_again, one.since + transfer_grace);
            continue;
        }
        if (!choice.index || goes_before(one, all[*choice.index])) {
            choice.index = i;
        }
    }
    return choice;
}

} // namespace holdfast::http
