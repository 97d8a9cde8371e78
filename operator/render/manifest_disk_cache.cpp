#include "render/manifest_disk_cache.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/replace_file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace holdfast::render {

namespace fs = std::filesystem;

namespace {

// The first line of a file, before the hash of what follows. To be raised with every change of the format.
constexpr std::string_view format = "holdfast manifests 1 ";
constexpr std::string_view suffix = ".json";
constexpr std::uintmax_t max_file_bytes = std::uintmax_t{256} << 20U;

std::string text_of(const json::object& from, std::string_view key) {
    return std::string{from.at(key).as_string()};
}

json::object to_json(const packed_output& output) {
    json::array objects;
    for (const auto& one : output.objects) {
        objects.push_back(json::object{
            {"text", one.text},
            {"file", one.from.file},
            {"document", one.from.document},
            {"line", one.from.line}
        });
    }
    json::array reads;
    for (const auto& one : output.outside_reads) {
        reads.push_back(json::object{{"path", one.path}, {"id", one.id}});
    }
    json::array entries;
    for (const auto& one : output.entries) {
        entries.push_back(json::object{{"store", one.store}, {"entry", one.entry}});
    }
    json::array warnings;
    for (const auto& one : output.warnings) {
        warnings.emplace_back(one);
    }
    return {{"hash", to_hex(output.hash)},     {"objects", std::move(objects)},
            {"warnings", std::move(warnings)}, {"outsideReads", std::move(reads)},
            {"entries", std::move(entries)},   {"needsSecrets", output.needs_secrets},
            {"bytes", output.bytes},           {"unpackedBytes", output.unpacked_bytes}};
}

// Throws what Boost.JSON throws where something is not as it was written.
std::shared_ptr<const packed_output> from_json(const json::object& from) {
    auto made = std::make_shared<packed_output>();
    const auto hash = from_hex(text_of(from, "hash"));
    if (!hash || hash->size() != made->hash.size()) {
        return nullptr;
    }
    std::copy(hash->begin(), hash->end(), made->hash.begin());
    for (const auto& one : from.at("objects").as_array()) {
        const auto& o = one.as_object();
        made->objects.push_back(
            {text_of(o, "text"),
             {.file = text_of(o, "file"),
              .document = o.at("document").to_number<int>(),
              .line = o.at("line").to_number<int>()}}
        );
    }
    for (const auto& one : from.at("warnings").as_array()) {
        made->warnings.emplace_back(one.as_string());
    }
    for (const auto& one : from.at("outsideReads").as_array()) {
        made->outside_reads.push_back({text_of(one.as_object(), "path"), text_of(one.as_object(), "id")});
    }
    for (const auto& one : from.at("entries").as_array()) {
        made->entries.push_back({text_of(one.as_object(), "store"), text_of(one.as_object(), "entry")});
    }
    made->needs_secrets = from.at("needsSecrets").as_bool();
    made->bytes = from.at("bytes").to_number<std::size_t>();
    // Files of versions before this one do not say it.
    const auto* unpacked = from.if_contains("unpackedBytes");
    made->unpacked_bytes = unpacked == nullptr ? 8 * made->bytes : unpacked->to_number<std::size_t>();
    return made;
}

std::shared_ptr<const packed_output> read(const std::string& text) {
    const auto end = text.find('\n');
    if (end == std::string::npos || !text.starts_with(format)) {
        return nullptr;
    }
    const auto body = std::string_view{text}.substr(end + 1);
    if (std::string_view{text}.substr(format.size(), end - format.size()) != to_hex(sha256(body))) {
        return nullptr;
    }
    try {
        return from_json(json::parse(body).as_object());
    } catch (const std::exception&) {
        return nullptr;
    }
}

} // namespace

manifest_disk_cache::manifest_disk_cache(std::string directory, std::uint64_t max_bytes)
    : directory_{std::move(directory)}, max_bytes_{max_bytes} {}

std::string manifest_disk_cache::path_of(const build_key& key) const {
    const auto name = to_hex(key);
    return directory_ + "/" + name.substr(0, 2) + "/" + name + std::string{suffix};
}

std::size_t manifest_disk_cache::size_of(const build_key& key) const {
    std::error_code ec;
    const auto size = fs::file_size(path_of(key), ec);
    return ec ? 0 : static_cast<std::size_t>(size);
}

std::shared_ptr<const packed_output> manifest_disk_cache::load(const build_key& key) const {
    const auto path = path_of(key);
    std::error_code ec;
    const auto size = fs::file_size(path, ec);
    if (ec) {
        return nullptr;
    }
    std::ifstream file{path, std::ios::binary};
    std::string text;
    if (size <= max_file_bytes) {
        text.assign(std::istreambuf_iterator<char>{file}, {});
    }
    auto output = read(text);
    if (!output) {
        log::warn("a kept build is damaged and was removed", {{"file", path}});
        fs::remove(path, ec);
        return nullptr;
    }
    fs::last_write_time(path, fs::file_time_type::clock::now(), ec); // it was asked for
    return output;
}

void manifest_disk_cache::save(const build_key& key, const packed_output& output) const {
    const auto path = fs::path{path_of(key)};
    std::error_code ec;
    fs::create_directories(path.parent_path(), ec);
    static std::atomic<unsigned> count{0};
    const auto temporary =
        path.string() + "." + std::to_string(::getpid()) + "." + std::to_string(++count) + ".new";
    const auto body = json::serialize(to_json(output));
    if (const auto failed = replace_file(path, {format, to_hex(sha256(body)), "\n", body}, temporary)) {
        log::debug("a build cannot be kept on disk", {{"file", temporary}, {"error", failed.message()}});
    }
}

void manifest_disk_cache::trim() const {
    struct kept {
        fs::path path;
        fs::file_time_type used;
        std::uintmax_t bytes = 0;
    };
    std::vector<kept> all;
    std::uintmax_t total = 0;
    std::error_code ec;
    const auto now = fs::file_time_type::clock::now();
    for (fs::recursive_directory_iterator it{directory_, ec}, end; !ec && it != end; it.increment(ec)) {
        std::error_code gone;
        if (!it->is_regular_file(gone) || gone) {
            continue;
        }
        kept one{it->path(), it->last_write_time(gone), it->file_size(gone)};
        if (gone) {
            continue;
        }
        if (one.path.extension() != suffix) {
            if (one.used + std::chrono::hours{1} < now) { // nobody writes that long
                fs::remove(one.path, gone);
            }
            continue;
        }
        total += one.bytes;
        all.push_back(std::move(one));
    }
    if (total <= max_bytes_) {
        return;
    }
    std::ranges::sort(all, {}, &kept::used);
    for (const auto& one : all) {
        if (total <= max_bytes_) {
            break;
        }
        std::error_code gone;
        fs::remove(one.path, gone);
        total -= one.bytes;
    }
}

} // namespace holdfast::render
