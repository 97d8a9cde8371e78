#include "cluster/config/rights.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace holdfast::test {

namespace {

std::string trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" `");
    if (begin == std::string_view::npos) {
        return {};
    }
    return std::string{text.substr(begin, text.find_last_not_of(" `") - begin + 1)};
}

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::istringstream stream{text};
    for (std::string part; std::getline(stream, part, at);) {
        parts.push_back(trimmed(part));
    }
    return parts;
}

// The words between the n-th pair of brackets of a line that kubectl printed.
std::vector<std::string> bracketed(const std::string& line, int n) {
    std::size_t open = std::string::npos;
    std::size_t close = std::string::npos;
    for (int i = 0; i <= n; ++i) {
        open = line.find('[', i == 0 ? 0 : close);
        close = open == std::string::npos ? open : line.find(']', open);
        if (close == std::string::npos) {
            throw std::runtime_error("kubectl auth can-i --list said: " + line);
        }
    }
    return split(line.substr(open + 1, close - open - 1), ' ');
}

rights all_rights_of(control_plane& cluster, const std::string& account, const std::string& ns) {
    const auto told = cluster.kubectl(
        {"auth", "can-i", "--list", "--no-headers", "-n", ns, "--as",
         "system:serviceaccount:holdfast:" + account}
    );
    if (!told.ok()) {
        throw std::runtime_error("kubectl auth can-i --list: " + told.err);
    }
    rights all;
    std::istringstream lines{told.out};
    for (std::string line; std::getline(lines, line);) {
        // A path instead of a resource stands in the first brackets.
        const auto paths = bracketed(line, 0);
        const auto resource = paths.empty() ? line.substr(0, line.find(' ')) : paths.front();
        auto names = bracketed(line, 1);
        if (names.empty()) {
            names.emplace_back();
        }
        for (const auto& name : names) {
            for (const auto& verb : bracketed(line, 2)) {
                all[{resource, name}].insert(verb);
            }
        }
    }
    return all;
}

} // namespace

rights rights_in(const std::string& document, std::string_view after) {
    std::ifstream file{document};
    rights all;
    bool reached = false;
    bool in_table = false;
    for (std::string line; std::getline(file, line);) {
        if (!reached) {
            reached = line.find(after) != std::string::npos;
            continue;
        }
        if (!line.starts_with('|')) {
            if (in_table) {
                break;
            }
            continue;
        }
        in_table = true;
        const auto cells = split(line.substr(1), '|');
        if (cells.size() < 3 || cells[0] == "Resources" || cells[0].starts_with("---")) {
            continue;
        }
        for (const auto& resource : split(cells[0], ',')) {
            for (const auto& verb : split(cells[2], ',')) {
                all[{resource, cells[1]}].insert(verb);
            }
        }
    }
    if (all.empty()) {
        throw std::runtime_error(document + ": there are no rights after \"" + std::string{after} + "\"");
    }
    return all;
}

rights sum(rights some, const rights& others) {
    for (const auto& [what, verbs] : others) {
        some[what].insert(verbs.begin(), verbs.end());
    }
    return some;
}

rights rights_of(control_plane& cluster, const std::string& account, const std::string& ns) {
    auto all = all_rights_of(cluster, account, ns);
    for (const auto& [what, verbs] : all_rights_of(cluster, "nobody", ns)) {
        const auto found = all.find(what);
        if (found == all.end()) {
            continue;
        }
        for (const auto& verb : verbs) {
            found->second.erase(verb);
        }
        if (found->second.empty()) {
            all.erase(found);
        }
    }
    return all;
}

std::string describe(const rights& of) {
    std::string text;
    for (const auto& [what, verbs] : of) {
        text += what.first + (what.second.empty() ? "" : " \"" + what.second + "\"") + ":";
        for (const auto& verb : verbs) {
            text += " " + verb;
        }
        text += "\n";
    }
    return text;
}

} // namespace holdfast::test
