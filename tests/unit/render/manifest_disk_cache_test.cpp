#include "render/manifest_disk_cache.hpp"

#include "base/hash.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace holdfast;
using namespace holdfast::render;
namespace fs = std::filesystem;

namespace {

struct scratch {
    [[nodiscard]] std::vector<fs::path> files() const {
        std::vector<fs::path> all;
        for (const auto& entry : fs::recursive_directory_iterator{path}) {
            if (entry.is_regular_file()) {
                all.push_back(entry.path());
            }
        }
        return all;
    }

    test::temporary_directory directory;
    const fs::path& path = directory.path();
};

packed_output example() {
    packed_output made;
    made.objects = {
        {R"({"kind":"ConfigMap","data":{"text":"line\n\"quoted\" ünïcode"}})",
         {.file = "a/b.yaml", .document = 2, .line = 7}},
        {R"({"kind":"Secret"})", {.file = "c.yaml", .document = 1, .line = 1}}
    };
    made.hash = sha256("objects");
    made.warnings = {"a warning"};
    made.outside_reads = {{"shared/x", "0123"}};
    made.entries = {{"", "shop/db"}, {"https://git.example.com/store", "a b"}};
    made.needs_secrets = true;
    made.bytes = 1234;
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(manifest_disk_cache_)

BOOST_AUTO_TEST_CASE(what_is_kept_is_read_back_by_another_process) {
    const scratch s;
    const auto key = sha256("key");
    manifest_disk_cache{s.path, 1 << 20}.save(key, example());
    const auto read = manifest_disk_cache{s.path, 1 << 20}.load(key);
    BOOST_REQUIRE(read != nullptr);
    const auto expected = example();
    BOOST_REQUIRE(read->objects.size() == 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        BOOST_TEST(read->objects[i].text == expected.objects[i].text);
        BOOST_TEST(to_string(read->objects[i].from) == to_string(expected.objects[i].from));
    }
    BOOST_TEST((read->hash == expected.hash));
    BOOST_TEST((read->warnings == expected.warnings));
    BOOST_TEST((read->outside_reads == expected.outside_reads));
    BOOST_TEST((read->entries == expected.entries));
    BOOST_TEST(read->needs_secrets);
    BOOST_TEST(read->bytes == expected.bytes);
    BOOST_TEST((manifest_disk_cache{s.path, 1 << 20}.load(sha256("another")) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_as_it_was_written_was_never_there) {
    const scratch s;
    const manifest_disk_cache cache{s.path, 1 << 20};
    const auto key = sha256("key");
    cache.save(key, example());
    BOOST_REQUIRE(s.files().size() == 1U);
    const auto file = s.files().front();
    std::string whole;
    {
        std::ifstream from{file, std::ios::binary};
        whole.assign(std::istreambuf_iterator<char>{from}, {});
    }
    auto flipped = whole;
    flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
    const auto hash_of_nonsense = "holdfast manifests 1 " + to_hex(sha256("[1,2]")) + "\n[1,2]";
    for (const auto& damaged :
         {flipped, whole.substr(0, whole.size() - 1), whole.substr(0, 10), std::string{}, whole + "x",
          "holdfast manifests 0" + whole.substr(20), hash_of_nonsense}) {
        std::ofstream{file, std::ios::binary} << damaged;
        BOOST_TEST((cache.load(key) == nullptr));
        BOOST_TEST(!fs::exists(file));
    }
    cache.save(key, example());
    BOOST_TEST((cache.load(key) != nullptr));
}

BOOST_AUTO_TEST_CASE(beyond_the_bound_what_was_not_asked_for_the_longest_goes) {
    const scratch s;
    const manifest_disk_cache writer{s.path, 1 << 20};
    for (const auto* name : {"a", "b", "c", "d"}) {
        writer.save(sha256(name), example());
    }
    const auto size = fs::file_size(s.files().front());
    const auto now = fs::file_time_type::clock::now();
    for (const auto& file : s.files()) {
        fs::last_write_time(file, now - std::chrono::hours{2});
    }
    BOOST_TEST((writer.load(sha256("b")) != nullptr)); // asked for: now it is the newest
    {
        std::ofstream{s.path / "left.json.1.1.new"} << "of a crash";
        fs::last_write_time(s.path / "left.json.1.1.new", now - std::chrono::hours{2});
        std::ofstream{s.path / "young.json.1.1.new"} << "being written";
    }
    manifest_disk_cache{s.path, size}.trim();
    BOOST_TEST((writer.load(sha256("b")) != nullptr));
    BOOST_TEST((writer.load(sha256("a")) == nullptr));
    BOOST_TEST(!fs::exists(s.path / "left.json.1.1.new"));
    BOOST_TEST(fs::exists(s.path / "young.json.1.1.new"));
    BOOST_TEST(s.files().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_disk_that_cannot_be_written_makes_no_difference) {
    const manifest_disk_cache cache{"/proc/nowhere", 1 << 20};
    cache.save(sha256("a"), example());
    BOOST_TEST((cache.load(sha256("a")) == nullptr));
    cache.trim();
}

BOOST_AUTO_TEST_SUITE_END()
