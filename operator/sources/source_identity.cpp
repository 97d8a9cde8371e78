#include "sources/source_identity.hpp"

#include "render/file_tree.hpp"
#include "render/links.hpp"
#include "sources/within_budget.hpp"

namespace holdfast::sources {

namespace {

source_identity identity_of(const builders::planned_source& planned) {
    source_identity made{
        .key = to_hex(planned.key), .type = planned.type, .needs = {}, .missing = {}, .reads = {}
    };
    if (planned.by_program) {
        made.is_secret = planned.by_program->password_store;
        made.needs = planned.by_program->needs;
        made.missing = planned.by_program->missing;
    }
    return made;
}

// The logs of one source and of those that it names.
class logs {
public:
    // Has them told of what is read from now on.
    explicit logs(builders::build_source& source) : own_{std::make_shared<files::read_log>()} {
        source.at = source.at.noting(own_);
        for (auto& [name, reference] : source.refs) {
            auto& log = refs_[name] = std::make_shared<files::read_log>();
            reference.at = reference.at.noting(log);
        }
    }

    [[nodiscard]] std::shared_ptr<const source_reads> finish() const {
        source_reads made;
        auto own = own_->finish();
        if (!own) {
            return nullptr;
        }
        made.own = std::move(*own);
        for (const auto& [name, log] : refs_) {
            auto reads = log->finish();
            if (!reads) {
                return nullptr;
            }
            made.refs.emplace(name, std::move(*reads));
        }
        return std::make_shared<const source_reads>(std::move(made));
    }

private:
    std::shared_ptr<files::read_log> own_;
    std::map<std::string, std::shared_ptr<files::read_log>, std::less<>> refs_;
};

// The identity's logs end with its plan: what running it reads is told to none.
builders::planned_source without_logs(builders::planned_source planned) {
    if (planned.by_program) {
        for (auto& copy : planned.by_program->trees) {
            copy.from = copy.from.noting({});
        }
    }
    return planned;
}

// Readers of the commits that are asked, each opened once for those that follow one another.
class readers {
public:
    result<files::tree_reader*> of(const git::snapshot& at) {
        if (!reader_ || at.commit() != at_.commit() || at.repository() != at_.repository()) {
            auto made = at.read();
            if (!made) {
                reader_.reset();
                return made.error();
            }
            reader_ = std::move(*made);
            at_ = at;
        }
        return reader_.get();
    }

private:
    git::snapshot at_;
    std::unique_ptr<files::tree_reader> reader_;
};

result<bool> holds(const reads_check& check, readers& open) {
    const auto ask = [&](const git::snapshot& at, const files::path_reads& reads) -> result<bool> {
        if (reads.empty()) {
            return true;
        }
        auto reader = open.of(at);
        if (!reader) {
            return reader.error();
        }
        return files::same_answers(**reader, reads);
    };
    if (!check.reads || check.reads->refs.size() != check.refs.size()) {
        return false;
    }
    for (const auto& [name, reads] : check.reads->refs) {
        const auto at = check.refs.find(name);
        if (at == check.refs.end()) {
            return false;
        }
        if (const auto same = ask(at->second, reads); !same || !*same) {
            return same;
        }
    }
    return ask(check.at, check.reads->own);
}

} // namespace

result<std::unique_ptr<render::source_tree>> open_tree(const builders::build_source& source) {
    auto reader = source.at.read();
    if (!reader) {
        return reader.error();
    }
    return render::make_file_tree(std::move(*reader), source.spec.repo_url);
}

render::render_result<builders::planned_source> plan_build(
    const builders::build_source& source, const build_input& input, const builders::build_settings& with
) {
    std::unique_ptr<render::source_tree> tree;
    if (source.spec.chart.empty()) {
        auto opened = open_tree(source);
        if (!opened) {
            return render::as_errors(opened.error());
        }
        tree = std::move(*opened);
    }
    return builders::plan_source(source, tree.get(), *input.facts, input.supplied, with);
}

result<identified> identify_source(
    const build_input& input, const builders::build_settings& with, std::shared_ptr<const work_stop> stop
) {
    const auto& spec = input.source.spec;
    const auto what = spec.chart.empty() ? "planning " + render::name_of_directory(spec.path)
                                         : "planning the chart " + spec.chart;
    return within_budget(what, std::move(stop), [&]() -> result<identified> {
        auto source = input.source;
        const logs noted{source};
        auto planned = plan_build(source, input, with);
        if (!planned) {
            return planned.error().summary(most_source_errors);
        }
        identified made{.identity = identity_of(*planned), .plan = {}};
        made.identity.reads = noted.finish();
        if (made.identity.missing.empty()) {
            made.plan = std::make_shared<const builders::planned_source>(without_logs(std::move(*planned)));
        }
        return made;
    });
}

std::vector<bool> still_hold(const std::vector<reads_check>& checks, std::shared_ptr<const work_stop> stop) {
    std::vector<bool> all;
    all.reserve(checks.size());
    readers open;
    for (const auto& check : checks) {
        const auto same = within_budget("comparing the sources", stop, [&]() -> result<bool> {
            return holds(check, open);
        });
        all.push_back(same && *same);
    }
    return all;
}

} // namespace holdfast::sources
