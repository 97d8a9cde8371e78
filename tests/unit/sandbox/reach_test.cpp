// What a job can get to, and what not.

#include "bench.hpp"

#include "sandbox/landlock.hpp"
#include "support/needs.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace holdfast::sandbox {
namespace {

namespace fs = std::filesystem;

class listener {
public:
    listener(int family, int type, const sockaddr* address, socklen_t length)
        : socket_{::socket(family, type | SOCK_CLOEXEC, 0)} {
        BOOST_REQUIRE(::bind(socket_, address, length) == 0);
        if (type == SOCK_STREAM) {
            BOOST_REQUIRE(::listen(socket_, 8) == 0);
        }
    }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener() { ::close(socket_); }

    [[nodiscard]] std::string port() const {
        sockaddr_in bound{};
        socklen_t length = sizeof bound;
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &length);
        return std::to_string(ntohs(bound.sin_port));
    }

private:
    int socket_;
};

struct loopback {
    explicit loopback(int type)
        : socket{AF_INET, type, reinterpret_cast<const sockaddr*>(&any), sizeof any} {}
    sockaddr_in any{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}
    };
    listener socket;
};

struct unix_socket {
    unix_socket(const std::string& name, int type)
        : address{make(name)}, socket{AF_UNIX, type, at(), length(name)} {}
    static sockaddr_un make(const std::string& name) {
        sockaddr_un made{};
        made.sun_family = AF_UNIX;
        std::copy(name.begin(), name.end(), made.sun_path);
        if (name[0] == '@') {
            made.sun_path[0] = 0;
        }
        return made;
    }
    [[nodiscard]] const sockaddr* at() const { return reinterpret_cast<const sockaddr*>(&address); }
    static socklen_t length(const std::string& name) {
        return static_cast<socklen_t>(
            offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '@' ? 0 : 1)
        );
    }
    sockaddr_un address;
    listener socket;
};

std::string own_pid() {
    return std::to_string(::getpid());
}

bool refused(const std::string& said) {
    return said == "Permission denied" || said == "Operation not permitted";
}

BOOST_AUTO_TEST_SUITE(sandbox_reach)

BOOST_AUTO_TEST_CASE(files_outside_are_out_of_reach) {
    bench b;
    const auto token = make_secret(b.directory(), "token");
    BOOST_TEST(b.hostile({"write", "mine"}) == "yes"); // the test can tell
    for (const auto* how : {"read", "write", "truncate", "link", "rename"}) {
        const auto said = b.hostile({how, token.string()});
        BOOST_TEST((refused(said) || said == "Invalid cross-device link"), how << ": " << said);
    }
    BOOST_TEST(refused(b.hostile({"write", (b.directory() / "new").string()})));
    BOOST_TEST(refused(b.hostile({"list", b.directory().string()})));
    BOOST_TEST(refused(b.hostile({"read", "/etc/shadow"})));
    BOOST_TEST(refused(b.hostile({"list", "/root"})));
    BOOST_TEST(refused(b.hostile({"write", "/dev/shm/holdfast-test"})));
    BOOST_TEST(fs::file_size(token) == 6U);
}

BOOST_AUTO_TEST_CASE(what_it_is_given_to_read_is_read_only) {
    bench b;
    const auto token = make_secret(b.directory(), "token");
    auto j = b.hostile_job({"read", token.string()});
    j.read_only = {token.string()};
    // Where the directory is closed to the job's user, reading is refused still.
    const auto said = b.run(j);
    BOOST_REQUIRE(said.has_value());
    BOOST_TEST(said->output == "yes\n");
    j = b.hostile_job({"write", token.string()});
    j.read_only = {token.string()};
    BOOST_TEST(b.run(j)->output != "yes\n");
}

std::string lacks_landlock() {
    return landlock_version() > 0 ? std::string{} : "this kernel has no Landlock";
}

BOOST_AUTO_TEST_CASE(
    only_the_programs_that_it_is_given_run_where_that_is_asked, *test::needs(lacks_landlock)
) {
    bench b;
    fs::copy_file(HOSTILE_PROGRAM, b.files() / "mine");
    std::ofstream{b.files() / "script"} << "#!/bin/sh\necho yes\n";
    for (const auto* name : {"mine", "script"}) {
        fs::permissions(b.files() / name, fs::perms{0755});
    }
    const auto runs = [&](const std::string& program, bool only_given) {
        auto j = b.hostile_job({"run", program});
        j.only_given_programs = only_given;
        return b.run(std::move(j))->output;
    };
    for (const std::string program : {"./mine", "./script", "/bin/true", "/bin/sh"}) {
        BOOST_TEST(runs(program, false) == "yes\n", program);
        BOOST_TEST(runs(program, true) == "Permission denied\n", program);
    }
    BOOST_TEST(runs(HOSTILE_PROGRAM, true) == "yes\n");
    auto j = b.hostile_job({"run", (b.directory() / "given/mine").string()});
    fs::create_directory(b.directory() / "given");
    fs::copy_file(HOSTILE_PROGRAM, b.directory() / "given/mine");
    j.only_given_programs = true;
    j.read_only = {(b.directory() / "given").string()};
    BOOST_TEST(b.run(std::move(j))->output == "yes\n");
}

BOOST_AUTO_TEST_CASE(other_jobs_and_the_report_are_out_of_reach) {
    bench b;
    auto other = b.made().make_workspace();
    BOOST_REQUIRE(other.has_value());
    const auto theirs = make_secret(other->path(), "values.yaml");
    BOOST_TEST(refused(b.hostile({"read", theirs.string()})));
    BOOST_TEST(refused(b.hostile({"list", (b.directory() / "jobs").string()})));
    BOOST_TEST(refused(b.hostile({"write", (b.files().parent_path() / "report").string()})));
}

BOOST_AUTO_TEST_CASE(symlinks_lead_nowhere) {
    bench b;
    const auto token = make_secret(b.directory(), "token");
    fs::create_symlink(token, b.files() / "absolute");
    fs::create_symlink("../../../token", b.files() / "relative");
    fs::create_directory_symlink("/", b.files() / "root");
    BOOST_TEST(refused(b.hostile({"read", "absolute"})));
    BOOST_TEST(refused(b.hostile({"read", "relative"})));
    BOOST_TEST(refused(b.hostile({"write", "absolute"})));
    BOOST_TEST(refused(b.hostile({"read", "root" + token.string()})));
}

BOOST_AUTO_TEST_CASE(the_process_table_is_out_of_reach) {
    bench b;
    for (const auto* file : {"/environ", "/maps", "/fd/0", "/cmdline", "/cwd", "/root/etc/passwd", "/mem"}) {
        BOOST_TEST(b.hostile({"read", "/proc/" + own_pid() + file}) != "yes", file);
    }
    BOOST_TEST(refused(b.hostile({"list", "/proc"})));
    const auto parent = b.run(b.shell("cat /proc/$PPID/environ /proc/1/environ /proc/self/environ; true"));
    BOOST_REQUIRE(parent.has_value());
    BOOST_TEST(parent->output.empty());
}

BOOST_AUTO_TEST_CASE(there_is_no_network) {
    bench b;
    const loopback tcp{SOCK_STREAM};
    const loopback udp{SOCK_DGRAM};
    BOOST_TEST(refused(b.hostile({"tcp", tcp.socket.port()})));
    BOOST_TEST(refused(b.hostile({"udp", udp.socket.port()})));
}

BOOST_AUTO_TEST_CASE(the_network_is_there_where_it_is_allowed_and_only_by_its_ports) {
    bench b;
    const loopback tcp{SOCK_STREAM};
    const loopback udp{SOCK_DGRAM};
    const loopback other{SOCK_STREAM};
    const auto ask = [&](const char* how, const std::string& port, std::vector<std::uint16_t> ports) {
        auto j = b.hostile_job({how, port});
        j.network = network::allowed;
        j.ports = std::move(ports);
        return b.run(std::move(j))->output;
    };
    const auto allowed = static_cast<std::uint16_t>(std::stoi(tcp.socket.port()));
    BOOST_TEST(ask("tcp", tcp.socket.port(), {}) == "yes\n");
    BOOST_TEST(ask("udp", udp.socket.port(), {}) == "yes\n");
    BOOST_TEST(ask("tcp", tcp.socket.port(), {allowed}) == "yes\n");
    if (b.made().confinement().landlock >= 4) {
        BOOST_TEST(ask("tcp", other.socket.port(), {allowed}) == "Permission denied\n");
    }
    BOOST_TEST(ask("unix", "@holdfast-test-none", {}) == "Permission denied\n");
}

BOOST_AUTO_TEST_CASE(unix_sockets_outside_are_out_of_reach) {
    bench b;
    const auto path = (b.directory() / "socket").string();
    const auto datagrams = (b.directory() / "datagrams").string();
    const auto abstract = "@holdfast-test-" + own_pid();
    const unix_socket named{path, SOCK_STREAM};
    const unix_socket to_send_to{datagrams, SOCK_DGRAM};
    const unix_socket hidden{abstract, SOCK_STREAM};
    fs::permissions(path, fs::perms{0777});
    fs::permissions(datagrams, fs::perms{0777});
    BOOST_TEST(refused(b.hostile({"unix", path})));
    BOOST_TEST(refused(b.hostile({"unix", abstract})));
    BOOST_TEST(refused(b.hostile({"unix-pair", datagrams})));
    if (b.made().confinement().landlock >= 6) {
        auto j = b.hostile_job({"unix", abstract});
        j.unix_sockets = true;
        BOOST_TEST(b.run(std::move(j))->output == "Operation not permitted\n");
    }
}

BOOST_AUTO_TEST_CASE(other_processes_are_out_of_reach) {
    for (const int landlock : {-1, 5}) {
        settings with;
        with.landlock_version = landlock;
        bench b{std::move(with)};
        BOOST_TEST(refused(b.hostile({"signal", own_pid()})));
        BOOST_TEST(refused(b.hostile({"signal", "-1"})));
        BOOST_TEST(refused(b.hostile({"ptrace", own_pid()})));
        BOOST_TEST(refused(b.hostile({"peek", own_pid()})));
        BOOST_TEST(refused(b.hostile({"limit", own_pid()})));
        BOOST_TEST(refused(b.hostile({"nice", own_pid()})));
        const auto parent = b.run(b.shell("kill -9 $PPID; kill -9 -1; echo on"));
        BOOST_REQUIRE_MESSAGE(parent.has_value(), (parent ? "" : parent.error().message()));
        BOOST_TEST(parent->output == "on\n");
    }
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    BOOST_TEST(now.rlim_cur > 3U);
}

BOOST_AUTO_TEST_CASE(there_is_no_way_to_more_rights) {
    bench b;
    BOOST_TEST(b.hostile({"root"}) != "yes");
    const auto said = b.run(b.shell("[ -u /usr/bin/su ] || exit 3; cp /bin/sh sh 2>/dev/null; chmod 4755 sh; "
                                    "/usr/bin/su -c 'cat /etc/shadow' root </dev/null; echo $?"));
    BOOST_REQUIRE(said.has_value());
    BOOST_TEST(said->output != "0\n");
}

BOOST_AUTO_TEST_CASE(system_calls_that_no_build_needs_are_refused) {
    bench b;
    BOOST_TEST(b.hostile({"calls"}) == "done");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sandbox
