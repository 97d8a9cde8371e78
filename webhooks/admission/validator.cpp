#include "admission/validator.hpp"

#include "base/async_semaphore.hpp"
#include "base/log.hpp"
#include "policy/set_checks.hpp"
#include "policy/specification_checks.hpp"

#include <algorithm>
#include <map>
#include <memory>

namespace holdfast::admission {

using namespace std::chrono_literals;

namespace {

// Looks into sources at a time: they read files, on the pool of everybody's builds.
constexpr std::size_t most_looks = 2;
constexpr std::size_t longest_log = 1024;

struct findings {
    std::vector<crds::problem> problems;
    std::vector<crds::problem> warnings;
};

policy::specification_verdict
judge(const examined_object<crds::application>& object, const policy::surroundings& around) {
    return policy::judge(object.value, around, object.problems);
}
policy::specification_verdict
judge(const examined_object<crds::project>& object, const policy::surroundings& around) {
    return policy::judge(object.value, around);
}
policy::specification_verdict
judge(const examined_object<crds::repository>& object, const policy::surroundings& around) {
    return policy::judge(object.value, around);
}
policy::specification_verdict
judge(const examined_object<crds::application_set>& object, const policy::surroundings& around) {
    auto problems = policy::problems_of(object.value, around.own_namespace());
    problems.insert(problems.end(), object.problems.begin(), object.problems.end());
    return {.problems = std::move(problems), .warnings = policy::warnings_of(object.value)};
}

// What cannot be read is not judged any further.
template <class Kind>
findings look_at(const examined_object<Kind>& object, const policy::surroundings& around) {
    if (!object.is_whole) {
        return {.problems = object.problems, .warnings = {}};
    }
    auto verdict = judge(object, around);
    return {.problems = std::move(verdict.problems), .warnings = std::move(verdict.warnings)};
}

std::string said_of(const review& of, const std::vector<crds::problem>& problems) {
    if (problems.size() == 1) {
        return problems.front().text();
    }
    std::string all = of.kind + " " + of.namespace_ + "/" + of.name + " has " +
                      std::to_string(problems.size()) + " problems:";
    for (const auto& one : problems) {
        all += "\n  " + one.text();
    }
    return all;
}

template <class Kind>
decision
decide_pair(const examined& what, const examined_pair<Kind>& objects, const policy::surroundings& around) {
    auto now = look_at(objects.now, around);
    if (!what.spec_changed) {
        now.warnings.clear();
    }
    decision answer;
    if (!now.problems.empty() && objects.before) {
        const auto before = look_at(*objects.before, around).problems;
        const auto is_old = [&](const crds::problem& p) {
            return std::find(before.begin(), before.end(), p) != before.end();
        };
        std::vector<crds::problem> fresh;
        for (auto& one : now.problems) {
            (is_old(one) ? now.warnings : fresh).push_back(std::move(one));
        }
        now.problems = std::move(fresh);
    }
    answer.allowed = now.problems.empty();
    if (!answer.allowed) {
        answer.message = said_of(what.of, now.problems);
        for (auto& one : now.problems) {
            answer.causes.emplace_back(std::move(one.path), std::move(one.message));
        }
    }
    for (const auto& one : now.warnings) {
        answer.warnings.push_back(one.text());
    }
    return answer;
}

} // namespace

decision decide(const examined& what, const policy::surroundings& around) {
    if (what.deletes_project) {
        auto answer = what.answer;
        const bool counts = what.of.namespace_ == around.own_namespace();
        if (auto told = counts ? policy::what_a_deletion_leaves(what.of.name, around) : std::string{};
            !told.empty()) {
            answer.warnings.push_back("Project " + what.of.name + " " + std::move(told));
        }
        return answer;
    }
    if (const auto* applications = std::get_if<examined_pair<crds::application>>(&what.objects)) {
        return decide_pair(what, *applications, around);
    }
    if (const auto* projects = std::get_if<examined_pair<crds::project>>(&what.objects)) {
        return decide_pair(what, *projects, around);
    }
    if (const auto* repositories = std::get_if<examined_pair<crds::repository>>(&what.objects)) {
        return decide_pair(what, *repositories, around);
    }
    if (const auto* sets = std::get_if<examined_pair<crds::application_set>>(&what.objects)) {
        return decide_pair(what, *sets, around);
    }
    return what.answer;
}

decision decide(const review& of, const policy::surroundings& around, const std::string& installation) {
    return decide(examine(of, {.installation = installation, .options = {}}), around);
}

namespace {

class validator {
public:
    validator(
        const asio::any_io_executor& executor, const policy::surroundings& around, observe::metrics& counters,
        worker_pool& readers, validator_settings s
    )
        : around_{around, s.told},
          counters_{counters},
          readers_{readers},
          settings_{std::move(s)},
          looks_{executor, most_looks} {}

    static asio::awaitable<http::response>
    answer(std::shared_ptr<validator> self, http::request_info request) {
        const auto begin = steady_clock::now();
        const auto host = request.peer.substr(0, request.peer.rfind(':'));
        if (self->in_work_of(host) >= self->settings_.most_at_once) {
            self->counters_.admission_review("unknown", "unknown", "overloaded", steady_clock::now() - begin);
            co_return http::text_response(503, "too many reviews at once\n");
        }
        const auto type = request.find("Content-Type").value_or("");
        if (!type.starts_with("application/json")) {
            co_return http::text_response(415, "Content-Type must be application/json\n");
        }
        const place taken{self->in_work_, host};
        auto work = [text = std::move(request.what.body),
                     with = examination{self->settings_.installation, self->settings_.options}]() mutable {
            auto read = read_review(text);
            text = {};
            return read ? result<examined>{examine(std::move(*read), with)} : result<examined>{read.error()};
        };
        auto what = co_await on_pool(self->readers_, std::move(work));
        if (!what) {
            self->counters_.admission_review("unknown", "unknown", "malformed", steady_clock::now() - begin);
            co_return http::text_response(400, what.error().message() + "\n");
        }
        auto said = decide(*what, self->around_);
        if (said.allowed) {
            co_await self->look_into_sources(*what, said);
        }
        const auto& of = what->of;
        const bool known = is_known(of.kind);
        self->counters_.admission_review(
            known ? of.kind : "other",
            of.operation == "CREATE" || of.operation == "UPDATE" || of.operation == "DELETE" ? of.operation
                                                                                             : "other",
            said.allowed ? "allowed" : "denied", steady_clock::now() - begin
        );
        if (!said.allowed) {
            log::info(
                "an object is refused", {{"kind", of.kind},
                                         {"object", of.namespace_ + "/" + of.name},
                                         {"why", shortened(said.message, longest_log)}}
            );
        }
        http::response r;
        r.status = 200;
        r.headers.push_back({"Content-Type", "application/json"});
        r.body = write_answer(of, said);
        co_return r;
    }

private:
    static bool is_known(std::string_view kind) {
        return kind == "Application" || kind == "ApplicationSet" || kind == "Project" ||
               kind == "Repository" || kind == "ConfigMap";
    }

    // A warning is worth a moment of disk, and no more than that.
    asio::awaitable<void> look_into_sources(const examined& what, decision& said) {
        const auto* objects = std::get_if<examined_pair<crds::application>>(&what.objects);
        if (objects == nullptr || !what.spec_changed || !looks_.is_free()) {
            co_return;
        }
        const auto look = co_await looks_.enter();
        auto value = objects->now.value;
        const auto told = co_await with_deadline(500ms, "reading the sources", paths_of(std::move(value)));
        if (told) {
            for (const auto& one : *told) {
                said.warnings.push_back(one.text());
            }
        }
    }
    asio::awaitable<result<std::vector<crds::problem>>> paths_of(crds::application value) const {
        co_return co_await around_.look_into_sources(std::move(value));
    }

    using counts = std::map<std::string, std::size_t>;

    [[nodiscard]] std::size_t in_work_of(const std::string& host) const {
        const auto found = in_work_.find(host);
        return found == in_work_.end() ? 0 : found->second;
    }

    class place {
    public:
        place(counts& all, const std::string& host) : all_{all}, at_{all.try_emplace(host).first} {
            ++at_->second;
        }
        ~place() {
            if (--at_->second == 0) all_.erase(at_);
        }
        place(const place&) = delete;
        place& operator=(const place&) = delete;

    private:
        counts& all_;
        counts::iterator at_;
    };

    told_surroundings around_;
    observe::metrics& counters_;
    worker_pool& readers_;
    validator_settings settings_;
    async_semaphore looks_;
    counts in_work_; // reviews, by the address that they came from
};

} // namespace

std::vector<http::route> make_routes(
    const asio::any_io_executor& executor, const policy::surroundings& around, observe::metrics& counters,
    worker_pool& readers, validator_settings settings
) {
    const auto shared = std::make_shared<validator>(executor, around, counters, readers, std::move(settings));
    return {{"POST", "/validate", [shared](http::request_info request) {
                 return validator::answer(shared, std::move(request));
             }}};
}

http::listen_options listen_options(std::string address, const validator_settings& settings) {
    http::listen_options options;
    options.address = std::move(address);
    options.max_connections = 256;
    options.max_body = settings.max_body;
    options.header_timeout = 5s;
    options.body_timeout = 10s;
    options.write_timeout = 10s;
    return options;
}

} // namespace holdfast::admission
