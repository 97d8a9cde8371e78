#pragma once

#include "cluster/control_plane.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace holdfast::test {

namespace json = boost::json;

/// The operator's own namespace: Repositories in it serve applications everywhere, and Applications in it act
/// with the operator's rights.
inline constexpr const char* home = "holdfast";

/// A child process whose output goes to a file. It is killed with the value, and when this process dies.
class background_process {
public:
    background_process() = default;
    /// `program` is looked up in $PATH when it has no '/'. Throws std::runtime_error when it does not start.
    background_process(
        const std::string& program, const std::vector<std::string>& args, const std::filesystem::path& log,
        const std::map<std::string, std::string>& environment = {}
    );
    background_process(background_process&& other) noexcept;
    background_process& operator=(background_process&& other) noexcept;
    ~background_process();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] bool running();
    void signal(int number) const;
    /// How it ended: its exit status, or 128 plus the signal; nothing when it has not within the limit.
    std::optional<int> wait(std::chrono::milliseconds limit);
    /// SIGKILL, and reaped. Nothing when it has ended already.
    void kill() noexcept;

private:
    pid_t pid_ = -1;
    std::optional<int> status_;
};

/// The operator: build/…/bin/holdfast, as a process of its own. At most one at a time per control plane: two
/// would work on the same Applications.
class operator_process {
public:
    /// Not started yet. Its cache directory is kept through restarts and removed with the value.
    operator_process();
    operator_process(const operator_process&) = delete;
    operator_process& operator=(const operator_process&) = delete;
    ~operator_process();

    /// `args` follow "operator --namespace holdfast --kubeconfig … --cache-dir … --listen ''
    /// --metrics-listen ''", which
    /// they override by being said again. Returns at once: what it does is waited for with eventually().
    void start(const std::vector<std::string>& args = {});
    /// Whose kubeconfig the next start() uses; the administrator's when it is not called.
    void use_kubeconfig(std::string path) { kubeconfig_ = std::move(path); }
    /// Another cache directory, from the next start() on.
    void use_cache(std::filesystem::path directory) { cache_ = std::move(directory); }
    void signal(int number) const { process_.signal(number); }
    /// SIGKILL.
    void kill9();
    /// SIGTERM, where it has not had it; requires that it leaves within half a minute, with status 0.
    void stop();
    /// stop() and start() with the same arguments.
    void restart();

    [[nodiscard]] bool running();
    /// False when it was started, not stopped, and is not there any more.
    [[nodiscard]] bool ended_as_expected() { return !expected_to_run_ || running(); }
    [[nodiscard]] pid_t pid() const noexcept { return process_.pid(); }
    [[nodiscard]] const std::filesystem::path& cache() const noexcept { return cache_; }
    /// Everything that it wrote, through all its starts.
    [[nodiscard]] std::string log() const;
    /// The lines of the log that hold the text.
    [[nodiscard]] std::size_t logged(std::string_view text) const;

private:
    friend class world;
    std::filesystem::path directory_;
    std::filesystem::path cache_;
    std::string kubeconfig_;
    std::vector<std::string> args_;
    background_process process_;
    bool expected_to_run_ = false;
};

/// What all cases of a test program share: one control plane with Holdfast's CRDs and the namespace
/// "holdfast", and an operator. It is made when it is first asked for, and goes when the program ends.
class world {
public:
    static world& get();
    /// The same, with the operator running.
    static world& with_operator();
    /// A control plane with a real node and nothing of Holdfast in it, for whoever installs that himself. To
    /// be called before all others, which give the same from then on.
    static world& with_node();

    explicit world(const control_plane_options& options = {});
    ~world();
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    control_plane& cluster() { return cluster_; }
    /// The operator that cases share. Whoever stops it starts it again.
    operator_process& shared_operator() { return operator_; }

    /// Runs kubectl, which must succeed; its output.
    std::string kubectl(std::vector<std::string> args, std::string input = {});
    /// kubectl apply of YAML or JSON, as a person does it.
    void apply(const std::string& manifests);
    void create_namespace(const std::string& name);
    /// Nothing where it is not there.
    std::optional<json::object>
    get_json(const std::string& kind, const std::string& ns, const std::string& name);
    bool exists(const std::string& kind, const std::string& ns, const std::string& name) {
        return get_json(kind, ns, name).has_value();
    }
    /// A field as kubectl prints it, e.g. ".data.greeting"; empty where it, or the object, is not there.
    std::string
    field(const std::string& kind, const std::string& ns, const std::string& name, const std::string& path);
    /// The names of the objects of a kind in a namespace, sorted.
    std::vector<std::string>
    names(const std::string& kind, const std::string& ns, const std::string& selector = {});

private:
    control_plane cluster_;
    operator_process operator_;
};

/// A bare repository behind an HTTP server of its own, and a work tree to push from.
class git_repository {
public:
    /// It is served at this address of the machine.
    explicit git_repository(
        std::string name, std::vector<std::string> server_options = {}, std::string address = "127.0.0.1"
    );
    git_repository(const git_repository&) = delete;
    git_repository& operator=(const git_repository&) = delete;
    ~git_repository();

    /// Files of the work tree; nothing is pushed.
    git_repository& write(const std::string& path, std::string_view text);
    git_repository& remove(const std::string& path);
    /// Commits everything and pushes it to a branch. The commit's id.
    std::string push(const std::string& message, const std::string& branch = "main");
    /// Pushes a ref of the work tree as it is, e.g. refs/tags/v1.
    void push_ref(const std::string& ref);
    /// git in the work tree, which must succeed; its output.
    std::string git(std::vector<std::string> args);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::string url() const;
    /// Serves with these options of tests/support/git_http_server.py from now on, on the same port.
    void serve(std::vector<std::string> options = {});
    /// Takes connections and never answers, until serve().
    void hang() { serve({"--hang"}); }
    /// Nobody listens, until serve().
    void vanish();
    /// The requests that were answered, one a line: METHOD /path STATUS.
    [[nodiscard]] std::string requests() const;

    /// Applies a Repository object "NAME" in "holdfast" that polls it every second. `spec` is merged into its
    /// spec.
    git_repository& declare(const json::object& spec = {});

private:
    std::string name_;
    std::string address_;
    std::filesystem::path directory_;
    int port_ = 0;
    background_process server_;
    int servers_ = 0;
};

/// What an Application manifest is made of; as most tests want it.
struct application_options {
    std::string url;
    std::string path = ".";
    std::string revision = "main";
    /// Where objects without a namespace go.
    std::string into;
    bool automated = true;
    bool prune = true;
    bool self_heal = true;
    /// Objects go with the application.
    bool finalizer = true;
    std::vector<std::string> sync_options;
    /// Of the Application itself. Outside "holdfast" an application acts as its namespace's ServiceAccount
    /// "default".
    std::string ns = home;
    /// Merged into spec, over all of the above.
    json::object spec;
};

/// The manifest of an Application, as JSON.
std::string application(const std::string& name, const application_options& options);

/// A ConfigMap of one key.
std::string config_map(const std::string& name, const std::string& key, const std::string& value);

struct condition {
    std::string status; // empty: there is no such condition
    std::string reason;
    std::string message;
};

/// One look at an Application.
struct application_view {
    bool exists = false;
    std::string sync;          // status.sync.status
    std::string health;        // status.health.status
    std::string revision;      // status.sync.revision
    std::string phase;         // status.operationState.phase
    std::string phase_message; // status.operationState.message
    std::map<std::string, condition> conditions;
    json::object object;

    [[nodiscard]] bool synced() const { return sync == "Synced"; }
    /// Empty where it is absent.
    [[nodiscard]] condition get(const std::string& type) const;
    /// Every condition but Ready=True, and what else helps to see why a test failed.
    [[nodiscard]] std::string describe() const;
};

application_view view(const std::string& name, const std::string& ns = home);

/// Polls until the application is Synced and Healthy, at a commit when one is given.
void await_synced(
    const std::string& name, const std::string& revision = {}, const std::string& ns = home,
    std::chrono::seconds limit = std::chrono::seconds{60}
);

/// Polls until a condition of this type is there whose message holds all of the texts; gives the view it was
/// in.
application_view await_condition(
    const std::string& name, const std::string& type, const std::vector<std::string>& texts,
    const std::string& ns = home
);

/// "REASON: note" of the events about an application, oldest first.
std::vector<std::string> events_of(const std::string& name, const std::string& ns = home);

/// Polls until the condition holds. Fails the case, with the end of the operator's log, when it does not
/// within the limit, and at once when the operator ended by itself.
void eventually(
    const std::function<bool()>& holds, const std::string& what,
    std::chrono::seconds limit = std::chrono::seconds{60},
    const std::function<std::string()>& instead = [] { return std::string{}; }
);

/// Polls for so long, and fails the case when the condition does not hold once. For what must not happen;
/// best after something that shows that it had its chance.
void throughout(std::chrono::milliseconds time, const std::function<bool()>& holds, const std::string& what);

} // namespace holdfast::test
