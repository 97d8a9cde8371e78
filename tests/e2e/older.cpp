#include "e2e/older.hpp"

#include "e2e/world.hpp"

#include <cstdlib>

namespace holdfast::test {

std::optional<std::filesystem::path> older_tree() {
    const auto* named = std::getenv("HOLDFAST_OLDER"); // NOLINT: nobody writes the environment
    return named != nullptr && *named != 0 ? std::optional<std::filesystem::path>{named} : std::nullopt;
}

std::string older_operator() {
    return older_tree().value() / "build/debug/bin/holdfast";
}

std::string older_definitions() {
    const auto tree = older_tree().value();
    const auto there = tree / "config/crds"; // until they stood beside their tables
    return std::filesystem::is_directory(there) ? there : tree / "crds";
}

std::string definitions_of_today() {
    return HOLDFAST_SOURCE_DIR "/crds";
}

void apply_definitions(const std::string& folder) {
    auto& w = world::get();
    w.kubectl({"apply", "--server-side", "--force-conflicts", "-f", folder});
    w.kubectl({"wait", "--for=condition=Established", "--timeout=30s", "-f", folder});
}

boost::test_tools::assertion_result has_older(boost::unit_test::test_unit_id /*id*/) {
    boost::test_tools::assertion_result given{older_tree().has_value()};
    if (!given) {
        given.message() << "it takes an older version: ./dev upgrade COMMIT";
    }
    return given;
}

} // namespace holdfast::test
