#include "render/yaml.hpp"

#include "render/json_stream.hpp"
#include "render/scalar.hpp"
#include "render/value_builder.hpp"
#include "render/yaml_events.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace holdfast::render {

void throw_exception_from_error(const yaml_error& e, const boost::source_location&) {
    throw std::logic_error{fmt::format("{}:{}: {}", e.where.line, e.where.column, e.message)};
}

namespace {

/// What a value takes: how often go-yaml would have to decode something for it, and about how many bytes.
struct extent {
    std::size_t values = 0;
    std::size_t bytes = 0;
};

extent measure(const json::value& value) {
    extent all{.values = 1, .bytes = sizeof(json::value)};
    if (const auto* text = value.if_string()) {
        all.bytes += text->size();
    } else if (const auto* array = value.if_array()) {
        for (const json::value& item : *array) {
            const extent e = measure(item);
            all.values += e.values;
            all.bytes += e.bytes;
        }
    } else if (const auto* object = value.if_object()) {
        for (const auto& [key, item] : *object) {
            const extent e = measure(item);
            all.values += e.values + 1;
            all.bytes += e.bytes + key.size() + sizeof(void*) * 2;
        }
    }
    return all;
}

/// What an anchor stands for, once it is complete.
struct anchored {
    bool complete = false;
    bool is_scalar = false;
    json::value value;
    extent size;
    /// Bytes that it takes here, beside what its value takes where it stands.
    std::size_t held = 0;
    /// A scalar as it was written: as a key it may read differently than as a value.
    std::string text;
    std::string tag;
    bool plain = false;
};

/// Reads the documents of one text.
class reader {
public:
    reader(std::string_view text, const yaml_limits& limits, memory_budget* source)
        : text_{text}, limits_{limits}, events_{text}, memory_{limits.max_memory, source} {}

    boost::system::result<void, yaml_error> run(const document_sink& take) {
        using type = yaml_event::type;
        while (const yaml_event* event = events_.next()) {
            switch (event->kind) {
            case type::stream_start: break;
            case type::stream_end: return {};
            case type::document_start:
                ++document_;
                content_line_ = 0;
                forget_anchors();
                values_ = aliased_ = 0;
                if (static_cast<std::size_t>(document_) > limits_.max_documents) {
                    return fail(event->start, fmt::format("more than {} documents", limits_.max_documents));
                }
                break;
            case type::document_end:
                forget_anchors();
                if (json::value value = builder_.take(); !value.is_null()) {
                    if (!take(
                            {.index = document_,
                             .line = content_line_,
                             .value = std::move(value),
                             .repeated = std::move(repeated_)}
                        )) {
                        return {};
                    }
                }
                repeated_.clear();
                break;
            default:
                if (content_line_ == 0) content_line_ = event->start.line;
                if (!content(*event)) return std::move(error_);
                if (!memory_.set(builder_.memory() + anchors_held_)) {
                    return std::move(fail(event->start, memory_.why()));
                }
            }
        }
        yaml_error failure = events_.failure();
        failure.document = document_ == 0 ? 1 : document_;
        return failure;
    }

private:
    yaml_error& fail(position where, std::string message) {
        error_ = {.document = document_ == 0 ? 1 : document_, .where = where, .message = std::move(message)};
        return error_;
    }

    /// One event of a value; false with error_ set when it cannot be.
    bool content(const yaml_event& event) {
        using type = yaml_event::type;
        switch (event.kind) {
        case type::scalar: return builder_.wants_key() ? key(event) : scalar(event);
        case type::alias: return alias(event);
        case type::mapping_start:
        case type::sequence_start: {
            const bool mapping = event.kind == type::mapping_start;
            if (builder_.wants_key()) {
                fail(
                    event.start, fmt::format(
                                     "a {} cannot be a key; quote it if it is a text{}",
                                     mapping ? "mapping" : "sequence", hint_for(text_, event.start)
                                 )
                );
                return false;
            }
            if (builder_.depth() >= limits_.max_depth) {
                fail(event.start, fmt::format("nested more than {} deep", limits_.max_depth));
                return false;
            }
            ++values_;
            open_anchors_.emplace_back(event.anchor);
            if (!event.anchor.empty()) keep(open_anchors_.back(), {});
            builder_.open(mapping);
            return true;
        }
        default: {
            json::value value = builder_.close();
            const std::string name = std::move(open_anchors_.back());
            open_anchors_.pop_back();
            if (!name.empty() && !remember(name, value, event.start)) return false;
            return add(std::move(value), event.start, false);
        }
        }
    }

    bool key(const yaml_event& event) {
        if (event.text == "<<" && (event.plain || event.tag == "tag:yaml.org,2002:merge")) {
            builder_.merge_key();
            return true;
        }
        ++values_;
        if (!event.anchor.empty() && !remember_scalar(event)) return false;
        return named(event.text, event.tag, event.plain, event.start);
    }

    bool named(std::string_view text, std::string_view tag, bool plain, position where) {
        if (tag.empty() && !plain) return named(text, where);
        const auto name = resolve_key(text, tag, plain);
        if (!name) {
            fail(where, name.error().message());
            return false;
        }
        return named(*name, where);
    }

    bool named(std::string_view name, position where) {
        const auto line = static_cast<value_builder::place>(where.line);
        if (const auto first = builder_.key(name, line)) {
            if (may_repeat(limits_, builder_)) {
                if (repeated_.size() < yaml_document::max_repeated) {
                    repeated_.push_back({std::string{name}, where, static_cast<int>(*first)});
                }
                builder_.repeat(name, line);
                return true;
            }
            fail(
                where,
                fmt::format("key \"{}\" appears twice in one mapping; it was first in line {}", name, *first)
            );
            return false;
        }
        return true;
    }

    bool scalar(const yaml_event& event) {
        ++values_;
        if (!event.anchor.empty() && !remember_scalar(event)) return false;
        auto value = resolve_scalar(event.text, event.tag, event.plain);
        if (!value) {
            fail(event.start, value.error().message());
            return false;
        }
        return add(std::move(*value), event.start, false);
    }

    bool alias(const yaml_event& event) {
        const auto found = anchors_.find(std::string{event.anchor});
        if (found == anchors_.end()) {
            fail(event.start, fmt::format("unknown anchor '{}' is referred to", event.anchor));
            return false;
        }
        const anchored& target = found->second;
        if (!target.complete) {
            fail(event.start, fmt::format("anchor '{}' contains itself", event.anchor));
            return false;
        }
        if (!spend(target.size, event.start)) return false;
        // Before it is there once more.
        if (!memory_.set(builder_.memory() + anchors_held_ + target.held)) {
            fail(event.start, memory_.why());
            return false;
        }
        if (!builder_.wants_key()) return add(json::value(target.value), event.start, true);
        if (!target.is_scalar) {
            fail(event.start, fmt::format("anchor '{}' is not a scalar and cannot be a key", event.anchor));
            return false;
        }
        return named(target.text, target.tag, target.plain, event.start);
    }

    bool add(json::value&& value, position where, bool by_alias) {
        if (builder_.add(std::move(value), by_alias)) return true;
        fail(where, "a merge (<<) needs a mapping, or a sequence of mappings");
        return false;
    }

    bool remember_scalar(const yaml_event& event) {
        auto value = resolve_scalar(event.text, event.tag, event.plain);
        anchored a{
            .complete = true,
            .is_scalar = true,
            .value = value ? std::move(*value) : json::value{}, // where it is used the error is reported
            .size = {.values = 1, .bytes = sizeof(json::value) + event.text.size()},
            .text = std::string{event.text},
            .tag = std::string{event.tag},
            .plain = event.plain,
        };
        if (!charge(a.size.bytes, event.start)) return false;
        keep(std::string{event.anchor}, std::move(a));
        return true;
    }

    bool remember(const std::string& name, const json::value& value, position where) {
        const extent size = measure(value);
        if (!charge(size.bytes, where)) return false;
        keep(name, {.complete = true, .value = value, .size = size});
        return true;
    }

    void keep(const std::string& name, anchored a) {
        constexpr std::size_t node = sizeof(std::pair<const std::string, anchored>) + 4 * sizeof(void*);
        a.held =
            heap_block(node) + memory_of(a.value) + name.capacity() + a.text.capacity() + a.tag.capacity();
        anchored& kept = anchors_[name];
        anchors_held_ += a.held;
        anchors_held_ -= kept.held;
        kept = std::move(a);
    }

    void forget_anchors() {
        anchors_.clear();
        anchors_held_ = 0;
        memory_.set(builder_.memory());
    }

    /// Pays for the copy that an alias is. decode.go's rule, taken for the whole alias at once.
    bool spend(extent size, position where) {
        values_ += size.values + 1;
        aliased_ += size.values;
        constexpr double low = 400'000;
        constexpr double high = 4'000'000;
        const auto values = static_cast<double>(values_);
        const double share = values <= low    ? 0.99
                             : values >= high ? 0.10
                                              : 0.99 - 0.89 * ((values - low) / (high - low));
        if (aliased_ > 100 && values_ > 1000 && static_cast<double>(aliased_) / values > share) {
            fail(where, "the document consists of aliases: it would be far larger than its text");
            return false;
        }
        return charge(size.bytes, where);
    }

    bool charge(std::size_t bytes, position where) {
        expansion_ += bytes;
        if (expansion_ <= limits_.max_expansion) return true;
        fail(
            where,
            fmt::format("anchors and aliases of the text take more than {} bytes", limits_.max_expansion)
        );
        return false;
    }

    std::string_view text_;
    const yaml_limits& limits_;
    yaml_events events_;
    value_builder builder_;
    std::unordered_map<std::string, anchored> anchors_;
    /// The anchor of each open mapping and sequence; "" for none.
    std::vector<std::string> open_anchors_;
    std::vector<repeated_key> repeated_;
    text_memory memory_;
    std::size_t anchors_held_ = 0;
    yaml_error error_;
    int document_ = 0;
    int content_line_ = 0;
    std::size_t expansion_ = 0;
    std::size_t values_ = 0;
    std::size_t aliased_ = 0;
};

bool is_before(position a, position b) noexcept {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

} // namespace

yaml_limits configuration_limits() noexcept {
    yaml_limits limits;
    limits.max_bytes = std::size_t{1} << 20U;
    limits.max_expansion = std::size_t{4} << 20U;
    limits.max_memory = std::size_t{8} << 20U;
    return limits;
}

boost::system::result<void, yaml_error> read_documents(
    std::string_view text, const yaml_limits& limits, memory_budget* source, const document_sink& take
) {
    if (text.size() > limits.max_bytes) {
        return yaml_error{
            .message = fmt::format("{} bytes are more than the limit of {}", text.size(), limits.max_bytes)
        };
    }
    if (!looks_like_json(text)) {
        return reader{text, limits, source}.run(take);
    }
    // Nothing is to be given twice: whether it is JSON has to be known before.
    json_scan as_json = scan_json(text, limits);
    if (!as_json.failure) return read_json(text, limits, source, take);
    if (as_json.is_json) return std::move(*as_json.failure);
    // A flow mapping is YAML too. When it is neither, the reader that came further says why.
    auto as_yaml = reader{text, limits, source}.run(take);
    if (as_yaml.has_error() && is_before(as_yaml.error().where, as_json.failure->where)) {
        return std::move(*as_json.failure);
    }
    return as_yaml;
}

yaml_result read_yaml(std::string_view text, const yaml_limits& limits, memory_budget* source) {
    std::vector<yaml_document> documents;
    auto read = read_documents(text, limits, source, [&](yaml_document&& document) {
        documents.push_back(std::move(document));
        return true;
    });
    if (!read) return read.error();
    return documents;
}

} // namespace holdfast::render
