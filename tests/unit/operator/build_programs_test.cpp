#include "build_programs.hpp"

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace holdfast {

BOOST_AUTO_TEST_SUITE(build_programs)

BOOST_AUTO_TEST_CASE(the_version_of_a_module_is_that_of_the_programs_build_information) {
    const test::temporary_directory directory{"holdfast-build-programs"};
    const auto path = (directory.path() / "program").string();
    const auto version_in = [&](const std::string& content) {
        std::ofstream{path, std::ios::binary} << content;
        return version_of_module(path, "example.com/tool/v5");
    };
    const std::string line = "\tdep\texample.com/tool/v5\tv5.8.0\th1:abc=\n";
    BOOST_TEST(version_in(line) == "v5.8.0");
    BOOST_TEST(version_in("\tmod\texample.com/tool/v5\tv5.8.1\n") == "v5.8.1");
    // The path alone is in every package's name.
    BOOST_TEST(version_in(std::string{"\0example.com/tool/v5/cmd", 24} + line) == "v5.8.0");
    BOOST_TEST(version_in("\tdep\texample.com/tool/v5\t(devel)\n") == "");
    BOOST_TEST(version_in("") == "");
    BOOST_TEST(version_of_module("/nowhere", "example.com/tool/v5") == "");
    // Wherever the pieces end in which it is read.
    for (std::size_t cut = 0; cut < line.size(); ++cut) {
        BOOST_TEST(version_in(std::string((std::size_t{1} << 20U) - cut, 'x') + line) == "v5.8.0", cut);
    }
}

BOOST_AUTO_TEST_CASE(kustomize_is_what_it_says_itself) {
    const auto* programs = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT: nobody writes the environment
    BOOST_TEST_REQUIRE(programs != nullptr);
    const std::string kustomize = std::string{programs} + "/kustomize";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> said{
        popen((kustomize + " version").c_str(), "r"), pclose // NOLINT: a path of ours
    };
    BOOST_TEST_REQUIRE(said != nullptr);
    std::array<char, 64> line{};
    BOOST_TEST_REQUIRE(std::fgets(line.data(), line.size(), said.get()) != nullptr);
    BOOST_TEST(version_of_module(kustomize, "sigs.k8s.io/kustomize/kustomize/v5") + "\n" == line.data());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast
