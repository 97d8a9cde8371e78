#include "base/memory.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace holdfast {
namespace {

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(the_limit_of_the_container_is_read) {
    const auto root = fs::temp_directory_path() / ("holdfast-cgroup-" + std::to_string(::getpid()));
    fs::create_directories(root / "memory");
    const auto write = [&](const char* name, const char* text) { std::ofstream{root / name} << text; };
    BOOST_TEST(!memory_limit(root.string()).has_value());
    write("memory/memory.limit_in_bytes", "9223372036854771712\n");
    BOOST_TEST(!memory_limit(root.string()).has_value());
    write("memory/memory.limit_in_bytes", "1073741824\n");
    BOOST_TEST(memory_limit(root.string()).value_or(0) == 1073741824U);
    write("memory.max", "max\n");
    fs::remove_all(root / "memory");
    BOOST_TEST(!memory_limit(root.string()).has_value());
    write("memory.max", "2147483648\n");
    BOOST_TEST(memory_limit(root.string()).value_or(0) == 2147483648U);
    fs::remove_all(root);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
