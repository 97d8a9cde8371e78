#include "sync/planner_sentences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace holdfast::sync {

std::string count_of(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string enumerate_texts(std::span<const std::string> texts, std::string_view separator) {
    constexpr std::size_t named = 5;
    std::string all;
    for (std::size_t i = 0; i < std::min(texts.size(), named); ++i) {
        if (i > 0) all += separator;
        all += texts[i];
    }
    if (texts.size() > named) all += fmt::format(" and {} more", texts.size() - named);
    return all;
}

std::string enumerate(std::span<const object_id> objects) {
    std::vector<std::string> texts;
    texts.reserve(objects.size());
    for (const auto& id : objects) {
        texts.push_back(describe(id));
    }
    return enumerate_texts(texts, ", ");
}

std::string with_reason(const object_id& id, std::string_view reason) {
    return reason.empty() ? describe(id) : fmt::format("{} ({})", describe(id), reason);
}

} // namespace holdfast::sync
