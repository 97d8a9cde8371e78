// kustomize-pass: the kustomize exec function of that name, for builds of the operator. kustomize gives it a
// ResourceList with a PassSecret on standard input and takes the Secret from its standard output. Values are
// references (secrets/reference.hpp): it needs no key and no store.

#include "secrets/pass_secret.hpp"
#include "secrets/store_index.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

using namespace holdfast;

namespace {

constexpr std::size_t max_input = std::size_t{64} << 20U;

constexpr std::string_view help =
    "kustomize-pass: a kustomize exec function that turns a PassSecret (ftsell.de/v1beta1) into a Secret\n"
    "whose values are references to the entries of a password store. kustomize runs it, with a ResourceList\n"
    "on standard input. HOLDFAST_PASS_INDEX may name a file with the ids of the entries.\n";

int fail(const std::string& why) {
    std::cerr << "kustomize-pass: " << why << '\n';
    return 1;
}

std::optional<std::string> read_all(std::istream& from) {
    std::string text;
    for (char buffer[65536]; from.read(buffer, sizeof buffer), from.gcount() > 0;) {
        text.append(buffer, static_cast<std::size_t>(from.gcount()));
        if (text.size() > max_input) return std::nullopt;
    }
    return text;
}

} // namespace

int main(int argc, char** argv) {
    // "exec-plugin" is what the original does without an argument, too.
    if (argc > 1 && std::string_view{argv[1]} != "exec-plugin") {
        const bool asked = std::string_view{argv[1]} == "--help" || std::string_view{argv[1]} == "-h";
        (asked ? std::cout : std::cerr) << help;
        return asked ? 0 : 2;
    }
    secrets::store_index index;
    if (const char* path = std::getenv(secrets::store_index_variable)) { // NOLINT(concurrency-mt-unsafe)
        std::ifstream file{path, std::ios::binary};
        const auto text = file ? read_all(file) : std::nullopt;
        if (!text) return fail(std::string{"cannot read the index of entries, "} + path);
        auto read = secrets::store_index::from_json(*text);
        if (read.has_error()) return fail(read.error().message());
        index = std::move(*read);
    }
    const auto input = read_all(std::cin);
    if (!input) return fail("standard input is longer than 64 MiB");
    const auto output = secrets::run_function(*input, &index);
    if (output.has_error()) return fail(output.error().message());
    std::cout << *output << '\n';
    return std::cout.flush() ? 0 : fail("cannot write to standard output");
}
