#include "sync/goes_along.hpp"

#include "sync/planner_sentences.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::sync {

bool takes_others_along(const object_id& id) noexcept {
    return (id.kind == "Namespace" && id.group.empty()) ||
           (id.kind == "CustomResourceDefinition" && id.group == "apiextensions.k8s.io");
}

bool is_covered(const goes_along& then, const goes_along& now) {
    if (now.nothing()) return true;
    if (!now.failure.empty()) return false;
    const auto holds = [](const std::vector<std::string>& all, const std::vector<std::string>& some) {
        return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
            return std::find(all.begin(), all.end(), one) != all.end();
        });
    };
    if (!holds(then.unlisted, now.unlisted) || now.more != then.more) return false;
    // Where only the first were named, nobody can say of another one whether it was among the rest.
    return now == then ||
           (then.count == then.named.size() && holds(then.named, now.named) && now.count == now.named.size());
}

std::string sentence_of(const goes_along& along, const std::vector<object_id>& own) {
    std::vector<std::string> parts;
    constexpr std::size_t most_named = 5;
    if (along.count > 0 || along.more) {
        std::string names;
        for (std::size_t i = 0; i < std::min(along.named.size(), most_named); ++i) {
            names += (i > 0 ? ", " : "") + along.named[i];
        }
        if (along.count > std::min(along.named.size(), most_named)) names += ", …";
        parts.push_back(fmt::format(
            "{}{} with it that this application does not own: {}", along.more ? "at least " : "",
            count_of(along.count, "object"), names
        ));
    }
    if (!own.empty()) {
        parts.push_back(fmt::format(
            "{} with it that {} to stay: {}", count_of(own.size(), "object"), own.size() == 1 ? "is" : "are",
            enumerate(own)
        ));
    }
    if (!along.unlisted.empty()) {
        parts.push_back(
            "whatever there is of the kinds that the operator may not list: " +
            enumerate_texts(along.unlisted, ", ")
        );
    }
    if (parts.empty()) return {};
    std::string all = "takes ";
    for (std::size_t i = 0; i < parts.size(); ++i) {
        all += (i > 0 ? "; and " : "") + parts[i];
    }
    return all;
}

} // namespace holdfast::sync
