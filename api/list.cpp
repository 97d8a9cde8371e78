#include "api/list.hpp"

#include "base/ascii.hpp"
#include "base/base64.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <tuple>

namespace holdfast::api {

namespace {

constexpr std::size_t most_values = 50;

struct filter {
    std::string_view name;
    std::vector<std::string> list_query::* wanted;
    std::string_view (*of)(const row&);
    /// What there may be; empty: anything.
    std::vector<std::string_view> known;
};

std::string_view sync_of(const row& one) {
    return to_string(one.sync);
}
std::string_view health_of(const row& one) {
    return to_string(one.health);
}
std::string_view namespace_of(const row& one) {
    return one.id.namespace_;
}
std::string_view project_of(const row& one) {
    return one.project;
}

const std::array<filter, 4>& filters() {
    static const std::array<filter, 4> all{{
        {"namespace", &list_query::namespaces, namespace_of, {}},
        {"project", &list_query::projects, project_of, {}},
        {"sync", &list_query::sync, sync_of, {"Synced", "OutOfSync", "Unknown"}},
        {"health",
         &list_query::health,
         health_of,
         {"Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"}},
    }};
    return all;
}

std::string joined(const std::vector<std::string_view>& words) {
    std::string all;
    for (const auto word : words) {
        all += (all.empty() ? "" : ", ") + std::string{word};
    }
    return all;
}

result<void> take_filter(const filter& one, std::string value, list_query& to) {
    if (!one.known.empty() && std::ranges::find(one.known, value) == one.known.end()) {
        return user_error(
            std::string{one.name} + ": must be one of " + joined(one.known) + ", is \"" + value + "\""
        );
    }
    auto& wanted = to.*one.wanted;
    if (wanted.size() >= most_values) {
        return user_error(std::string{one.name} + ": at most " + std::to_string(most_values) + " values");
    }
    wanted.push_back(std::move(value));
    return {};
}

std::vector<std::string> words_in(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty() && words.size() < most_values) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) {
            words.push_back(ascii_lower(text.substr(0, end)));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

bool has_words(const row& one, const std::vector<std::string>& words) {
    if (words.empty()) {
        return true;
    }
    std::string text;
    for (const auto& part :
         {one.id.namespace_ + "/" + one.id.name, one.project, one.repository, one.path, one.revision,
          one.cluster, one.into, one.reason, one.message}) {
        text += ascii_lower(part) + "\n";
    }
    return std::ranges::all_of(words, [&](const std::string& word) {
        return word.starts_with('!')
                   ? word.size() == 1 || text.find(std::string_view{word}.substr(1)) == std::string::npos
                   : text.find(word) != std::string::npos;
    });
}

auto order_of(const row& one) {
    return std::tie(one.how_urgent, one.id);
}

// Where a page ended: what comes next is found even where that row is no more.
struct place {
    urgency how_urgent;
    application_name id;
};

std::string write_place(const row& one) {
    return base64url_encode(
        std::to_string(static_cast<int>(one.how_urgent)) + "/" + one.id.namespace_ + "/" + one.id.name
    );
}

std::optional<place> read_place(std::string_view text) {
    const auto said = base64url_decode(text);
    if (!said || said->size() < 4 || (*said)[1] != '/' || (*said)[0] < '0' ||
        (*said)[0] > static_cast<char>('0' + static_cast<int>(urgency::fine))) {
        return std::nullopt;
    }
    const auto slash = said->find('/', 2);
    if (slash == std::string::npos) {
        return std::nullopt;
    }
    return place{
        .how_urgent = static_cast<urgency>((*said)[0] - '0'),
        .id = {.namespace_ = said->substr(2, slash - 2), .name = said->substr(slash + 1)}
    };
}

} // namespace

result<list_query> read_list_query(const http::query_values& query) {
    list_query made;
    for (const auto& [name, value] : query) {
        const auto one = std::ranges::find(filters(), name, &filter::name);
        if (one != filters().end()) {
            if (auto taken = take_filter(*one, value, made); !taken) {
                return taken.error();
            }
        } else if (name == "q") {
            auto words = words_in(value);
            made.words.insert(made.words.end(), words.begin(), words.end());
            made.words.resize(std::min(made.words.size(), most_values));
        } else if (name == "limit") {
            const auto* end = value.data() + value.size();
            const auto read = std::from_chars(value.data(), end, made.limit);
            if (read.ec != std::errc{} || read.ptr != end || made.limit == 0 || made.limit > longest_page) {
                return user_error(
                    "limit: must be a number from 1 to " + std::to_string(longest_page) + ", is \"" + value +
                    "\""
                );
            }
        } else if (name == "continue") {
            made.after = value;
        } else {
            return user_error(
                "there is no parameter \"" + name +
                "\"; there are namespace, project, sync, health, q, limit and continue"
            );
        }
    }
    return made;
}

result<list_page>
list(const rows& all, const list_query& query, const std::function<bool(const row&)>& sees) {
    list_page page;
    std::optional<place> after;
    if (!query.after.empty()) {
        after = read_place(query.after);
        if (!after) {
            return user_error("continue: must be what the page before says, or absent");
        }
    }
    for (const auto& one : filters()) {
        page.facets.try_emplace(std::string{one.name});
    }
    std::vector<const row*> found;
    for (const auto& [id, one] : all) {
        if (!sees(one) || !has_words(one, query.words)) {
            continue;
        }
        std::array<bool, 4> agrees{};
        std::size_t against = 0;
        for (std::size_t i = 0; i < filters().size(); ++i) {
            const auto& wanted = query.*filters().at(i).wanted;
            agrees.at(i) =
                wanted.empty() || std::ranges::find(wanted, filters().at(i).of(one)) != wanted.end();
            against += agrees.at(i) ? 0 : 1;
        }
        for (std::size_t i = 0; i < filters().size(); ++i) {
            if (against == 0 || (against == 1 && !agrees.at(i))) {
                const auto& f = filters().at(i);
                ++page.facets[std::string{f.name}][std::string{f.of(one)}];
            }
        }
        if (against > 0) {
            continue;
        }
        ++page.total;
        if (!after || std::tie(after->how_urgent, after->id) < order_of(one)) {
            found.push_back(&one);
        }
    }
    const auto count = std::min(query.limit, found.size());
    std::partial_sort(
        found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
        [](const row* a, const row* b) { return order_of(*a) < order_of(*b); }
    );
    if (count < found.size()) {
        page.next = write_place(*found[count - 1]);
    }
    found.resize(count);
    page.items = std::move(found);
    return page;
}

crds::json::object write(const list_page& page) {
    crds::json::array items;
    for (const auto* one : page.items) {
        items.push_back(write(*one));
    }
    crds::json::object facets;
    for (const auto& [name, values] : page.facets) {
        crds::json::object counts;
        for (const auto& [value, count] : values) {
            counts[value] = count;
        }
        facets[name] = std::move(counts);
    }
    crds::json::object made{
        {"items", std::move(items)}, {"total", page.total}, {"facets", std::move(facets)}
    };
    if (!page.next.empty()) {
        made["continue"] = page.next;
    }
    return made;
}

} // namespace holdfast::api
