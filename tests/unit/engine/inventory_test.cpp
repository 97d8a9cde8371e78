// Which objects are known to be an application's: what anybody can write on one of his own proves nothing.

#include "engine/inventory.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace holdfast::engine {
namespace {

sync::object_id config_map(const std::string& name) {
    return {"", "ConfigMap", "shop", name};
}

crds::application_status with_rows(const std::vector<std::pair<std::string, crds::sync_code>>& rows) {
    crds::application_status status;
    for (const auto& [name, code] : rows) {
        crds::resource_status row;
        row.kind = "ConfigMap";
        row.namespace_ = "shop";
        row.name = name;
        row.status = code;
        status.resources.push_back(row);
    }
    status.resources_count = static_cast<std::int64_t>(status.resources.size());
    status.sync.applied_build_key = "built";
    return status;
}

} // namespace

BOOST_AUTO_TEST_SUITE(inventories)

BOOST_AUTO_TEST_CASE(what_the_status_names_is_known_and_what_only_says_so_is_not) {
    const inventory known{with_rows({{"a", crds::sync_code::synced}, {"b", crds::sync_code::out_of_sync}})};
    const sync::live_record plain;
    sync::live_record by_manager;
    by_manager.is_mark_ours = true; // which anybody can say of himself
    sync::live_record remembered;
    remembered.in_inventory = true;
    BOOST_TEST(known.has(config_map("a"), plain));
    BOOST_TEST(known.has(config_map("b"), plain));
    BOOST_TEST(!known.has(config_map("forged"), plain));
    BOOST_TEST(!known.has(config_map("forged"), by_manager));
    BOOST_TEST(known.has(config_map("applied-here"), remembered));
    BOOST_TEST(!known.has({"apps", "ConfigMap", "shop", "a"}, plain));
    BOOST_TEST(!known.has({"", "ConfigMap", "other", "a"}, plain));
    // Taken back from who marked it as his is only what was as the application wanted it.
    BOOST_TEST(known.had(config_map("a")));
    BOOST_TEST(!known.had(config_map("b")));
}

BOOST_AUTO_TEST_CASE(the_rows_of_an_operation_count) {
    auto status = with_rows({});
    status.operation_state.emplace();
    status.operation_state->sync_result.emplace();
    crds::resource_result row;
    row.kind = "ConfigMap";
    row.namespace_ = "shop";
    row.name = "done";
    row.status = crds::result_code::synced;
    status.operation_state->sync_result->resources.push_back(row);
    const inventory known{status};
    BOOST_TEST(known.has(config_map("done"), {}));
    BOOST_TEST(known.had(config_map("done")));
}

BOOST_AUTO_TEST_CASE(where_the_status_cannot_name_all_our_manager_counts_and_nothing_less) {
    sync::live_record by_manager;
    by_manager.is_mark_ours = true;
    auto large = with_rows({{"a", crds::sync_code::synced}});
    large.resources_count = 900;
    BOOST_TEST(inventory{large}.has(config_map("left-out"), by_manager));
    BOOST_TEST(!inventory{large}.has(config_map("forged"), {}));
    // Nothing has ended yet that could have been written down.
    auto first = with_rows({});
    first.sync.applied_build_key.clear();
    first.operation_state.emplace();
    BOOST_TEST(inventory{first}.has(config_map("applied"), by_manager));
    BOOST_TEST(!inventory{first}.has(config_map("forged"), {}));
    first.operation_state->finished_at = crds::timestamp{};
    BOOST_TEST(!inventory{first}.has(config_map("applied"), by_manager));
}

BOOST_AUTO_TEST_CASE(an_answer_is_for_just_these_objects) {
    sync::live_record one;
    one.uid = "1";
    sync::live_record two;
    two.uid = "2";
    using list = std::vector<std::pair<sync::object_id, const sync::live_record*>>;
    const list both{{config_map("a"), &one}, {config_map("b"), &two}};
    const auto token = adoption_token(both);
    BOOST_TEST(token.size() == 16U);
    BOOST_TEST(adoption_token(both) == token);
    BOOST_TEST(adoption_token(list{{config_map("a"), &one}}) != token);
    BOOST_TEST(adoption_token(list{{config_map("a"), &two}, {config_map("b"), &one}}) != token);
    const auto asked = adoption_question(both, "do this");
    BOOST_TEST(asked.find("ConfigMap \"shop/a\", ConfigMap \"shop/b\"") != std::string::npos);
    BOOST_TEST(asked.ends_with("do this"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
