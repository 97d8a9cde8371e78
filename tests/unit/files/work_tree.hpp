#pragma once

#include "files/directory.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace holdfast::files::test {

namespace fs = std::filesystem;

/// A directory on disk, read as a source, with git(1) beside it to tell what a commit of it would be.
struct work_tree {
    holdfast::test::temporary_directory directory;
    fs::path root = directory.path() / "shop";
    directory_limits limits;

    work_tree() { fs::create_directory(root); }

    void file(const std::string& path, const std::string& content) const {
        fs::create_directories((root / path).parent_path());
        std::ofstream{root / path, std::ios::binary} << content;
    }
    void link(const std::string& path, const std::string& target) const {
        fs::create_directories((root / path).parent_path());
        fs::create_symlink(target, root / path);
    }

    /// Runs a script of the shell in the directory; gives its output without the end of the last line.
    std::string shell(const std::string& script) const {
        const auto line = "cd '" + root.string() + "' && export GIT_CONFIG_GLOBAL=/dev/null " +
                          "GIT_CONFIG_NOSYSTEM=1 && { " + script + "; } 2>&1";
        FILE* const out = ::popen(line.c_str(), "r");
        BOOST_REQUIRE(out != nullptr);
        std::string text;
        char buffer[4096];
        while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, out)) {
            text.append(buffer, n);
        }
        BOOST_REQUIRE_MESSAGE(::pclose(out) == 0, script << ": " << text);
        while (text.ends_with('\n')) {
            text.pop_back();
        }
        return text;
    }

    /// What git calls a path of a commit of all that is there.
    std::string git_id(const std::string& path) const {
        shell("[ -d .git ] || git init -q; git add -A -f; git -c user.name=n -c user.email=n commit -q "
              "--allow-empty -m x");
        return shell("git rev-parse 'HEAD:" + path + "'");
    }

    [[nodiscard]] file_source source() const {
        const auto opened = open_directory(root.string(), limits);
        BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message()));
        return *opened;
    }
    [[nodiscard]] std::unique_ptr<tree_reader> reader() const {
        auto made = source().read();
        BOOST_REQUIRE(made.has_value());
        return std::move(*made);
    }
};

#define REQUIRE_ERROR(outcome, wanted, words)                                                                \
    {                                                                                                        \
        const auto outcome_ = outcome;                                                                       \
        BOOST_REQUIRE(outcome_.has_error());                                                                 \
        BOOST_TEST((outcome_.error().kind() == error_kind::wanted), outcome_.error().message());             \
        BOOST_TEST(outcome_.error().message().find(words) != std::string::npos, outcome_.error().message()); \
    }

} // namespace holdfast::files::test
