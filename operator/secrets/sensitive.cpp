#include "secrets/sensitive.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string.h> // explicit_bzero
#include <utility>

namespace holdfast::secrets {

sensitive::sensitive(std::string_view bytes) {
    append(bytes);
}

sensitive::sensitive(sensitive&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)},
      size_{std::exchange(other.size_, 0)},
      capacity_{std::exchange(other.capacity_, 0)} {}

sensitive& sensitive::operator=(sensitive&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
}

sensitive::~sensitive() {
    clear();
}

void sensitive::clear() noexcept {
    if (data_ != nullptr) ::explicit_bzero(data_, capacity_);
    delete[] data_;
    data_ = nullptr;
    size_ = 0;
    capacity_ = 0;
}

void sensitive::append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (size_ + bytes.size() > capacity_) {
        sensitive larger;
        larger.capacity_ = std::max(size_ + bytes.size(), 2 * capacity_);
        larger.data_ = new char[larger.capacity_]; // NOLINT(cppcoreguidelines-owning-memory)
        if (size_ > 0) std::memcpy(larger.data_, data_, size_);
        larger.size_ = size_;
        *this = std::move(larger); // what was here is overwritten when `larger` goes
    }
    std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

void wipe(std::string& text) noexcept {
    text.resize(text.capacity()); // within what is allocated: nothing moves
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

void wipe(json::object& secret) noexcept {
    const auto* kind = secret.if_contains("kind");
    if (kind == nullptr || !kind->is_string() || kind->get_string() != "Secret") return;
    for (const std::string_view name : std::array<std::string_view, 2>{"data", "stringData"}) {
        auto* values = secret.if_contains(name);
        if (values == nullptr || !values->is_object()) continue;
        for (auto& [key, value] : values->get_object()) {
            if (auto* text = value.if_string()) {
                ::explicit_bzero(text->data(), text->capacity());
                text->clear();
            }
        }
    }
}

} // namespace holdfast::secrets
