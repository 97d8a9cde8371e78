// holdfast-jsonnet: evaluates jsonnet files below its working directory, and reads nothing else. Run in the
// sandbox; what it is asked and what it answers is JSON, made and read by ../jsonnet.cpp.
//
//   asked (standard input): {"files": [path, …], "libraries": [directory, …],
//       "externalVariables": [{"name", "value", "code"}, …], "topLevelArguments": […],
//       "unresolved": [{"from", "name", "message"}, …],
//       "limits": {"stack", "memory", "file", "output"}}
//   answered: {"results": {path: JSON as a text, …}, "errors": [{"file", "line", "column", "message"}, …]}
//
// libjsonnet takes some 20 ms for each file that it comes to, since it reads its standard library anew for
// each. So several files are evaluated as one program at first, which shares what they import; where that
// fails, one after the other, so that all errors are told at once. A file that takes too much memory or is
// nested too deep ends the program, after it was told.

#include "failure.hpp"
#include "import_path.hpp"

#include <boost/json/src.hpp>

extern "C" {
#include <libjsonnet.h>
}

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace holdfast::builders::jsonnet;

/// More files take too much memory as one: some 4 MiB each.
constexpr std::size_t most_together = 64;

struct variable {
    std::string name;
    std::string value;
    bool code = false;
};

struct job {
    std::vector<std::string> files;
    std::vector<std::string> libraries;
    std::vector<variable> external;
    std::vector<variable> arguments;
    /// By the directory of the importing file and the name: why there is no such file.
    std::map<std::pair<std::string, std::string>, std::string> unresolved;
    unsigned stack = 500;
    std::uint64_t memory = 0;
    std::uint64_t file = 0;
    std::uint64_t output = 0;
};

std::string text_of(const json::value& value) {
    return json::value_to<std::string>(value);
}

std::vector<variable> variables_of(const json::value& list) {
    std::vector<variable> all;
    for (const json::value& one : list.as_array()) {
        all.push_back({text_of(one.at("name")), text_of(one.at("value")), one.at("code").as_bool()});
    }
    return all;
}

job read_job(std::istream& from) {
    const std::string text{std::istreambuf_iterator<char>{from}, {}};
    json::parse_options options;
    options.allow_invalid_utf8 = true;
    const json::value asked = json::parse(text, {}, options);
    job made;
    made.files = json::value_to<std::vector<std::string>>(asked.at("files"));
    made.libraries = json::value_to<std::vector<std::string>>(asked.at("libraries"));
    made.external = variables_of(asked.at("externalVariables"));
    made.arguments = variables_of(asked.at("topLevelArguments"));
    for (const json::value& one : asked.at("unresolved").as_array()) {
        made.unresolved[{text_of(one.at("from")), text_of(one.at("name"))}] = text_of(one.at("message"));
    }
    const json::value& limits = asked.at("limits");
    made.stack = limits.at("stack").to_number<unsigned>();
    made.memory = limits.at("memory").to_number<std::uint64_t>();
    made.file = limits.at("file").to_number<std::uint64_t>();
    made.output = limits.at("output").to_number<std::uint64_t>();
    return made;
}

/// What there is to read: the files below one directory.
class files {
public:
    explicit files(std::uint64_t limit) : root_{fs::canonical(".")}, limit_{limit} {}

    /// Nothing when there is no such file; `why` says more where there is more to say.
    std::optional<std::string> read(const std::string& path, std::string& why) const {
        std::error_code failed;
        const auto real = fs::canonical(root_ / path, failed);
        if (failed) return std::nullopt;
        const auto [end, rest] = std::mismatch(root_.begin(), root_.end(), real.begin(), real.end());
        if (end != root_.end()) {
            why = "leads out of the repository";
            return std::nullopt;
        }
        if (!fs::is_regular_file(real, failed)) return std::nullopt;
        const auto size = fs::file_size(real, failed);
        if (failed || size > limit_) {
            why = "has more than " + std::to_string(limit_) + " bytes";
            return std::nullopt;
        }
        std::ifstream in{real, std::ios::binary};
        std::string text{std::istreambuf_iterator<char>{in}, {}};
        if (!in.is_open() || in.bad()) {
            why = "cannot be read";
            return std::nullopt;
        }
        if (text.find('\0') != std::string::npos) {
            why = "has a NUL byte in it: it is not text";
            return std::nullopt;
        }
        return text;
    }

private:
    fs::path root_;
    std::uint64_t limit_;
};

/// How a file is called when it is evaluated: never without a directory, which is how code in variables is
/// told from files.
std::string name_of(const std::string& path) {
    return path.find('/') == std::string::npos ? "./" + path : path;
}

/// The answer, while it is put together.
class answer {
public:
    explicit answer(std::uint64_t limit) : limit_{limit} {}

    void result(const std::string& file, std::string_view text) {
        if (used_ += text.size(); used_ > limit_) {
            return error({file, 0, 0, "the results have more than " + std::to_string(limit_) + " bytes"});
        }
        results_ += (results_.empty() ? "" : ",") + json::serialize(json::string_view{file}) + ":" +
                    json::serialize(json::string_view{text.data(), text.size()});
    }

    void error(const failure& f) { errors_ += (errors_.empty() ? "" : ",") + as_json(f); }

    [[nodiscard]] bool has_errors() const noexcept { return !errors_.empty(); }

    [[nodiscard]] std::string text() const {
        return R"({"results":{)" + results_ + R"(},"errors":[)" + errors_ + "]}\n";
    }
    /// What is said when the program has to end because of a file.
    [[nodiscard]] std::string text_if(const failure& f) const {
        return R"({"results":{},"errors":[)" + errors_ + (errors_.empty() ? "" : ",") + as_json(f) + "]}\n";
    }

private:
    static std::string as_json(const failure& f) {
        return json::serialize(
            json::object{{"file", f.file}, {"line", f.line}, {"column", f.column}, {"message", f.message}}
        );
    }

    std::uint64_t limit_;
    std::uint64_t used_ = 0;
    std::string results_;
    std::string errors_;
};

// What is left to say when the evaluation of a file cannot go on; made before it starts, since there may be
// neither memory nor stack then.
std::string last_words_memory; // NOLINT(cert-err58-cpp)
std::string last_words_depth;  // NOLINT(cert-err58-cpp)
std::string last_words_broken; // NOLINT(cert-err58-cpp)

[[noreturn]] void say_and_end(const std::string& words) {
    std::string_view left = words;
    while (!left.empty()) {
        const auto written = ::write(STDOUT_FILENO, left.data(), left.size());
        if (written <= 0) ::_exit(1);
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    ::_exit(0);
}

extern "C" void on_signal(int signal) {
    say_and_end(signal == SIGABRT ? last_words_broken : last_words_depth);
}

void prepare_for_the_worst() {
    static std::array<char, 65536> other_stack;
    stack_t stack{};
    stack.ss_sp = other_stack.data();
    stack.ss_size = other_stack.size();
    ::sigaltstack(&stack, nullptr);
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK;
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) {
        ::sigaction(signal, &action, nullptr);
    }
    std::set_new_handler([] { say_and_end(last_words_memory); });
}

void limit_memory(std::uint64_t bytes) {
    rlimit now{};
    if (bytes == 0 || ::getrlimit(RLIMIT_DATA, &now) != 0 || now.rlim_cur <= bytes) return;
    now.rlim_cur = bytes;
    ::setrlimit(RLIMIT_DATA, &now);
}

/// Evaluates one file; libjsonnet calls it for imports.
class evaluation {
public:
    evaluation(const job& asked, const files& from) : asked_{asked}, from_{from}, vm_{::jsonnet_make()} {
        ::jsonnet_max_stack(vm_, asked.stack);
        ::jsonnet_max_trace(vm_, 20);
        ::jsonnet_import_callback(vm_, &evaluation::import, this);
        for (const variable& v : asked.external) {
            (v.code ? ::jsonnet_ext_code : ::jsonnet_ext_var)(vm_, v.name.c_str(), v.value.c_str());
        }
        for (const variable& v : asked.arguments) {
            (v.code ? ::jsonnet_tla_code : ::jsonnet_tla_var)(vm_, v.name.c_str(), v.value.c_str());
        }
    }
    ~evaluation() { ::jsonnet_destroy(vm_); }
    evaluation(const evaluation&) = delete;
    evaluation& operator=(const evaluation&) = delete;

    /// All files at once. False when there is an error in any of them, or in how they are put together.
    bool run_all(answer& into) {
        directories_.insert(".");
        int failed = 0;
        char* const said = ::jsonnet_evaluate_snippet_multi(vm_, "./<all>", all_as_one().c_str(), &failed);
        if (failed == 0) {
            // Names and texts in turn, each with a NUL behind it, and another one at the end.
            for (const char* at = said; *at != '\0';) {
                const std::string file{at};
                at += file.size() + 1;
                const std::string_view text{at};
                at += text.size() + 1;
                into.result(file, text);
            }
        }
        ::jsonnet_realloc(vm_, said, 0);
        return failed == 0;
    }

    void run(const std::string& file, answer& into) {
        std::string why = "is not there";
        const auto text = from_.read(file, why);
        if (!text) return into.error({file, 0, 0, "the file " + why});
        const auto name = name_of(file);
        directories_.insert(std::string{directory_of(name)});
        int failed = 0;
        char* const said = ::jsonnet_evaluate_snippet(vm_, name.c_str(), text->c_str(), &failed);
        if (failed != 0) {
            into.error(read_failure(file, said));
        } else {
            into.result(file, said);
        }
        ::jsonnet_realloc(vm_, said, 0);
    }

private:
    /// An object with a field for each file. Functions are called with the top-level arguments, as libjsonnet
    /// does for a file that it is given.
    std::string all_as_one() {
        std::string arguments;
        for (const variable& v : asked_.arguments) {
            const auto name = "\x01" + v.name; // no name of an external variable that people write
            (v.code ? ::jsonnet_ext_code : ::jsonnet_ext_var)(vm_, name.c_str(), v.value.c_str());
            arguments += (arguments.empty() ? "" : ", ") + v.name + "=std.extVar(" +
                         json::serialize(json::string_view{name}) + ")";
        }
        std::string text = "local run(f) = if std.isFunction(f) then f(" + arguments + ") else f; {";
        for (const std::string& file : asked_.files) {
            const auto quoted = json::serialize(json::string_view{file});
            text += quoted + ": run(import " + quoted + "),\n";
        }
        return text + "}";
    }

    char* to_jsonnet(std::string_view text) {
        char* const copy = ::jsonnet_realloc(vm_, nullptr, text.size() + 1);
        copy[text.copy(copy, text.size())] = '\0';
        return copy;
    }

    static char* import(void* self, const char* base, const char* name, char** found_here, int* success) {
        return static_cast<evaluation*>(self)->import(base, name, found_here, success);
    }

    char* import(std::string_view base, std::string_view name, char** found_here, int* success) {
        std::string why;
        if (base.ends_with('/')) base.remove_suffix(1);
        const bool is_code = !directories_.contains(std::string{base});
        if (base == ".") base = {};
        std::vector<std::string_view> directories;
        if (!is_code) directories.push_back(base);
        directories.insert(directories.end(), asked_.libraries.begin(), asked_.libraries.end());
        for (const auto directory : directories) {
            const auto path = import_path(directory, name);
            if (!path) continue;
            if (const auto text = from_.read(*path, why)) {
                const auto called = name_of(*path);
                directories_.insert(std::string{directory_of(called)});
                *found_here = to_jsonnet(called);
                *success = 1;
                return to_jsonnet(*text);
            }
            if (!why.empty()) break;
        }
        *success = 0;
        if (!why.empty()) return to_jsonnet("the file " + why);
        const auto known = asked_.unresolved.find({std::string{is_code ? in_code : base}, std::string{name}});
        return to_jsonnet(
            known != asked_.unresolved.end() ? known->second : "there is no such file in the repository"
        );
    }

    const job& asked_;
    const files& from_;
    JsonnetVm* vm_;
    /// Those of files that were read, as `name_of` has them.
    std::set<std::string> directories_;
};

/// Evaluates all files as one, in a process of its own, since it may end in any way. False when it could not,
/// and nothing was said.
bool answer_together(const job& asked, const files& from) {
    const pid_t child = ::fork();
    if (child < 0) return false;
    if (child > 0) {
        int status = 0;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    std::set_new_handler([] { ::_exit(3); });
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) {
        struct sigaction action{};
        action.sa_handler = [](int) { ::_exit(3); };
        action.sa_flags = SA_ONSTACK;
        ::sigaction(signal, &action, nullptr);
    }
    answer made{asked.output};
    if (!evaluation{asked, from}.run_all(made) || made.has_errors()) ::_exit(3);
    say_and_end(made.text());
}

} // namespace

int main() {
    job asked;
    try {
        asked = read_job(std::cin);
    } catch (const std::exception& e) {
        std::cerr << "holdfast-jsonnet: standard input is not a job: " << e.what() << '\n';
        return 2;
    }
    const files from{asked.file};
    answer made{asked.output};
    prepare_for_the_worst();
    limit_memory(asked.memory);
    const auto count = asked.files.size();
    if (count > 1 && count <= most_together && answer_together(asked, from)) return 0;
    for (const std::string& file : asked.files) {
        last_words_memory = made.text_if({file, 0, 0, "the evaluation takes more memory than it may"});
        last_words_depth =
            made.text_if({file, 0, 0, "expressions or values are nested too deep to be evaluated"});
        last_words_broken =
            made.text_if({file, 0, 0, "the evaluation broke off; libjsonnet could not go on"});
        evaluation{asked, from}.run(file, made);
    }
    const auto text = made.text();
    say_and_end(text);
}
