// Whatever a status says, what is written of it is what its schema takes.
#include "base/bounded_text.hpp"
#include "crds/bounded_status.hpp"
#include "crds/described.hpp"
#include "crds/project.hpp"
#include "examples.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <functional>

namespace holdfast::crds {
namespace {

using namespace test;

/// What reading finds wrong with a status.
template <class Status>
std::string problems_of(const json::object& status) {
    Status read;
    read_report report;
    read_structure(description_of<Status>(), &read, status, "status", report);
    return join(report.problems) + join(report.unknown_fields);
}

/// Puts each stranger in the place of each value within a status, and beside it.
void for_every_change(
    json::value& whole, json::value& at, const json::array& strangers,
    const std::function<void(const std::string&)>& look
) {
    const auto kept = at;
    for (const auto& stranger : strangers) {
        at = stranger;
        look(json::serialize(kept).substr(0, 60) + " -> " + json::serialize(stranger).substr(0, 60));
    }
    at = kept;
    if (auto* object = at.if_object()) {
        for (auto& member : *object)
            for_every_change(whole, member.value(), strangers, look);
        object->emplace("stranger", 1);
        look("a stranger");
        object->erase("stranger");
    } else if (auto* array = at.if_array()) {
        for (auto& item : *array)
            for_every_change(whole, item, strangers, look);
        const auto items = *array;
        for (int i = 0; i < 400 && !items.empty(); ++i)
            array->push_back(items.front());
        look("many items");
        at = items;
    }
}

template <class Status>
void bounds_every_change(const json::object& status) {
    const json::array strangers{
        nullptr,
        true,
        -5,
        std::int64_t{1} << 62U,
        1.5,
        "",
        "two words",
        "\xff\xc3 half a character \xe2\x82",
        std::string(300'000, 'x'),
        std::string(5000, '\xC3') + "\xBC",
        json::array{},
        json::array{nullptr, std::string(3000, 'y')},
        json::object{},
        json::object{{"name", 1}}
    };
    const auto& type = description_of<Status>();
    json::value changed(status);
    std::size_t changes = 0;
    for_every_change(changed, changed, strangers, [&](const std::string& change) {
        if (!changed.is_object()) return;
        ++changes;
        const auto made = bounded(type, changed.get_object());
        const auto wrong = problems_of<Status>(made);
        if (!wrong.empty()) BOOST_ERROR(change << ": " << wrong);
        if (bounded(type, made) != made) BOOST_ERROR(change << ": again it is something else");
    });
    BOOST_TEST(changes > 200U);
}

application_status large_status() {
    application_status s;
    s.observed_generation = 3;
    const std::string long_text(10'000, 'm'); // twice what any message may have
    for (int i = 0; i < 40; ++i) {
        s.conditions.push_back(
            {.type = "Type" + std::to_string(i),
             .status = "True",
             .last_transition_time = timestamp{},
             .reason = "not a word!",
             .message = long_text}
        );
    }
    s.sync.status = sync_code::out_of_sync;
    s.health.message = long_text;
    s.operation_state.emplace();
    s.operation_state->message = long_text;
    s.operation_state->operation.sync.emplace();
    s.operation_state->sync_result.emplace();
    for (int i = 0; i < 500; ++i) {
        const auto name = "object-" + std::to_string(i);
        s.operation_state->sync_result->resources.push_back(
            {.group = "apps",
             .version = "v1",
             .kind = "Deployment",
             .namespace_ = "shop",
             .name = name,
             .message = long_text}
        );
        s.resources.push_back({.version = "v1", .kind = "Pod", .namespace_ = "shop", .name = name});
        s.resources.back().health = resource_health{health_code::degraded, long_text};
    }
    s.resources_count = 500;
    for (int i = 1; i <= 10; ++i) {
        history_entry entry;
        entry.id = i;
        entry.revision = std::string(40, 'a');
        entry.source.emplace();
        entry.source->repo_url = "https://git.example.com/a";
        entry.source->path = "a";
        entry.source->helm.emplace();
        entry.source->helm->values = std::string(60'000, '<');
        s.history.push_back(std::move(entry));
    }
    s.summary.images.assign(300, "an image");
    return s;
}

const json::array& list_of(const json::object& object, std::string_view name) {
    return object.at(name).as_array();
}

BOOST_AUTO_TEST_SUITE(bounded_statuses)

BOOST_AUTO_TEST_CASE(every_change_of_an_applications_status_comes_within_its_bounds) {
    bounds_every_change<application_status>(full_application().at("status").as_object());
}

BOOST_AUTO_TEST_CASE(every_change_of_a_projects_status_comes_within_its_bounds) {
    bounds_every_change<project_status>(full_project().at("status").as_object());
}

BOOST_AUTO_TEST_CASE(every_change_of_a_repositorys_status_comes_within_its_bounds) {
    bounds_every_change<repository_status>(full_repository().at("status").as_object());
}

BOOST_AUTO_TEST_CASE(every_change_of_a_set_s_is_bounded) {
    bounds_every_change<application_set_status>(full_application_set().at("status").as_object());
}

BOOST_AUTO_TEST_CASE(a_set_s_status_loses_its_last_applications_and_keeps_their_number) {
    application_set_status status;
    for (int i = 0; i < 1000; ++i) {
        status.resources.push_back(
            {.group = "holdfast.dev",
             .version = "v1alpha1",
             .kind = "Application",
             .namespace_ = "holdfast",
             .name = std::string(200, 'n') + std::to_string(i),
             .status = sync_code::synced,
             .health = resource_health{health_code::degraded, std::string(1000, 'm')}}
        );
    }
    status.resources_count = 1000;
    const auto made = bounded_status(status, 1000);
    BOOST_TEST(stored_size(made) <= max_status_bytes);
    BOOST_TEST(made.at("resourcesCount") == 1000);
    BOOST_TEST(made.at("resources").as_array().size() > 100U);
    BOOST_TEST(made.at("resources").at(0).at("name").as_string() == status.resources[0].name);
}

BOOST_AUTO_TEST_CASE(what_fits_stays_as_it_is) {
    const auto application = full_application().at("status").as_object();
    BOOST_TEST((bounded(description_of<application_status>(), application) == application));
    const auto repository = full_repository().at("status").as_object();
    BOOST_TEST((bounded(description_of<repository_status>(), repository) == repository));
    const auto read = examine_application(full_application()).value.status;
    BOOST_TEST((bounded_status(read, 1000) == write(read)));
}

BOOST_AUTO_TEST_CASE(a_message_is_cut_by_characters_and_says_so) {
    application_status s;
    std::string text;
    for (int i = 0; i < 5000; ++i)
        text += "ü";
    s.health.message = text;
    s.operation_state.emplace();
    s.operation_state->operation.sync.emplace();
    s.operation_state->message = text.substr(0, 2 * 4096); // as long as it may be
    const auto made = bounded_status(s, 0);
    const std::string cut{made.at("health").at("message").as_string()};
    BOOST_TEST(character_count(cut) == 4095U); // one character of the sentence was not needed
    BOOST_TEST(cut.ends_with("ü… (cut: 933 more characters)"), cut.substr(cut.size() - 60));
    BOOST_TEST(made.at("operationState").at("message").as_string() == s.operation_state->message);
    BOOST_TEST(problems_of<application_status>(made) == "");
}

BOOST_AUTO_TEST_CASE(a_reason_is_a_word_and_a_list_of_texts_says_what_is_not_in_it) {
    const auto made = bounded_status(large_status(), 0);
    BOOST_TEST(made.at("conditions").at(0).at("reason").as_string() == "not_a_word_");
    BOOST_TEST(list_of(made, "conditions").size() == 32U);
    auto s = large_status();
    s.resources.clear();
    s.history.clear();
    s.conditions.clear();
    s.operation_state.reset();
    const auto images = bounded_status(s, 0).at("summary").at("images").as_array();
    BOOST_TEST(images.size() == max_status_images);
    BOOST_TEST(images.back().as_string() == "… (cut: 201 more)");
}

BOOST_AUTO_TEST_CASE(the_whole_fits_whatever_is_in_it_and_beside_it) {
    for (const std::size_t rest : {std::size_t{0}, std::size_t{1} << 20U, std::size_t{2} << 20U}) {
        const auto budget = rest == 0                 ? max_status_bytes
                            : rest < max_object_bytes ? max_object_bytes - rest
                                                      : least_status_bytes;
        const auto made = bounded_status(large_status(), rest);
        // The operation is not counted.
        BOOST_TEST(stored_size(made) <= budget + 1000);
        BOOST_TEST(problems_of<application_status>(made) == "");
        BOOST_TEST(made.at("resourcesCount").as_int64() == 500);
        // The same again, as after a restart.
        application_status read;
        read_report report;
        read_structure(description_of<application_status>(), &read, made, "", report);
        const auto again = bounded_status(read, rest);
        for (const auto& [key, value] : made) {
            BOOST_TEST((again.contains(key) && again.at(key) == value), key);
        }
        BOOST_TEST(again.size() == made.size());
    }
}

BOOST_AUTO_TEST_CASE(sources_of_the_history_go_first_and_the_oldest_of_them) {
    auto s = large_status();
    s.resources.clear();
    s.conditions.clear();
    s.operation_state.reset();
    const auto made = bounded_status(s, 0);
    // A value of 60 kB is six times as long where it is stored, for what is in it: no two of them have room.
    std::size_t omitted = 0;
    const auto& history = list_of(made, "history");
    BOOST_TEST(history.size() == 10U);
    for (const auto& entry : history) {
        const bool is_omitted = entry.as_object().contains("sourcesOmitted");
        BOOST_TEST(is_omitted != entry.as_object().contains("source"));
        omitted += is_omitted ? 1 : 0;
    }
    BOOST_TEST(omitted == 10U);
    for (auto& entry : s.history)
        entry.source->helm->values = std::string(60'000, 'v');
    const auto some = bounded_status(s, 0);
    for (std::size_t i = 0; i < 10; ++i) {
        BOOST_TEST(list_of(some, "history").at(i).as_object().contains("source") == (i >= 6));
    }
    // What somebody asked for is whole, or the status says that it is not there.
    s.history[9].source->path = std::string(5000, 'p');
    const auto last = bounded_status(s, 0).at("history").at(9).as_object();
    BOOST_TEST(!last.contains("source"));
    BOOST_TEST(last.at("sourcesOmitted").as_bool());
}

BOOST_AUTO_TEST_CASE(a_history_that_is_too_long_loses_its_oldest_entries) {
    application_status s;
    for (int i = 1; i <= 150; ++i) {
        s.history.push_back({});
        s.history.back().id = i;
    }
    const auto made = bounded_status(s, 0);
    BOOST_TEST(list_of(made, "history").size() == max_status_history);
    BOOST_TEST(list_of(made, "history").back().at("id").as_int64() == 150);
}

BOOST_AUTO_TEST_CASE(a_repositorys_heads_make_room) {
    repository_status s;
    for (int i = 0; i < 90; ++i) {
        s.heads.push_back({std::string(2000, 'u'), "ref" + std::to_string(i), std::string(40, 'a')});
    }
    s.conditions.push_back(
        {.type = "Ready", .status = "maybe", .reason = "", .message = std::string(40'000, 'x')}
    );
    const auto made = bounded_status(s, std::size_t{1} << 21U);
    BOOST_TEST(stored_size(made) <= least_status_bytes);
    BOOST_TEST(problems_of<repository_status>(made) == "");
    BOOST_TEST(made.at("conditions").at(0).at("status").as_string() == "Unknown");
    BOOST_TEST(made.at("conditions").at(0).at("reason").as_string() == "Unknown");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
