// Argo CD tests each of its health scripts with objects and the verdict on them. Here the same objects get our verdict.

#include "render/yaml.hpp"
#include "support/read_file.hpp"
#include "sync/health.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <sys/wait.h>

namespace holdfast::sync {
namespace {

namespace fs = std::filesystem;

/// Where two verdicts differ, and why that is right.
const std::set<std::string, std::less<>> meant{
    // A DaemonSet without a partition, which is how most are, is Progressing for ever there.
    "apps.kruise.io/DaemonSet/testdata/no-update-strategy-partition.yaml",
    // There the environments' proposals have to be the same, too; a rule compares only what is beside each other.
    "promoter.argoproj.io/PromotionStrategy/testdata/different-proposed-commits.yaml",
};

/// The directory with the cases; ends the test where they cannot be had.
fs::path fetched() {
    const auto* command = std::getenv("HOLDFAST_HEALTH_CASES");
    BOOST_REQUIRE(command != nullptr);
    FILE* out = ::popen(command, "r");
    BOOST_REQUIRE(out != nullptr);
    std::string text;
    std::array<char, 4096> part{};
    for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), out)) > 0;)
        text.append(part.data(), n);
    const int status = ::pclose(out);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) std::_Exit(77);
    BOOST_REQUIRE(status == 0);
    text.erase(text.find_last_not_of('\n') + 1);
    return fs::path{text} / "resource_customizations";
}

json::object first_object(const fs::path& file) {
    const auto text = test::read_file(file);
    render::yaml_limits limits;
    limits.repeated = render::yaml_limits::repeated_keys::last_wins;
    const auto documents = render::read_yaml(text, limits);
    BOOST_REQUIRE_MESSAGE(documents, file << ": " << (documents ? "" : documents.error().message));
    BOOST_REQUIRE_MESSAGE(!documents->empty() && documents->front().value.is_object(), file);
    return documents->front().value.get_object();
}

struct expectation {
    fs::path file;
    std::string status;
};

std::vector<expectation> expectations_of(const fs::path& table) {
    std::vector<expectation> all;
    const auto text = first_object(table);
    for (const auto& item : text.at("tests").as_array()) {
        const auto& one = item.as_object();
        // Two are misspelt, and are not run there either.
        const auto* input = one.if_contains("inputPath");
        if (input == nullptr) continue;
        const auto* health = one.at("healthStatus").if_object();
        const auto* status = health != nullptr ? health->if_contains("status") : nullptr;
        all.push_back(
            {table.parent_path() / std::string{input->as_string()},
             status != nullptr ? std::string{status->as_string()} : std::string{"none"}}
        );
    }
    return all;
}

std::string text_of(const std::optional<health>& verdict) {
    return verdict ? std::string{to_string(verdict->status)} : "none";
}

/// There a script is asked alone. In a cluster it is not asked about what is being deleted, which is Progressing: both
/// verdicts are Argo CD's.
bool agrees(json::object live, const std::string& expected) {
    if (text_of(assess(live)) == expected) return true;
    auto* metadata = live["metadata"].if_object();
    return metadata != nullptr && metadata->erase("deletionTimestamp") > 0 &&
           text_of(assess(live)) == expected;
}

BOOST_AUTO_TEST_CASE(custom_kinds_fare_as_in_argo_cds_own_cases) {
    const auto root = fetched();
    std::size_t count = 0;
    std::size_t equal = 0;
    for (const auto& entry : fs::recursive_directory_iterator{root}) {
        if (entry.path().filename() != "health_test.yaml") continue;
        for (const auto& [file, expected] : expectations_of(entry.path())) {
            ++count;
            const auto live = first_object(file);
            const auto name = file.lexically_relative(root).generic_string();
            if (agrees(live, expected)) {
                ++equal;
                BOOST_TEST(!meant.contains(name), name << " agrees now: it is not to be listed any more");
                continue;
            }
            const auto ours = judge_health(live);
            std::cout << name << ": there " << expected << ", here " << text_of(ours.verdict) << " ("
                      << ours.rule << ", " << ours.because << ")\n";
            BOOST_TEST(
                meant.contains(name), name << " is " << text_of(ours.verdict) << ", there " << expected
            );
        }
    }
    std::cout << equal << " of " << count << " cases agree\n";
    BOOST_TEST(count > 1000U);
    BOOST_TEST(equal * 1000 >= count * 995);
}

} // namespace
} // namespace holdfast::sync
