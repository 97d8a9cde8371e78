#include "e2e/harness.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

namespace {

// Between two looks. A look costs a kubectl, 60 ms of a processor and more.
constexpr auto pause_between = 80ms;

fs::path temporary_directory(const std::string& prefix) {
    std::string name = (fs::temp_directory_path() / (prefix + "-XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    }
    return name;
}

std::string read_file(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

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

// The text at a path of objects; empty where there is none.
std::string text_at(const json::object& object, std::initializer_list<std::string_view> path) {
    const json::object* at = &object;
    const json::value* found = nullptr;
    for (const auto key : path) {
        if (at == nullptr) {
            return {};
        }
        found = at->if_contains(key);
        at = found != nullptr ? found->if_object() : nullptr;
    }
    if (found == nullptr) {
        return {};
    }
    return found->is_string() ? std::string{found->get_string()} : json::serialize(*found);
}

void merge(json::object& into, const json::object& from) {
    for (const auto& [key, value] : from) {
        auto* inner = into.if_contains(key);
        if (inner != nullptr && inner->is_object() && value.is_object()) {
            merge(inner->get_object(), value.get_object());
        } else {
            into[key] = value;
        }
    }
}

std::unique_ptr<world> the_world; // NOLINT: what the program's cases share; end_of_world ends it

struct end_of_world {
    ~end_of_world() { the_world.reset(); }
};

BOOST_TEST_GLOBAL_FIXTURE(end_of_world);

} // namespace

// ---- processes

background_process::background_process(
    const std::string& program, const std::vector<std::string>& args, const fs::path& log,
    const std::map<std::string, std::string>& environment
) {
    std::vector<std::string> words{program};
    words.insert(words.end(), args.begin(), args.end());
    std::vector<char*> argv;
    for (auto& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    std::vector<std::string> assignments;
    for (char** each = environ; *each != nullptr; ++each) {
        assignments.emplace_back(*each);
    }
    for (const auto& [name, value] : environment) {
        assignments.push_back(name + "=" + value);
    }
    std::vector<char*> envp;
    for (auto& assignment : assignments) {
        envp.push_back(assignment.data());
    }
    envp.push_back(nullptr);

    const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (in < 0 || out < 0) {
        throw std::system_error(errno, std::generic_category(), log.string());
    }
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) { // only what is safe after a fork of a program with threads
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) {
            ::_exit(127);
        }
        ::dup2(in, STDIN_FILENO);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(out, STDERR_FILENO);
        ::execvpe(argv.front(), argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(in);
    ::close(out);
    if (pid_ < 0) {
        throw std::system_error(errno, std::generic_category(), "fork");
    }
}

background_process::background_process(background_process&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)}, status_{std::exchange(other.status_, std::nullopt)} {}

background_process& background_process::operator=(background_process&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(status_, other.status_);
    return *this;
}

background_process::~background_process() {
    kill();
}

bool background_process::running() {
    return pid_ > 0 && !wait(0ms);
}

void background_process::signal(int number) const {
    if (pid_ > 0 && !status_) {
        ::kill(pid_, number);
    }
}

std::optional<int> background_process::wait(std::chrono::milliseconds limit) {
    const auto deadline = clock::now() + limit;
    while (pid_ > 0 && !status_) {
        int raw = 0;
        const pid_t done = ::waitpid(pid_, &raw, WNOHANG);
        if (done == pid_) {
            status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
        } else if (clock::now() >= deadline) {
            return {};
        } else {
            std::this_thread::sleep_for(5ms);
        }
    }
    return status_;
}

void background_process::kill() noexcept {
    if (pid_ <= 0 || status_) {
        return;
    }
    ::kill(-pid_, SIGKILL); // it and whatever it started
    ::kill(pid_, SIGKILL);
    int raw = 0;
    while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
    }
    status_ = 128 + SIGKILL;
}

// ---- the operator

operator_process::operator_process()
    : directory_{temporary_directory("holdfast-e2e-operator")}, cache_{directory_ / "cache"} {}

operator_process::~operator_process() {
    process_.kill();
    if (std::getenv("HOLDFAST_KEEP") != nullptr) { // NOLINT: nobody writes the environment
        BOOST_TEST_MESSAGE("kept: " << directory_);
        return;
    }
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

void operator_process::start(const std::vector<std::string>& args) {
    BOOST_REQUIRE_MESSAGE(!running(), "the operator is running already");
    args_ = args;
    std::vector<std::string> all{
        "operator",
        "--namespace",
        home,
        "--kubeconfig",
        kubeconfig_.empty() ? world::get().cluster().kubeconfig() : kubeconfig_,
        "--cache-dir",
        cache_.string(),
        "--listen",
        "",
        "--metrics-listen",
        "",
        "--log-level",
        "debug"
    };
    // An option that is said again overrides.
    for (std::size_t i = 0; i + 1 < args.size(); i += 2) {
        const auto at = std::find(all.begin() + 1, all.end(), args[i]);
        if (at != all.end()) {
            *(at + 1) = args[i + 1];
        } else {
            all.push_back(args[i]);
            all.push_back(args[i + 1]);
        }
    }
    process_ = background_process{HOLDFAST_OPERATOR, all, directory_ / "log"};
    expected_to_run_ = true;
}

void operator_process::kill9() {
    expected_to_run_ = false;
    process_.kill();
}

void operator_process::stop() {
    expected_to_run_ = false;
    process_.signal(SIGTERM);
    const auto status = process_.wait(30s);
    BOOST_REQUIRE_MESSAGE(status.has_value(), "the operator does not stop:\n" << log());
    BOOST_TEST(*status == 0, "the operator stopped with status " << *status << ":\n" << log());
}

void operator_process::restart() {
    stop();
    start(args_);
}

bool operator_process::running() {
    return process_.running();
}

std::string operator_process::log() const {
    return read_file(directory_ / "log");
}

std::size_t operator_process::logged(std::string_view text) const {
    std::istringstream lines{log()};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        count += line.find(text) != std::string::npos ? 1 : 0;
    }
    return count;
}

// ---- the world

namespace {

// What explains a failure best, and is not too long to read.
std::string log_tail() {
    if (!the_world) {
        return {};
    }
    auto text = the_world->shared_operator().log();
    constexpr std::size_t most = 6000;
    if (text.size() > most) {
        text = "…" + text.substr(text.find('\n', text.size() - most));
    }
    return text.empty() ? std::string{} : "\nThe operator's last words:\n" + text;
}

} // namespace

world& world::get() {
    if (!the_world) {
        the_world = std::make_unique<world>();
        auto& w = *the_world;
        w.kubectl({"apply", "--server-side", "-f", HOLDFAST_SOURCE_DIR "/config/crds"});
        w.kubectl(
            {"wait", "--for=condition=Established", "--timeout=30s", "-f", HOLDFAST_SOURCE_DIR "/config/crds"}
        );
        w.create_namespace(home);
    }
    return *the_world;
}

world& world::with_operator() {
    auto& w = get();
    if (!w.operator_.running()) {
        w.operator_.start();
    }
    return w;
}

world& world::with_node() {
    if (!the_world) {
        the_world = std::make_unique<world>(control_plane_options{.node = true});
    }
    return *the_world;
}

world::world(const control_plane_options& options) : cluster_{options} {}

world::~world() {
    operator_.process_.kill();
}

std::string world::kubectl(std::vector<std::string> args, std::string input) {
    std::string line = "kubectl";
    for (const auto& arg : args) {
        line += " " + arg;
    }
    const auto done = cluster_.kubectl(std::move(args), {.input = std::move(input)});
    BOOST_REQUIRE_MESSAGE(done.ok(), line << ": " << done.err << log_tail());
    return done.out;
}

void world::apply(const std::string& manifests) {
    kubectl({"apply", "-f", "-"}, manifests);
}

void world::create_namespace(const std::string& name) {
    kubectl({"create", "namespace", name});
}

std::optional<json::object>
world::get_json(const std::string& kind, const std::string& ns, const std::string& name) {
    std::vector<std::string> args{"get", kind, name, "-o", "json", "--show-managed-fields"};
    if (!ns.empty()) {
        args.insert(args.end(), {"-n", ns});
    }
    const auto done = cluster_.kubectl(std::move(args));
    if (!done.ok()) {
        return {};
    }
    return json::parse(done.out).as_object();
}

std::string world::field(
    const std::string& kind, const std::string& ns, const std::string& name, const std::string& path
) {
    std::vector<std::string> args{"get", kind, name, "-o", "jsonpath={" + path + "}"};
    if (!ns.empty()) {
        args.insert(args.end(), {"-n", ns});
    }
    const auto done = cluster_.kubectl(std::move(args));
    return done.ok() ? done.out : std::string{};
}

std::vector<std::string>
world::names(const std::string& kind, const std::string& ns, const std::string& selector) {
    std::vector<std::string> args{
        "get", kind, "-o", "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}"
    };
    if (!ns.empty()) {
        args.insert(args.end(), {"-n", ns});
    }
    if (!selector.empty()) {
        args.insert(args.end(), {"-l", selector});
    }
    std::istringstream lines{kubectl(std::move(args))};
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) {
        if (line != "kube-root-ca.crt") { // the cluster puts it into every namespace
            all.push_back(line);
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

// ---- Git

git_repository::git_repository(std::string name, std::vector<std::string> server_options, std::string address)
    : name_{std::move(name)},
      address_{std::move(address)},
      directory_{temporary_directory("holdfast-e2e-git")} {
    run("git", {"init", "-q", "--bare", "-b", "main", (directory_ / "served" / (name_ + ".git")).string()});
    run("git", {"init", "-q", "-b", "main", (directory_ / "tree").string()});
    serve(std::move(server_options));
}

git_repository::~git_repository() {
    server_.kill();
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

git_repository& git_repository::write(const std::string& path, std::string_view text) {
    const auto file = directory_ / "tree" / path;
    fs::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
    return *this;
}

git_repository& git_repository::remove(const std::string& path) {
    fs::remove_all(directory_ / "tree" / path);
    return *this;
}

std::string git_repository::push(const std::string& message, const std::string& branch) {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    git({"push", "-q", (directory_ / "served" / (name_ + ".git")).string(), "HEAD:refs/heads/" + branch});
    auto sha = git({"rev-parse", "HEAD"});
    sha.erase(sha.find_last_not_of('\n') + 1);
    return sha;
}

void git_repository::push_ref(const std::string& ref) {
    git({"push", "-q", (directory_ / "served" / (name_ + ".git")).string(), ref + ":" + ref});
}

std::string git_repository::git(std::vector<std::string> args) {
    std::vector<std::string> all{"-C", (directory_ / "tree").string(),    "-c", "user.name=Somebody",
                                 "-c", "user.email=somebody@example.com", "-c", "gc.auto=0"};
    all.insert(all.end(), args.begin(), args.end());
    return run("git", all);
}

std::string git_repository::url() const {
    return "http://" + address_ + ":" + std::to_string(port_) + "/" + name_ + ".git";
}

void git_repository::serve(std::vector<std::string> options) {
    server_.kill();
    const auto said = directory_ / ("server" + std::to_string(++servers_));
    std::vector<std::string> args{
        HOLDFAST_SOURCE_DIR "/tests/support/git_http_server.py",
        "--root",
        (directory_ / "served").string(),
        "--bind",
        address_,
        "--port",
        std::to_string(port_),
        "--log",
        (directory_ / "requests").string()
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
    return read_file(directory_ / "requests");
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

// ---- Applications

std::string application(const std::string& name, const application_options& options) {
    json::object metadata{{"name", name}, {"namespace", options.ns}};
    if (options.finalizer) {
        metadata["finalizers"] = json::array{"holdfast.dev/resources-finalizer"};
    }
    json::object destination{{"server", "https://kubernetes.default.svc"}};
    if (!options.into.empty()) {
        destination["namespace"] = options.into;
    }
    json::object policy;
    if (options.automated) {
        policy["automated"] = {{"prune", options.prune}, {"selfHeal", options.self_heal}};
    }
    if (!options.sync_options.empty()) {
        policy["syncOptions"] = json::array(options.sync_options.begin(), options.sync_options.end());
    }
    json::object spec{
        {"source", {{"repoURL", options.url}, {"targetRevision", options.revision}, {"path", options.path}}},
        {"destination", std::move(destination)},
        {"syncPolicy", std::move(policy)}
    };
    merge(spec, options.spec);
    return json::serialize(json::object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Application"},
        {"metadata", std::move(metadata)},
        {"spec", std::move(spec)}
    });
}

std::string config_map(const std::string& name, const std::string& key, const std::string& value) {
    return json::serialize(json::object{
               {"apiVersion", "v1"},
               {"kind", "ConfigMap"},
               {"metadata", {{"name", name}}},
               {"data", {{key, value}}}
           }) +
           "\n";
}

condition application_view::get(const std::string& type) const {
    const auto found = conditions.find(type);
    return found == conditions.end() ? condition{} : found->second;
}

std::string application_view::describe() const {
    std::string text = exists ? "sync " + sync + ", health " + health + ", revision " + revision +
                                    ", operation " + phase + " (" + phase_message + ")"
                              : "it does not exist";
    for (const auto& [type, c] : conditions) {
        text += "\n  " + type + "=" + c.status + " " + c.reason + ": " + c.message;
    }
    return text;
}

application_view view(const std::string& name, const std::string& ns) {
    application_view v;
    auto object = world::get().get_json("applications.holdfast.dev", ns, name);
    if (!object) {
        return v;
    }
    v.exists = true;
    v.sync = text_at(*object, {"status", "sync", "status"});
    v.revision = text_at(*object, {"status", "sync", "revision"});
    v.health = text_at(*object, {"status", "health", "status"});
    v.phase = text_at(*object, {"status", "operationState", "phase"});
    v.phase_message = text_at(*object, {"status", "operationState", "message"});
    if (const auto* status = object->if_contains("status"); status != nullptr && status->is_object()) {
        if (const auto* all = status->get_object().if_contains("conditions"); all != nullptr) {
            for (const auto& each : all->as_array()) {
                const auto& c = each.as_object();
                v.conditions[text_at(c, {"type"})] = {
                    text_at(c, {"status"}), text_at(c, {"reason"}), text_at(c, {"message"})
                };
            }
        }
    }
    v.object = std::move(*object);
    return v;
}

void await_synced(
    const std::string& name, const std::string& revision, const std::string& ns, std::chrono::seconds limit
) {
    application_view seen;
    eventually(
        [&] {
            seen = view(name, ns);
            return seen.synced() && seen.health == "Healthy" && seen.get("Ready").status == "True" &&
                   (revision.empty() || seen.revision == revision);
        },
        "the application " + name + " is Synced and Healthy" + (revision.empty() ? "" : " at " + revision),
        limit, [&] { return seen.describe(); }
    );
}

application_view await_condition(
    const std::string& name, const std::string& type, const std::vector<std::string>& texts,
    const std::string& ns
) {
    application_view seen;
    std::string what = "the application " + name + " has the condition " + type + " that says";
    for (const auto& text : texts) {
        what += " \"" + text + "\"";
    }
    eventually(
        [&] {
            seen = view(name, ns);
            const auto found = seen.conditions.find(type);
            return found != seen.conditions.end() &&
                   std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
                       return found->second.message.find(text) != std::string::npos;
                   });
        },
        what, 60s, [&] { return seen.describe(); }
    );
    return seen;
}

std::vector<std::string> events_of(const std::string& name, const std::string& ns) {
    const auto listed = json::parse(world::get().kubectl(
        {"get", "events.events.k8s.io", "-n", ns, "-o", "json", "--sort-by=.metadata.creationTimestamp"}
    ));
    std::vector<std::string> all;
    for (const auto& item : listed.at("items").as_array()) {
        const auto& event = item.as_object();
        if (text_at(event, {"regarding", "name"}) == name &&
            text_at(event, {"regarding", "kind"}) == "Application") {
            all.push_back(text_at(event, {"reason"}) + ": " + text_at(event, {"note"}));
        }
    }
    return all;
}

// ---- waiting

void eventually(
    const std::function<bool()>& holds, const std::string& what, std::chrono::seconds limit,
    const std::function<std::string()>& instead
) {
    const auto deadline = clock::now() + limit;
    while (!holds()) {
        if (the_world && the_world->shared_operator().pid() > 0 &&
            !the_world->shared_operator().ended_as_expected()) {
            BOOST_FAIL(what << ": the operator ended by itself" << log_tail());
        }
        if (clock::now() >= deadline) {
            const auto said = instead();
            BOOST_FAIL(
                what << ": not within " << limit.count() << " s" << (said.empty() ? "" : "; instead:\n")
                     << said << log_tail()
            );
        }
        std::this_thread::sleep_for(pause_between);
    }
    BOOST_TEST_MESSAGE(what);
    BOOST_TEST(true); // a case that only waits has checked something
}

void throughout(std::chrono::milliseconds time, const std::function<bool()>& holds, const std::string& what) {
    const auto end = clock::now() + time;
    do {
        BOOST_REQUIRE_MESSAGE(holds(), what << log_tail());
        std::this_thread::sleep_for(pause_between);
    } while (clock::now() < end);
}

} // namespace holdfast::test
