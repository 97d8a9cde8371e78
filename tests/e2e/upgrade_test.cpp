// From an older version to today's and back, with both programs: `./dev upgrade COMMIT`.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/older.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <memory>
#include <sstream>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace utf = boost::unit_test;

namespace {

class applications {
public:
    applications() {
        for (int i = 0; i < 4; ++i) {
            auto& one = add(fmt::format("upgrade-{}", i), [](scene& s) {
                s.config_map("a", "1").config_map("b", "1");
            });
            one.follow();
        }
        add("upgrade-waves", [](scene& s) {
            for (int i = 0; i < 3; ++i) {
                s.repository.write(
                    fmt::format("w{}.yaml", i),
                    fmt::format(
                        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: w{0}, annotations: "
                        "{{holdfast.dev/sync-wave: \"{0}\"}}}}\n",
                        i
                    )
                );
            }
        }).follow();
        auto& several = add("upgrade-several", [](scene& s) {
            s.repository.write("one/c.yaml", config_map("c", "value", "1"))
                .write("two/d.yaml", config_map("d", "value", "1"));
        });
        const auto part = [&](const std::string& path) {
            return json::object{
                {"repoURL", several.repository.url()}, {"targetRevision", "main"}, {"path", path}
            };
        };
        several.follow({.spec = {{"source", nullptr}, {"sources", json::array{part("one"), part("two")}}}});
        add("upgrade-kustomize", [](scene& s) {
            s.repository.write("kustomization.yaml", "resources: [a.yaml]\nnamePrefix: made-\n");
            s.config_map("a", "first");
        }).follow();
    }

    void push(const std::string& value) {
        for (auto& s : all_) {
            const auto folder = s->name == "upgrade-several" ? std::string{"one/"} : std::string{};
            if (s->name == "upgrade-kustomize") {
                s->config_map("a", value);
            } else {
                s->repository.write(folder + "pushed.yaml", config_map("pushed", "value", value));
            }
            revisions_[s->name] = s->repository.push(value);
        }
    }

    void await() {
        for (auto& s : all_) {
            const auto& revision = revisions_[s->name];
            s->until(
                [&](const application_view& v) {
                    return v.synced() && v.health == "Healthy" && v.get("Ready").status == "True" &&
                           (text_at(v.object, {"status", "sync"}).find(revision) != std::string::npos);
                },
                "it is Synced and Healthy"
            );
        }
    }

    // "NAMESPACE/NAME uid" and, where asked for, its version, of every object that the applications have.
    std::vector<std::string> objects(bool with_versions) {
        std::istringstream lines{world::get().kubectl(
            {"get", "configmaps", "-A", "-l", "holdfast.dev/installation", "-o",
             std::string{"jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.metadata.uid}"} +
                 (with_versions ? " {.metadata.resourceVersion}" : "") + "{\"\\n\"}{end}"}
        )};
        std::vector<std::string> made;
        for (std::string line; std::getline(lines, line);) {
            made.push_back(line);
        }
        return made;
    }

    std::size_t history() {
        std::size_t count = 0;
        for (auto& s : all_) {
            count += history_of(s->look()).size();
        }
        return count;
    }
    [[nodiscard]] std::size_t size() const { return all_.size(); }

private:
    scene& add(const std::string& name, const std::function<void(scene&)>& fill) {
        auto& s = *all_.emplace_back(std::make_unique<scene>(name));
        fill(s);
        revisions_[name] = s.repository.push("First");
        return s;
    }

    std::vector<std::unique_ptr<scene>> all_;
    std::map<std::string, std::string> revisions_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(upgrade)

BOOST_AUTO_TEST_CASE(there_and_back_nothing_is_made_anew, *utf::precondition(has_older)) {
    auto& w = world::get();
    auto& op = w.shared_operator();
    const auto today = op.program();
    apply_definitions(older_definitions());
    op.use_program(older_operator());
    op.start();
    applications all;
    all.await();
    all.push("1");
    all.await();

    struct step {
        std::string what;
        std::string program;
        std::string definitions;
    };
    const step steps[] = {
        {"the newer version", today, definitions_of_today()},
        {"back to the older one", older_operator(), older_definitions()},
        {"the newer version again", today, definitions_of_today()},
    };
    int value = 1;
    for (const auto& [what, program, definitions] : steps) {
        BOOST_TEST_CONTEXT(what) {
            all.await();
            const auto before = all.objects(true);
            const auto uids = all.objects(false);
            const auto history = all.history();
            const auto earlier = op.log().size();
            op.stop();
            apply_definitions(definitions);
            op.use_program(program);
            op.start();
            // A push to one that comes after the others were listed shows that it had its chance.
            all.await();
            scene marker{fmt::format("marker-{}", value)};
            marker.config_map("a", "1").repository.push("A marker");
            marker.follow();
            await_synced(marker.name);
            all.await();
            auto after = all.objects(true);
            std::erase_if(after, [](const auto& one) { return one.starts_with("marker-"); });
            auto expected = before;
            std::erase_if(expected, [](const auto& one) { return one.starts_with("marker-"); });
            BOOST_TEST(after == expected, boost::test_tools::per_element());
            // And each of them goes on.
            all.push(std::to_string(++value));
            all.await();
            BOOST_TEST(all.history() == history + all.size());
            auto left = all.objects(false);
            for (const auto& one : uids) {
                BOOST_TEST((one.starts_with("marker-") || std::ranges::find(left, one) != left.end()), one);
            }
            const auto said = op.log().substr(earlier);
            for (const auto* trouble : {"status cannot be written", "Invalid value"}) {
                BOOST_TEST(said.find(trouble) == std::string::npos, op.last_words());
            }
        }
    }
    op.stop();
}

BOOST_AUTO_TEST_SUITE_END()
