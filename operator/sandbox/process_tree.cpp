#include "sandbox/process_tree.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace holdfast::sandbox {

namespace {

std::string read_small(const std::string& path) {
    std::string text;
    const int at = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (at < 0) {
        return text;
    }
    std::array<char, 4096> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (;;) {
        const auto count = ::read(at, buffer.data(), buffer.size());
        if (count <= 0) {
            break;
        }
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    ::close(at);
    return text;
}

std::uint64_t number_at(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
        text.remove_prefix(1);
    }
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// Numbered entries of a directory below /proc.
template <class F>
void each_number(const std::string& path, F f) {
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) {
        return;
    }
    while (const dirent* entry = ::readdir(directory)) { // NOLINT(concurrency-mt-unsafe)
        if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0) {
            f(static_cast<pid_t>(number_at(entry->d_name)));
        }
    }
    ::closedir(directory);
}

std::string proc(pid_t pid, const char* what) {
    return "/proc/" + std::to_string(pid) + what;
}

// The fields of /proc/PID/stat from the third on: the second, a name, may have anything in it.
std::vector<std::uint64_t> stat_fields(pid_t pid) {
    const auto text = read_small(proc(pid, "/stat"));
    std::vector<std::uint64_t> fields;
    auto at = text.rfind(')');
    while (at != std::string::npos && at + 1 < text.size()) {
        fields.push_back(number_at(std::string_view{text}.substr(at + 1)));
        at = text.find(' ', at + 2);
    }
    return fields;
}

bool has_children_files() {
    static const bool there =
        ::access(
            proc(::getpid(), ("/task/" + std::to_string(::getpid()) + "/children").c_str()).c_str(), R_OK
        ) == 0;
    return there;
}

// Adds its threads to the tasks, and its children.
void add_children(pid_t pid, family& into) {
    each_number(proc(pid, "/task"), [&](pid_t thread) {
        ++into.tasks;
        const auto text = read_small(proc(pid, ("/task/" + std::to_string(thread) + "/children").c_str()));
        for (std::size_t at = 0; at < text.size();) {
            into.pids.push_back(static_cast<pid_t>(number_at(std::string_view{text}.substr(at))));
            const auto space = text.find(' ', at);
            at = space == std::string::npos ? text.size() : space + 1;
        }
    });
}

// For kernels without the files: who is whose, of all there are.
family descendants_by_parent() {
    struct process {
        pid_t parent;
        pid_t pid;
        std::uint64_t threads;
    };
    std::vector<process> all;
    each_number("/proc", [&](pid_t pid) {
        // From the third: state 0, parent 1, …, num_threads 17.
        const auto fields = stat_fields(pid);
        if (fields.size() > 17) {
            all.push_back({static_cast<pid_t>(fields[1]), pid, std::max<std::uint64_t>(fields[17], 1)});
        }
    });
    family found{.pids = {::getpid()}, .tasks = 0};
    for (std::size_t i = 0; i < found.pids.size(); ++i) {
        for (const auto& [parent, pid, threads] : all) {
            if (parent == found.pids[i] && pid != found.pids[i]) {
                found.pids.push_back(pid);
                found.tasks += threads;
            }
        }
    }
    found.pids.erase(found.pids.begin());
    return found;
}

// Parents come before their children; each is given to `visit` before it is asked for these.
template <class Visit>
family walk(std::uint64_t enough, Visit visit) {
    family found;
    if (!has_children_files()) {
        found = descendants_by_parent();
        std::for_each(found.pids.begin(), found.pids.end(), visit);
        return found;
    }
    add_children(::getpid(), found);
    found.tasks = 0; // none of ours
    std::size_t next = 0;
    while (next < found.pids.size() && found.tasks + (found.pids.size() - next) <= enough) {
        const auto pid = found.pids[next++];
        visit(pid);
        add_children(pid, found);
    }
    found.tasks += found.pids.size() - next;
    return found;
}

// How many there are, stopped. A group of processes stops as one: who forks in it does not fork away from
// that.
std::size_t stop_descendants() {
    std::set<pid_t> groups;
    const auto stop = [&groups](pid_t pid) {
        const auto group = ::getpgid(pid);
        if (group <= 0 || group == ::getpgrp()) {
            ::kill(pid, SIGSTOP);
        } else if (groups.insert(group).second) {
            ::kill(-group, SIGSTOP);
        }
    };
    return walk(std::numeric_limits<std::uint64_t>::max(), stop).pids.size();
}

} // namespace

family descendants(std::uint64_t enough) {
    return walk(enough, [](pid_t) {});
}

usage measure(const std::vector<pid_t>& pids) {
    static const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    usage sum;
    for (const auto pid : pids) {
        // From the third: state 0, …, utime 11, stime 12, cutime 13, cstime 14.
        const auto fields = stat_fields(pid);
        if (fields.size() < 15) {
            continue;
        }
        sum.cpu_ms += (fields[11] + fields[12] + fields[13] + fields[14]) * 1000 / ticks;
        const auto status = read_small(proc(pid, "/status"));
        for (const std::string_view name : {"\nRssAnon:", "\nRssShmem:"}) {
            if (const auto at = status.find(name); at != std::string::npos) {
                sum.memory += number_at(std::string_view{status}.substr(at + name.size())) * 1024;
            }
        }
    }
    return sum;
}

std::uint64_t unlinked_bytes(const std::vector<pid_t>& pids) {
    std::set<std::pair<dev_t, ino_t>> seen;
    std::uint64_t bytes = 0;
    for (const auto pid : pids) {
        const auto directory = proc(pid, "/fd/");
        each_number(directory, [&](pid_t number) {
            struct stat info{};
            if (::stat((directory + std::to_string(number)).c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
                info.st_nlink == 0 && seen.emplace(info.st_dev, info.st_ino).second) {
                bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
            }
        });
    }
    return bytes;
}

std::uint64_t kill_descendants() {
    // Stopped first, until there are no new ones: who forks faster than it can be killed does not fork then.
    constexpr auto all = std::numeric_limits<std::uint64_t>::max();
    std::size_t before = 0;
    auto count = stop_descendants();
    for (int round = 0; round < 100 && count > before; ++round) {
        before = std::exchange(count, stop_descendants());
    }
    auto pids = descendants(all).pids;
    for (int round = 0; round < 5000; ++round) {
        for (const auto pid : pids) {
            ::kill(pid, SIGKILL);
        }
        pid_t ended = 0;
        do {
            ended = ::waitpid(-1, nullptr, WNOHANG);
        } while (ended > 0);
        if (ended < 0 && errno == ECHILD) {
            break;
        }
        ::usleep(round < 10 ? 200 : 1000);
        pids = descendants(all).pids;
    }
    return count;
}

} // namespace holdfast::sandbox
