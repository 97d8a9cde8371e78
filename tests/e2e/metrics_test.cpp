// What a running operator counts: the table of docs/metrics.md, and what Prometheus makes of it for the
// dashboard and the alerts.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/background_process.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/free_port.hpp"
#include "support/read_file.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

const std::string source = HOLDFAST_SOURCE_DIR;

struct family {
    std::string type;
    std::set<std::string> labels;
};
using families = std::map<std::string, family>;

std::string describe(const families& all) {
    std::string text;
    for (const auto& [name, one] : all) {
        text += name + " " + one.type;
        for (const auto& label : one.labels) {
            text += " " + label;
        }
        text += "\n";
    }
    return text;
}

std::string get(const std::string& url) {
    const auto done = run_command("curl", {"-sS", "--fail", url}, {}, 10s);
    BOOST_REQUIRE_MESSAGE(done.ok(), url << ": " << done.err);
    return done.out;
}

// The names between backquotes in a cell of a table.
std::set<std::string> quoted_in(const std::string& cell) {
    std::set<std::string> all;
    for (std::size_t at = cell.find('`'); at != std::string::npos;) {
        const auto end = cell.find('`', at + 1);
        if (end == std::string::npos) {
            break;
        }
        all.insert(cell.substr(at + 1, end - at - 1));
        at = cell.find('`', end + 1);
    }
    return all;
}

families documented() {
    families all;
    std::ifstream file{source + "/docs/metrics.md"};
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("| `")) {
            continue;
        }
        std::vector<std::string> cells;
        std::istringstream stream{line.substr(1)};
        for (std::string cell; std::getline(stream, cell, '|');) {
            cells.push_back(cell);
        }
        BOOST_REQUIRE(cells.size() >= 4U);
        std::string type = cells[1];
        std::erase(type, ' ');
        BOOST_TEST(all.emplace(*quoted_in(cells[0]).begin(), family{type, quoted_in(cells[2])}).second, line);
    }
    return all;
}

// What is served, as Prometheus' text format has it; and that each has its help.
families served(const std::string& text) {
    families all;
    std::set<std::string> helped;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string hash;
        std::string what;
        std::string name;
        if (line.starts_with("# ")) {
            words >> hash >> what >> name;
            if (what == "TYPE") {
                words >> all[name].type;
            } else if (what == "HELP") {
                helped.insert(name);
            }
            continue;
        }
        const auto brace = line.find('{');
        const auto end = std::min(brace, line.find(' '));
        name = line.substr(0, end);
        for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
            if (name.ends_with(suffix) && all.contains(name.substr(0, name.size() - suffix.size()))) {
                name.resize(name.size() - suffix.size());
                break;
            }
        }
        BOOST_TEST_REQUIRE(all.contains(name), line);
        // No value of ours has a quotation mark or a comma in it.
        if (brace < line.find(' ')) {
            std::istringstream pairs{line.substr(brace + 1, line.rfind('}') - brace - 1)};
            for (std::string pair; std::getline(pairs, pair, ',');) {
                if (const auto label = pair.substr(0, pair.find('=')); label != "le") {
                    all[name].labels.insert(label);
                }
            }
        }
    }
    for (const auto& [name, one] : all) {
        BOOST_TEST(helped.contains(name), name);
    }
    return all;
}

/// An operator that is counted, and some life for it to count.
struct life {
    std::string metrics = "127.0.0.1:" + std::to_string(free_port());
    std::string pushes = "127.0.0.1:" + std::to_string(free_port());
    std::unique_ptr<scene> one;

    static life& get() {
        static auto* all = new life; // NOLINT: as the world, for the program
        return *all;
    }

    [[nodiscard]] std::string text() const { return ::get("http://" + metrics + "/metrics"); }

    /// Of a sample, by its beginning; nothing where it is not there.
    [[nodiscard]] std::optional<double> value(const std::string& sample) const {
        std::istringstream lines{text()};
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with(sample + " ")) {
                return std::stod(line.substr(sample.size() + 1));
            }
        }
        return std::nullopt;
    }

    /// A push, a sync, drift and its end, a delivery.
    void go_on() {
        one->config_map("a", std::to_string(++turns_));
        await_synced(one->name, one->repository.push("A change"));
        one->w.kubectl(
            {"patch", "configmap", "a", "-n", one->name, "--type=merge", "-p", R"({"data":{"value":"x"}})"}
        );
        eventually([&] { return one->value("a") == std::to_string(turns_); }, "drift is taken back");
        run_command(
            "curl",
            {"-sS", "-d", R"({"repository": "https://git.example.com/a.git"})",
             "http://" + pushes + "/hooks/push"},
            {}, 10s
        );
    }

private:
    life() {
        world::get().shared_operator().start({"--metrics-listen", metrics, "--listen", pushes});
        one = std::make_unique<scene>("counted");
        one->config_map("a", "0");
        one->repository.push("One");
        one->follow();
        await_synced("counted");
    }

    int turns_ = 0;
};

/// A real Prometheus that scrapes the operator twice a second.
class prometheus {
public:
    explicit prometheus(const std::string& target)
        : directory_{world::get().cluster().directory() + "/prometheus"},
          address_{"127.0.0.1:" + std::to_string(free_port())} {
        std::filesystem::create_directories(directory_);
        std::ofstream{directory_ + "/prometheus.yaml"}
            << "global: {scrape_interval: 500ms, evaluation_interval: 1s}\n"
            << "rule_files: ['" << source << "/config/monitoring/rules.yaml']\n"
            << "scrape_configs: [{job_name: holdfast, static_configs: [{targets: ['" << target << "']}]}]\n";
        process_ = background_process{
            "prometheus",
            {"--config.file=" + directory_ + "/prometheus.yaml",
             "--storage.tsdb.path=" + directory_ + "/data", "--web.listen-address=" + address_},
            directory_ + "/log"
        };
        eventually(
            [&] { return run_command("curl", {"-sf", "http://" + address_ + "/-/ready"}, {}, 10s).ok(); },
            "Prometheus is ready"
        );
    }

    json::value ask(const std::string& path, const std::string& query = {}) const {
        std::vector<std::string> args{"-sS", "-G", "http://" + address_ + path};
        if (!query.empty()) {
            args.insert(args.end(), {"--data-urlencode", "query=" + query});
        }
        const auto done = run_command("curl", args, {}, 10s);
        BOOST_REQUIRE_MESSAGE(done.ok(), done.err);
        auto answer = json::parse(done.out);
        BOOST_TEST_REQUIRE((answer.at("status") == "success"), query << ": " << done.out);
        return answer.at("data");
    }

    /// Whether a query has a result that is a number.
    [[nodiscard]] bool knows(const std::string& query) const {
        const auto data = ask("/api/v1/query", query);
        const auto& results = data.at("result").as_array();
        return std::ranges::any_of(results, [](const json::value& one) {
            return one.at("value").as_array().at(1) != "NaN";
        });
    }

private:
    std::string directory_;
    std::string address_;
    background_process process_;
};

void replace_all(std::string& text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(what_is_served_is_what_is_documented) {
    auto& l = life::get();
    l.go_on();
    BOOST_TEST(describe(served(l.text())) == describe(documented()));
}

BOOST_AUTO_TEST_CASE(what_happens_is_counted) {
    auto& l = life::get();
    const auto value = [&](const std::string& sample) { return l.value(sample).value_or(-1); };
    const std::string synced = R"(holdfast_sync_duration_seconds_count{phase="Succeeded"})";
    const std::string applied = R"(holdfast_api_requests_total{code="200",verb="apply"})";
    const auto syncs = value(synced);
    const auto drifts = value("holdfast_drift_total");
    const auto applies = value(applied);
    l.go_on();
    BOOST_TEST(value(synced) >= syncs + 2); // the change, and the drift
    BOOST_TEST(value("holdfast_drift_total") == drifts + 1);
    BOOST_TEST(value(applied) >= applies + 2);
    BOOST_TEST(value(R"(holdfast_applications{health_status="Healthy",sync_status="Synced"})") == 1);
    BOOST_TEST(value(R"(holdfast_applications{health_status="Degraded",sync_status="OutOfSync"})") == 0);
    BOOST_TEST(value("holdfast_watches") >= 4); // Applications, Repositories, definitions, ConfigMaps
    BOOST_TEST(value("holdfast_leader") == 1);
    BOOST_TEST(value(R"(holdfast_cache_requests_total{cache="memory",outcome="miss"})") >= 2);
    BOOST_TEST(value(R"(holdfast_queue_depth{queue="application"})") >= 0);
    BOOST_TEST(value("process_resident_memory_bytes") > 1e6);
    BOOST_TEST(value("process_open_fds") > 5);
    BOOST_TEST(value("process_cpu_seconds_total") > 0);
    const auto now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    BOOST_TEST(value("process_start_time_seconds") > now - 600);
    BOOST_TEST(value("process_start_time_seconds") <= now + 1);
}

BOOST_AUTO_TEST_CASE(an_application_that_is_gone_is_not_counted) {
    auto& l = life::get();
    l.one->w.apply(
        application("short", {.url = "https://127.0.0.1:1/none", .into = "counted", .finalizer = false})
    );
    std::string text;
    const auto has = [&](const std::string& part) {
        text = l.text();
        return text.find(part) != std::string::npos;
    };
    eventually([&] { return has("name=\"short\""); }, "it is counted", 60s, [&] { return text; });
    l.one->w.kubectl({"delete", "applications.holdfast.dev/short", "-n", home});
    eventually([&] { return !has("name=\"short\""); }, "it is not any more", 60s, [&] { return text; });
    double all = 0;
    std::istringstream lines{l.text()};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("holdfast_applications{")) {
            all += std::stod(line.substr(line.rfind(' ')));
        }
    }
    BOOST_TEST(all == 1);
}

BOOST_AUTO_TEST_CASE(prometheus_answers_every_question_of_the_dashboard_and_takes_the_rules) {
    auto& l = life::get();
    const prometheus p{l.metrics};
    eventually([&] { return p.knows("holdfast_build_info"); }, "the operator is scraped");

    const auto dashboard = json::parse(read_file(source + "/config/monitoring/dashboard.json"));
    std::set<std::string> open;
    for (const auto& panel : dashboard.at("panels").as_array()) {
        for (const auto& target : panel.at("targets").as_array()) {
            std::string query{target.at("expr").as_string()};
            replace_all(query, "$__rate_interval", "1m");
            replace_all(query, "$namespace", ".*");
            replace_all(query, "$job", ".*");
            BOOST_TEST(query.find('$') == std::string::npos, query);
            open.insert(query);
        }
    }
    BOOST_TEST(open.size() > 20U);
    std::set<std::string> mentioned;
    for (const auto& [name, one] : documented()) {
        for (const auto& query : open) {
            if (query.find(name) != std::string::npos) {
                mentioned.insert(name);
            }
        }
        BOOST_TEST(mentioned.contains(name), "no panel shows " << name);
    }
    l.go_on();
    eventually(
        [&] {
            std::erase_if(open, [&](const std::string& query) { return p.knows(query); });
            return open.empty();
        },
        "each question has an answer", 30s,
        [&] {
            std::string text = "none for:";
            for (const auto& query : open) {
                text += "\n" + query;
            }
            return text;
        }
    );

    std::size_t rules = 0;
    const auto loaded = p.ask("/api/v1/rules");
    for (const auto& group : loaded.at("groups").as_array()) {
        for (const auto& rule : group.at("rules").as_array()) {
            ++rules;
            BOOST_TEST((rule.at("health") == "ok"), json::serialize(rule));
            BOOST_TEST((rule.at("state") != "firing"), json::serialize(rule));
        }
    }
    BOOST_TEST(rules == 13U);
}

BOOST_AUTO_TEST_CASE(the_rules_of_the_prometheus_operator_are_the_same) {
    const auto lines_after = [](const std::string& path, const std::string& first, std::size_t indented) {
        std::ifstream file{source + "/config/monitoring/" + path};
        std::string text;
        bool reached = false;
        for (std::string line; std::getline(file, line);) {
            reached = reached || line == first;
            if (reached) {
                text += (line.size() >= indented ? line.substr(indented) : line) + "\n";
            }
        }
        return text;
    };
    const auto plain = lines_after("rules.yaml", "groups:", 0);
    BOOST_TEST(!plain.empty());
    BOOST_TEST(lines_after("component/prometheus_rule.yaml", "  groups:", 2) == plain);
}

BOOST_AUTO_TEST_SUITE_END()
