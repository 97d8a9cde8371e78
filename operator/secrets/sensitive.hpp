#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::secrets {

namespace json = boost::json;

/// Bytes that must not outlive their use: their memory is overwritten before it is given back. Move-only, so
/// that there are no copies that nobody knows of.
class sensitive {
public:
    sensitive() = default;
    explicit sensitive(std::string_view bytes);
    sensitive(sensitive&& other) noexcept;
    sensitive& operator=(sensitive&& other) noexcept;
    ~sensitive();

    [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Adds bytes; memory that was too small is overwritten before it is let go.
    void append(std::string_view bytes);

private:
    void clear() noexcept;
    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Overwrites what a string holds, as far as it is allocated, and empties it.
void wipe(std::string& text) noexcept;

/// Overwrites the values in a Secret's `data` and `stringData`, in place: for whoever is done with an object
/// that `resolver::resolve` gave. Objects of other kinds are left alone.
void wipe(json::object& secret) noexcept;

} // namespace holdfast::secrets
