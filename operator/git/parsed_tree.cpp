#include "git/parsed_tree.hpp"

#include "files/names.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace holdfast::git {

using files::entry_mode;
using files::tree_entry;

namespace {

std::optional<entry_mode> mode_of(std::uint32_t bits) {
    switch (bits & 0170000U) {
    case 0040000: return entry_mode::tree;
    case 0120000: return entry_mode::symlink;
    case 0160000: return entry_mode::submodule;
    case 0100000: return (bits & 0111U) != 0 ? entry_mode::executable : entry_mode::file;
    default: return std::nullopt;
    }
}

std::optional<std::uint32_t> octal(std::string_view digits) {
    std::uint32_t bits = 0;
    for (const char c : digits) {
        if (c < '0' || c > '7') {
            return std::nullopt;
        }
        bits = bits * 8 + static_cast<std::uint32_t>(c - '0');
    }
    return bits;
}

constexpr std::size_t longest_mode = 7;

} // namespace

// "<mode in octal> <name>\0<20 bytes>", again and again.
struct parsed_tree::raw_entry {
    std::uint32_t bits = 0;
    std::string_view name;
    object_id id;
    std::size_t end = 0;

    [[nodiscard]] tree_entry made() const {
        return {.name = std::string{name}, .mode = mode_of(bits).value_or(entry_mode::file), .id = id};
    }
};

std::string_view parsed_tree::name_at(std::size_t offset) const noexcept {
    const auto blank = bytes_.find(' ', offset);
    return bytes_.c_str() + blank + 1; // ends with a zero
}

parsed_tree::raw_entry parsed_tree::at(std::size_t offset) const noexcept {
    raw_entry e;
    const auto blank = bytes_.find(' ', offset);
    e.bits = octal(std::string_view{bytes_}.substr(offset, blank - offset)).value_or(0);
    e.name = bytes_.c_str() + blank + 1;
    const auto zero = blank + 1 + e.name.size();
    std::array<unsigned char, object_id::size> raw{};
    std::memcpy(raw.data(), bytes_.data() + zero + 1, raw.size());
    e.id = object_id{raw};
    e.end = zero + 1 + object_id::size;
    return e;
}

result<std::shared_ptr<const parsed_tree>> parsed_tree::parse(std::string bytes, const object_id& id) {
    const auto broken = [&](std::string_view why) {
        return user_error("the tree " + id.hex() + " " + std::string{why});
    };
    std::shared_ptr<parsed_tree> made{new parsed_tree{std::move(bytes)}};
    const std::string_view all = made->bytes_;
    for (std::size_t offset = 0; offset < all.size();) {
        const auto blank = all.substr(offset, longest_mode + 1).find(' ');
        if (blank == std::string_view::npos) {
            return broken("is malformed");
        }
        const auto from = offset + blank + 1;
        const auto zero = all.find('\0', from);
        const auto bits = octal(all.substr(offset, blank));
        if (zero == std::string_view::npos || all.size() - zero < 1 + object_id::size || !bits) {
            return broken("is malformed");
        }
        const auto name = all.substr(from, zero - from);
        if (!mode_of(*bits) || files::is_hostile_name(name)) {
            return broken("has the entry " + files::shown(name) + ", which no honest repository has");
        }
        made->by_name_.push_back(static_cast<std::uint32_t>(offset));
        offset = zero + 1 + object_id::size;
    }
    // Git sorts directories as if they ended in '/', and hostile trees are not sorted at all.
    const auto name = [&](std::uint32_t offset) { return made->name_at(offset); };
    if (!std::ranges::is_sorted(made->by_name_, {}, name)) {
        std::ranges::sort(made->by_name_, [&](std::uint32_t a, std::uint32_t b) {
            const auto order = name(a) <=> name(b);
            return order == 0 ? a < b : order < 0;
        });
    }
    made->by_name_.shrink_to_fit();
    return std::shared_ptr<const parsed_tree>{std::move(made)};
}

std::optional<tree_entry> parsed_tree::find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(by_name_, name, {}, [this](std::uint32_t offset) {
        return name_at(offset);
    });
    if (found == by_name_.end() || name_at(*found) != name) {
        return std::nullopt;
    }
    return at(*found).made();
}

std::vector<tree_entry> parsed_tree::entries() const {
    std::vector<tree_entry> all;
    all.reserve(size());
    for (std::size_t offset = 0; offset < bytes_.size();) {
        const auto e = at(offset);
        all.push_back(e.made());
        offset = e.end;
    }
    return all;
}

std::size_t parsed_tree::bytes() const noexcept {
    return sizeof *this + bytes_.capacity() + by_name_.capacity() * sizeof by_name_.front();
}

} // namespace holdfast::git
