#include "planner_support.hpp"

namespace holdfast::sync {
namespace {

BOOST_AUTO_TEST_SUITE(deletion)

class ending {
public:
    deletion_input input;
    /// What the API server says is in a Namespace, beside what is ours.
    goes_along inside;
    std::vector<std::string> log;

    ending() { input.application = shop; }

    live_record& have(const object_id& o, std::int32_t wave = 0) {
        auto& record = input.live[o];
        record.uid = "u";
        record.owner = shop;
        record.wave = wave;
        return record;
    }

    plan run() {
        for (int i = 0; i < 100; ++i) {
            auto p = next_deletion(input);
            if (const auto* prune = std::get_if<prune_step>(&p.next)) {
                std::string line = "delete";
                for (const auto& action : prune->objects) {
                    line += " " + action.id.name;
                    input.live.at(action.id).deleting = true;
                }
                log.push_back(line);
            } else if (const auto* look = std::get_if<inspect_step>(&p.next)) {
                for (const auto& o : look->objects) {
                    input.along[o] = inside;
                }
            } else if (const auto* wait = std::get_if<wait_step>(&p.next)) {
                for (const auto& o : wait->on) {
                    input.live.erase(o);
                }
            } else {
                return p;
            }
        }
        throw std::runtime_error{"the deletion does not end"};
    }
};

BOOST_AUTO_TEST_CASE(goes_by_waves_the_highest_first_and_namespaces_last) {
    ending e;
    e.have(id("ConfigMap", "a"), -1);
    e.have(id("Deployment", "b"), 2);
    e.have(id("Widget", "w"), 2);
    e.have(id("Service", "c"));
    e.have(id("Namespace", "ns"), 9);
    e.have(id("ConfigMap", "other")).owner = {"deploy", "other"};
    const auto p = e.run();
    BOOST_TEST(std::holds_alternative<done_step>(p.next));
    BOOST_TEST(
        (e.log == std::vector<std::string>{"delete w", "delete b", "delete c", "delete a", "delete ns"})
    );
    BOOST_TEST(e.input.live.size() == 1U);
}

BOOST_AUTO_TEST_CASE(leaves_definitions_and_what_is_to_stay) {
    ending e;
    e.have(id("CustomResourceDefinition", "widgets.example.com"));
    e.have(id("ConfigMap", "kept")).remove = removal::never;
    e.have(id("ConfigMap", "handed-over")).released_to = 1;
    e.have(id("ConfigMap", "a"));
    const auto p = e.run();
    BOOST_TEST(std::holds_alternative<done_step>(p.next));
    BOOST_TEST((e.log == std::vector<std::string>{"delete a"}));
    BOOST_TEST(p.objects.size() == 3U);
}

BOOST_AUTO_TEST_CASE(asks_before_it_deletes_what_needs_a_confirmation) {
    ending e;
    e.have(id("ConfigMap", "precious")).remove = removal::needs_confirmation;
    e.have(id("ConfigMap", "a"));
    BOOST_TEST(std::holds_alternative<blocked_step>(e.run().next));
    BOOST_TEST((e.log == std::vector<std::string>{"delete a"}));
    e.input.confirmed = true;
    BOOST_TEST(std::holds_alternative<done_step>(e.run().next));
}

BOOST_AUTO_TEST_CASE(what_the_application_says_protects_what_says_nothing_itself) {
    ending e;
    e.input.options.remove = removal::never;
    e.have(id("ConfigMap", "kept"));
    e.have(id("ConfigMap", "said-otherwise")).remove = removal::allowed;
    BOOST_TEST(std::holds_alternative<done_step>(e.run().next));
    BOOST_TEST((e.log == std::vector<std::string>{"delete said-otherwise"}));
    e.input.options.remove = removal::needs_confirmation;
    BOOST_TEST(std::holds_alternative<blocked_step>(e.run().next));
    e.input.confirmed = true;
    BOOST_TEST(std::holds_alternative<done_step>(e.run().next));
    BOOST_TEST(e.input.live.empty());
}

BOOST_AUTO_TEST_CASE(a_namespace_waits_for_a_confirmation_where_it_holds_what_is_not_to_go) {
    ending e;
    e.have(id("Namespace", "ns"));
    e.have(id("ConfigMap", "a"));
    e.inside.count = 1;
    e.inside.named = {"ConfigMap ns/theirs"};
    const auto p = e.run();
    BOOST_TEST_REQUIRE(std::holds_alternative<blocked_step>(p.next));
    BOOST_TEST(
        std::get<blocked_step>(p.next).sentence == "the deletion of Namespace \"ns\" takes 1 object with it "
                                                   "that this application does not own: ConfigMap ns/theirs"
    );
    BOOST_TEST((e.log == std::vector<std::string>{"delete a"}));
    e.input.confirmed = true;
    BOOST_TEST(std::holds_alternative<done_step>(e.run().next));

    ending kept;
    kept.have(id("Namespace", "ns"));
    kept.have(id("PersistentVolumeClaim", "data")).remove = removal::never;
    BOOST_TEST(std::holds_alternative<blocked_step>(kept.run().next));
    BOOST_TEST(kept.log.empty());

    ending unknown;
    unknown.have(id("Namespace", "ns"));
    unknown.inside.failure = "list pods: timed out";
    const auto failed = unknown.run();
    BOOST_TEST_REQUIRE(std::holds_alternative<failed_step>(failed.next));
    BOOST_TEST(unknown.log.empty());
}

BOOST_AUTO_TEST_CASE(what_another_application_wants_is_left_to_it) {
    ending e;
    e.have(id("PersistentVolumeClaim", "data"));
    e.have(id("ConfigMap", "a"));
    e.input.heirs[id("PersistentVolumeClaim", "data")] = {"deploy", "other"};
    BOOST_TEST(std::holds_alternative<done_step>(e.run().next));
    BOOST_TEST((e.log == std::vector<std::string>{"delete a"}));
}

BOOST_AUTO_TEST_CASE(stops_at_what_is_refused) {
    ending e;
    e.have(id("ConfigMap", "stuck"), 1);
    e.have(id("ConfigMap", "a"), 0);
    e.input.done[id("ConfigMap", "stuck")] = {outcome::prune_failed, {}, {}, 0, "forbidden"};
    const auto p = e.run();
    BOOST_TEST_REQUIRE(std::holds_alternative<failed_step>(p.next));
    BOOST_TEST(
        std::get<failed_step>(p.next).sentence ==
        "1 object could not be deleted: ConfigMap \"ns/stuck\": forbidden"
    );
    BOOST_TEST(e.log.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
