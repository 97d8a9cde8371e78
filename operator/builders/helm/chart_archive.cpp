#include "builders/helm/chart_archive.hpp"

#include "builders/paths.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_packed = std::size_t{100} << 20U;
constexpr std::size_t max_unpacked = std::size_t{100} << 20U;
constexpr std::size_t max_file = std::size_t{5} << 20U;
constexpr std::size_t block = 512;

/// The unpacked bytes of an archive, one piece after the other: never all of them at once.
class inflater {
public:
    /// `next` gives the packed bytes piece by piece, each living until the next one is asked for; "" at the
    /// end.
    explicit inflater(std::function<std::string_view()> next) : next_{std::move(next)} {
        // 16: gzip and nothing else.
        said_ = inflateInit2(&stream_, 15 + 16);
        is_open_ = said_ == Z_OK;
    }
    ~inflater() {
        if (is_open_) inflateEnd(&stream_);
    }
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;

    /// The next bytes, to be copied to `into` or passed over where that is null. False when there are not so
    /// many.
    bool take(std::size_t count, std::string* into) {
        while (count > 0) {
            if (pending_.empty() && !fill()) return false;
            const auto piece = pending_.substr(0, count);
            if (into != nullptr) into->append(piece);
            pending_.remove_prefix(piece.size());
            count -= piece.size();
        }
        return true;
    }

    /// True when it is a gzip file to its end. To be asked when all was taken that is wanted: reads the rest.
    bool ends_well() {
        pending_ = {};
        while (fill()) {
            pending_ = {};
        }
        return said_ == Z_STREAM_END;
    }

    [[nodiscard]] bool is_too_large() const noexcept { return unpacked_ > max_unpacked; }

private:
    bool fill() {
        while (said_ == Z_OK && !is_too_large()) {
            if (stream_.avail_in == 0) {
                const auto piece = next_();
                stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data())); // NOLINT: zlib's
                stream_.avail_in = static_cast<uInt>(piece.size());
                is_at_end_ = piece.empty();
            }
            stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data()); // NOLINT: zlib's interface
            stream_.avail_out = static_cast<uInt>(buffer_.size());
            said_ = inflate(&stream_, Z_NO_FLUSH);
            const auto count = buffer_.size() - stream_.avail_out;
            unpacked_ += count;
            pending_ = {buffer_.data(), count};
            if (count > 0) return true;
            if (said_ == Z_OK && is_at_end_) said_ = Z_DATA_ERROR; // cut off
        }
        return false;
    }

    std::function<std::string_view()> next_;

    z_stream stream_{};
    std::array<char, 65536> buffer_{};
    std::string_view pending_;
    std::size_t unpacked_ = 0;
    int said_ = Z_OK;
    bool is_open_ = false;
    bool is_at_end_ = false;
};

std::string_view field(std::string_view header, std::size_t from, std::size_t length) {
    const auto text = header.substr(from, length);
    return text.substr(0, text.find('\0'));
}

/// The octal size of a header; nothing where it is none.
std::optional<std::size_t> size_of(std::string_view header) {
    auto text = field(header, 124, 12);
    while (text.starts_with(' ')) {
        text.remove_prefix(1);
    }
    while (text.ends_with(' ')) {
        text.remove_suffix(1);
    }
    std::size_t size = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size, 8);
    if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return size;
}

/// The value of "path" in the records of a pax header: "LENGTH KEY=VALUE\n".
std::optional<std::string> pax_path(std::string_view records) {
    while (!records.empty()) {
        std::size_t length = 0;
        const auto [end, failure] = std::from_chars(records.data(), records.data() + records.size(), length);
        const auto digits = static_cast<std::size_t>(end - records.data());
        if (failure != std::errc{} || length <= digits + 2 || length > records.size()) return std::nullopt;
        const auto record = records.substr(digits + 1, length - digits - 2);
        if (record.starts_with("path=")) return std::string{record.substr(5)};
        records.remove_prefix(length);
    }
    return std::nullopt;
}

// Headers that name the next entry; longer ones are none that tar writes.
constexpr std::size_t max_name = std::size_t{1} << 20U;
constexpr std::size_t max_entries = 50'000;

/// What the archive is refused for where its entries end.
result<void> end_of(inflater& from) {
    const bool is_whole = from.ends_well();
    if (from.is_too_large()) {
        return user_error(fmt::format("the chart's archive unpacks to more than {} MiB", max_unpacked >> 20U)
        );
    }
    if (!is_whole) return user_error("the chart's archive is not a gzip file, or is damaged");
    return {};
}

/// What is to be done with a file's content; false where it is not to be read.
using wanted_files = std::function<bool(const std::string& path, std::size_t size)>;
/// Takes what was read; an error ends the reading.
using file_sink = std::function<result<void>(const std::string& path, std::string&& content)>;

/// The paths of all files, sorted.
result<std::vector<std::string>>
read_entries(inflater& from, const wanted_files& wanted, const file_sink& take) {
    const auto broken = [&]() -> error {
        if (auto ended = end_of(from); !ended) return ended.error();
        return user_error("the chart's archive is not a tar file, or is damaged");
    };
    std::vector<std::string> paths;
    std::optional<std::string> long_name;
    std::string header;
    for (;;) {
        header.clear();
        if (!from.take(block, &header) || header.front() == '\0') break;
        const auto size = size_of(header);
        if (!size || *size > max_unpacked) return broken();
        const auto padding = (block - *size % block) % block;
        const char type = header[156];
        if (type == 'x' || type == 'L') {
            std::string content;
            if (*size > max_name || !from.take(*size, &content) || !from.take(padding, nullptr))
                return broken();
            long_name = type == 'x' ? pax_path(content) : content.substr(0, content.find('\0'));
            continue;
        }
        std::string name{field(header, 0, 100)};
        if (const auto prefix = field(header, 345, 155);
            header.substr(257, 5) == "ustar" && !prefix.empty()) {
            name = std::string{prefix} + "/" + name;
        }
        if (long_name) name = std::move(*long_name);
        long_name.reset();
        // Directories are nothing; helm does not follow links either.
        const auto clean = type == '0' || type == '\0' ? join_paths("", name) : std::nullopt;
        const bool is_file = clean && clean->find('/') != std::string::npos;
        if (is_file && *size > max_file) {
            return user_error(fmt::format(
                "the file {} in the chart's archive has more than the {} MiB that helm takes", *clean,
                max_file >> 20U
            ));
        }
        std::string path = is_file ? clean->substr(clean->find('/') + 1) : std::string{};
        std::string content;
        const bool is_wanted = is_file && wanted(path, *size);
        if (!from.take(*size, is_wanted ? &content : nullptr) || !from.take(padding, nullptr))
            return broken();
        if (is_wanted) {
            if (auto taken = take(path, std::move(content)); !taken) return taken.error();
        }
        if (is_file) paths.push_back(std::move(path));
        if (paths.size() > max_entries) {
            return user_error(fmt::format("the chart's archive has more than {} files", max_entries));
        }
    }
    if (auto ended = end_of(from); !ended) return ended.error();
    std::ranges::sort(paths);
    if (!std::ranges::binary_search(paths, "Chart.yaml")) {
        return user_error("the chart's archive has no Chart.yaml");
    }
    return paths;
}

result<chart_archive> read_one(inflater& from, std::string_view wanted) {
    std::optional<std::string> text;
    auto paths = read_entries(
        from, [&](const std::string& path, std::size_t) { return path == wanted && !text; },
        [&](const std::string&, std::string&& content) -> result<void> {
            text = std::move(content);
            return {};
        }
    );
    if (!paths) return paths.error();
    return chart_archive{std::move(*paths), std::move(text)};
}

/// A file on disk, piece by piece.
class packed_file {
public:
    static result<std::unique_ptr<packed_file>> open(const std::string& path) {
        auto made = std::make_unique<packed_file>(path);
        made->in_.seekg(0, std::ios::end);
        const auto size = made->in_.tellg();
        if (!made->in_ || size < 0) return made->failure();
        if (static_cast<std::size_t>(size) > max_packed)
            return user_error("the chart's archive has more than 100 MiB");
        made->in_.seekg(0);
        return made;
    }
    explicit packed_file(const std::string& path) : path_{path}, in_{path, std::ios::binary} {}

    std::string_view next() {
        in_.read(piece_.data(), static_cast<std::streamsize>(piece_.size()));
        return {piece_.data(), static_cast<std::size_t>(in_.gcount())};
    }
    [[nodiscard]] bool is_broken() const { return in_.bad(); }
    [[nodiscard]] error failure() const { return transient_error(fmt::format("cannot read {}", path_)); }

private:
    std::string path_;
    std::ifstream in_;
    std::string piece_ = std::string(std::size_t{256} << 10U, '\0');
};

} // namespace

result<chart_archive> chart_archive::read(std::string_view bytes, std::string_view wanted) {
    if (bytes.size() > max_packed) return user_error("the chart's archive has more than 100 MiB");
    inflater from{[rest = bytes]() mutable { return std::exchange(rest, std::string_view{}); }};
    return read_one(from, wanted);
}

result<chart_archive> chart_archive::open(const std::string& path, std::string_view wanted) {
    auto file = packed_file::open(path);
    if (!file) return file.error();
    inflater from{[&] { return (*file)->next(); }};
    auto made = read_one(from, wanted);
    if ((*file)->is_broken()) return (*file)->failure();
    if (made) made->file_ = path;
    return made;
}

result<std::vector<std::pair<std::string, std::string>>>
chart_archive::unpack(const std::string& path, std::size_t most) {
    auto file = packed_file::open(path);
    if (!file) return file.error();
    inflater from{[&] { return (*file)->next(); }};
    std::vector<std::pair<std::string, std::string>> files;
    std::size_t left = most;
    bool is_too_much = false;
    const auto read = read_entries(
        from,
        [&](const std::string&, std::size_t size) {
            is_too_much = is_too_much || size > left;
            return !is_too_much;
        },
        [&](const std::string& name, std::string&& content) -> result<void> {
            left -= content.size();
            files.emplace_back(name, std::move(content));
            return {};
        }
    );
    if ((*file)->is_broken()) return (*file)->failure();
    if (!read) return read.error();
    if (is_too_much) {
        return user_error(fmt::format("the chart unpacks to more than {} MiB", most >> 20U));
    }
    return files;
}

bool chart_archive::has(std::string_view path) const noexcept {
    return std::ranges::binary_search(paths_, path);
}

result<std::string> chart_archive::content(const std::string& path) const {
    auto again = open(file_, path);
    if (!again) return again.error();
    if (!again->text_) return transient_error(fmt::format("{} is not in {} any more", path, file_));
    return std::move(*again->text_);
}

} // namespace holdfast::builders
