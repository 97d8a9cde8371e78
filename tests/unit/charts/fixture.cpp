#include "fixture.hpp"

#include "base/hash.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace holdfast::charts::test {

namespace {

void put(std::string& header, std::size_t at, std::string_view text) {
    header.replace(at, text.size(), text);
}

std::string octal(std::uint64_t value, int width) {
    std::array<char, 24> text{};
    std::snprintf(
        text.data(), text.size(), "%0*llo", width, static_cast<unsigned long long>(value)
    ); // NOLINT
    return text.data();
}

std::string tar_entry(const archived& e) {
    std::string header(512, '\0');
    put(header, 0, std::string_view{e.path}.substr(0, 100));
    put(header, 100, "0000644");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, octal(e.content.size(), 11));
    put(header, 136, "00000000000");
    put(header, 148, "        ");
    header[156] = e.type;
    put(header, 157, e.link);
    put(header, 257, std::string_view{"ustar\00000", 8});
    unsigned sum = 0;
    for (const char c : header) {
        sum += static_cast<unsigned char>(c);
    }
    put(header, 148, octal(sum, 6) + std::string{"\0 ", 2});
    auto body = e.content;
    body.resize((body.size() + 511) / 512 * 512, '\0');
    return header + body;
}

} // namespace

std::string gzip(std::string_view bytes) {
    z_stream z{};
    if (::deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error{"no zlib"};
    }
    std::string out(::deflateBound(&z, bytes.size()) + 64, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // NOLINT: zlib's bytes
    z.avail_in = static_cast<uInt>(bytes.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data()); // NOLINT
    z.avail_out = static_cast<uInt>(out.size());
    ::deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    ::deflateEnd(&z);
    return out;
}

std::string tgz(const std::vector<archived>& entries) {
    std::string tar;
    for (const auto& e : entries) {
        tar += tar_entry(e);
    }
    return gzip(tar + std::string(1024, '\0'));
}

std::string chart_tgz(const std::string& name, const std::string& version, const std::string& marker) {
    return tgz({
        {.path = name + "/Chart.yaml",
         .content = "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n",
         .link = {}},
        {.path = name + "/templates/a.yaml", .content = "# " + marker + "\n", .link = {}},
    });
}

std::string digest_of(std::string_view bytes) {
    return to_hex(sha256(bytes));
}

std::string
index_entry(const std::string& version, const std::string& digest, const std::vector<std::string>& urls) {
    std::string out = "  - version: \"" + version + "\"\n";
    if (!digest.empty()) {
        out += "    digest: " + digest + "\n";
    }
    out += "    urls:\n";
    for (const auto& url : urls) {
        out += "    - " + url + "\n";
    }
    return out;
}

std::string index_of(const std::string& name, const std::vector<std::string>& entries) {
    std::string out = "apiVersion: v1\nentries:\n  " + name + ":\n";
    for (const auto& e : entries) {
        out += e;
    }
    return out;
}

std::vector<std::string> files_in(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& e : std::filesystem::directory_iterator{directory}) {
        names.push_back(e.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

std::string read_file(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace holdfast::charts::test
