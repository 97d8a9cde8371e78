#pragma once

#include "render/build_key.hpp"
#include "render/manifest.hpp"

#include <compare>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast::render {

/// One object of a finished build, as JSON text: a fraction of the memory of the parsed value.
struct packed_manifest {
    std::string text;
    origin from;
};

/// An entry of a password store that objects refer to.
struct named_entry {
    /// The URL of the store; empty: the default one.
    std::string store;
    std::string entry;
    friend auto operator<=>(const named_entry&, const named_entry&) = default;
};

/// A finished build in its compact form, shared by all applications with the same build key. Immutable.
struct packed_output {
    std::vector<packed_manifest> objects;
    sha256_digest hash{};
    std::vector<std::string> warnings;
    std::vector<outside_read> outside_reads;
    /// The entries of password stores that the objects refer to, sorted, each once.
    std::vector<named_entry> entries;
    /// Some object is encrypted (by SOPS), or has references that are written wrong.
    bool needs_secrets = false;
    /// About what it takes in memory.
    std::size_t bytes = 0;
    /// About what its objects take once they are unpacked.
    std::size_t unpacked_bytes = 0;
};

/// Makes the compact form, and an object of it back again.
/// `entries` and `needs_secrets` are for who knows secrets to fill.
std::shared_ptr<packed_output> pack(const render_output& output);
manifest unpack(const packed_manifest& packed);
std::vector<manifest> unpack(const packed_output& packed);

/// Finished builds by their keys, up to a number of bytes; who was not asked for the longest goes first. A
/// build that alone exceeds the bound is not kept. Only memory: a restart starts empty. One thread.
class manifest_cache {
public:
    explicit manifest_cache(std::size_t max_bytes) : max_bytes_{max_bytes} {}

    /// The build, or null. The caller asks `still_current` about its outside_reads before using it.
    std::shared_ptr<const packed_output> find(const build_key& key);
    void insert(const build_key& key, std::shared_ptr<const packed_output> output);
    void erase(const build_key& key);

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

private:
    struct entry {
        build_key key;
        std::shared_ptr<const packed_output> output;
    };
    struct key_hash {
        std::size_t operator()(const build_key& key) const noexcept;
    };
    void drop_oldest();

    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::list<entry> entries_; // the most recently used first
    std::unordered_map<build_key, std::list<entry>::iterator, key_hash> index_;
};

} // namespace holdfast::render
