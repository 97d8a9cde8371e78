#include "render/yaml.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace holdfast;
namespace json = boost::json;

namespace {

/// The files in which we read something else than the oracle does, on purpose, and why.
const std::map<std::string, std::string>& differences() {
    static const std::map<std::string, std::string> all{
        {"difference-directive.yaml", "go-yaml refuses %YAML 1.2; it says nothing that would matter here"},
        {"difference-trailing-text.yaml",
         "go-yaml stops behind the first document: what follows would be lost"},
        {"difference-flow-question.yaml",
         "libyaml 0.2.5 takes '?' inside of plain scalars in flows, as YAML 1.2 does"},
        {"difference-escaped-slash.yaml", "\"\\/\" is an escape of YAML 1.2, and of JSON"},
        {"difference-binary-bytes.yaml", "bytes that are no UTF-8 would be replaced silently"},
        {"difference-deep.yaml", "we stop at 100 levels"},
        {"difference-key-types.yaml",
         "1 and \"1\" are two keys in Go's maps and one in JSON: which wins is chance"},
        {"difference-json-surrogates.yaml",
         "JSON is read as JSON, as apimachinery does before it asks sigs.k8s.io/yaml"},
        {"difference-json-stream.yaml", "several JSON values in one text, as apimachinery reads them"},
        {"difference-several-behind-dots.yaml", "go-yaml ends at '...': the document behind it would be lost"
        },
    };
    return all;
}

json::value parse_json(const std::string& text) {
    json::parse_options options;
    options.max_depth = 1000;
    return json::parse(text, {}, options);
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<json::object> ask_oracle(const std::string& arguments) {
    const char* program = std::getenv("HOLDFAST_YAML_ORACLE"); // NOLINT: nobody writes the environment
    BOOST_REQUIRE_MESSAGE(program != nullptr, "HOLDFAST_YAML_ORACLE names the oracle");
    const std::string command = std::string{program} + " " + arguments;
    FILE* const out = ::popen(command.c_str(), "r");
    BOOST_REQUIRE(out != nullptr);
    std::string text;
    std::vector<char> buffer(1U << 16U);
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), out)) {
        text.append(buffer.data(), n);
    }
    BOOST_REQUIRE_EQUAL(::pclose(out), 0);
    std::vector<json::object> answers;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        answers.push_back(parse_json(line).as_object());
    }
    return answers;
}

std::string field(const json::object& answer, std::string_view name) {
    const auto* value = answer.if_contains(name);
    return value == nullptr ? std::string{} : std::string{value->as_string()};
}

/// Equal as JSON for a reader that takes integers where they fit: Go prints 1e+21 where Boost prints 1E21.
bool same(const json::value& a, const json::value& b) {
    if (a.is_number() && b.is_number()) {
        if (a.is_double() || b.is_double()) {
            return a.to_number<double>() == b.to_number<double>() ||
                   std::abs(a.to_number<double>() - b.to_number<double>()) <=
                       std::abs(a.to_number<double>()) *
                           1e-15; // Boost 1.81 does not round correctly when it parses
        }
        return a == b;
    }
    if (a.kind() != b.kind()) return false;
    if (const auto* array = a.if_array()) {
        const auto& other = b.get_array();
        if (array->size() != other.size()) return false;
        for (std::size_t i = 0; i < array->size(); ++i) {
            if (!same((*array)[i], other[i])) return false;
        }
        return true;
    }
    if (const auto* object = a.if_object()) {
        const auto& other = b.get_object();
        if (object->size() != other.size()) return false;
        for (const auto& [key, value] : *object) {
            const auto* there = other.if_contains(key);
            if (there == nullptr || !same(value, *there)) return false;
        }
        return true;
    }
    return a == b;
}

bool ends_with(const std::string& text, std::string_view end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_file_of_the_corpus_reads_as_kubernetes_reads_it) {
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{HOLDFAST_YAML_CORPUS}) {
        if (ends_with(entry.path().string(), ".yaml")) files.insert(entry.path().string());
    }
    BOOST_REQUIRE_GE(files.size(), 60U);
    std::string arguments;
    for (const auto& file : files) {
        arguments += "'" + file + "' ";
    }
    std::map<std::string, std::vector<json::object>> answers;
    for (auto& answer : ask_oracle(arguments)) {
        answers[field(answer, "file")].push_back(std::move(answer));
    }
    std::set<std::string> differing;
    for (const auto& file : files) {
        const std::string name = std::filesystem::path{file}.filename().string();
        std::string first_error;
        std::vector<json::value> expected;
        for (const auto& answer : answers[name]) {
            if (first_error.empty()) first_error = field(answer, "error");
            if (const auto text = field(answer, "json"); !text.empty() && text != "null") {
                expected.push_back(parse_json(text));
            }
        }
        render::yaml_limits limits;
        limits.repeated = render::yaml_limits::repeated_keys::last_wins;
        const auto ours = render::read_yaml(read_file(file), limits);
        std::string problem;
        if (ours.has_error()) {
            if (first_error.empty()) {
                problem = "we refuse it: line " + std::to_string(ours.error().where.line) + ": " +
                          ours.error().message;
            }
        } else if (!first_error.empty()) {
            problem = "we accept what the oracle refuses: " + first_error;
        } else if (ours->size() != expected.size()) {
            problem = "we see " + std::to_string(ours->size()) + " documents, the oracle " +
                      std::to_string(expected.size());
        } else {
            for (std::size_t i = 0; i < expected.size() && problem.empty(); ++i) {
                if (!same((*ours)[i].value, expected[i])) {
                    problem = "we read " + json::serialize((*ours)[i].value) + ", the oracle " +
                              json::serialize(expected[i]);
                }
            }
        }
        if (differences().contains(name)) {
            if (!problem.empty()) differing.insert(name);
            continue;
        }
        BOOST_TEST(problem.empty(), name << ": " << problem);
    }
    for (const auto& [name, why] : differences()) {
        if (name == "difference-key-types.yaml") continue; // by chance it is the one that we take, the last
        BOOST_TEST(differing.contains(name), name << " does not differ any more: " << why);
    }
}

BOOST_AUTO_TEST_CASE(random_plain_scalars_read_as_kubernetes_reads_them) {
    // Pieces that numbers, booleans, nulls and dates are made of, in every order.
    const std::vector<std::string> pieces{
        "0",
        "1",
        "7",
        "8",
        "9",
        "12",
        "64",
        "_",
        "__",
        ".",
        "-",
        "+",
        "e",
        "E",
        "e+",
        "e-",
        "0x",
        "0X",
        "0b",
        "0o",
        "0B",
        "0O",
        "f",
        "A",
        "y",
        "yes",
        "no",
        "on",
        "off",
        "true",
        "null",
        "~",
        ".inf",
        ".nan",
        ".NaN",
        "inf",
        "nan",
        "Y",
        "N",
        "On",
        "oN",
        "t",
        "True",
        "e308",
        "e400",
        "e-400",
        "18446744073709551615",
        "9223372036854775807",
        ":",
        "T",
        "Z",
        "Ki",
        "m",
        "2024-01-02",
        "12:30",
        "00",
        "1000000",
        "123456789",
        "<<",
        "p",
        "p1",
    };
    std::mt19937 random{20'241'122}; // NOLINT: the same scalars in each run
    const auto directory = std::filesystem::temp_directory_path();
    const auto path = directory / ("holdfast-scalars-" + std::to_string(std::random_device{}()));
    {
        std::ofstream out{path};
        for (int i = 0; i < 60'000; ++i) {
            std::string scalar;
            const unsigned count = 1 + random() % 5;
            for (unsigned k = 0; k < count; ++k) {
                scalar += pieces[random() % pieces.size()];
            }
            if (random() % 20 == 0) {
                static const char* const tags[]{"!!int ", "!!float ",     "!!bool ", "!!null ",
                                                "!!str ", "!!timestamp ", "!x ",     "! "};
                scalar = tags[random() % 8] + scalar;
            }
            out << json::serialize(json::string{scalar}) << '\n';
        }
    }
    const auto answers = ask_oracle("-scalars < '" + path.string() + "'");
    std::filesystem::remove(path);
    BOOST_REQUIRE_EQUAL(answers.size(), 120'000U);
    int wrong = 0;
    for (const auto& answer : answers) {
        const std::string text = field(answer, "text");
        const std::string error = field(answer, "error");
        const auto ours = render::read_yaml(text);
        std::string problem;
        if (ours.has_error()) {
            if (error.empty())
                problem =
                    "we refuse it: " + ours.error().message + "; the oracle reads " + field(answer, "json");
        } else if (!error.empty()) {
            problem = "we read " + (ours->empty() ? "nothing" : json::serialize(ours->front().value)) +
                      "; the oracle refuses it: " + error;
        } else if (ours->empty() || !same(ours->front().value, parse_json(field(answer, "json")))) {
            problem = "we read " + (ours->empty() ? "nothing" : json::serialize(ours->front().value)) +
                      ", the oracle " + field(answer, "json");
        }
        if (!problem.empty() && ++wrong <= 20) {
            BOOST_TEST(problem.empty(), text << problem);
        }
    }
    BOOST_TEST(wrong == 0);
}
