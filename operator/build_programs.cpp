#include "build_programs.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>

namespace holdfast {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t max_plugins_bytes = std::uintmax_t{1} << 20U;

// The first of several places that is there.
std::string first_of(std::initializer_list<fs::path> places) {
    for (const auto& place : places) {
        if (::access(place.c_str(), X_OK) == 0) {
            std::error_code ec;
            const auto real = fs::canonical(place, ec);
            return ec ? place.string() : real.string();
        }
    }
    return {};
}

// What a program is told by: a file that is replaced is another program.
std::string identity_of(const std::string& program) {
    std::error_code ec;
    const auto size = fs::file_size(program, ec);
    const auto time = ec ? 0 : fs::last_write_time(program, ec).time_since_epoch().count();
    return ec ? std::string{} : std::to_string(size) + "-" + std::to_string(time);
}

} // namespace

std::string version_of_module(const std::string& program, std::string_view module) {
    std::ifstream file{program, std::ios::binary};
    const std::string mark = "\t" + std::string{module} + "\t";
    constexpr std::size_t longest = 64; // version and what ends it
    std::string seen;
    std::vector<char> piece(std::size_t{1} << 20U);
    while (file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        seen.append(piece.data(), static_cast<std::size_t>(file.gcount()));
        for (auto at = seen.find(mark); at != std::string::npos; at = seen.find(mark, at + 1)) {
            const auto begin = at + mark.size();
            const auto version = std::string_view{seen}.substr(begin, longest);
            const auto length = version.find_first_of("\t\n");
            if (length != std::string_view::npos && version.starts_with('v')) {
                return std::string{version.substr(0, length)};
            }
        }
        if (const auto kept = mark.size() + longest; seen.size() > kept) {
            seen.erase(0, seen.size() - kept);
        }
    }
    return {};
}

builders::programs find_programs() {
    std::error_code ec;
    const auto here = fs::read_symlink("/proc/self/exe", ec).parent_path();
    const auto libexec = here.parent_path() / "libexec/holdfast";
    builders::programs found;
    found.kustomize = first_of({here / "programs/kustomize", libexec / "programs/kustomize"});
    found.helm = first_of({here / "programs/helm", libexec / "programs/helm"});
    found.jsonnet = first_of({here / "holdfast-jsonnet", libexec / "holdfast-jsonnet"});
    found.builder = first_of({here / "programs/holdfast-builder", libexec / "programs/holdfast-builder"});
    found.functions = first_of({here / "functions", libexec / "functions"});
    found.kustomize_identity = identity_of(found.kustomize);
    found.helm_identity = identity_of(found.helm);
    found.kustomize_version = version_of_module(found.kustomize, "sigs.k8s.io/kustomize/kustomize/v5");
    return found;
}

result<std::vector<builders::plugin_declaration>> read_plugins_file(const std::string& path) {
    std::error_code ec;
    const auto size = fs::file_size(path, ec);
    if (ec) {
        return user_error("it cannot be read: " + ec.message());
    }
    if (size > max_plugins_bytes) {
        return user_error("it is longer than 1 MiB");
    }
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return builders::read_plugins(text);
}

} // namespace holdfast
