#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace holdfast::test {

/// What went wrong with a control plane, in words: it did not start (with the end of the component's log), a
/// command failed, or something took longer than its deadline. No test can go on without it, hence an
/// exception.
class control_plane_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct control_plane_options {
    /// Also start kube-scheduler and kwok, with one node, so that pods are scheduled and become ready.
    bool kwok = false;
    /// Also start kube-scheduler and a real node: containers run, and this machine reaches pods and Services
    /// at their addresses. Where node_lacks() says nothing; not together with kwok.
    bool node = false;
    /// Without it: no namespace is ever emptied, no pod made for a Deployment, no garbage collected; a second
    /// quicker.
    bool controller_manager = true;
    /// Further arguments of kube-apiserver. One that is among ours overrides it.
    std::vector<std::string> apiserver_args;
    /// How long it may take to start, once it is built.
    std::chrono::seconds ready_timeout{90};
};

/// How a program that ran to its end ended.
struct command_result {
    /// Its exit status, or 128 plus the number of the signal that ended it.
    int status = 0;
    std::string out;
    std::string err;

    bool ok() const { return status == 0; }
};

struct kubectl_options {
    /// What the program reads from its standard input.
    std::string input;
    /// Whose kubeconfig; the administrator's when empty.
    std::string kubeconfig;
    /// When it is killed.
    std::chrono::milliseconds deadline{30'000};
};

/// A real control plane (etcd, kube-apiserver, kube-controller-manager) of its own, on free ports of
/// 127.0.0.1.
///
///     control_plane cluster;
///     auto namespaces = cluster.kubectl({"get", "namespaces", "-o", "name"});
///
/// The constructor returns when it serves; the destructor stops it and removes everything it wrote. If this
/// process is killed instead, it stops by itself. Any number can run at a time. Every method may throw
/// control_plane_error, and each has a deadline. One thread at a time, except for kubectl() and the
/// accessors.
///
/// The launcher is the program that $HOLDFAST_TESTCLUSTER names, or else the one tests/cluster/build builds,
/// which takes several minutes the first time.
class control_plane {
public:
    explicit control_plane(const control_plane_options& options = {});
    control_plane(control_plane&&) noexcept;
    control_plane& operator=(control_plane&&) noexcept;
    /// Like stop(), but what fails goes to standard error.
    ~control_plane();

    /// The path of the administrator's kubeconfig (group system:masters). It holds its keys and refers to no
    /// other file.
    const std::string& kubeconfig() const;
    /// https://127.0.0.1:PORT, the same through restarts.
    const std::string& server() const;
    /// The path of the certificate authority that signs server and clients.
    const std::string& ca() const;
    /// etcd's client URL.
    const std::string& etcd() const;
    /// Where its files are; logs/COMPONENT.log among them.
    const std::string& directory() const;
    /// The kubectl of $PATH, or else the one of the tools.
    const std::string& kubectl_path() const;
    /// The address at which pods reach servers on this machine that listen there or at all addresses;
    /// 127.0.0.1 without a node.
    const std::string& machine() const;
    pid_t launcher_pid() const;
    /// The process id of a component, for example "kube-apiserver".
    pid_t pid(std::string_view component);

    /// SIGTERM; returns when it has left. False when it took so long (half a minute) that it was killed.
    bool stop_apiserver();
    /// SIGKILL: connections break without a word.
    void kill_apiserver();
    /// On the same port and with the same data, after either of the above. Returns when it is ready.
    void start_apiserver();
    /// SIGSTOP: connections stay open, new ones are even accepted (by the kernel), and nothing answers.
    void pause_apiserver();
    void resume_apiserver();
    /// Forgets all history before the revision it returns: watches and lists at older resource versions get
    /// 410. This restarts the API server if it is running, because its own memory goes further back than
    /// etcd's.
    std::int64_t compact();
    /// Keeps a copy of etcd's data, for restore_store(). Restarts etcd and the API server.
    void save_store();
    /// Goes back to that copy and to its revision, as with a backup of etcd: etcd and the API server are
    /// killed and begin with it. The other components are left as they are, with what they remember.
    void restore_store();
    /// Lets the node's pods use an image in a tar archive (an OCI layout, or what docker save writes), by the
    /// name that it has there.
    void import_image(const std::string& path);
    /// A new client certificate for the user, in the groups (and in system:authenticated): the path of a
    /// kubeconfig.
    std::string user(std::string_view name, const std::vector<std::string>& groups = {});

    /// Runs kubectl to its end. Throws when it is not there by its deadline; its failure is in the result.
    command_result kubectl(std::vector<std::string> args, const kubectl_options& options = {}) const;

    /// Stops every process and removes the directory. To do so twice is no error.
    void stop();

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

/// An image that every node has: a static busybox with all its tools in /bin.
inline constexpr const char* busybox_image = "holdfast.test/busybox:1";

/// The page of a web server in a cluster with a node, at a pod's or a Service's address; empty where none
/// answers.
std::string page(const std::string& address);

/// Why there can be no node here (no root, or something of the kernel or of Debian is missing), in one line;
/// empty when there can.
std::string node_lacks();

/// Prints why and ends the program, with the status that has ctest report the test as skipped.
[[noreturn]] void skip(const std::string& reason);

/// Does so where there can be no node. For the setup of a test program's global fixture.
void skip_without_node();

/// Runs a program (a path, or a name that is looked up in $PATH) to its end, with these arguments and this
/// input. Throws control_plane_error when it cannot be started, and when it is not through by the deadline
/// and was killed.
command_result run_command(
    const std::string& program, const std::vector<std::string>& args, std::string_view input,
    std::chrono::milliseconds deadline
);

} // namespace holdfast::test
