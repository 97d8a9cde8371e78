#include "source_repository.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>

namespace holdfast::test {

namespace fs = std::filesystem;

shell_outcome shell(const std::string& command) {
    FILE* const out = ::popen(("{ " + command + "; } 2>&1").c_str(), "r");
    BOOST_REQUIRE(out != nullptr);
    shell_outcome said;
    char buffer[4096];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, out)) {
        said.output.append(buffer, n);
    }
    const int ended = ::pclose(out);
    said.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
    return said;
}

namespace {

std::string git(const fs::path& in, const std::string& arguments) {
    const std::string command =
        "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -C '" + in.string() + "' " + arguments;
    auto said = shell(command);
    BOOST_REQUIRE_MESSAGE(said.status == 0, command << ": " << said.output);
    return std::move(said.output);
}

} // namespace

source_repository::source_repository() {
    git(path(), "init -q");
}

source_repository& source_repository::file(const std::string& path, const std::string& content) {
    const auto whole = this->path() / path;
    fs::create_directories(whole.parent_path());
    std::ofstream{whole, std::ios::binary} << content;
    return *this;
}

source_repository& source_repository::link(const std::string& path, const std::string& target) {
    const auto whole = this->path() / path;
    fs::create_directories(whole.parent_path());
    fs::remove(whole);
    fs::create_symlink(target, whole);
    return *this;
}

source_repository& source_repository::remove(const std::string& path) {
    fs::remove_all(this->path() / path);
    return *this;
}

git::snapshot source_repository::commit() {
    git(path(), "add -A -f");
    git(path(), "-c user.name=n -c user.email=n@example.com commit -q --allow-empty -m x");
    const auto id = git::object_id::from_hex(git(path(), "rev-parse HEAD").substr(0, 40));
    BOOST_REQUIRE(id.has_value());
    auto at = git::snapshot::open((path() / ".git").string(), *id, trees_);
    BOOST_REQUIRE(at.has_value());
    return std::move(*at);
}

} // namespace holdfast::test
