#include "render/file_tree.hpp"

#include "git/snapshot.hpp"
#include "render/build_key.hpp"
#include "render/directory.hpp"
#include "render/source_kind.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace holdfast;

namespace {

/// A repository of git(1) in a directory of its own.
class repository {
public:
    repository() {
        std::string name = (std::filesystem::temp_directory_path() / "holdfast-render-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory_ = name;
        git("init -q");
    }
    ~repository() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    repository(const repository&) = delete;
    repository& operator=(const repository&) = delete;

    void file(const std::string& path, const std::string& content) const {
        const auto whole = std::filesystem::path{directory_} / path;
        std::filesystem::create_directories(whole.parent_path());
        std::ofstream{whole, std::ios::binary} << content;
    }
    void link(const std::string& path, const std::string& target) const {
        const auto whole = std::filesystem::path{directory_} / path;
        std::filesystem::create_directories(whole.parent_path());
        std::filesystem::create_symlink(target, whole);
    }

    /// Commits everything, and gives the commit as a source.
    [[nodiscard]] std::unique_ptr<render::source_tree> commit() const {
        git("add -A");
        git("-c user.name=n -c user.email=n@example.com commit -q -m x");
        const std::string id = git("rev-parse HEAD");
        const auto commit = git::object_id::from_hex(id.substr(0, 40)).value();
        auto reader = git::snapshot::open(directory_ + "/.git", commit).value().read();
        return render::make_file_tree(std::move(reader).value(), "https://git.example/shop");
    }

    std::string git(const std::string& arguments) const {
        const std::string command = "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -C '" +
                                    directory_ + "' " + arguments + " 2>&1";
        FILE* const out = ::popen(command.c_str(), "r");
        BOOST_REQUIRE(out != nullptr);
        std::string text;
        char buffer[4096];
        while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, out)) {
            text.append(buffer, n);
        }
        BOOST_REQUIRE_MESSAGE(::pclose(out) == 0, command << ": " << text);
        return text;
    }

private:
    std::string directory_;
};

const std::string config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ";

} // namespace

BOOST_AUTO_TEST_CASE(a_commit_is_built_without_a_work_tree) {
    const repository r;
    r.file("apps/web/a.yaml", config_map + "a\n");
    r.file("apps/web/a/deep.yaml", config_map + "deep\n");
    r.file("shared/s.yaml", config_map + "s\n");
    r.link("apps/web/b.yaml", "../../shared/s.yaml");
    r.link("apps/web/c.yaml", "../../../etc/passwd");
    const auto tree = r.commit();
    const auto output =
        render::render_directory(*tree, {.path = "apps/web", .recurse = true, .exclude = "c.yaml"});
    BOOST_REQUIRE(output.has_value());
    BOOST_REQUIRE_EQUAL(output->objects.size(), 3U);
    BOOST_TEST(output->objects[0].from.file == "apps/web/a/deep.yaml"); // "a" sorts before "a.yaml"
    BOOST_TEST(output->objects[2].from.file == "apps/web/b.yaml");
    BOOST_REQUIRE_EQUAL(output->outside_reads.size(), 1U);
    BOOST_TEST(output->outside_reads[0].path == "shared/s.yaml");
    const auto refused = render::render_directory(*tree, {.path = "apps/web"});
    BOOST_TEST(
        refused.error().summary().message().find("symlink apps/web/c.yaml leaves the repository") == 0U
    );
}

BOOST_AUTO_TEST_CASE(what_is_not_in_a_commit_is_not_found_with_its_name) {
    const repository r;
    r.file("a/b.yaml", config_map + "b\n");
    const auto tree = r.commit();
    const auto output = render::render_directory(*tree, {.path = "apps/web"});
    BOOST_REQUIRE(output.has_error());
    BOOST_TEST((output.error().summary().kind() == error_kind::not_found));
    const std::string message = output.error().summary().message();
    BOOST_TEST(message == "there is no apps/web in " + tree->describe());
    BOOST_TEST(tree->describe().ends_with(" of https://git.example/shop"));
    BOOST_TEST((render::detect(*tree, "a/b.yaml/c", {}).error().kind() == error_kind::not_found));
}

BOOST_AUTO_TEST_CASE(a_commit_elsewhere_in_the_repository_leaves_the_build_key_alone) {
    const repository r;
    r.file("a/x.yaml", config_map + "x\n");
    r.file("b/y.yaml", config_map + "y\n");
    const auto key = [](render::source_tree& tree) {
        return render::directory_key(tree.find("a").value().value().id, {.path = "a"}, {});
    };
    const auto first = r.commit();
    r.file("b/y.yaml", config_map + "other\n");
    const auto second = r.commit();
    r.file("a/x.yaml", config_map + "other\n");
    const auto third = r.commit();
    BOOST_TEST((key(*first) == key(*second)));
    BOOST_TEST((key(*second) != key(*third)));
}

BOOST_AUTO_TEST_CASE(the_files_of_a_commit_tell_what_builds_it) {
    const repository r;
    r.file("chart/Chart.yaml", "");
    r.file("k/kustomization.yaml", "");
    const auto tree = r.commit();
    BOOST_TEST((render::detect(*tree, "chart", {}).value() == render::source_kind::helm));
    BOOST_TEST((render::detect(*tree, "k", {}).value() == render::source_kind::kustomize));
    BOOST_TEST((render::detect(*tree, "", {}).value() == render::source_kind::directory));
}

BOOST_AUTO_TEST_CASE(a_file_above_the_limit_is_refused_before_it_is_read) {
    const repository r;
    r.file("a/x.yaml", config_map + "x\ndata: {k: " + std::string(5000, 'v') + "}\n");
    const auto tree = r.commit();
    render::directory_limits limits;
    limits.max_file_bytes = 1000;
    const auto output = render::render_directory(*tree, {.path = "a"}, limits);
    BOOST_REQUIRE(output.has_error());
    BOOST_TEST((output.error().summary().kind() == error_kind::user));
    BOOST_TEST(render::to_string(output.error().all.front()).find("a/x.yaml: ") == 0U);
}
