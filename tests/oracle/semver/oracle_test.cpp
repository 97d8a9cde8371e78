#include "match/semver.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <unistd.h>

namespace holdfast::match {
namespace {

// Ranges and versions at random, mostly sensible, from pieces that meet every branch of the grammar.
class generator {
public:
    explicit generator(unsigned seed) : random_{seed} {}

    std::string range() {
        auto text = constraint();
        for (unsigned more = below(3); more > 0; --more) {
            text += pick<9>({" ", ", ", ",", " , ", " || ", "||", "  ", "", " | "}) + constraint();
        }
        return text;
    }

    std::string version() {
        auto text =
            pick<4>({"", "", "v", "V"}) + std::to_string(below(4)) + pick<5>({"", ".0", ".1", ".2", ".10"});
        text += pick<6>({"", ".0", ".1", ".3", ".10", ".01"});
        if (below(3) == 0) {
            text += "-" + pick<9>(
                              {"alpha", "beta.1", "beta.2", "0", "rc.2", "01", "a", "alpha.1",
                               "99999999999999999999999"}
                          );
        }
        return text + pick<8>({"", "", "", "", "", "", "+b1", "+x.y"});
    }

private:
    template <std::size_t N>
    std::string pick(const std::array<const char*, N>& from) {
        return from.at(below(static_cast<unsigned>(N)));
    }
    unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>{0, n - 1}(random_); }

    std::string number() {
        return pick<16>(
            {"0", "1", "2", "3", "10", "x", "X", "*", "01", "1", "2", "0", "18446744073709551616", "1|2",
             "xx", "3"}
        );
    }

    std::string partial() {
        auto text = pick<4>({"", "", "", "v"}) + number();
        if (below(4) > 0) {
            text += "." + number();
            if (below(4) > 0) {
                text += "." + number();
            }
        }
        if (below(4) == 0) {
            text += "-" + pick<8>({"alpha", "beta.1", "0", "rc.2", "01", "a.b.", "1-2", "-"});
        }
        return text + pick<10>({"", "", "", "", "", "", "", "", "+b1", "+"});
    }

    std::string constraint() {
        if (below(7) == 0) {
            return partial() + pick<5>({" - ", " -  ", "- ", " -", "-"}) + partial();
        }
        return pick<15>({"", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^", "!", ">>", "^"}) +
               pick<4>({"", "", "", " "}) + partial();
    }

    std::mt19937 random_;
};

std::string ours(const std::string& range, const std::string& with) {
    const auto r = version_range::parse(range);
    if (!r) {
        return "badrange";
    }
    const auto v = version::parse(with);
    if (!v) {
        return "badversion";
    }
    return r->contains(*v) ? "yes" : "no";
}

BOOST_AUTO_TEST_CASE(random_ranges_hold_the_same_versions_as_for_the_library_of_argo_cd) {
    const char* oracle = std::getenv("HOLDFAST_SEMVER_ORACLE"); // NOLINT(concurrency-mt-unsafe)
    BOOST_REQUIRE_MESSAGE(oracle != nullptr, "HOLDFAST_SEMVER_ORACLE names no program");
    const auto questions =
        std::filesystem::temp_directory_path() / ("holdfast-semver-" + std::to_string(::getpid()) + ".tsv");
    generator make{20'260'102};
    std::vector<std::pair<std::string, std::string>> cases;
    std::ofstream out{questions};
    for (int i = 0; i < 50'000; ++i) {
        cases.emplace_back(make.range(), make.version());
        out << cases.back().first << '\t' << cases.back().second << '\n';
    }
    out.close();
    FILE* answers = ::popen((std::string{oracle} + " < " + questions.string()).c_str(), "re");
    BOOST_REQUIRE(answers != nullptr);
    std::array<char, 64> line{};
    std::size_t yes = 0;
    for (const auto& [range, with] : cases) {
        BOOST_REQUIRE(std::fgets(line.data(), static_cast<int>(line.size()), answers) != nullptr);
        std::string theirs = line.data();
        theirs.pop_back();
        yes += theirs == "yes" ? 1U : 0U;
        if (ours(range, with) != theirs) {
            BOOST_ERROR(
                "\"" << range << "\" with \"" << with << "\": " << ours(range, with) << ", not " << theirs
            );
        }
    }
    BOOST_TEST(::pclose(answers) == 0);
    std::filesystem::remove(questions);
    BOOST_TEST(yes > 1000U); // the cases say something
}

} // namespace
} // namespace holdfast::match
