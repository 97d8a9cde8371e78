#include "e2e/patient.hpp"

#include "e2e/operator_process.hpp"
#include "e2e/world.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>

namespace holdfast::test {

patient::patient(std::string name, application_options options) : name_{std::move(name)}, repository_{name_} {
    auto& w = world::with_operator();
    w.create_namespace(name_);
    repository_.write("good.yaml", config_map("good", "value", "1"));
    const auto first = repository_.push("Something good");
    repository_.declare();
    options.url = repository_.url();
    options.into = name_;
    w.apply(application(name_, options));
    await_synced(name_, first);
    good_uid_ = uid("good");
    BOOST_REQUIRE(!good_uid_.empty());
}

patient::~patient() {
    try {
        auto& cluster = world::get().cluster();
        cluster.kubectl({"delete", "application.holdfast.dev", name_, "-n", home, "--wait=false"});
        cluster.kubectl({"delete", "repository.holdfast.dev", name_, "-n", home, "--wait=false"});
    } catch (const std::exception& e) {
        BOOST_TEST_MESSAGE("cleaning up after " << name_ << ": " << e.what());
    }
}

void patient::patch(const json::object& spec) {
    world::get().kubectl(
        {"patch", "application.holdfast.dev", name_, "-n", home, "--type=merge", "-p",
         json::serialize(json::object{{"spec", spec}})}
    );
}

std::string patient::uid(const std::string& config_map) {
    return world::get().field("configmap", name_, config_map, ".metadata.uid");
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
