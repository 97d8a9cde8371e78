#include "admission/validator.hpp"

#include "base/log.hpp"
#include "control/application_controller.hpp"
#include "control/specification_checks.hpp"
#include "crds/application.hpp"
#include "crds/repository.hpp"
#include "sync/identity.hpp"

#include <algorithm>
#include <memory>

namespace holdfast::admission {

using namespace std::chrono_literals;

namespace {

// Longer bodies are parsed on the pool: the loop has others to serve.
constexpr std::size_t short_body = std::size_t{64} << 10U;

struct findings {
    std::vector<crds::problem> problems;
    std::vector<crds::problem> warnings;
};

// Reads an object and judges it as if it came last.
template <class Kind>
findings
look_at(crds::reading<Kind> read, const control::surroundings& around, const std::string& namespace_) {
    findings all;
    all.problems = std::move(read.problems);
    all.problems.insert(
        all.problems.end(), std::make_move_iterator(read.unknown_fields.begin()),
        std::make_move_iterator(read.unknown_fields.end())
    );
    if (all.problems.empty()) {
        auto& value = read.value;
        value.metadata.creation_timestamp.reset();
        if (value.metadata.namespace_.empty()) {
            value.metadata.namespace_ = namespace_;
        }
        auto verdict = control::judge(value, around);
        all.problems = std::move(verdict.problems);
        all.warnings = std::move(verdict.warnings);
    }
    return all;
}

findings look_at(const json::object& object, const review& of, const control::surroundings& around) {
    return of.kind == "Application" ? look_at(crds::examine_application(object), around, of.namespace_)
                                    : look_at(crds::examine_repository(object), around, of.namespace_);
}

bool is_ours(const review& of) {
    return of.group == crds::group && of.version == crds::version && of.subresource.empty() &&
           (of.kind == "Application" || of.kind == "Repository");
}

bool is_being_deleted(const json::object& object) {
    const auto* metadata = object.if_contains("metadata");
    return metadata != nullptr && metadata->is_object() &&
           metadata->get_object().contains("deletionTimestamp");
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

} // namespace

decision decide(const review& of, const control::surroundings& around, const std::string& installation) {
    if (!is_ours(of) || (of.operation != "CREATE" && of.operation != "UPDATE") ||
        is_being_deleted(of.object)) {
        return {};
    }
    if (of.kind == "Application" && !control::is_for(of.object, installation)) {
        return {}; // it is for another installation to judge
    }
    auto now = look_at(of.object, of, around);
    decision answer;
    if (!now.problems.empty() && of.operation == "UPDATE") {
        const auto before = look_at(of.old_object, of, around).problems;
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
        answer.message = said_of(of, now.problems);
        for (auto& one : now.problems) {
            answer.causes.emplace_back(std::move(one.path), std::move(one.message));
        }
    }
    for (const auto& one : now.warnings) {
        answer.warnings.push_back(one.text());
    }
    return answer;
}

namespace {

class validator {
public:
    validator(
        const control::surroundings& around, control::metrics& counters, asio::thread_pool& pool,
        validator_settings s
    )
        : around_{around}, counters_{counters}, pool_{pool}, settings_{std::move(s)} {}

    static asio::awaitable<http::response>
    answer(std::shared_ptr<validator> self, http::request_info request) {
        const auto begin = steady_clock::now();
        if (self->at_once_ >= self->settings_.most_at_once) {
            self->counters_.admission_review("unknown", "unknown", "overloaded", steady_clock::now() - begin);
            co_return http::text_response(503, "too many reviews at once\n");
        }
        const auto type = request.find("Content-Type").value_or("");
        if (!type.starts_with("application/json")) {
            co_return http::text_response(415, "Content-Type must be application/json\n");
        }
        const place taken{self->at_once_};
        auto& body = request.what.body;
        auto read = result<review>{internal_error("not read")};
        if (body.size() <= short_body) {
            read = read_review(body);
        } else {
            auto work = [text = std::move(body)] { return read_review(text); };
            read = co_await on_pool(self->pool_, std::move(work));
        }
        if (!read) {
            self->counters_.admission_review("unknown", "unknown", "malformed", steady_clock::now() - begin);
            co_return http::text_response(400, read.error().message() + "\n");
        }
        decision said;
        const bool of_options = is_of_options(*read);
        if (of_options) {
            if (self->settings_.options) {
                said = decide_options(*read, self->settings_.options);
            }
        } else {
            said = decide(*read, self->around_, self->settings_.installation);
            if (said.allowed) {
                co_await self->look_into_sources(*read, said);
            }
        }
        const bool known = of_options || read->kind == "Application" || read->kind == "Repository";
        self->counters_.admission_review(
            known ? read->kind : "other",
            read->operation == "CREATE" || read->operation == "UPDATE" ? read->operation : "other",
            said.allowed ? "allowed" : "denied", steady_clock::now() - begin
        );
        if (!said.allowed) {
            log::info(
                "an object is refused",
                {{"kind", read->kind}, {"object", read->namespace_ + "/" + read->name}, {"why", said.message}}
            );
        }
        http::response r;
        r.status = 200;
        r.headers.push_back({"Content-Type", "application/json"});
        r.body = write_answer(*read, said);
        co_return r;
    }

private:
    // A warning is worth a moment of disk, and no more than that.
    asio::awaitable<void> look_into_sources(const review& of, decision& said) {
        const auto* spec = of.object.if_contains("spec");
        const auto* before = of.old_object.if_contains("spec");
        if (!is_ours(of) || of.kind != "Application" || is_being_deleted(of.object) ||
            (spec != nullptr && before != nullptr && *spec == *before)) {
            co_return;
        }
        auto value = crds::examine_application(of.object).value;
        if (value.metadata.namespace_.empty()) {
            value.metadata.namespace_ = of.namespace_;
        }
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

    struct place {
        std::size_t& count;
        explicit place(std::size_t& c) : count{c} { ++count; }
        ~place() { --count; }
        place(const place&) = delete;
        place& operator=(const place&) = delete;
    };

    const control::surroundings& around_;
    control::metrics& counters_;
    asio::thread_pool& pool_;
    validator_settings settings_;
    std::size_t at_once_ = 0;
};

} // namespace

std::vector<http::route> make_routes(
    const control::surroundings& around, control::metrics& counters, asio::thread_pool& pool,
    validator_settings settings
) {
    const auto shared = std::make_shared<validator>(around, counters, pool, std::move(settings));
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
