// Objects and statuses that older versions stored: what today's readers make of them is what was stored.
#include "crds/application.hpp"
#include "crds/bounded_status.hpp"
#include "crds/repository.hpp"
#include "kube/lease_fsm.hpp"
#include "support/read_file.hpp"
#include "sync/identity.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace holdfast {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

const fs::path folder = HOLDFAST_SOURCE_DIR "/tests/stored";

json::object read(const fs::path& file) {
    return json::parse(test::read_file(file)).as_object();
}

struct scene {
    std::string name;
    json::object content;
};

// Of every version there is.
std::vector<scene> scenes() {
    std::vector<scene> all;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (!entry.path().filename().string().starts_with("stored-")) continue;
        all.push_back({fs::relative(entry.path(), folder).string(), read(entry.path())});
    }
    return all;
}

const json::object& object_of(const scene& one, std::string_view member) {
    return one.content.at(member).as_object();
}

// The paths of what `stored` has and `written` has not, or has otherwise.
void lost(
    const json::value& stored, const json::value* written, const std::string& path,
    std::vector<std::string>& all
) {
    if (written == nullptr || stored.kind() != written->kind()) {
        all.push_back(path);
    } else if (const auto* object = stored.if_object()) {
        for (const auto& member : *object) {
            lost(
                member.value(), written->get_object().if_contains(member.key()),
                path + "." + std::string{member.key()}, all
            );
        }
    } else if (const auto* array = stored.if_array()) {
        const auto& other = written->get_array();
        if (other.size() != array->size()) all.push_back(path);
        for (std::size_t i = 0; i < std::min(array->size(), other.size()); ++i) {
            lost((*array)[i], &other[i], fmt::format("{}[{}]", path, i), all);
        }
    } else if (stored != *written) {
        all.push_back(path);
    }
}

std::vector<std::string>
lost(const json::object& stored, const json::object& written, std::string_view member) {
    std::vector<std::string> all;
    const auto* was = stored.if_contains(member);
    if (was != nullptr) lost(*was, written.if_contains(member), std::string{member}, all);
    return all;
}

// What reading leaves out of a specification: what has its default is not written, and the API server filled
// defaults in.
bool is_a_default(const std::string& path) {
    static const std::set<std::string> defaults{
        "spec.project",
        "spec.revisionHistoryLimit",
        "spec.secretReferences",
        "spec.suspend",
        "spec.syncPolicy", // {}
        "spec.syncPolicy.automated.enabled",
        "spec.syncPolicy.retry.limit",
        "spec.syncPolicy.retry.backoff.factor",
        "spec.timeout",
        "spec.submodules",
        "spec.lfs",
        "spec.interval",
    };
    return defaults.contains(path);
}

template <class Kind>
void reads_back(
    const scene& one, std::string_view member, crds::reading<Kind> (*examine)(const json::object&)
) {
    const auto& object = object_of(one, member);
    const auto reading = examine(object);
    BOOST_TEST(reading.problems.empty(), one.name << ": " << crds::join(reading.problems));
    for (const auto& unknown : reading.unknown_fields) {
        // Of the type's metadata we read what we need.
        BOOST_TEST(unknown.path.starts_with("metadata"), one.name << ": " << unknown.text());
    }
    const auto written = crds::write(reading.value);
    for (const auto* part : {"spec", "status", "operation"}) {
        for (const auto& path : lost(object, written, part)) {
            BOOST_TEST(is_a_default(path), one.name << " loses " << path);
        }
    }
    // A status that is within its bounds is not cut.
    const auto status = crds::bounded_status(reading.value.status, 0);
    const json::object as_stored{{"status", status}};
    BOOST_TEST(lost(object, as_stored, "status").empty(), one.name);
    const auto metadata = reading.value.metadata;
    const auto& was = object.at("metadata").as_object();
    BOOST_TEST(metadata.uid == std::string{was.at("uid").as_string()});
    BOOST_TEST(metadata.generation == was.at("generation").as_int64());
    BOOST_TEST(metadata.resource_version == std::string{was.at("resourceVersion").as_string()});
    BOOST_TEST(metadata.deletion_timestamp.has_value() == was.contains("deletionTimestamp"));
    const auto* finalizers = was.if_contains("finalizers");
    BOOST_TEST(metadata.finalizers.size() == (finalizers != nullptr ? finalizers->as_array().size() : 0U));
}

BOOST_AUTO_TEST_SUITE(stored_objects)

BOOST_AUTO_TEST_CASE(there_are_some_of_each_state) {
    std::set<std::string> seen;
    for (const auto& one : scenes()) {
        const auto status = crds::examine_application(object_of(one, "application")).value.status;
        const auto repository = crds::examine_repository(object_of(one, "repository")).value.status;
        seen.insert(fmt::format("sync {}", crds::to_string(status.sync.status)));
        for (const auto& condition : status.conditions) {
            seen.insert("condition " + condition.type);
        }
        if (status.operation_state) {
            seen.insert(fmt::format("operation {}", crds::to_string(status.operation_state->phase)));
            if (status.operation_state->next_retry_at) seen.insert("a retry");
        }
        if (status.pending_prune) seen.insert("a pruning that waits");
        if (status.history.size() >= 3) seen.insert("a history");
        if (!status.history.empty() && status.history.back().sources.size() == 2) seen.insert("sources");
        if (repository.last_webhook && repository.last_webhook->verified) seen.insert("a delivery");
        const auto* ready = crds::find_condition(repository.conditions, "Ready");
        seen.insert("a repository with Ready=" + (ready != nullptr ? ready->status : std::string{"nothing"}));
    }
    for (const auto* state :
         {"sync Synced", "sync OutOfSync", "sync Unknown", "condition Ready", "condition SyncError",
          "condition ComparisonError", "operation Succeeded", "operation Running", "operation Failed",
          "a retry", "a pruning that waits", "a history", "sources", "a delivery",
          "a repository with Ready=True", "a repository with Ready=False"}) {
        BOOST_TEST(seen.contains(state), state);
    }
}

BOOST_AUTO_TEST_CASE(an_application_is_read_and_written_as_it_was) {
    const auto all = scenes();
    BOOST_TEST(!all.empty());
    for (const auto& one : all) {
        reads_back<crds::application>(one, "application", crds::examine_application);
    }
}

BOOST_AUTO_TEST_CASE(a_repository_is_read_and_written_as_it_was) {
    for (const auto& one : scenes()) {
        reads_back<crds::repository>(one, "repository", crds::examine_repository);
    }
}

BOOST_AUTO_TEST_CASE(an_object_belongs_to_the_application_that_applied_it) {
    std::size_t count = 0;
    for (const auto& one : scenes()) {
        const auto application = crds::examine_application(object_of(one, "application")).value;
        for (const auto& each : one.content.at("objects").as_array()) {
            ++count;
            const auto& live = each.as_object();
            const auto owner = sync::owner_of(live, sync::holdfast_dev());
            BOOST_REQUIRE_MESSAGE(owner.has_value(), one.name << ": " << json::serialize(live));
            BOOST_TEST(
                sync::to_string(owner->application) ==
                application.metadata.namespace_ + "/" + application.metadata.name
            );
            const auto& metadata = live.at("metadata").as_object();
            BOOST_TEST(metadata.at("labels").as_object().contains(sync::holdfast_dev().installation_label));
            // Its fields are still ours.
            bool ours = false;
            for (const auto& manager : metadata.at("managedFields").as_array()) {
                ours = ours || (manager.at("manager").as_string() == sync::holdfast_dev().field_manager &&
                                manager.at("operation").as_string() == "Apply");
            }
            BOOST_TEST(ours, one.name);
        }
    }
    BOOST_TEST(count >= 10U);
}

BOOST_AUTO_TEST_CASE(a_lease_is_read_as_it_was) {
    for (const auto& version : fs::directory_iterator{folder}) {
        if (!version.is_directory()) continue;
        const auto lease = read(version.path() / "lease.json");
        const auto record = kube::read_lease(lease);
        const auto written = kube::write_lease(record, "holdfast", "holdfast");
        BOOST_TEST(!record.holder.empty());
        BOOST_TEST(record.duration.count() > 0);
        BOOST_TEST(lost(lease, written, "spec").empty());
        const auto* annotations = lease.at("metadata").as_object().if_contains("annotations");
        const auto* note =
            annotations != nullptr ? annotations->as_object().if_contains("holdfast.dev/note") : nullptr;
        BOOST_TEST(record.note == (note != nullptr ? std::string{note->as_string()} : std::string{}));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
