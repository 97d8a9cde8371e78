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

source_repository::source_repository() {
    git("init -q -b main");
}

source_repository::source_repository(const std::map<std::string, std::string>& files) : source_repository{} {
    for (const auto& [path, content] : files) {
        file(path, content);
    }
    commit();
}

const source_repository& source_repository::file(const std::string& path, std::string_view content) const {
    const auto whole = this->path() / path;
    fs::create_directories(whole.parent_path());
    std::ofstream{whole, std::ios::binary} << content;
    return *this;
}

const source_repository& source_repository::link(const std::string& path, const std::string& target) const {
    const auto whole = this->path() / path;
    fs::create_directories(whole.parent_path());
    fs::remove(whole);
    fs::create_symlink(target, whole);
    return *this;
}

const source_repository& source_repository::remove(const std::string& path) const {
    fs::remove_all(this->path() / path);
    return *this;
}

git::snapshot source_repository::commit() const {
    git("add -A -f");
    git("-c user.name=n -c user.email=n@example.com commit -q --allow-empty -m x");
    return at();
}

git::snapshot source_repository::at() const {
    const auto id = git::object_id::from_hex(git("rev-parse HEAD").substr(0, 40));
    BOOST_REQUIRE(id.has_value());
    auto found = git::snapshot::open((path() / ".git").string(), *id, trees_);
    BOOST_REQUIRE(found.has_value());
    return std::move(*found);
}

void source_repository::clone(const fs::path& to) const {
    git("clone -q . '" + to.string() + "'");
}

std::string source_repository::git(const std::string& arguments) const {
    const auto command =
        "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -C '" + path().string() + "' " + arguments;
    auto said = shell(command);
    BOOST_REQUIRE_MESSAGE(said.status == 0, command << ": " << said.output);
    return std::move(said.output);
}

} // namespace holdfast::test
