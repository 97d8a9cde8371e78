#include "helm_bench.hpp"

#include "base/hash.hpp"
#include "files/export_tree.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace holdfast::builders {

namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::pair<std::string, int> said_by(const std::string& line) {
    FILE* const out = ::popen(line.c_str(), "r");
    BOOST_REQUIRE(out != nullptr);
    std::string text;
    std::array<char, 4096> buffer{};
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), out)) {
        text.append(buffer.data(), n);
    }
    return {text, ::pclose(out)};
}

} // namespace

std::string shell(const std::string& line) {
    auto [text, status] = said_by(line);
    BOOST_REQUIRE_MESSAGE(status == 0, line << ": " << text);
    return text;
}

helm_bench::helm_bench() {
    const char* const given = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT(concurrency-mt-unsafe)
    BOOST_REQUIRE_MESSAGE(
        given != nullptr && fs::exists(fs::path{given} / "helm"),
        "HOLDFAST_PROGRAMS has to name a directory with helm in it; ./dev test does that"
    );
    with.helm = (fs::path{given} / "helm").string();
    with.helm_identity = "v3.22.0";
    facts.application = "web";
    facts.namespace_ = "argocd";
    facts.project = "default";
    facts.destination_namespace = "shop";
    facts.kube_version = "1.30.2";
    facts.api_versions = std::make_shared<const std::vector<std::string>>(
        std::vector<std::string>{"monitoring.coreos.com/v1", "monitoring.coreos.com/v1/ServiceMonitor"}
    );
    auto opened = sandbox::open(
        context_.get_executor(), pool_,
        {.directory = (directory_.path() / "jobs").string(), .supervisor = SANDBOX_PROGRAM}
    );
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message()));
    runner_ = std::move(*opened);
}

helm_bench::~helm_bench() {
    runner_.reset();
}

build_source helm_bench::source(const repository& from, const std::string& path) const {
    build_source made;
    made.spec.repo_url = "https://git.example/shop";
    made.spec.path = path;
    made.spec.target_revision = "main";
    made.spec.helm.emplace();
    const auto at = from.commit();
    made.at = at;
    made.revision = at.commit().hex();
    return made;
}

plan_result helm_bench::plan(const build_source& what) const {
    return plan_helm(what, facts, supplied, with);
}

build_plan helm_bench::good_plan(const build_source& what) const {
    auto made = plan(what);
    if (!made) {
        for (const auto& e : made.error().all) {
            BOOST_ERROR(to_string(e));
        }
        return {};
    }
    return std::move(*made);
}

std::string helm_bench::errors(const build_source& what) const {
    const auto made = plan(what);
    BOOST_TEST(made.has_error());
    std::string all;
    if (made.has_error()) {
        for (const auto& e : made.error().all) {
            all += to_string(e) + "\n";
        }
    }
    return all;
}

sandbox::outcome helm_bench::run(const build_plan& plan) {
    BOOST_REQUIRE(plan.missing.empty());
    BOOST_REQUIRE(!plan.commands.empty());
    auto made = runner_->make_workspace();
    BOOST_REQUIRE(made.has_value());
    const fs::path root = made->path();
    for (const auto& copy : plan.trees) {
        const auto reader = copy.from.read().value();
        const auto to = root / copy.to;
        fs::create_directories(to.parent_path());
        const auto entry = copy.path.empty() ? result<files::tree_entry>{files::tree_entry{
                                                   .mode = files::entry_mode::tree,
                                                   .id = reader->tree_at("").value(),
                                               }}
                                             : reader->entry_at(copy.path);
        BOOST_REQUIRE_MESSAGE(entry.has_value(), (entry ? "" : entry.error().message()));
        if (entry->mode == files::entry_mode::tree) {
            fs::create_directory(to);
            const auto done = files::export_tree(*reader, entry->id, to.string());
            BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message()));
        } else {
            BOOST_REQUIRE(
                (entry->mode == files::entry_mode::file || entry->mode == files::entry_mode::executable)
            );
            BOOST_REQUIRE_MESSAGE(!fs::exists(to), copy.to << " is copied twice");
            std::ofstream{to, std::ios::binary} << reader->blob(entry->id, std::size_t{256} << 20U).value();
        }
    }
    for (const auto& copy : plan.archives) {
        fs::create_directories((root / copy.to).parent_path());
        BOOST_REQUIRE_MESSAGE(!fs::exists(root / copy.to), copy.to << " is copied twice");
        fs::copy_file(copy.file, root / copy.to);
    }
    for (const auto& file : plan.files) {
        fs::create_directories((root / file.to).parent_path());
        std::ofstream{root / file.to, std::ios::binary} << file.text;
    }
    const auto marked = [&](std::string text) {
        for (auto at = text.find(workspace_mark); at != std::string::npos; at = text.find(workspace_mark)) {
            text.replace(at, workspace_mark.size(), root.string());
        }
        return text;
    };
    sandbox::outcome last;
    for (const auto& command : plan.commands) {
        sandbox::job j;
        for (const auto& word : command.argv) {
            j.argv.push_back(marked(word));
        }
        for (const auto& variable : command.environment) {
            j.environment.push_back(marked(variable));
        }
        j.directory = &*made;
        j.working_directory = command.working_directory;
        j.input = command.input;
        j.name = command.name;
        j.read_only = command.read_only;
        j.deadline = command.deadline;
        auto said = test::run(context_, runner_->run(std::move(j)), std::chrono::seconds{60});
        BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().message()));
        last = std::move(*said);
        if (last.status != 0) break;
    }
    return last;
}

std::string helm_bench::built(const build_source& what) {
    const auto plan = good_plan(what);
    if (plan.commands.empty()) return "(no plan)";
    const auto said = run(plan);
    BOOST_TEST(said.status == 0, said.error_output);
    return said.output;
}

std::string helm_bench::helm(const fs::path& in, const std::string& arguments, bool succeeds) const {
    const auto line = fmt::format(
        "cd '{}' && HOME='{}' HELM_CACHE_HOME='{}' {} {} 2>'{}'", in.string(),
        (directory_.path() / "home").string(), (directory_.path() / "cache").string(), with.helm, arguments,
        (directory_.path() / "stderr").string()
    );
    const auto [text, status] = said_by(line);
    const auto complaint = read_file(directory_.path() / "stderr");
    BOOST_TEST((status == 0) == succeeds, line << ": " << complaint);
    return succeeds ? text : complaint;
}

supply helm_bench::packed(const fs::path& chart) const {
    const auto to = std::make_shared<test::temporary_directory>();
    helm(chart, fmt::format("package . -d '{}'", to->path().string()));
    supply made;
    for (const auto& entry : fs::directory_iterator{to->path()}) {
        made.file = entry.path().string();
        const auto stem = entry.path().stem().string();
        made.version = stem.substr(stem.rfind('-') + 1);
    }
    made.identity = "sha256:" + to_hex(sha256(read_file(made.file)));
    made.held = to;
    return made;
}

std::string expected(
    const helm_bench& b, const repository& from, const std::string& path, const std::string& flags,
    const std::vector<std::string>& dependency_builds
) {
    const test::temporary_directory clone;
    from.clone(clone.path() / "clone");
    const auto root = clone.path() / "clone";
    for (const auto& chart : dependency_builds) {
        b.helm(root / chart, "dependency build");
    }
    return b.helm(
        root / path,
        "template . --name-template web --namespace shop --kube-version 1.30.2 "
        "--api-versions monitoring.coreos.com/v1 --api-versions monitoring.coreos.com/v1/ServiceMonitor "
        "--include-crds " +
            flags
    );
}

std::string shows(std::string_view name, std::string_view expression) {
    return fmt::format(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\ndata:\n  value: {{{{ {} | quote }}}}\n",
        name, expression
    );
}

} // namespace holdfast::builders
