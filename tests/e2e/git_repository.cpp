#include "e2e/git_repository.hpp"

#include "cluster/control_plane.hpp"
#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/world.hpp"
#include "support/read_file.hpp"

#include <boost/json/serialize.hpp>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace holdfast::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

namespace {

std::string run(const std::string& program, const std::vector<std::string>& args) {
    const auto done = run_command(program, args, {}, 60s);
    if (!done.ok()) {
        std::string line = program;
        for (const auto& arg : args) {
            line += " " + arg;
        }
        throw std::runtime_error(
            line + ": status " + std::to_string(done.status) + ": " + done.err + done.out
        );
    }
    return done.out;
}

} // namespace

git_repository::git_repository(std::string name, std::vector<std::string> server_options, std::string address)
    : name_{std::move(name)}, address_{std::move(address)} {
    run("git", {"init", "-q", "--bare", "-b", "main", served().string()});
    run("git", {"init", "-q", "-b", "main", tree().string()});
    serve(std::move(server_options));
}

git_repository& git_repository::write(const std::string& path, std::string_view text) {
    const auto file = tree() / path;
    fs::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
    return *this;
}

git_repository& git_repository::remove(const std::string& path) {
    fs::remove_all(tree() / path);
    return *this;
}

std::string git_repository::push(const std::string& message, const std::string& branch) {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    git({"push", "-q", served().string(), "HEAD:refs/heads/" + branch});
    auto sha = git({"rev-parse", "HEAD"});
    sha.erase(sha.find_last_not_of('\n') + 1);
    return sha;
}

void git_repository::push_ref(const std::string& ref) {
    git({"push", "-q", served().string(), ref + ":" + ref});
}

std::string git_repository::git(std::vector<std::string> args) {
    std::vector<std::string> all{
        "-C", tree().string(), "-c", "user.name=Somebody", "-c", "user.email=somebody@example.com",
        "-c", "gc.auto=0",
    };
    all.insert(all.end(), args.begin(), args.end());
    return run("git", all);
}

std::string git_repository::exported() {
    return git({"fast-export", "main"});
}

git_repository& git_repository::import(std::string_view exported) {
    const auto done = run_command("git", {"-C", tree().string(), "fast-import", "--quiet"}, exported, 60s);
    if (!done.ok()) {
        throw std::runtime_error("git fast-import: " + done.err);
    }
    git({"reset", "-q", "--hard", "main"});
    push_ref("refs/heads/main");
    return *this;
}

std::string git_repository::url() const {
    return "http://" + address_ + ":" + std::to_string(port_) + "/" + name_ + ".git";
}

void git_repository::serve(std::vector<std::string> options) {
    server_.kill();
    const auto said = directory_.path() / ("server" + std::to_string(++servers_));
    std::vector<std::string> args{
        HOLDFAST_SOURCE_DIR "/tests/support/git_http_server.py",
        "--root",
        (directory_.path() / "served").string(),
        "--bind",
        address_,
        "--port",
        std::to_string(port_),
        "--log",
        (directory_.path() / "requests").string()
    };
    args.insert(args.end(), options.begin(), options.end());
    server_ = background_process{"python3", args, said};
    constexpr std::string_view ready = "listening on ";
    const auto deadline = clock::now() + 30s;
    for (;;) {
        const auto text = read_file(said);
        if (text.starts_with(ready) && text.find('\n') != std::string::npos) {
            port_ = std::stoi(text.substr(ready.size()));
            return;
        }
        if (!server_.running() || clock::now() > deadline) {
            throw std::runtime_error("the Git server does not start: " + text);
        }
        std::this_thread::sleep_for(10ms);
    }
}

void git_repository::vanish() {
    server_.kill();
}

std::string git_repository::requests() const {
    return read_file(directory_.path() / "requests");
}

git_repository& git_repository::declare(const json::object& spec) {
    json::object object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", name_}, {"namespace", home}}},
        {"spec", {{"url", url()}, {"interval", "1s"}}}
    };
    merge(object["spec"].as_object(), spec);
    world::get().apply(json::serialize(object));
    return *this;
}

fs::path git_repository::served() const {
    return directory_.path() / "served" / (name_ + ".git");
}

fs::path git_repository::tree() const {
    return directory_.path() / "tree";
}

} // namespace holdfast::test
