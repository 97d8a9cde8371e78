#include "charts/archive.hpp"

#include "match/semver.hpp"
#include "render/yaml.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace holdfast::charts {

namespace {

struct free_archive {
    void operator()(struct archive* a) const noexcept { archive_read_free(a); }
};
using archive_pointer = std::unique_ptr<struct archive, free_archive>;

std::string clipped(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 200)) {
        out += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
    }
    return out;
}

// The pieces of a relative path that stays where it begins; nothing for every other. `inside`: pieces that
// may be gone up from.
std::optional<std::vector<std::string_view>>
clean(std::string_view path, std::vector<std::string_view> inside = {}) {
    if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos ||
        path.find('\\') != std::string_view::npos) { // helm takes '\' for '/'
        return std::nullopt;
    }
    const auto may_go_up = !inside.empty();
    auto pieces = std::move(inside);
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto piece = path.substr(at, end - at);
        at = end + 1;
        if (piece.empty() || piece == ".") {
            continue;
        }
        if (piece != "..") {
            pieces.push_back(piece);
        } else if (!may_go_up || pieces.empty()) {
            return std::nullopt;
        } else {
            pieces.pop_back();
        }
    }
    return pieces;
}

class inspection {
public:
    inspection(std::string_view bytes, const archive_limits& limits) : bytes_{bytes}, limits_{limits} {}

    result<archive_facts> run() {
        if (!bytes_.starts_with("\x1f\x8b")) {
            return user_error("it is not a .tgz: it does not begin as gzip does");
        }
        archive_.reset(archive_read_new());
        auto* a = archive_.get();
        if (a == nullptr || archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
            archive_read_support_format_tar(a) != ARCHIVE_OK) {
            return internal_error("libarchive cannot read .tgz");
        }
        if (archive_read_open_memory(a, bytes_.data(), bytes_.size()) != ARCHIVE_OK) {
            return broken();
        }
        for (std::size_t count = 0;; ++count) {
            struct archive_entry* entry = nullptr;
            const int got = archive_read_next_header(a, &entry);
            if (got == ARCHIVE_EOF) {
                break;
            }
            if (got < ARCHIVE_WARN) {
                return broken();
            }
            if (count >= limits_.max_entries) {
                return user_error("it has more than " + std::to_string(limits_.max_entries) + " entries");
            }
            if (auto done = read(entry); !done) {
                return done.error();
            }
        }
        if (!facts_) {
            return user_error("there is no Chart.yaml in its directory");
        }
        return std::move(*facts_);
    }

private:
    error broken() {
        const char* why = archive_error_string(archive_.get());
        return user_error("it is not a .tgz: " + clipped(why == nullptr ? "it cannot be read" : why));
    }

    static error refused(std::string_view path, std::string_view why) {
        return user_error("its entry \"" + clipped(path) + "\" " + std::string{why});
    }

    result<void> read(struct archive_entry* entry) {
        const char* text = archive_entry_pathname_utf8(entry);
        if (text == nullptr) {
            text = archive_entry_pathname(entry);
        }
        const std::string path{text == nullptr ? "" : text};
        const auto pieces = clean(path);
        if (!pieces) {
            return refused(path, "leads out of the archive");
        }
        if (pieces->empty()) {
            return {}; // "./"
        }
        if (top_.empty()) {
            top_ = pieces->front();
        } else if (top_ != pieces->front()) {
            return refused(path, "is not in the directory \"" + clipped(top_) + "\", where the others are");
        }
        if (const char* hard = archive_entry_hardlink(entry); hard != nullptr) {
            const auto to = clean(hard);
            if (!to || to->empty() || to->front() != top_) {
                return refused(path, "is a link that leads out of the archive");
            }
            return {};
        }
        switch (archive_entry_filetype(entry)) {
        case AE_IFDIR: return {};
        case AE_IFLNK: return check_symlink(entry, path, *pieces);
        case AE_IFREG: break;
        default: return refused(path, "is neither a file nor a directory");
        }
        if (pieces->size() == 1) {
            return refused(path, "lies beside the chart's directory");
        }
        const bool is_chart_yaml = pieces->size() == 2 && pieces->back() == "Chart.yaml";
        if (is_chart_yaml && facts_) {
            return refused(path, "is there twice");
        }
        return read_data(path, is_chart_yaml);
    }

    result<void> check_symlink(
        struct archive_entry* entry, const std::string& path, const std::vector<std::string_view>& pieces
    ) {
        const char* target = archive_entry_symlink(entry);
        auto directory = pieces;
        directory.pop_back();
        const auto to = directory.empty() ? std::nullopt : clean(target == nullptr ? "" : target, directory);
        if (!to || to->empty() || to->front() != top_) {
            return refused(path, "is a link that leads out of the archive");
        }
        return {};
    }

    result<void> read_data(const std::string& path, bool is_chart_yaml) {
        std::string chart_yaml;
        for (;;) {
            const void* block = nullptr;
            std::size_t size = 0;
            la_int64_t offset = 0;
            const int got = archive_read_data_block(archive_.get(), &block, &size, &offset);
            if (got == ARCHIVE_EOF) {
                break;
            }
            if (got < ARCHIVE_WARN) {
                return broken();
            }
            // A sparse file is as large as its last byte is far; the filter's count has what headers take.
            inflated_ += size;
            const auto consumed = static_cast<std::uint64_t>(archive_filter_bytes(archive_.get(), 0));
            if (std::max({inflated_, consumed / 2, static_cast<std::uint64_t>(offset) + size}) >
                limits_.max_inflated) {
                return user_error(
                    "unpacked it has more than " + std::to_string(limits_.max_inflated >> 20U) + " MiB"
                );
            }
            if (is_chart_yaml) {
                if (chart_yaml.size() + size > limits_.max_chart_yaml) {
                    return refused(path, "is too large");
                }
                chart_yaml.append(static_cast<const char*>(block), size);
            }
        }
        return is_chart_yaml ? read_chart_yaml(chart_yaml) : result<void>{};
    }

    result<void> read_chart_yaml(const std::string& text) {
        auto limits = render::configuration_limits();
        limits.max_bytes = limits_.max_chart_yaml;
        limits.repeated = render::yaml_limits::repeated_keys::last_wins; // as helm reads it
        const auto documents = render::read_yaml(text, limits);
        if (!documents) {
            const auto& e = documents.error();
            return user_error(
                "its Chart.yaml cannot be read: line " + std::to_string(e.where.line) + ": " + e.message
            );
        }
        archive_facts facts;
        if (documents->size() == 1 && documents->front().value.is_object()) {
            const auto& object = documents->front().value.get_object();
            for (const auto& [key, to] :
                 {std::pair{"name", &facts.name}, std::pair{"version", &facts.version}}) {
                if (const auto* value = object.if_contains(key); value != nullptr && value->is_string()) {
                    *to = value->get_string();
                }
            }
        }
        if (facts.name.empty() || facts.version.empty()) {
            return user_error("its Chart.yaml must say a \"name\" and a \"version\", both strings");
        }
        facts_ = std::move(facts);
        return {};
    }

    std::string_view bytes_;
    archive_limits limits_;
    archive_pointer archive_;
    std::string top_;
    std::uint64_t inflated_ = 0;
    std::optional<archive_facts> facts_;
};

bool same_version(std::string_view a, std::string_view b) {
    const auto x = match::version::parse(a);
    const auto y = match::version::parse(b);
    return a == b || (x && y && x->compare(*y) == 0 && x->metadata == y->metadata);
}

} // namespace

result<archive_facts> inspect_archive(std::string_view bytes, const archive_limits& limits) {
    return inspection{bytes, limits}.run();
}

result<void> check_is(const archive_facts& facts, std::string_view name, std::string_view version) {
    if (facts.name != name) {
        return user_error("it has the chart \"" + clipped(facts.name) + "\" in it");
    }
    if (!same_version(facts.version, version)) {
        return user_error("it has the version " + clipped(facts.version) + " in it");
    }
    return {};
}

} // namespace holdfast::charts
