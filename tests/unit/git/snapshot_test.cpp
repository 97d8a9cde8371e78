#include "git/snapshot.hpp"

#include "files/export_tree.hpp"

#include "servers.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace holdfast::git::test {
namespace {

namespace fs = std::filesystem;

using files::entry_mode;
using files::export_tree;
using files::is_lfs_pointer;
using files::list_limits;
using files::tree_reader;

struct with_tree {
    temporary_directory directory;
    origin repo{directory.path(), "repo"};
    std::string head;

    with_tree() {
        shell(repo.work(), R"(
mkdir -p apps/shop/base apps/blog docs
printf 'kind: A\n' > apps/shop/base/a.yaml; printf 'kind: B\n' > apps/shop/b.yaml; printf '#!/bin/sh\n' > run.sh; chmod +x run.sh
ln -s ../shop/b.yaml apps/blog/link.yaml; ln -s shop apps/alias; ln -s ../../../etc/passwd apps/out; ln -s /etc/passwd apps/absolute
ln -s loop2 loop1; ln -s loop1 loop2; ln -s nowhere dangling; ln -s apps/alias/base via
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 3\n' > docs/big.bin
git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,vendor/lib
)");
        // `git add -A` would drop the submodule again, since its directory is not there.
        head = shell(
            repo.work(),
            "git add apps docs run.sh loop1 loop2 dangling via; git commit -q -m 'First line\n\nBody'; "
            "git push -q origin HEAD:main; git rev-parse HEAD"
        );
    }

    std::unique_ptr<tree_reader> reader(const std::string& commit) {
        auto s = snapshot::open(repo.bare(), *object_id::from_hex(commit));
        BOOST_REQUIRE_MESSAGE(s.has_value(), s.error().message());
        auto r = s->read();
        BOOST_REQUIRE(r.has_value());
        return std::move(*r);
    }

    std::string id_of(const std::string& path) {
        return shell(repo.bare(), "git rev-parse " + head + ":" + path);
    }

    // A commit of a tree that git itself would not make.
    std::string commit_of_entries(const std::string& perl) {
        const auto tree = shell(
            repo.bare(), "blob=$(printf 'x: 1\n' | git hash-object -w --stdin); export blob; perl -e '" +
                             perl + "' | git hash-object -t tree -w --stdin --literally"
        );
        return shell(repo.bare(), "git commit-tree -m x " + tree);
    }
};

#define REQUIRE_ERROR(outcome, wanted, words)                                                                \
    {                                                                                                        \
        const auto outcome_ = outcome;                                                                       \
        BOOST_REQUIRE(outcome_.has_error());                                                                 \
        BOOST_TEST((outcome_.error().kind() == error_kind::wanted), outcome_.error().message());             \
        BOOST_TEST(outcome_.error().message().find(words) != std::string::npos, outcome_.error().message()); \
    }

BOOST_FIXTURE_TEST_SUITE(git_tree, with_tree)

BOOST_AUTO_TEST_CASE(trees_are_found_by_path) {
    const auto r = reader(head);
    BOOST_TEST(r->tree_at("")->hex() == id_of(""));
    BOOST_TEST(r->tree_at("apps/shop")->hex() == id_of("apps/shop"));
    BOOST_TEST(r->tree_at("apps/shop/")->hex() == id_of("apps/shop"));
    REQUIRE_ERROR(r->tree_at("apps/none"), not_found, "there is no \"apps/none\" in commit " + head);
    REQUIRE_ERROR(r->tree_at("run.sh"), user, "is a file, not a directory in commit ");
    REQUIRE_ERROR(r->tree_at("run.sh/x"), not_found, "since \"run.sh\" is a file");
    REQUIRE_ERROR(r->tree_at("apps/alias"), user, "is a symlink, not a directory");
    REQUIRE_ERROR(r->tree_at("vendor/lib"), user, "is a submodule, not a directory");
    for (const auto* path : {"/", "/apps", "apps//shop", "./apps", "apps/..", "../x", "."}) {
        REQUIRE_ERROR(r->tree_at(path), user, "the path ");
    }
}

BOOST_AUTO_TEST_CASE(the_same_content_has_the_same_id_in_another_commit) {
    const auto next = repo.commit("docs/new.md", "words\n");
    BOOST_TEST((reader(head)->tree_at("apps").value() == reader(next)->tree_at("apps").value()));
    BOOST_TEST((reader(head)->tree_at("docs").value() != reader(next)->tree_at("docs").value()));
}

BOOST_AUTO_TEST_CASE(a_directory_is_listed_with_modes) {
    const auto r = reader(head);
    const auto top = r->list(r->tree_at("").value());
    BOOST_REQUIRE(top.has_value());
    std::string seen;
    for (const auto& e : *top) {
        seen += e.name + ":" + std::to_string(static_cast<unsigned>(e.mode)) + " ";
    }
    BOOST_TEST(
        seen ==
        "apps:16384 dangling:40960 docs:16384 loop1:40960 loop2:40960 run.sh:33261 vendor:16384 via:40960 "
    );
    list_limits deep;
    deep.recursive = true;
    const auto all = r->list(r->tree_at("apps").value(), deep);
    BOOST_REQUIRE(all.has_value());
    seen.clear();
    for (const auto& e : *all) {
        seen += e.name + " ";
    }
    BOOST_TEST(seen == "absolute alias blog/link.yaml out shop/b.yaml shop/base/a.yaml ");
    const auto vendor = r->list(r->tree_at("vendor").value());
    BOOST_TEST((vendor->front().mode == entry_mode::submodule));
}

BOOST_AUTO_TEST_CASE(lists_have_limits) {
    const auto r = reader(head);
    const auto root = r->tree_at("").value();
    REQUIRE_ERROR(
        r->list(root, {.recursive = true, .max_entries = 9, .max_depth = 64}), user, "more than the 9 entries"
    );
    REQUIRE_ERROR(
        r->list(root, {.recursive = true, .max_entries = 100, .max_depth = 2}), user,
        "deeper than the 2 levels"
    );
    REQUIRE_ERROR(
        r->list(root, {.recursive = false, .max_entries = 3, .max_depth = 1}), user, "more than 3 entries"
    );
    REQUIRE_ERROR(r->list(r->entry_at("run.sh")->id), user, "is a blob, not a tree");
}

BOOST_AUTO_TEST_CASE(blobs_are_read_up_to_a_limit) {
    const auto r = reader(head);
    const auto e = r->entry_at("apps/shop/b.yaml");
    BOOST_REQUIRE(e.has_value());
    BOOST_TEST(r->blob(e->id).value() == "kind: B\n");
    BOOST_TEST(r->blob(e->id, 8).has_value());
    BOOST_TEST(r->blob_size(e->id).value() == 8U);
    REQUIRE_ERROR(r->blob(e->id, 7), user, "has 8 bytes, more than the 7");
    REQUIRE_ERROR(r->file("apps/shop/b.yaml", 7), user, "apps/shop/b.yaml: ");
    REQUIRE_ERROR(r->blob(*object_id::from_hex(std::string(40, '1'))), conflict, "cannot give object");
    BOOST_TEST(is_lfs_pointer(r->file("docs/big.bin").value()));
    BOOST_TEST(!is_lfs_pointer(r->file("run.sh").value()));
}

BOOST_AUTO_TEST_CASE(symlinks_are_told_as_such_or_followed_inside_the_tree) {
    const auto r = reader(head);
    const auto link = r->entry_at("apps/blog/link.yaml");
    BOOST_TEST((link->mode == entry_mode::symlink));
    BOOST_TEST(r->blob(link->id).value() == "../shop/b.yaml");
    BOOST_TEST(r->follow("apps/blog/link.yaml")->name == "apps/shop/b.yaml");
    BOOST_TEST(r->file("apps/blog/link.yaml").value() == "kind: B\n");
    BOOST_TEST(r->follow("via/a.yaml")->name == "apps/shop/base/a.yaml");
    BOOST_TEST(r->follow("via")->name == "apps/shop/base");
    REQUIRE_ERROR(r->follow("apps/out"), user, "leads out of the tree");
    REQUIRE_ERROR(r->follow("apps/absolute"), user, "\"/etc/passwd\", which is outside");
    REQUIRE_ERROR(r->follow("loop1"), user, "in a circle");
    REQUIRE_ERROR(r->follow("dangling"), not_found, "leads nowhere");
    REQUIRE_ERROR(r->entry_at("apps/alias/b.yaml"), not_found, "since \"apps/alias\" is a symlink");
    REQUIRE_ERROR(r->follow_in(r->tree_at("apps/blog").value(), "link.yaml"), user, "leads out of the tree");
}

BOOST_AUTO_TEST_CASE(hostile_trees_are_refused) {
    for (const auto* name : {"..", ".", ".git", ".GIT", ".git.", ".Git ", "git~1", "a/b", "a\\n", ""}) {
        const auto commit =
            commit_of_entries("print \"100644 " + std::string{name} + "\\0\".pack(\"H*\", $ENV{blob})");
        const auto r = reader(commit);
        REQUIRE_ERROR(r->list(r->tree_at("").value()), user, "which no honest repository has");
        REQUIRE_ERROR(r->entry_at("x"), user, "which no honest repository has");
    }
    for (const auto* program :
         {"print \"100644 a\"", "print \"1 a\\0abc\"", "print \"9999 a\\0\".(\"x\" x 20)", "print \"junk\""
         }) {
        const auto commit = commit_of_entries(program);
        const auto r = reader(commit);
        REQUIRE_ERROR(r->list(r->tree_at("").value()), user, "the tree ");
    }
}

BOOST_AUTO_TEST_CASE(a_tree_of_trees_cannot_keep_us_busy) {
    // Ten names for one tree, thirty levels deep: 10^30 paths in 30 objects.
    const auto commit = shell(repo.bare(), R"(
t=$(printf 'x' | git hash-object -w --stdin); mode=100644; type=blob
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  t=$(for j in 0 1 2 3 4 5 6 7 8 9; do printf '%s %s %s\t%s\n' $mode $type $t f$j; done | git mktree); mode=040000; type=tree
done; git commit-tree -m bomb $t)");
    const auto r = reader(commit);
    REQUIRE_ERROR(
        r->list(r->tree_at("").value(), {.recursive = true, .max_entries = 100'000, .max_depth = 64}), user,
        "entries"
    );
}

BOOST_AUTO_TEST_CASE(a_subtree_is_written_out_for_tools) {
    const auto r = reader(head);
    const auto to = directory / "out";
    fs::create_directory(to);
    const auto done = export_tree(*r, r->tree_at("apps/shop").value(), to);
    BOOST_REQUIRE_MESSAGE(done.has_value(), done.error().message());
    BOOST_TEST(read_file(to + "/b.yaml") == "kind: B\n");
    BOOST_TEST(read_file(to + "/base/a.yaml") == "kind: A\n");
    const auto all = directory / "all";
    fs::create_directory(all);
    REQUIRE_ERROR(export_tree(*r, r->tree_at("").value(), all), user, "/etc/passwd");
    const auto small = directory / "small";
    fs::create_directory(small);
    REQUIRE_ERROR(
        export_tree(*r, r->tree_at("apps/shop").value(), small, {.max_entries = 10, .max_bytes = 8}), user,
        "does not fit"
    );
}

BOOST_AUTO_TEST_CASE(a_link_that_leads_out_by_way_of_another_link_is_refused) {
    // d/e is d itself, so that d/e/../../secret looks like ./secret and is ../secret.
    shell(
        repo.work(),
        "git rm -rqf --cached .; rm -rf *; mkdir -p sub/d; ln -s . sub/d/e; ln -s d/e/../../secret sub/l; "
        "echo s > secret; echo t > sub/secret; git add -A; git commit -q -m x; git push -qf origin HEAD:main"
    );
    const auto r = reader(repo.git("rev-parse HEAD"));
    const auto to = directory / "out";
    fs::create_directory(to);
    REQUIRE_ERROR(export_tree(*r, r->tree_at("sub").value(), to), user, "leads out of the tree");
}

// In a repository they are some kilobytes each.
BOOST_AUTO_TEST_CASE(files_that_are_too_large_to_be_in_memory_are_named) {
    const auto r = reader(shell(
        repo.work(), "git rm -rqf --cached .; rm -rf *; mkdir large link; truncate -s 129M large/zeros; "
                     "git add -A; id=$(head -c 5000 /dev/zero | tr '\\0' x | git hash-object -w --stdin); "
                     "git update-index --add --cacheinfo 120000,$id,link/far; git commit -q -m x; "
                     "git push -qf origin HEAD:main; git rev-parse HEAD"
    ));
    for (const auto& [what, said] :
         {std::pair{"large", "\"zeros\" has more than 128 MiB, the limit for one file of a build"},
          std::pair{"link", "the symlink \"far\" leads nowhere: its target is too long"}}) {
        const auto to = directory / what;
        fs::create_directory(to);
        REQUIRE_ERROR(export_tree(*r, r->tree_at(what).value(), to), user, said);
    }
}

BOOST_AUTO_TEST_CASE(modes_links_and_submodules_are_written_as_they_are) {
    const auto r = reader(shell(
        repo.work(), "git rm -qf --cached apps/out apps/absolute loop1 loop2; git commit -q -m x; "
                     "git push -q origin HEAD:main; git rev-parse HEAD"
    ));
    const auto to = directory / "out";
    fs::create_directory(to);
    const auto done = export_tree(*r, r->tree_at("").value(), to);
    BOOST_REQUIRE_MESSAGE(done.has_value(), done.error().message());
    BOOST_TEST(fs::is_symlink(to + "/via"));
    BOOST_TEST(fs::is_symlink(to + "/dangling"));
    BOOST_TEST(read_file(to + "/apps/blog/link.yaml") == "kind: B\n");
    BOOST_TEST(fs::is_directory(to + "/vendor/lib"));
    BOOST_TEST(((fs::status(to + "/run.sh").permissions() & fs::perms::owner_exec) != fs::perms::none));
    BOOST_TEST(
        ((fs::status(to + "/apps/shop/b.yaml").permissions() & fs::perms::owner_exec) == fs::perms::none)
    );
}

BOOST_AUTO_TEST_CASE(what_is_no_repository_is_told) {
    REQUIRE_ERROR(
        snapshot::open(directory / "nothing", *object_id::from_hex(head)), conflict, "cannot be opened"
    );
    REQUIRE_ERROR(
        snapshot::open(repo.bare(), *object_id::from_hex(std::string(40, '1'))), conflict,
        "cannot give object"
    );
    BOOST_TEST(snapshot{}.read().has_error());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git::test
