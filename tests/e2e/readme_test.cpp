// The commands of README.md, from the first line to the last, as a new user runs them on an empty cluster:
// with the operator out of it. That an image runs in pods is node_test.cpp's, what ./dev image pushes
// tests/release's.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/background_process.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/waiting.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// The blocks of README.md that are to be typed, under a heading.
std::vector<std::string> commands_under(const std::string& heading) {
    std::istringstream lines{read_file(HOLDFAST_SOURCE_DIR "/README.md")};
    std::vector<std::string> blocks;
    bool here = false, in_block = false;
    for (std::string line; std::getline(lines, line);) {
        if (!in_block && line.starts_with("## ")) here = line == "## " + heading;
        if (in_block && line == "```") {
            in_block = false;
        } else if (in_block) {
            blocks.back() += line + "\n";
        } else if (here && line == "```sh") {
            in_block = true;
            blocks.emplace_back();
        }
    }
    return blocks;
}

/// A new user: an empty cluster, its kubeconfig where kubectl looks for it, and the source tree.
class new_user {
public:
    new_user() {
        fs::create_directories(home_.path() / ".kube");
        fs::copy_file(cluster_.kubeconfig(), home_.path() / ".kube/config");
        fs::create_directories(home_.path() / "bin");
        fs::create_symlink(cluster_.kubectl_path(), home_.path() / "bin/kubectl");
    }

    /// Types a block of commands into a shell, which must succeed; its output. Commands after which the
    /// prompt does not come back, those of the operator, go on beside the others.
    std::string type(const std::string& block) {
        std::istringstream lines{block};
        std::string commands;
        for (std::string line; std::getline(lines, line);) {
            if (line == "./dev build") continue; // what it builds is here already
            if (line.starts_with("build/bin/holdfast operator ")) {
                operator_.emplace(
                    "bash",
                    std::vector<std::string>{
                        "-c", prelude() + "exec " +
                                  boost::replace_first_copy(line, "build/bin/holdfast", HOLDFAST_OPERATOR) +
                                  " --metrics-listen '' --listen ''" // their ports may be taken here
                    },
                    log()
                );
                continue;
            }
            commands += line + "\n";
        }
        const auto done = run_command("bash", {"-c", prelude() + "set -eux\n" + commands}, {}, 330s);
        BOOST_TEST_REQUIRE(done.ok(), done.out << done.err << said_by_the_operator());
        return done.out;
    }

    [[nodiscard]] bool operator_runs() { return operator_ && operator_->running(); }
    [[nodiscard]] std::string said_by_the_operator() const {
        return fs::exists(log()) ? "\nthe operator's log:\n" + read_file(log()) : "";
    }
    control_plane& cluster() { return cluster_; }

private:
    [[nodiscard]] fs::path log() const { return home_.path() / "log"; }
    [[nodiscard]] std::string prelude() const {
        const auto at = home_.path().string();
        return "unset KUBECONFIG XDG_CACHE_HOME; export HOME=" + at + " PATH=" + at +
               "/bin:$PATH; cd " HOLDFAST_SOURCE_DIR "\n";
    }

    control_plane cluster_;
    temporary_directory home_{"holdfast-readme"};
    std::optional<background_process> operator_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(the_readme)

BOOST_AUTO_TEST_CASE(its_commands_work_on_an_empty_cluster_from_the_first_to_the_last) {
    const auto install = commands_under("Install it");
    const auto use = commands_under("Use it");
    BOOST_TEST_REQUIRE(install.size() == 2U);
    BOOST_TEST_REQUIRE(use.size() == 1U);
    BOOST_TEST_REQUIRE(install.back().find("build/bin/holdfast operator ") != std::string::npos);

    // No network but loopback: a repository of the same form stands for that on github.com.
    git_repository repository{"guestbook"};
    repository.write("guestbook/page.yaml", config_map("guestbook-ui", "greeting", "hello"))
        .write("guestbook/service.yaml", R"(
apiVersion: v1
kind: Service
metadata: {name: guestbook-ui}
spec: {selector: {app: guestbook-ui}, ports: [{port: 80}]}
)");
    repository.push("The guestbook");
    const std::string published = "https://github.com/argoproj/argocd-example-apps.git";
    BOOST_TEST_REQUIRE(use.front().find(published) != std::string::npos);

    new_user user;
    user.type(install.back());
    BOOST_TEST(user.operator_runs());
    const auto told = user.type(boost::replace_all_copy(use.front(), published, repository.url()));
    BOOST_TEST(told.find("application.holdfast.dev/guestbook condition met") != std::string::npos, told);
    BOOST_TEST(told.find("GROUP:      holdfast.dev") != std::string::npos, told);
    const auto& cluster = user.cluster();
    BOOST_TEST(cluster.kubectl({"get", "service/guestbook-ui", "-n", "guestbook"}).ok());
    // Which is the last sentence of it.
    user.type("kubectl delete applications.holdfast.dev/guestbook -n holdfast --timeout=60s");
    BOOST_TEST(!cluster.kubectl({"get", "service/guestbook-ui", "-n", "guestbook"}).ok());
    BOOST_TEST(cluster.kubectl({"get", "namespace/guestbook"}).ok());
}

BOOST_AUTO_TEST_SUITE_END()
