#include "charts/index.hpp"

#include "charts/address.hpp"
#include "render/yaml_events.hpp"

#include <algorithm>
#include <optional>

namespace holdfast::charts {

namespace {

using type = render::yaml_event::type;

// Longer ones are no versions, digests and URLs.
constexpr std::size_t longest_text = 4096;
constexpr std::size_t most_urls = 4;
constexpr std::size_t most_anchors = 10'000;
// What an entry takes beside its texts.
constexpr std::size_t overhead = 128;

std::string tidy_digest(std::string text) {
    if (text.starts_with("sha256:")) {
        text.erase(0, 7);
    }
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

// Whatever a version is, it fits into a sentence.
bool is_sayable(std::string_view version) {
    return !version.empty() && version.size() <= 256 &&
           std::ranges::all_of(version, [](char c) { return c > ' ' && c != 0x7f; });
}

class reader {
public:
    reader(std::string_view text, const index_limits& limits) : events_{text}, limits_{limits} {}

    result<void> read() {
        if (!advance() || !advance()) { // the stream's start, the document's
            return failure();
        }
        if (kind_ == type::stream_end) {
            return wrong("it is empty");
        }
        if (!advance()) {
            return failure();
        }
        if (kind_ != type::mapping_start) {
            return wrong("it has no mapping with \"entries\"");
        }
        bool seen = false;
        const bool done = each_key([&](const std::string& key) {
            if (key != "entries") {
                return skip();
            }
            seen = true;
            return read_charts();
        });
        if (!done) {
            return failure();
        }
        if (!seen) {
            return wrong("it has no \"entries\"");
        }
        return {};
    }

    std::map<std::string, std::vector<index_entry>, std::less<>> charts;
    std::size_t bytes = 0;

private:
    error wrong(std::string_view why) {
        return user_error("this is not an index of a chart repository: " + std::string{why});
    }

    error failure() {
        if (failure_) {
            return *failure_;
        }
        const auto f = events_.failure();
        return user_error(
            "this is not an index of a chart repository: line " + std::to_string(f.where.line) + ": " +
            f.message
        );
    }

    bool give_up(std::string_view why) {
        failure_ = user_error("line " + std::to_string(line_) + ": " + std::string{why});
        return false;
    }

    // The next event: its kind, and for scalars (aliases of them too) its text.
    bool advance() {
        const auto* event = events_.next();
        if (event == nullptr) {
            return false;
        }
        kind_ = event->kind;
        line_ = event->start.line;
        usable_ = false;
        plain_ = event->plain;
        if (kind_ == type::scalar) {
            usable_ = event->text.size() <= longest_text;
            text_.assign(usable_ ? event->text : std::string_view{});
            if (!event->anchor.empty() && usable_ && anchors_.size() < most_anchors) {
                anchors_.insert_or_assign(std::string{event->anchor}, text_);
            }
        } else if (kind_ == type::alias) {
            // Ruby's writer makes one of a text that it has written before.
            if (const auto at = anchors_.find(event->anchor); at != anchors_.end()) {
                kind_ = type::scalar;
                text_ = at->second;
                usable_ = true;
                plain_ = false;
            }
        }
        return true;
    }

    [[nodiscard]] bool is_null() const {
        return kind_ == type::scalar && plain_ && (text_.empty() || text_ == "~" || text_ == "null");
    }

    // Passes over the value that begins with the current event.
    bool skip() {
        std::size_t depth = 0;
        for (;;) {
            if (kind_ == type::mapping_start || kind_ == type::sequence_start) {
                if (++depth > limits_.max_depth) {
                    return give_up("it is nested too deeply");
                }
            } else if (kind_ == type::mapping_end || kind_ == type::sequence_end) {
                --depth;
            }
            if (depth == 0) {
                return true;
            }
            if (!advance()) {
                return false;
            }
        }
    }

    // The current event begins a mapping: calls `visit` with each key, its value being the current event,
    // which it consumes.
    template <class F>
    bool each_key(F visit) {
        for (;;) {
            if (!advance()) {
                return false;
            }
            if (kind_ == type::mapping_end) {
                return true;
            }
            const bool named = kind_ == type::scalar && usable_;
            const std::string key = named ? text_ : std::string{};
            if (!named && !skip()) {
                return false;
            }
            if (!advance() || !(named ? visit(key) : skip())) {
                return false;
            }
        }
    }

    template <class F>
    bool each_item(F visit) {
        for (;;) {
            if (!advance()) {
                return false;
            }
            if (kind_ == type::sequence_end) {
                return true;
            }
            if (!visit()) {
                return false;
            }
        }
    }

    bool account(std::size_t count) {
        bytes += count;
        return bytes <= limits_.max_bytes ||
               give_up(
                   "its entries take more than " + std::to_string(limits_.max_bytes >> 20U) + " MiB of memory"
               );
    }

    bool read_charts() {
        if (is_null()) {
            return true;
        }
        if (kind_ != type::mapping_start) {
            return give_up("\"entries\" must be a mapping from the names of charts to their versions");
        }
        return each_key([this](const std::string& name) {
            if (is_null() || !check_chart_name(name, false)) {
                return skip(); // nobody can ask for it
            }
            if (kind_ != type::sequence_start) {
                return give_up("the versions of the chart \"" + name + "\" must be a list");
            }
            if (!account(overhead + name.size())) {
                return false;
            }
            auto& versions = charts[name];
            return each_item([&] { return read_entry(versions); });
        });
    }

    bool read_entry(std::vector<index_entry>& into) {
        if (kind_ != type::mapping_start) {
            return skip(); // helm passes over what is null
        }
        index_entry entry;
        const bool read = each_key([&](const std::string& key) {
            if (key == "version" || key == "digest") {
                auto& to = key == "version" ? entry.version : entry.digest;
                to = kind_ == type::scalar && usable_ && !is_null() ? text_ : std::string{};
                return skip();
            }
            if (key == "urls" && kind_ == type::sequence_start) {
                return each_item([&] {
                    if (kind_ == type::scalar && usable_ && !text_.empty() && entry.urls.size() < most_urls) {
                        entry.urls.push_back(text_);
                    }
                    return skip();
                });
            }
            return skip();
        });
        if (!read) {
            return false;
        }
        if (!is_sayable(entry.version)) {
            return true;
        }
        entry.digest = tidy_digest(std::move(entry.digest));
        std::size_t size = overhead + entry.version.size() + entry.digest.size();
        for (const auto& url : entry.urls) {
            size += overhead / 2 + url.size();
        }
        if (!account(size)) {
            return false;
        }
        into.push_back(std::move(entry));
        return true;
    }

    render::yaml_events events_;
    index_limits limits_;
    std::map<std::string, std::string, std::less<>> anchors_;
    type kind_ = type::stream_start;
    int line_ = 0;
    bool usable_ = false;
    bool plain_ = false;
    std::string text_;
    std::optional<error> failure_;
};

} // namespace

result<chart_index> chart_index::parse(std::string_view text, const index_limits& limits) {
    reader r{text, limits};
    if (auto done = r.read(); !done) {
        return done.error();
    }
    chart_index index;
    index.charts_ = std::move(r.charts);
    index.bytes_ = r.bytes;
    return index;
}

const std::vector<index_entry>* chart_index::find(std::string_view name) const {
    const auto at = charts_.find(name);
    return at == charts_.end() ? nullptr : &at->second;
}

std::vector<std::string_view> chart_index::names() const {
    std::vector<std::string_view> all;
    all.reserve(charts_.size());
    for (const auto& [name, versions] : charts_) {
        all.emplace_back(name);
    }
    return all;
}

} // namespace holdfast::charts
