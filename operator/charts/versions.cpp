#include "charts/versions.hpp"

#include "match/semver.hpp"
#include "match/words.hpp"

#include <algorithm>
#include <optional>

namespace holdfast::charts {

namespace {

constexpr std::size_t most_named = 3;
// Beyond so many charts nobody searches for a typing error.
constexpr std::size_t most_compared = 3000;

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) {
        out.append(out.empty() ? "" : ", ").append(name);
    }
    return out;
}

// From the lowest to the highest, one of equals.
std::vector<match::version> sorted(const std::vector<std::string_view>& have) {
    std::vector<match::version> all;
    for (const auto text : have) {
        if (auto v = match::version::parse(text)) {
            all.push_back(std::move(*v));
        }
    }
    std::ranges::sort(all, [](const auto& a, const auto& b) {
        const auto order = a.compare(b);
        return order < 0 || (order == 0 && a.original > b.original); // "1.0.0" is the highest of its equals
    });
    return all;
}

// Around the place where `wanted` would be: below first, since a version that does not exist yet is the most
// common mistake.
std::vector<std::string> around(const std::vector<match::version>& all, const match::version& wanted) {
    const auto place =
        std::ranges::lower_bound(all, wanted, [](const auto& a, const auto& b) { return a.compare(b) < 0; });
    auto below = static_cast<std::size_t>(place - all.begin());
    auto above = below;
    std::vector<std::string> named;
    for (bool down = true; named.size() < most_named && (below > 0 || above < all.size()); down = !down) {
        if (down && below > 0) {
            named.push_back(all[--below].original);
        } else if (!down && above < all.size()) {
            named.push_back(all[above++].original);
        }
    }
    return named;
}

std::vector<std::string> highest(const std::vector<match::version>& all, bool prereleases) {
    std::vector<std::string> named;
    for (auto it = all.rbegin(); it != all.rend() && named.size() < most_named; ++it) {
        if (it->prerelease.empty() || prereleases) {
            named.push_back(it->original);
        }
    }
    return named;
}

} // namespace

bool is_exact(std::string_view wanted) {
    const auto v = match::version::parse(wanted);
    const auto core = wanted.substr(0, wanted.find_first_of("-+"));
    return v && std::ranges::count(core, '.') == 2;
}

result<void> check_range(std::string_view wanted) {
    if (wanted.size() > 1000) {
        return user_error("a version range must not have more than 1000 characters");
    }
    if (wanted.empty() || is_exact(wanted)) {
        return {};
    }
    auto range = match::version_range::parse(wanted);
    if (!range) {
        return range.error();
    }
    return {};
}

result<std::size_t>
choose_version(const std::vector<std::string_view>& have, std::string_view wanted, std::string_view subject) {
    if (const auto same = std::ranges::find(have, wanted); !wanted.empty() && same != have.end()) {
        return static_cast<std::size_t>(same - have.begin());
    }
    const auto range = match::version_range::parse(wanted.empty() ? "*" : wanted);
    if (!range) {
        return range.error();
    }
    if (const auto found = range->highest(have)) {
        return *found;
    }
    const auto none = [&](const std::string& what) {
        return error{error_kind::not_found, std::string{subject} + " " + what};
    };
    const auto all = sorted(have);
    if (all.empty()) {
        return none(have.empty() ? "has no versions" : "has no versions that are semantic versions");
    }
    if (const auto exactly = match::version::parse(wanted); exactly && is_exact(wanted)) {
        const auto near = around(all, *exactly);
        return none(
            "has no version " + std::string{wanted} + "; nearest " +
            (near.size() == 1 ? "is " : "versions are ") + listed(near)
        );
    }
    const auto releases = highest(all, false);
    const std::string in_range = wanted.empty() ? "release" : "version in the range " + std::string{wanted};
    if (releases.empty()) {
        return none(
            "has no " + in_range + ", only prereleases: " + listed(highest(all, true)) +
            "; name one, or write a range like \">=0.0.0-0\""
        );
    }
    return none(
        "has no " + in_range + "; the highest " + (releases.size() == 1 ? "is " : "versions are ") +
        listed(releases)
    );
}

error no_such_chart(
    const std::vector<std::string_view>& have, std::string_view wanted, std::string_view where
) {
    const auto sentence = "there is no chart \"" + std::string{wanted} + "\" in " + std::string{where};
    if (have.empty()) {
        return {error_kind::not_found, sentence + ", which has none"};
    }
    const auto limit = match::most_mistyped(wanted);
    std::vector<std::pair<std::size_t, std::string_view>> near;
    for (std::size_t i = 0; i < std::min(have.size(), most_compared); ++i) {
        const bool part = wanted.size() > 2 && have[i].find(wanted) != std::string_view::npos;
        const auto far = part ? 1 : match::distance(have[i], wanted, limit);
        if (far <= limit) {
            near.emplace_back(far, have[i]);
        }
    }
    std::ranges::sort(near);
    std::vector<std::string> named;
    for (std::size_t i = 0; i < std::min(near.size(), most_named); ++i) {
        named.emplace_back(near[i].second);
    }
    if (!named.empty()) {
        return {
            error_kind::not_found,
            sentence + "; nearest " + (named.size() == 1 ? "is " : "names are ") + listed(named)
        };
    }
    for (std::size_t i = 0; i < std::min<std::size_t>(have.size(), 5); ++i) {
        named.emplace_back(have[i]);
    }
    const auto more = have.size() - named.size();
    return {
        error_kind::not_found,
        sentence + "; it has " + listed(named) + (more > 0 ? " and " + std::to_string(more) + " more" : "")
    };
}

} // namespace holdfast::charts
