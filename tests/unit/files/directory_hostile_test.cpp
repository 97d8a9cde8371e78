// Directories in which somebody put what no build may read.

#include "work_tree.hpp"

#include "base/work_budget.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <unistd.h>

namespace holdfast::files::test {
namespace {

/// This thread reads files as nobody while one lives.
class as_nobody {
public:
    as_nobody() : before_{static_cast<uid_t>(::setfsuid(65534))} {}
    ~as_nobody() { ::setfsuid(before_); }
    as_nobody(const as_nobody&) = delete;
    as_nobody& operator=(const as_nobody&) = delete;

private:
    uid_t before_;
};

BOOST_FIXTURE_TEST_SUITE(hostile_directories, work_tree)

BOOST_AUTO_TEST_CASE(links_out_of_the_directory_lead_nowhere) {
    (void)directory.write("secret", "s");
    link("apps/out", "../../secret");
    link("apps/absolute", "/etc/passwd");
    link("apps/away", "..");
    link("apps/by", "away/../secret");
    link("apps/empty", "../..");
    const auto r = reader();
    REQUIRE_ERROR(r->follow("apps/out"), user, "on the way to \"apps/out\" leads out of the tree");
    REQUIRE_ERROR(r->file("apps/out"), user, "\"apps/out\" leads out");
    REQUIRE_ERROR(
        r->follow("apps/absolute"), user, "\"apps/absolute\" leads to \"/etc/passwd\", which is outside"
    );
    REQUIRE_ERROR(r->follow("apps/by"), user, "\"apps/by\" leads out of the tree");
    REQUIRE_ERROR(r->follow("apps/empty/etc/passwd"), user, "leads out of the tree");
    BOOST_TEST(r->tree_at("apps")->hex() == git_id("apps")); // as links they are fine
}

BOOST_AUTO_TEST_CASE(loops_end) {
    link("a", "b");
    link("b", "a");
    link("self/me", ".");
    link("deep/down", "down/down");
    const auto r = reader();
    REQUIRE_ERROR(r->follow("a"), user, "the symlinks on the way to \"a\" go round in a circle");
    REQUIRE_ERROR(r->follow("deep/down"), user, "go round in a circle");
    BOOST_TEST(r->follow("self/me/me/me")->name == "self");
    // Links that lead through one another: few bytes, and without a bound work for years.
    link("x00", ".");
    for (int i = 1; i <= 40; ++i) {
        const auto before = fmt::format("x{:02}", i - 1);
        std::string target = before;
        for (int n = 0; n < 300; ++n) {
            target += "/" + before;
        }
        link(fmt::format("x{:02}", i), target);
    }
    work_budget budget{"the test"};
    const work_budget::scope under{budget};
    REQUIRE_ERROR(reader()->follow("x40"), user, "\"x40\"");
    BOOST_TEST(budget.spent() < 100'000U);
}

BOOST_AUTO_TEST_CASE(a_budget_ends_it) {
    for (int i = 0; i < 50; ++i) {
        file(fmt::format("many/{}.yaml", i), "x");
    }
    work_budget budget{"planning many", {.looks = 20}};
    const work_budget::scope under{budget};
    REQUIRE_ERROR(reader()->tree_at("many"), user, "planning many");
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_named) {
    file("apps/web/a.yaml", "a: 1\n");
    BOOST_REQUIRE(::mkfifo((root / "apps/web/pipe").c_str(), 0644) == 0);
    const int bound = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (root / "sock").string();
    BOOST_REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(&address.sun_path[0], path.size());
    BOOST_REQUIRE(::bind(bound, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(bound);
    const auto r = reader();
    REQUIRE_ERROR(r->entry_at("apps/web/pipe"), user, "\"apps/web/pipe\" in directory " + root.string());
    REQUIRE_ERROR(r->file("apps/web/pipe"), user, "is a named pipe");
    REQUIRE_ERROR(r->tree_at("apps/web"), user, "\"apps/web/pipe\"");
    REQUIRE_ERROR(r->follow("sock"), user, "\"sock\" in directory " + root.string() + " is a socket");
    BOOST_TEST(r->file("apps/web/a.yaml").value() == "a: 1\n"); // who does not need the others has his own
}

BOOST_AUTO_TEST_CASE(what_may_not_be_read_is_named) {
    if (::geteuid() == 0) {
        fs::permissions(directory.path(), fs::perms{0755});
    }
    file("apps/web/a.yaml", "a: 1\n");
    file("apps/web/key.yaml", "a: 1\n");
    file("closed/b.yaml", "a: 1\n");
    fs::permissions(root / "apps/web/key.yaml", fs::perms{0000});
    fs::permissions(root / "closed", fs::perms{0000});
    {
        const as_nobody reading;
        const auto r = reader();
        REQUIRE_ERROR(r->file("apps/web/key.yaml"), user, "\"apps/web/key.yaml\" in directory");
        REQUIRE_ERROR(r->tree_at("apps/web"), user, "cannot be read: Permission denied");
        REQUIRE_ERROR(r->tree_at("closed"), user, "\"closed\" in directory");
        REQUIRE_ERROR(r->file("closed/b.yaml"), user, "\"closed/b.yaml\" in directory");
        BOOST_TEST(r->file("apps/web/a.yaml").has_value());
    }
    fs::permissions(root / "closed", fs::perms{0755});
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_named) {
    fs::create_directories(root / "apps/web");
    std::ofstream{root / "apps/web/huge.bin"} << "x";
    fs::resize_file(root / "apps/web/huge.bin", std::uintmax_t{1} << 40U); // a terabyte, all of it a hole
    file("apps/web/a.yaml", "12345678");
    file("apps/web/b.yaml", "12345678");
    const auto r = reader();
    REQUIRE_ERROR(r->tree_at("apps/web"), user, "\"apps/web/huge.bin\" in directory " + root.string());
    REQUIRE_ERROR(r->file("apps/web/a.yaml", 7), user, "apps/web/a.yaml: ");
    REQUIRE_ERROR(r->blob(r->entry_at("apps/web/a.yaml")->id, 7), user, "has 8 bytes, more than the 7");
    limits.max_bytes = 12;
    const auto little = reader();
    BOOST_TEST(little->entry_at("apps/web/a.yaml").has_value());
    REQUIRE_ERROR(little->entry_at("apps/web/b.yaml"), user, "\"apps/web/b.yaml\"");
}

BOOST_AUTO_TEST_CASE(depth_and_names_have_limits) {
    std::string deep = "d";
    for (int i = 1; i < 70; ++i) {
        deep += "/d";
    }
    file(deep + "/a.yaml", "a");
    REQUIRE_ERROR(reader()->tree_at(""), user, "lies deeper than the 64 levels allowed");
    REQUIRE_ERROR(reader()->file(deep + "/a.yaml"), user, "lies deeper than the 64 levels");
    file("odd/.GIT/config", "x");
    file("odd2/a\nb", "x");
    REQUIRE_ERROR(reader()->tree_at("odd"), user, "\"odd\" in directory");
    REQUIRE_ERROR(reader()->tree_at("odd"), user, "\".GIT\", which no honest repository has");
    REQUIRE_ERROR(reader()->tree_at("odd2"), user, "\"a?b\"");
    for (const auto* path : {"/", "/apps", "apps//shop", "./apps", "apps/..", "../x", "."}) {
        REQUIRE_ERROR(reader()->entry_at(path), user, "the path ");
    }
}

BOOST_AUTO_TEST_CASE(a_directory_that_becomes_a_link_is_not_followed) {
    file("apps/web/a.yaml", "a: 1\n");
    (void)directory.write("a.yaml", "a: 1\n"); // the same content, outside
    const auto at = source();
    const auto id = at.read().value()->entry_at("apps/web/a.yaml").value().id;
    fs::remove_all(root / "apps/web");
    link("apps/web", "../..");
    REQUIRE_ERROR(at.read().value()->blob(id), conflict, "\"apps/web/a.yaml\"");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::files::test
