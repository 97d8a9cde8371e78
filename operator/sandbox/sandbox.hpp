#pragma once

#include "base/error.hpp"
#include "base/worker_pool.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Runs programs that are not ours on input that is not ours (kustomize, helm, plugins), so that they reach
/// nothing but what they are given, and leave nothing behind.
namespace holdfast::sandbox {

/// What a job may take. Whatever passes a limit is ended with all its children, and the error says which.
struct limits {
    /// Resident memory of all its processes together.
    std::uint64_t memory = std::uint64_t{1} << 30U;
    /// Processor time of all its processes together.
    std::chrono::seconds cpu{120};
    /// The longest file that it may write.
    std::uint64_t file_size = std::uint64_t{256} << 20U;
    /// All that its workspace may hold, with what was there before.
    std::uint64_t disk = std::uint64_t{1} << 30U;
    /// Files and directories in its workspace.
    std::size_t files = 200'000;
    /// Standard output. (Of the error output the last 64 KiB are kept.)
    std::uint64_t output = std::uint64_t{64} << 20U;
    /// Processes and threads that live at the same time.
    std::size_t processes = 256;
    /// Open files of one process.
    std::size_t open_files = 1024;
};

/// A directory that only one build writes in, made by runner::make_workspace. It and all in it is gone when
/// this goes; what a killed operator left is gone when the next one starts.
class workspace {
public:
    workspace() = default;
    workspace(workspace&& other) noexcept;
    workspace& operator=(workspace&& other) noexcept;
    /// Removes it: slow for many files, so let it go on the pool (or through runner::remove).
    ~workspace();

    /// Absolute; mode 0700; empty at first. Files of builds go here (files::export_tree), and it is the one
    /// place that jobs may write in.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// The HOME of jobs; empty at first.
    [[nodiscard]] std::string home() const { return root_ + "/home"; }

private:
    friend class sandbox_runner;
    explicit workspace(std::string root);
    // root_ has what is ours beside path_, which is root_ + "/w".
    std::string root_;
    std::string path_;
};

enum class network {
    /// No socket of any kind.
    none,
    /// TCP and UDP over IPv4 and IPv6; no unix sockets.
    allowed,
};

/// One program to run.
struct job {
    /// The program and its arguments; never a shell. A program without a slash is looked for in the PATH of
    /// `environment`.
    std::vector<std::string> argv;
    /// "NAME=value". There is nothing else in its environment but, where not given here, PATH
    /// (/usr/local/bin:/usr/bin:/bin), HOME and TMPDIR (the workspace's own "home" and "tmp" beside the
    /// files, writable), LANG=C.UTF-8.
    std::vector<std::string> environment;
    /// Where it may write. It outlives the run. One job at a time.
    const workspace* directory = nullptr;
    /// Where it starts, relative to the workspace's path.
    std::string working_directory;
    std::string input;
    /// Readable at descriptors 3, 4, …: secrets that must not be seen in argv, environment or disk. For a
    /// program that wants a path it is /proc/self/fd/3, readable as often as it likes.
    std::vector<std::string> inherited;
    /// process_options::secret_output.
    bool secret_output = false;
    /// Files and directories that it may read and run, with all below them, beyond the system's programs,
    /// libraries, certificates and resolver files (/usr, /lib*, /bin, /sbin, some of /etc). argv[0] and what
    /// its link leads to are added.
    std::vector<std::string> read_only;
    /// Nothing is run but argv[0] and what is in read_only: neither the system's programs nor files of the
    /// workspace, which can only be read. (The dynamic loader can be run still, since programs need it.)
    /// Where the kernel has no Landlock this is not enforced.
    bool only_given_programs = false;
    sandbox::network network = sandbox::network::none;
    /// TCP ports that it may connect to when the network is allowed; empty: all. UDP is not limited.
    std::vector<std::uint16_t> ports;
    /// Unix sockets, for programs such as gpg with its agent. Names outside the workspace that are
    /// world-writable are then reachable, so only for programs that are trusted.
    bool unix_sockets = false;
    /// For programs that end unless their user has an account (ssh-keygen): as root it stays root, without any
    /// capability, where Landlock keeps it from the system's files.
    bool needs_account = false;
    std::chrono::milliseconds deadline{60'000};
    sandbox::limits limits;
    /// How it is called in errors; empty: the name of argv[0].
    std::string name;
};

/// How a job ended that was not cut.
struct outcome {
    /// Its exit status; 128 + signal when a signal ended it.
    int status = 0;
    std::string output;
    /// The last 64 KiB.
    std::string error_output;
};

/// Whether to run jobs when the kernel lacks something.
enum class strictness { required, best_effort };

struct settings {
    /// Where workspaces are made: on tmpfs where there is one. Belongs to one process (a lock is held in
    /// it); what lies there from before is removed.
    std::string directory;
    /// Where workspaces for secrets are made, when `directory` is on a disk; on tmpfs.
    std::string memory_directory = "/dev/shm";
    /// The program that sets up and watches a job; empty: "holdfast-sandbox" beside this program, or in
    /// ../libexec/holdfast of it.
    std::string supervisor;
    /// How many jobs run at once; the others wait in line.
    std::size_t concurrency = 4;
    /// What a job may take at most, whatever its own limit is; in bytes.
    std::uint64_t max_memory = std::uint64_t{1} << 30U;
    strictness mode = strictness::best_effort;
    /// For tests: as if the kernel had no more than this version of Landlock (0: none); below 0: what it has.
    int landlock_version = -1;
};

/// What this kernel offers.
struct confinement {
    /// Version of Landlock; 0: none.
    int landlock = 0;
    bool seccomp = false;
    /// What a job could therefore do that it should not, as sentences for people; empty: nothing.
    std::vector<std::string> missing;
};

/// Runs jobs. On one executor's thread.
class runner {
public:
    virtual ~runner() = default;

    [[nodiscard]] virtual const sandbox::confinement& confinement() const noexcept = 0;

    /// A new, empty workspace. Callable from any thread. Errors: transient (disk full).
    virtual result<workspace> make_workspace() = 0;

    /// The same on tmpfs: nothing that a job writes reaches a disk. Errors: user when there is no tmpfs.
    virtual result<workspace> make_secret_workspace() = 0;

    /// Removes a workspace on the pool.
    virtual boost::asio::awaitable<void> remove(workspace w) = 0;

    /// Runs one program to its end. A status other than 0 is an outcome, not an error (`failed` makes one).
    /// Errors: user for what passed a limit ("helm was stopped: it took more than 512 MiB of memory"), for a
    /// program that is not there; transient for a passed deadline ("helm did not finish within 60s and was
    /// killed with its 3 children") and a system out of processes or disk; internal for a sandbox that could
    /// not be set up. When this returns or is cancelled nothing of the job runs any more.
    virtual boost::asio::awaitable<result<outcome>> run(job j) = 0;
};

/// Removes what an earlier process left and looks at what the kernel offers. `pool` outlives the runner and
/// its workspaces. Errors: a directory that cannot be made or that another process uses; no supervisor;
/// with strictness::required a kernel that lacks something, which the message names.
result<std::unique_ptr<runner>>
open(const boost::asio::any_io_executor& executor, worker_pool& pool, settings with);

/// The user error for a program that ended with a status other than 0: its name, what it said last on its
/// error output (at most `lines` lines), and its status.
[[nodiscard]] error failed(const job& j, const outcome& said, std::size_t lines = 20);

} // namespace holdfast::sandbox
