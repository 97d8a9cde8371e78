#include "work_tree.hpp"

#include "files/export_tree.hpp"
#include "files/read_log.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::files::test {
namespace {

/// Names whose order is another one for directories, modes, links, a file that is empty, and directories that
/// Git does not have.
struct with_all_kinds : work_tree {
    with_all_kinds() {
        file("apps/web/a.yaml", "kind: A\n");
        file("apps/web/sub/b.yaml", "kind: B\n");
        file("apps/web-2/c.yaml", "kind: C\n");
        file("apps/web.yaml", "kind: D\n");
        file("apps/web0", "");
        file("run.sh", "#!/bin/sh\n");
        fs::permissions(root / "run.sh", fs::perms{0755});
        file("group.sh", "#!/bin/sh\n");
        fs::permissions(root / "group.sh", fs::perms{0654}); // its owner may not
        file("blob.bin", std::string(200'000, '\0'));
        link("apps/alias", "web");
        link("apps/web/link.yaml", "../web-2/c.yaml");
        link("dangling", "nowhere");
        fs::create_directories(root / "empty/very/deep");
        fs::create_directories(root / "apps/empty");
        shell("git init -q");
    }
};

BOOST_FIXTURE_TEST_SUITE(directories, with_all_kinds)

BOOST_AUTO_TEST_CASE(content_has_the_ids_that_git_gives_it) {
    const auto r = reader();
    for (const auto* path :
         {"", "apps", "apps/web", "apps/web/sub", "apps/web-2", "apps/web.yaml", "apps/web0", "run.sh",
          "group.sh", "blob.bin", "apps/alias", "apps/web/link.yaml", "dangling"}) {
        const auto entry = r->entry_at(path);
        BOOST_REQUIRE_MESSAGE(entry.has_value(), (entry ? "" : entry.error().message()));
        BOOST_TEST(entry->id.hex() == git_id(path), path);
        BOOST_TEST(entry->name == path);
    }
    BOOST_TEST(r->tree_at("apps/web/")->hex() == git_id("apps/web"));
}

BOOST_AUTO_TEST_CASE(a_directory_is_listed_as_git_lists_it) {
    (void)git_id("");
    const auto r = reader();
    const auto lines = [](const std::vector<tree_entry>& entries) {
        std::string all;
        for (const auto& e : entries) {
            char mode[16];
            std::snprintf(mode, sizeof mode, "%06o", static_cast<unsigned>(e.mode));
            all += (all.empty() ? "" : "\n") + std::string{mode} + " " + e.id.hex() + " " + e.name;
        }
        return all;
    };
    const std::string format = " --format='%(objectmode) %(objectname) %(path)' ";
    BOOST_TEST(lines(r->list(r->tree_at("").value()).value()) == shell("git ls-tree" + format + "HEAD"));
    BOOST_TEST(
        lines(r->list(r->tree_at("apps").value(), {.recursive = true}).value()) ==
        shell("cd apps && git ls-tree -r" + format + "HEAD")
    );
}

BOOST_AUTO_TEST_CASE(only_what_is_asked_for_is_looked_at) {
    limits.max_file_bytes = 100; // blob.bin has more
    limits.max_entries = 7;
    const auto r = reader();
    BOOST_TEST(r->file("apps/web/sub/b.yaml").value() == "kind: B\n");
    BOOST_TEST(r->step_at("apps").has_value());
    BOOST_TEST(r->tree_at("apps/web").has_value());
    REQUIRE_ERROR(r->tree_at("apps"), user, "one more than the 7 files and directories");
    const auto other = reader();
    REQUIRE_ERROR(other->entry_at("blob.bin"), user, "\"blob.bin\" in directory " + root.string());
    REQUIRE_ERROR(other->entry_at("blob.bin"), user, "has 200000 bytes, more than the 100");
}

BOOST_AUTO_TEST_CASE(links_are_told_as_such_or_followed_inside) {
    const auto r = reader();
    BOOST_TEST((r->entry_at("apps/web/link.yaml")->mode == entry_mode::symlink));
    BOOST_TEST(r->blob(r->entry_at("apps/web/link.yaml")->id).value() == "../web-2/c.yaml");
    BOOST_TEST(r->follow("apps/web/link.yaml")->name == "apps/web-2/c.yaml");
    BOOST_TEST(r->follow("apps/alias/sub/b.yaml")->name == "apps/web/sub/b.yaml");
    BOOST_TEST(r->file("apps/alias/a.yaml").value() == "kind: A\n");
    REQUIRE_ERROR(r->entry_at("apps/alias/a.yaml"), not_found, "since \"apps/alias\" is a symlink");
    REQUIRE_ERROR(r->follow("dangling"), not_found, "where a symlink on the way leads nowhere");
    REQUIRE_ERROR(r->follow_in(r->tree_at("apps/web").value(), "link.yaml"), user, "leads out of the tree");
}

BOOST_AUTO_TEST_CASE(what_git_does_not_have_is_not_there) {
    (void)git_id("");
    const auto r = reader();
    for (const auto* path :
         {"empty", "empty/very", "apps/empty", ".git", ".git/config", "apps/.git", "none"}) {
        REQUIRE_ERROR(r->entry_at(path), not_found, "there is no \"" + std::string{path} + "\"");
        REQUIRE_ERROR(r->follow(path), not_found, "in directory " + root.string());
    }
    // A work tree of its own below is a submodule, and its files are not this source's.
    shell("mkdir -p vendor/lib && cd vendor/lib && git init -q && echo x > x");
    const auto again = reader();
    BOOST_TEST((again->entry_at("vendor/lib")->mode == entry_mode::submodule));
    REQUIRE_ERROR(again->entry_at("vendor/lib/x"), not_found, "since \"vendor/lib\" is a submodule");
}

BOOST_AUTO_TEST_CASE(a_subtree_is_written_out_for_tools) {
    const auto r = reader();
    const auto to = directory / "out";
    fs::create_directory(to);
    const auto done = export_tree(*r, r->tree_at("").value(), to);
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message()));
    work_tree written;
    written.root = to;
    written.shell("git init -q");
    BOOST_TEST(written.git_id("") == git_id(""));
}

BOOST_AUTO_TEST_CASE(what_was_found_first_counts_for_all_readers) {
    const auto at = source();
    const auto first = at.read().value();
    const auto id = first->tree_at("apps/web").value();
    const auto a = first->entry_at("apps/web/a.yaml").value();
    file("apps/web/new.yaml", "kind: E\n");
    const auto second = at.read().value();
    BOOST_TEST((second->tree_at("apps/web").value() == id));
    BOOST_TEST(second->blob(a.id).value() == "kind: A\n");
    file("apps/web/a.yaml", "kind: X\n"); // as long as before
    REQUIRE_ERROR(second->blob(a.id), conflict, "\"apps/web/a.yaml\" in directory");
    REQUIRE_ERROR(second->file("apps/web/a.yaml"), conflict, "was changed while it was read");
    BOOST_TEST(reader()->tree_at("apps/web")->hex() == git_id("apps/web"));
    BOOST_TEST(at.identity() != source().identity());
    BOOST_TEST(at.identity() == file_source{at}.identity());
}

BOOST_AUTO_TEST_CASE(what_is_read_is_noted) {
    const auto log = std::make_shared<read_log>();
    const auto r = source().noting(log).read().value();
    BOOST_TEST(r->step_at("apps").has_value());
    BOOST_TEST(r->entry_at("apps/web").has_value());
    BOOST_TEST(r->file("apps/web/a.yaml").has_value());
    const auto reads = log->finish();
    BOOST_REQUIRE(reads.has_value());
    BOOST_REQUIRE(reads->size() == 1U);
    file("apps/web.yaml", "kind: other\n");
    BOOST_TEST(same_answers(*reader(), *reads).value());
    file("apps/web/a.yaml", "kind: other\n");
    BOOST_TEST(!same_answers(*reader(), *reads).value());
    source().noting(log).note_revision();
    BOOST_TEST(!log->finish());
}

BOOST_AUTO_TEST_CASE(a_source_of_nothing_says_so) {
    REQUIRE_ERROR(file_source{}.read(), internal, "no source");
    BOOST_TEST(file_source{}.identity().empty());
    REQUIRE_ERROR(open_directory(root.string() + "/none"), user, "cannot be opened: No such file");
    REQUIRE_ERROR(open_directory(root.string() + "/run.sh"), user, "cannot be opened: Not a directory");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::files::test
