#include "render/manifest_cache.hpp"

#include "render/json_stream.hpp"

#include <boost/json/serialize.hpp>

#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

namespace holdfast::render {

std::shared_ptr<packed_output> pack(const render_output& output) {
    auto packed = std::make_shared<packed_output>();
    packed->hash = output.hash;
    packed->warnings = output.warnings;
    packed->outside_reads = output.outside_reads;
    packed->objects.reserve(output.objects.size());
    packed->bytes = sizeof(packed_output);
    packed->unpacked_bytes = output.memory;
    for (const manifest& m : output.objects) {
        packed_manifest& p = packed->objects.emplace_back(packed_manifest{json::serialize(m.object), m.from});
        p.text.shrink_to_fit();
        packed->bytes += sizeof p + p.text.capacity() + p.from.file.capacity();
    }
    for (const std::string& warning : packed->warnings) {
        packed->bytes += sizeof warning + warning.capacity();
    }
    for (const outside_read& read : packed->outside_reads) {
        packed->bytes += sizeof read + read.path.capacity() + read.id.capacity();
    }
    return packed;
}

manifest unpack(const packed_manifest& packed) {
    // Not with Boost's own parser: that of 1.81 does not round floating-point numbers correctly.
    yaml_limits limits;
    limits.max_bytes = packed.text.size();
    limits.max_depth = 1000; // it was read within the reader's own limits
    limits.max_memory = std::numeric_limits<std::size_t>::max();
    json::value value;
    const auto read = read_json(packed.text, limits, nullptr, [&](yaml_document&& document) {
        value = std::move(document.value);
        return true;
    });
    if (!read || !value.is_object()) {
        throw std::logic_error{"a packed manifest does not read back"};
    }
    return {.object = std::move(value.get_object()), .from = packed.from};
}

std::vector<manifest> unpack(const packed_output& packed) {
    std::vector<manifest> objects;
    objects.reserve(packed.objects.size());
    for (const packed_manifest& p : packed.objects) {
        objects.push_back(unpack(p));
    }
    return objects;
}

std::size_t manifest_cache::key_hash::operator()(const build_key& key) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, key.data(), sizeof value); // its bytes are as random as it gets
    return value;
}

std::shared_ptr<const packed_output> manifest_cache::find(const build_key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->output;
}

void manifest_cache::insert(const build_key& key, std::shared_ptr<const packed_output> output) {
    erase(key);
    if (output->bytes > max_bytes_) return;
    bytes_ += output->bytes;
    entries_.push_front({key, std::move(output)});
    index_[key] = entries_.begin();
    while (bytes_ > max_bytes_) {
        drop_oldest();
    }
}

void manifest_cache::erase(const build_key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    bytes_ -= found->second->output->bytes;
    entries_.erase(found->second);
    index_.erase(found);
}

void manifest_cache::drop_oldest() {
    const build_key oldest = entries_.back().key;
    erase(oldest);
}

} // namespace holdfast::render
