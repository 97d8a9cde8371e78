#pragma once

// Values from the events of a parser: what YAML and JSON have in common. For yaml.cpp.

#include "render/yaml.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::render {

/// Builds one value after the other. The caller tells places of keys as numbers that mean something to it.
class value_builder {
public:
    using place = std::uint32_t;

    [[nodiscard]] std::size_t depth() const noexcept { return depth_; }
    /// True inside of a mapping when a key, or its end, has to come next.
    [[nodiscard]] bool wants_key() const noexcept { return depth_ > 0 && top().wants_key; }

    void open(bool mapping);
    /// The finished container; to be given to `add` again.
    boost::json::value close();

    /// Names the value that comes next. Gives the place of the same key when it was given before, which the
    /// caller has to refuse or to repeat(); keys from merges do not count.
    std::optional<place> key(std::string_view name, place where);
    /// Names the value that comes next and takes the place of the one that the key had before.
    void repeat(std::string_view name, place where);
    /// True for the keys of a document's outermost mapping, and of those in the list of its key "items":
    /// those of a manifest.
    [[nodiscard]] bool is_at_manifest() const noexcept;
    /// The value that comes next is to be merged into the mapping.
    void merge_key();
    [[nodiscard]] bool merging() const noexcept { return depth_ > 0 && top().merging; }

    /// Puts a value where one is due. False when it was to be merged and cannot be. `by_alias` tells that it
    /// was not written out here: a sequence to be merged has to be.
    bool add(boost::json::value&& value, bool by_alias = false);

    /// The value that all this made, once nothing is open.
    boost::json::value take();

    /// Bytes that all values took so far, those that were taken included: only ever more. While a list or a
    /// mapping grows there are two thirds of it once more.
    [[nodiscard]] std::size_t memory() const noexcept { return memory_; }

private:
    struct key_note {
        place where = 0;
        bool merged = false;
    };
    struct frame {
        boost::json::value container;
        /// One for each key of the mapping, in its order.
        std::vector<key_note> notes;
        std::string key;
        place key_place = 0;
        bool wants_key = false;
        bool merging = false;
    };
    [[nodiscard]] const frame& top() const noexcept { return frames_[depth_ - 1]; }
    [[nodiscard]] frame& top() noexcept { return frames_[depth_ - 1]; }
    void merge(frame& into, const boost::json::object& from);

    /// Frames beyond depth_ are kept for their memory.
    std::vector<frame> frames_;
    std::size_t depth_ = 0;
    boost::json::value result_;
    std::size_t memory_ = 0;
};

/// Whether a key of the mapping that is being built may be given once more.
[[nodiscard]] inline bool may_repeat(const yaml_limits& limits, const value_builder& builder) noexcept {
    using policy = yaml_limits::repeated_keys;
    return limits.repeated == policy::last_wins ||
           (limits.repeated == policy::refused_in_manifest && !builder.is_at_manifest());
}

} // namespace holdfast::render
