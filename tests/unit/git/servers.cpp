#include "servers.hpp"

#include "support/free_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <pwd.h>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace holdfast::git::test {

namespace fs = std::filesystem;

namespace {

constexpr const char* identity =
    "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Ada "
    "GIT_AUTHOR_EMAIL=ada@example.com "
    "GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com GIT_AUTHOR_DATE='2026-01-02T03:04:05Z' "
    "GIT_TERMINAL_PROMPT=0\nset -e\n";

using holdfast::test::free_port;

bool answers(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool up = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0; // NOLINT
    ::close(fd);
    return up;
}

} // namespace

temporary_directory::temporary_directory() {
    std::string name = fs::temp_directory_path().string() + "/holdfast-git-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error{"no temporary directory"};
    }
    path_ = name;
}

temporary_directory::~temporary_directory() {
    std::error_code ec;
    fs::remove_all(path_, ec);
}

std::string shell(const std::string& directory, const std::string& script) {
    const std::string command = std::string{identity} + "cd '" + directory + "'\nexec 2>&1\n" + script;
    std::string quoted;
    for (const char c : command) {
        quoted += c == '\'' ? "'\\''" : std::string{c};
    }
    FILE* pipe = ::popen(("sh -c '" + quoted + "'").c_str(), "re");
    if (pipe == nullptr) {
        throw std::runtime_error{"no shell"};
    }
    std::string output;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        output.append(buffer.data(), n);
    }
    const int status = ::pclose(pipe);
    if (status != 0) {
        throw std::runtime_error{"the script failed: " + script + "\n" + output};
    }
    while (output.ends_with('\n')) {
        output.pop_back();
    }
    return output;
}

std::string read_file(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

void write_file(const std::string& path, std::string_view content) {
    fs::create_directories(fs::path{path}.parent_path());
    std::ofstream out{path, std::ios::binary};
    out << content;
}

std::size_t count_lines(const std::string& path, std::string_view containing) {
    std::ifstream in{path};
    std::size_t count = 0;
    for (std::string line; std::getline(in, line);) {
        count += line.find(containing) != std::string::npos ? 1U : 0U;
    }
    return count;
}

std::uint64_t bytes_below(const std::string& path) {
    std::uint64_t sum = 0;
    std::error_code ec;
    for (fs::recursive_directory_iterator it{path, ec}, end; !ec && it != end; it.increment(ec)) {
        sum += it->is_regular_file(ec) ? it->file_size(ec) : 0;
    }
    return sum;
}

std::vector<std::string> files_below(const std::string& path, std::string_view part) {
    std::vector<std::string> names;
    std::error_code ec;
    for (fs::recursive_directory_iterator it{path, ec}, end; !ec && it != end; it.increment(ec)) {
        if (!it->is_directory(ec) &&
            it->path().string().substr(path.size()).find(part) != std::string::npos) {
            names.push_back(it->path().string());
        }
    }
    return names;
}

origin::origin(const std::string& root, const std::string& name)
    : bare_{root + "/" + name + ".git"}, work_{root + "/" + name + ".work"} {
    fs::create_directories(root);
    shell(
        root, "git init -q --bare '" + bare_ + "'; git -C '" + bare_ +
                  "' symbolic-ref HEAD refs/heads/main\n"
                  "git init -q '" +
                  work_ + "'; cd '" + work_ +
                  "'; git symbolic-ref HEAD refs/heads/main\n"
                  "git remote add origin '" +
                  bare_ + "'"
    );
}

std::string origin::commit(const std::string& file, std::string_view content, const std::string& branch) {
    write_file(work_ + "/" + file, content);
    return shell(
        work_, "git add -A; git commit -q --allow-empty -m 'Change " + file +
                   "'; git push -q -f origin HEAD:refs/heads/" + branch + "; git rev-parse HEAD"
    );
}

std::string origin::git(const std::string& arguments) {
    return shell(work_, "git " + arguments);
}

running::running(const std::vector<std::string>& argv, bool wait_for_line) {
    std::array<int, 2> out{};
    std::array<int, 2> in{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(in.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error{"no pipe"};
    }
    std::vector<char*> arguments;
    for (const auto& a : argv) {
        arguments.push_back(const_cast<char*>(a.c_str())); // NOLINT: execvp does not write
    }
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::setpgid(0, 0);
        ::dup2(in[0], 0);
        ::dup2(out[1], 1);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(out[1]);
    ::close(in[0]);
    input_ = in[1];
    if (wait_for_line) {
        char c = 0;
        while (::read(out[0], &c, 1) == 1 && c != '\n') {
            first_line_.push_back(c);
        }
        if (c != '\n') {
            throw std::runtime_error{argv.front() + " ended early: " + first_line_};
        }
    }
    ::close(out[0]);
}

running::running(running&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)},
      input_{std::exchange(other.input_, -1)},
      first_line_{std::move(other.first_line_)} {}

running& running::operator=(running&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(input_, other.input_);
    first_line_.swap(other.first_line_);
    return *this;
}

running::~running() {
    if (pid_ > 0) {
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (input_ >= 0) {
        ::close(input_);
    }
}

authority::authority(const std::string& directory) {
    fs::create_directories(directory);
    shell(directory, R"(
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
key ca; openssl req -x509 -new -key ca.key -subj /CN=test-authority -days 30 -out ca.crt
sign() { openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  printf '%s' "$2" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile "$1.ext" -out "$1.crt"; }
key server; sign server 'subjectAltName=DNS:localhost,IP:127.0.0.1'
key client; sign client 'extendedKeyUsage=clientAuth'
)");
    ca_file = directory + "/ca.crt";
    ca = read_file(ca_file);
    certificate_file = directory + "/server.crt";
    key_file = directory + "/server.key";
    client_certificate = read_file(directory + "/client.crt");
    client_key = read_file(directory + "/client.key");
}

http_server::http_server(const std::string& root, std::vector<std::string> options, const authority* tls)
    : tls_{tls != nullptr} {
    static int number = 0;
    log_ = root + "/requests-" + std::to_string(++number) + ".log";
    std::vector<std::string> argv{
        "python3",
        std::string{HOLDFAST_SOURCE_DIR} + "/tests/support/git_http_server.py",
        "--exit-with-stdin",
        "--root",
        root,
        "--log",
        log_
    };
    if (tls != nullptr) {
        argv.insert(argv.end(), {"--certificate", tls->certificate_file, "--key", tls->key_file});
    }
    argv.insert(argv.end(), options.begin(), options.end());
    child_ = running{argv, true};
    port_ = std::stoi(child_.first_line().substr(std::strlen("listening on ")));
}

std::string http_server::url(std::string_view path) const {
    return std::string{tls_ ? "https" : "http"} + "://localhost:" + std::to_string(port_) + "/" +
           std::string{path};
}

std::size_t http_server::requests(std::string_view what) const {
    return count_lines(log_, what);
}

ssh_server::ssh_server(const std::string& directory) : port_{free_port()} {
    fs::create_directories(directory);
    shell(directory, R"(
ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f user; ssh-keygen -q -t rsa -b 2048 -N '' -f user_rsa
cat user.pub user_rsa.pub > authorized_keys
[ -d /run/sshd ] || mkdir -p /run/sshd || true
)");
    write_file(
        directory + "/sshd_config",
        "ListenAddress 127.0.0.1\nPort " + std::to_string(port_) + "\nHostKey " + directory +
            "/host\nAuthorizedKeysFile " + directory +
            "/authorized_keys\nStrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\n"
            "PermitRootLogin yes\nPrintMotd no\nPrintLastLog no\nLogLevel ERROR\n"
    );
    ed25519_key = read_file(directory + "/user");
    rsa_key = read_file(directory + "/user_rsa");
    known_hosts_ = "[127.0.0.1]:" + std::to_string(port_) + " " + read_file(directory + "/host.pub");
    child_ = running{
        {"/usr/sbin/sshd", "-D", "-E", directory + "/sshd.log", "-f", directory + "/sshd_config"}, false
    };
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!answers(port_)) {
        if (std::chrono::steady_clock::now() > end) {
            throw std::runtime_error{"sshd does not answer"};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
}

std::string ssh_server::url(const std::string& path) const {
    const auto* user = ::getpwuid(::getuid()); // NOLINT(concurrency-mt-unsafe): one thread
    return "ssh://" + std::string{user->pw_name} + "@127.0.0.1:" + std::to_string(port_) + path;
}

world::world(store_manager_options options) {
    if (options.directory.empty()) {
        options.directory = directory / "cache";
    }
    cache_ = options.directory;
    auto made = make_store_manager(context.get_executor(), pool, std::move(options));
    if (!made) {
        throw std::runtime_error{made.error().message()};
    }
    manager = std::move(*made);
}

world::~world() {
    if (manager) {
        run(manager->close());
    }
    pool.join();
}

std::shared_ptr<store> world::open(const std::string& text, credentials c, const std::string& owner) {
    const auto parsed = url::parse(text);
    if (!parsed) {
        throw std::runtime_error{parsed.error().message()};
    }
    auto s = manager->open(*parsed, owner, std::make_shared<const credentials>(std::move(c)));
    if (!s) {
        throw std::runtime_error{s.error().message()};
    }
    return *s;
}

result<resolved_revision> world::resolve(const std::shared_ptr<store>& s, const std::string& text) {
    auto r = match::revision::parse(text);
    if (!r) {
        return r.error();
    }
    return run(s->resolve(*r));
}

result<snapshot> world::get(const std::shared_ptr<store>& s, const std::string& text) {
    auto resolved = resolve(s, text);
    if (!resolved) {
        return resolved.error();
    }
    return run(s->fetch(*resolved));
}

} // namespace holdfast::git::test
