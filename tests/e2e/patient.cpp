#include "e2e/patient.hpp"

#include "e2e/operator_process.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <utility>

namespace holdfast::test {

patient::patient(std::string name, application_options options) : scene_{std::move(name)} {
    scene_.config_map("good", "1");
    const auto first = scene_.repository.push("Something good");
    scene_.follow(std::move(options));
    await_synced(scene_.name, first);
    good_uid_ = uid("good");
    BOOST_REQUIRE(!good_uid_.empty());
}

std::string patient::uid(const std::string& config_map) {
    return scene_.w.field("configmap", scene_.name, config_map, ".metadata.uid");
}

void patient::require_untouched() {
    BOOST_TEST_REQUIRE(uid("good") == good_uid_, "the ConfigMap \"good\" was deleted");
}

namespace {

struct another {
    git_repository repository{"bystander"};
    int changes = 0;
};

// With what repositories are torn down is the program's end; nothing of the cluster is needed for it.
std::unique_ptr<another> bystander; // NOLINT

} // namespace

void others_are_served() {
    auto& w = world::with_operator();
    const bool fresh = !bystander;
    if (fresh) {
        bystander = std::make_unique<another>();
        w.create_namespace("bystander");
    }
    auto& repository = bystander->repository;
    const auto value = std::to_string(++bystander->changes);
    repository.write("a.yaml", config_map("a", "value", value));
    const auto pushed = repository.push("Change " + value);
    if (fresh) {
        repository.declare();
        w.apply(application("bystander", {.url = repository.url(), .into = "bystander"}));
    }
    await_synced("bystander", pushed);
    BOOST_TEST(w.field("configmap", "bystander", "a", ".data.value") == value);
}

} // namespace holdfast::test
