#include "builders/plugin/file.hpp"

#include "builders/file_problems.hpp"
#include "builders/path_glob.hpp"
#include "builders/plugin.hpp"
#include "crds/words.hpp"
#include "match/glob.hpp"
#include "render/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_bytes = std::size_t{1} << 20U;

bool is_variable_name(std::string_view name) noexcept {
    const auto is_fine = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
           std::ranges::all_of(name, is_fine);
}

std::vector<std::string> words_of(const plugin_command& command) {
    auto words = command.command;
    words.insert(words.end(), command.args.begin(), command.args.end());
    return words;
}

/// What the tables of the fields cannot say.
class checker {
public:
    explicit checker(std::vector<crds::problem>& problems) : problems_{problems} {}

    void check(const plugin_entry& entry, const std::string& path) {
        for (const auto& [name, value] : entry.environment) {
            const auto where = fmt::format("{}.environment[{}]", path, name);
            if (!is_variable_name(name)) {
                wrong(
                    where,
                    fmt::format("must be called by letters, digits and '_', is called {}", crds::quoted(name))
                );
            }
            no_nul(value, where);
        }
        no_nul(entry.generate, path + ".generate");
        if (entry.init) no_nul(*entry.init, path + ".init");
        if (entry.discover) check(*entry.discover, path + ".discover");
        for (std::size_t i = 0; entry.allow && i < entry.allow->size(); ++i) {
            check((*entry.allow)[i].namespaces, fmt::format("{}.allow[{}].namespaces", path, i));
            check((*entry.allow)[i].applications, fmt::format("{}.allow[{}].applications", path, i));
        }
    }

private:
    void wrong(const std::string& path, std::string message) {
        problems_.push_back({path, std::move(message)});
    }

    void check(const plugin_discovery& discover, const std::string& path) {
        if (discover.file_name.empty() == !discover.find) {
            wrong(path, "exactly one of fileName and find must be set");
        }
        for (const auto& [glob, name] :
             {std::pair{discover.file_name, ".fileName"},
              {discover.find ? discover.find->glob : std::string{}, ".find.glob"}}) {
            const auto compiled = path_glob::compile(glob);
            if (!compiled) wrong(path + name, compiled.error().message());
        }
    }

    void check(const std::vector<std::string>& globs, const std::string& path) {
        for (std::size_t i = 0; i < globs.size(); ++i) {
            if (const auto wrong_glob = match::glob_problem(match::glob_dialect::gobwas, globs[i]);
                !wrong_glob.empty()) {
                wrong(fmt::format("{}[{}]", path, i), "is not a glob: " + wrong_glob);
            }
        }
    }

    void no_nul(const plugin_command& command, const std::string& path) {
        for (const auto& [words, name] :
             {std::pair{&command.command, ".command"}, {&command.args, ".args"}}) {
            for (std::size_t i = 0; i < words->size(); ++i) {
                no_nul((*words)[i], fmt::format("{}{}[{}]", path, name, i));
            }
        }
    }

    void no_nul(std::string_view text, const std::string& path) {
        if (text.find('\0') != std::string_view::npos) wrong(path, "must not have a NUL byte in it");
    }

    std::vector<crds::problem>& problems_;
};

plugin_declaration declaration_of(plugin_entry entry) {
    plugin_declaration made;
    made.name = std::move(entry.name);
    if (entry.init) made.init = words_of(*entry.init);
    made.generate = words_of(entry.generate);
    if (entry.discover) {
        if (!entry.discover->file_name.empty()) made.discover.push_back(entry.discover->file_name);
        if (entry.discover->find) made.discover.push_back(entry.discover->find->glob);
    }
    for (const auto& [name, value] : entry.environment) {
        made.environment.push_back(name + "=" + value);
    }
    made.read_only = std::move(entry.read_only);
    made.allow = std::move(entry.allow);
    made.network = entry.network;
    made.password_store = entry.password_store;
    made.only_path = entry.files == plugin_files::path;
    made.ignores_revision = entry.ignores_revision;
    made.deadline = entry.timeout.value;
    return made;
}

} // namespace

result<std::vector<plugin_declaration>> read_plugins(std::string_view text) {
    auto limits = render::configuration_limits();
    limits.max_bytes = max_bytes;
    const auto documents = render::read_yaml(text, limits);
    if (!documents) {
        const auto& e = documents.error();
        return user_error(fmt::format("line {}: {}", e.where.line, e.message));
    }
    if (documents->empty()) return std::vector<plugin_declaration>{};
    if (documents->size() > 1) {
        return user_error(fmt::format("line {}: there is a second document", (*documents)[1].line));
    }
    plugin_file file;
    crds::read_report report;
    crds::read_structure(plugin_file_description(), &file, documents->front().value, {}, report);
    auto problems = std::move(report.problems);
    problems.insert(problems.end(), report.unknown_fields.begin(), report.unknown_fields.end());
    checker check{problems};
    for (std::size_t i = 0; i < file.plugins.size(); ++i) {
        check.check(file.plugins[i], fmt::format("plugins[{}]", i));
    }
    if (!problems.empty()) return all_of(placed({}, text, problems));
    std::vector<plugin_declaration> declared;
    declared.reserve(file.plugins.size());
    for (auto& entry : file.plugins) {
        declared.push_back(declaration_of(std::move(entry)));
    }
    return declared;
}

} // namespace holdfast::builders
