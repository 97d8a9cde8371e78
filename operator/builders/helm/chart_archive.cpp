#include "builders/helm/chart_archive.hpp"

#include "builders/paths.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_packed = std::size_t{100} << 20U;
constexpr std::size_t max_unpacked = std::size_t{100} << 20U;
constexpr std::size_t max_file = std::size_t{5} << 20U;
constexpr std::size_t block = 512;

result<std::string> inflated(std::string_view bytes) {
    z_stream stream{};
    // 16: gzip and nothing else.
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return internal_error("zlib could not be set up");
    std::string text;
    std::array<char, 65536> buffer{};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // NOLINT: zlib's interface
    stream.avail_in = static_cast<uInt>(bytes.size());
    int said = Z_OK;
    while (said == Z_OK && text.size() <= max_unpacked) {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data()); // NOLINT: zlib's interface
        stream.avail_out = static_cast<uInt>(buffer.size());
        said = inflate(&stream, Z_NO_FLUSH);
        text.append(buffer.data(), buffer.size() - stream.avail_out);
        if (said == Z_OK && stream.avail_in == 0 && stream.avail_out != 0) said = Z_DATA_ERROR; // cut off
    }
    inflateEnd(&stream);
    if (text.size() > max_unpacked) {
        return user_error(fmt::format("the chart's archive unpacks to more than {} MiB", max_unpacked >> 20U)
        );
    }
    if (said != Z_STREAM_END) return user_error("the chart's archive is no gzip file, or a broken one");
    return text;
}

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

} // namespace

result<chart_archive> chart_archive::read(std::string_view bytes) {
    if (bytes.size() > max_packed) return user_error("the chart's archive has more than 100 MiB");
    const auto text = inflated(bytes);
    if (!text) return text.error();
    std::string_view rest{*text};
    chart_archive made;
    std::optional<std::string> long_name;
    while (rest.size() >= block && rest.front() != '\0') {
        const auto header = rest.substr(0, block);
        const auto size = size_of(header);
        const auto padded = size ? (*size + block - 1) / block * block : 0;
        if (!size || *size > max_unpacked || block + padded > rest.size()) {
            return user_error("the chart's archive is no tar file, or a broken one");
        }
        const auto content = rest.substr(block, *size);
        rest.remove_prefix(block + padded);
        const char type = header[156];
        if (type == 'x') {
            long_name = pax_path(content);
            continue;
        }
        if (type == 'L') {
            long_name = std::string{content.substr(0, content.find('\0'))};
            continue;
        }
        std::string name{field(header, 0, 100)};
        if (const auto prefix = field(header, 345, 155);
            header.substr(257, 5) == "ustar" && !prefix.empty()) {
            name = std::string{prefix} + "/" + name;
        }
        if (long_name) name = std::move(*long_name);
        long_name.reset();
        if (type != '0' && type != '\0') continue; // directories; helm does not follow links either
        const auto clean = join_paths("", name);
        if (!clean || clean->find('/') == std::string::npos) continue;
        if (*size > max_file) {
            return user_error(fmt::format(
                "the file {} in the chart's archive has more than the {} MiB that helm takes", *clean,
                max_file >> 20U
            ));
        }
        made.files_.push_back({.path = clean->substr(clean->find('/') + 1), .content = std::string{content}});
    }
    std::ranges::sort(made.files_, {}, &file::path);
    if (made.find("Chart.yaml") == nullptr) return user_error("the chart's archive has no Chart.yaml");
    return made;
}

result<chart_archive> chart_archive::open(const std::string& path) {
    std::ifstream in{path, std::ios::binary | std::ios::ate};
    const auto size = in.tellg();
    if (!in || size < 0) return transient_error(fmt::format("cannot read {}", path));
    if (static_cast<std::size_t>(size) > max_packed)
        return user_error("the chart's archive has more than 100 MiB");
    std::string bytes(static_cast<std::size_t>(size), '\0');
    in.seekg(0);
    if (!in.read(bytes.data(), size)) return transient_error(fmt::format("cannot read {}", path));
    return read(bytes);
}

std::vector<std::string> chart_archive::paths() const {
    std::vector<std::string> all;
    all.reserve(files_.size());
    for (const auto& one : files_) {
        all.push_back(one.path);
    }
    return all;
}

const std::string* chart_archive::find(std::string_view path) const noexcept {
    const auto at = std::ranges::find(files_, path, &file::path);
    return at == files_.end() ? nullptr : &at->content;
}

} // namespace holdfast::builders
