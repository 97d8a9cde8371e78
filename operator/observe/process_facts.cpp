#include "observe/process_facts.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace holdfast::observe {

namespace {

// Since 1970, of the machine.
double boot_time() {
    std::ifstream stat{"/proc/stat"};
    for (std::string line; std::getline(stat, line);) {
        if (line.starts_with("btime ")) {
            return std::stod(line.substr(6));
        }
    }
    return 0;
}

} // namespace

std::optional<process_facts> process_facts::read() {
    std::ifstream stat{"/proc/self/stat"};
    std::string line;
    std::getline(stat, line);
    // The program's name is in brackets and may have anything in it.
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) {
        return std::nullopt;
    }
    std::istringstream fields{line.substr(name_end + 1)};
    std::string ignored;
    for (int field = 3; field < 14; ++field) { // proc(5) counts from 1
        fields >> ignored;
    }
    double user = 0;
    double system = 0;
    fields >> user >> system;
    for (int field = 16; field < 22; ++field) {
        fields >> ignored;
    }
    double start = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t pages = 0;
    fields >> start >> virtual_bytes >> pages;
    if (!fields) {
        return std::nullopt;
    }
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    static const double booted = boot_time();
    process_facts facts;
    facts.resident_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    facts.cpu_seconds = (user + system) / ticks;
    facts.started = booted + start / ticks;
    std::error_code ec;
    for (std::filesystem::directory_iterator it{"/proc/self/fd", ec}, end; !ec && it != end;
         it.increment(ec)) {
        ++facts.open_files;
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        facts.max_files = limit.rlim_cur;
    }
    return facts;
}

} // namespace holdfast::observe
