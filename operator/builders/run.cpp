#include "builders/run.hpp"

#include "base/pool_work.hpp"
#include "builders/given_store.hpp"
#include "builders/helm/errors.hpp"
#include "builders/workspace_files.hpp"
#include "render/canonical.hpp"
#include "render/documents.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <utility>

namespace holdfast::builders {

namespace {

std::string with_workspace(std::string text, const std::string& path) {
    for (auto at = text.find(workspace_mark); at != std::string::npos; at = text.find(workspace_mark, at)) {
        text.replace(at, workspace_mark.size(), path);
        at += path.size();
    }
    return text;
}

std::vector<std::string> with_workspace(std::vector<std::string> all, const std::string& path) {
    for (auto& one : all) {
        one = with_workspace(std::move(one), path);
    }
    return all;
}

void remove_all(std::string& text, const std::string& what) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
        text.erase(at, what.size());
    }
}

// A directory of the workspace, by its path or as seen from another one ("../../remote/0"), by its name. Not
// "remote/0" in "remote/01" or "my-remote/0".
void name_directory(std::string& text, std::string_view directory, std::string_view name) {
    const auto is_of_a_name = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_' || c == '.' || c == '/';
    };
    for (auto at = text.find(directory); at != std::string::npos; at = text.find(directory, at)) {
        auto begin = at;
        while (begin >= 3 && std::string_view{text}.substr(begin - 3, 3) == "../") {
            begin -= 3;
        }
        const auto end = at + directory.size();
        const bool ends = end == text.size() || text[end] == '/' || !is_of_a_name(text[end]);
        if (!ends || (begin > 0 && is_of_a_name(text[begin - 1]))) {
            at = end;
            continue;
        }
        text.replace(begin, end - begin, name);
        at = begin + name.size();
    }
}

sandbox::job job_of(const command& what, const sandbox::workspace& directory, const run_limits& limits) {
    sandbox::job job;
    job.argv = with_workspace(what.argv, directory.path());
    job.environment = with_workspace(what.environment, directory.path());
    job.directory = &directory;
    job.working_directory = what.working_directory;
    job.input = what.input;
    job.read_only = what.read_only;
    job.only_given_programs = what.only_given_programs;
    job.network = what.network ? sandbox::network::allowed : sandbox::network::none;
    job.deadline = what.deadline;
    job.limits = limits.job;
    job.name = what.name;
    return job;
}

// What a tool said of its failure: helm's words taken apart, others' as they are.
render::render_errors failure_of(
    const build_plan& plan, const sandbox::job& job, const sandbox::outcome& said,
    const std::string& workspace
) {
    if (!plan.places.empty() && !said.error_output.empty()) {
        return render::read_helm_error(
            with_repository_paths(said.error_output, workspace, plan.elsewhere), plan.places
        );
    }
    if (plan.password_store) {
        auto silent = said;
        silent.error_output.clear();
        return render::as_errors(user_error(
            plan.name + ": " + sandbox::failed(job, silent).message() +
            "; its output is not shown, because it can read a password store"
        ));
    }
    const auto failure = sandbox::failed(job, said);
    return render::as_errors(
        error{failure.kind(), with_repository_paths(failure.message(), workspace, plan.elsewhere)}.within(
            plan.name
        )
    );
}

// Longer ones are no paths of templates: a template may print such a line too.
constexpr std::size_t longest_place = 1024;

// The lines "# Source: web/templates/a.yaml", which helm prints before what it made of each file, one after
// the other: how many there are is up to the chart.
class source_lines {
public:
    explicit source_lines(std::string_view printed) : rest_{printed} {}

    // The path in the last of them that is not behind `line`; "" when there is none. Lines only grow from
    // call to call.
    std::string_view before(int line) {
        while (line_ <= line && !rest_.empty()) {
            constexpr std::string_view mark = "# Source: ";
            const auto end = rest_.find('\n');
            const auto text = rest_.substr(0, end);
            if (text.starts_with(mark) && text.size() <= longest_place) {
                found_ = text.substr(mark.size());
            }
            rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
            ++line_;
        }
        return found_;
    }

private:
    std::string_view rest_;
    std::string_view found_;
    int line_ = 1;
};

// Where the objects of a chart come from: the template, as far as helm says it.
void name_templates(
    render::render_output& output, const std::string& name, std::string_view printed,
    const std::map<std::string, std::string>& places
) {
    source_lines sources{printed};
    for (auto& m : output.objects) {
        if (const auto source = sources.before(m.from.line); !source.empty()) {
            m.from = {.file = place_of(std::string{source}, places), .document = 1, .line = 1};
        }
    }
    // So far they name the lines of what helm printed, one after the other.
    source_lines of_warnings{printed};
    for (auto& warning : output.warnings) {
        int line = 0;
        const auto begin = name.size() + 1;
        if (!warning.starts_with(name + ":") ||
            std::from_chars(warning.data() + begin, warning.data() + warning.size(), line).ec !=
                std::errc{}) {
            continue;
        }
        if (const auto source = of_warnings.before(line); !source.empty()) {
            warning.insert(0, place_of(std::string{source}, places) + ", ");
        }
    }
}

} // namespace

std::string with_repository_paths(
    std::string message, const std::string& workspace, const std::map<std::string, std::string>& elsewhere
) {
    remove_all(message, workspace + "/repo/");
    remove_all(message, workspace + "/");
    for (const auto& [directory, name] : elsewhere) {
        name_directory(message, directory, name);
    }
    return message;
}

boost::asio::awaitable<render::render_result<std::string>>
run(sandbox::runner& runner, worker_pool& pool, build_plan plan, run_limits limits,
    std::shared_ptr<const secrets::store_copy> store, std::shared_ptr<const work_stop> stop) {
    if (plan.password_store && !store) {
        co_return render::as_errors(internal_error(plan.name + ": the password store is missing"));
    }
    auto made = plan.password_store ? runner.make_secret_workspace() : runner.make_workspace();
    if (!made) {
        co_return render::as_errors(made.error());
    }
    auto directory = std::move(*made);
    auto placing = [&plan, &limits, to = directory.path()](const auto& asked) -> result<void> {
        work_budget budget{"copying the files of the build", {}, asked};
        const work_budget::scope inside{budget};
        auto placed = place_files(plan, to, limits);
        return budget.over() ? result<void>{*budget.over()} : placed;
    };
    auto placed = co_await on_pool(pool, stop, std::move(placing));
    std::optional<render::render_errors> wrong;
    std::string printed;
    if (!placed) {
        wrong = render::as_errors(placed.error().within(plan.name));
    }
    if (plan.password_store && !wrong) {
        auto given = co_await give_store(runner, pool, directory, *store);
        if (!given) {
            wrong = render::as_errors(given.error().within(plan.name));
        }
    }
    for (std::size_t i = 0; i < plan.commands.size() && !wrong; ++i) {
        if (stop && stop->requested()) {
            wrong = render::as_errors({error_kind::cancelled, plan.name + ": the build is no longer wanted"});
            break;
        }
        auto job = job_of(plan.commands[i], directory, limits);
        if (plan.password_store) {
            open_store(job, directory);
        }
        auto said = co_await runner.run(job);
        if (!said) {
            wrong = render::as_errors(said.error().within(plan.name));
        } else if (said->status != 0) {
            wrong = failure_of(plan, job, *said, directory.path());
        } else {
            std::swap(printed, said->output);
        }
        if (said && plan.password_store) {
            secrets::wipe(said->output);
            secrets::wipe(said->error_output);
        }
    }
    if (plan.password_store && !wrong) {
        auto read = co_await read_manifests(runner, directory, printed);
        secrets::wipe(printed);
        if (!read) {
            wrong = render::as_errors(read.error().within(plan.name));
        } else {
            std::swap(printed, *read);
        }
    }
    co_await runner.remove(std::move(directory));
    if (wrong) {
        co_return std::move(*wrong);
    }
    co_return std::move(printed);
}

render::render_result<render::render_output>
read_output(const build_plan& plan, std::string_view printed, const run_limits& limits) {
    auto bounds = limits.output;
    bounds.max_file_bytes = printed.size() + 1;
    bounds.yaml.max_bytes = printed.size() + 1;
    bounds.yaml.max_memory = bounds.max_memory; // one text is all of it
    render::collected into{bounds};
    // Its lines are none of a file: the name says which text has them.
    const auto name = plan.name + ", output of " +
                      (plan.commands.empty() ? std::string{"the build"} : plan.commands.back().name);
    render::collect(name, printed, bounds, into);
    if (!into.errors.all.empty()) {
        return std::move(into.errors);
    }
    if (into.output.objects.empty()) {
        into.output.warnings.push_back(plan.name + ": the build gave no objects");
    }
    if (!plan.places.empty()) {
        name_templates(into.output, plan.name, printed, plan.places);
    }
    into.output.warnings.insert(into.output.warnings.end(), plan.warnings.begin(), plan.warnings.end());
    into.output.hash = render::combine(std::move(into.digests));
    into.output.memory = into.memory.used();
    return std::move(into.output);
}

} // namespace holdfast::builders
