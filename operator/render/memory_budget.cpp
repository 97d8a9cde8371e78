#include "render/memory_budget.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include <cstdint>

namespace holdfast::render {

namespace json = boost::json;

namespace {

// As Boost.JSON lays them out: a header of 16 bytes before the items, and a hash table of 4 bytes for each
// member of an object that has more than 18.
constexpr std::size_t header = 16;
constexpr std::size_t largest_unhashed = 18;

std::string in_mebibytes(std::size_t bytes) {
    return bytes % (std::size_t{1} << 20U) == 0 ? fmt::format("{} MiB", bytes >> 20U)
                                                : fmt::format("{} bytes", bytes);
}

} // namespace

bool text_memory::change(std::size_t bytes) noexcept {
    const std::size_t before = own_.used();
    bool is_fine = true;
    if (bytes < before) {
        own_.give_back(before - bytes);
        if (source_ != nullptr) source_->give_back(before - bytes);
    } else {
        is_fine = own_.take(bytes - before);
        if (source_ != nullptr) is_fine = source_->take(bytes - before) && is_fine;
    }
    return is_fine;
}

std::string text_memory::why() const {
    if (source_ != nullptr && source_->is_exceeded()) {
        return source_is_too_large(*source_);
    }
    return fmt::format(
        "the values of this text take more than {} of memory, the limit for one text; divide it into several "
        "files, and repeat less by aliases",
        in_mebibytes(own_.limit())
    );
}

std::string source_is_too_large(const memory_budget& budget) {
    return fmt::format(
        "the values of the source take more than {} of memory together, the limit for one source; divide it "
        "among several Applications, and repeat less by aliases",
        in_mebibytes(budget.limit())
    );
}

std::size_t memory_of_text(const json::string& text) noexcept {
    // Short ones are in the value itself.
    return text.capacity() <= json::string{}.capacity() ? 0 : heap_block(text.capacity() + 9);
}

std::size_t memory_of_array(std::size_t capacity) noexcept {
    return capacity == 0 ? 0 : heap_block(header + capacity * sizeof(json::value));
}

std::size_t memory_of_object(std::size_t capacity) noexcept {
    if (capacity == 0) return 0;
    const std::size_t bucket = capacity > largest_unhashed ? sizeof(std::uint32_t) : 0;
    return heap_block(header + capacity * (sizeof(json::key_value_pair) + bucket));
}

std::size_t memory_of_key(std::size_t size) noexcept {
    return heap_block(size + 1);
}

std::size_t memory_of(const json::value& value) noexcept {
    if (const auto* text = value.if_string()) return memory_of_text(*text);
    std::size_t all = 0;
    if (const auto* array = value.if_array()) {
        all = memory_of_array(array->capacity());
        for (const json::value& item : *array) {
            all += memory_of(item);
        }
    } else if (const auto* object = value.if_object()) {
        all = memory_of_object(object->capacity());
        for (const auto& [key, item] : *object) {
            all += memory_of_key(key.size()) + memory_of(item);
        }
    }
    return all;
}

} // namespace holdfast::render
