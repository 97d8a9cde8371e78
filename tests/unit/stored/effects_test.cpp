// Every field that the API describes is read, or written, by something: none is accepted and then without
// effect, and none is described and never there.

#include "crds/kinds.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace holdfast::crds {
namespace {

namespace fs = std::filesystem;

bool is_of_a_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The names that are used as members (`.name`, `->name`) in a text, not those that are called.
void note_members(const std::string& text, std::set<std::string, std::less<>>& into) {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const bool is_access = text[i] == '.' || (text[i] == '-' && text[i + 1] == '>');
        if (!is_access) {
            continue;
        }
        const auto begin = i + (text[i] == '.' ? 1 : 2);
        auto end = begin;
        while (end < text.size() && is_of_a_name(text[end])) {
            ++end;
        }
        if (end > begin && (end == text.size() || text[end] != '(')) {
            into.insert(text.substr(begin, end - begin));
        }
    }
    // `&spec::name`, as tables have it.
    for (auto at = text.find("::"); at != std::string::npos; at = text.find("::", at + 2)) {
        auto end = at + 2;
        while (end < text.size() && is_of_a_name(text[end])) {
            ++end;
        }
        if (end > at + 2 && (end == text.size() || text[end] != '(')) {
            into.insert(text.substr(at + 2, end - at - 2));
        }
    }
}

const std::set<std::string, std::less<>>& members_in_use() {
    static const auto all = [] {
        std::set<std::string, std::less<>> found;
        for (const auto* folder : {"operator", "webhooks"}) {
            for (const auto& entry :
                 fs::recursive_directory_iterator{fs::path{HOLDFAST_SOURCE_DIR} / folder}) {
                const auto ending = entry.path().extension();
                if (ending == ".cpp" || ending == ".hpp") {
                    std::ifstream file{entry.path(), std::ios::binary};
                    note_members({std::istreambuf_iterator<char>{file}, {}}, found);
                }
            }
        }
        return found;
    }();
    return all;
}

// What is for people alone, and kept as it is.
const std::set<std::string, std::less<>> for_people{
    "ApplicationSpec.info", "Operation.info",       "InfoItem.name",           "InfoItem.value",
    "ProjectSpec.roles",    "ProjectRole.policies", "ProjectRole.groups",      "ProjectRole.jwt_tokens",
    "ProjectToken.iat",     "ProjectToken.exp",     "ProjectSpec.description", "ProjectRole.description",
};

// What `crds` itself does: is_automated(), status entries that are cut, and what is refused by its name.
const std::set<std::string, std::less<>> within_crds{
    "ApplicationSetGenerator.cluster_decision_resource",
    "ApplicationSetGenerator.pull_request",
    "ApplicationSetGenerator.scm_provider",
    "ApplicationSetSpec.strategy",
    "AutomatedSync.enabled",
    "HistoryEntry.sources_omitted",
};

void unused_in(const type_description& type, std::set<std::string>& seen, std::vector<std::string>& into) {
    if (type.element != nullptr) {
        unused_in(*type.element, seen, into);
    }
    if (type.fields.empty() || !seen.insert(std::string{type.name}).second) {
        return;
    }
    for (const auto& one : type.fields) {
        const auto name = std::string{type.name} + "." + std::string{one.facts.member};
        if (!members_in_use().contains(one.facts.member) && !for_people.contains(name) &&
            !within_crds.contains(name)) {
            into.push_back(name);
        }
        unused_in(*one.type, seen, into);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(effects)

BOOST_AUTO_TEST_CASE(every_described_field_is_read_or_written) {
    std::set<std::string> seen;
    std::vector<std::string> unused;
    unused_in(*application_kind().type, seen, unused);
    unused_in(*application_set_kind().type, seen, unused);
    unused_in(*project_kind_description().type, seen, unused);
    unused_in(*repository_kind().type, seen, unused);
    BOOST_TEST(seen.size() > 40U); // it went through all of them
    for (const auto& name : unused) {
        BOOST_ERROR(name << " has no effect: make it work, or take it out");
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::crds
