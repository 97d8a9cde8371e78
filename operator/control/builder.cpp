#include "control/builder.hpp"

#include "builders/jsonnet.hpp"
#include "builders/run.hpp"
#include "render/directory.hpp"
#include "render/git_tree.hpp"
#include "secrets/sensitive.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::control {

namespace {

constexpr std::size_t most_errors = 20;

result<std::unique_ptr<render::source_tree>> open_tree(const builders::build_source& source) {
    auto reader = source.at.read();
    if (!reader) {
        return reader.error();
    }
    return render::make_git_tree(std::move(*reader), source.spec.repo_url);
}

bool is_same_tree(const builders::build_source& a, const builders::build_source& b) {
    return a.at.commit() == b.at.commit() && a.at.repository() == b.at.repository() &&
           a.spec.repo_url == b.spec.repo_url;
}

source_identity identity_of(const builders::planned_source& planned) {
    source_identity made{.key = to_hex(planned.key), .type = planned.type, .needs = {}, .missing = {}};
    if (planned.by_program) {
        made.is_secret = planned.by_program->password_store;
        made.needs = planned.by_program->needs;
        made.missing = planned.by_program->missing;
    }
    return made;
}

render::build_key key_of(const source_identity& identity) {
    render::build_key key{};
    const auto bytes = from_hex(identity.key).value_or("");
    std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
    return key;
}

bool is_current(const render::packed_output& output, const build_input& input) {
    if (output.outside_reads.empty()) {
        return true;
    }
    auto tree = open_tree(input.source);
    if (!tree) {
        return false;
    }
    const auto same = render::still_current(output.outside_reads, **tree);
    return same.has_value() && *same;
}

// What a build gave: what a program printed, or what a directory has, with its *.jsonnet evaluated.
result<render::render_output>
read_built(const build_input& input, builders::planned_source& how, const std::string& printed) {
    if (!how.directory) {
        auto output = builders::read_output(*how.by_program, printed);
        if (!output) {
            return output.error().summary(most_errors);
        }
        return std::move(*output);
    }
    if (how.by_program) {
        auto evaluated = builders::read_evaluated(printed);
        if (!evaluated) {
            return evaluated.error().summary(most_errors);
        }
        how.directory->evaluated = std::move(*evaluated);
    }
    auto tree = open_tree(input.source);
    if (!tree) {
        return tree.error();
    }
    auto output = render::render_directory(**tree, *how.directory);
    if (!output) {
        return output.error().summary(most_errors);
    }
    if (how.by_program) {
        const auto& warnings = how.by_program->warnings;
        output->warnings.insert(output->warnings.end(), warnings.begin(), warnings.end());
    }
    return std::move(*output);
}

error combined(const std::optional<error>& before, const error& another) {
    return before ? error{before->kind(), before->message() + "; " + another.message()} : another;
}

} // namespace

builder::builder(parts with, settings s)
    : with_{with},
      settings_{std::move(s)},
      cache_{settings_.cache_bytes},
      secrets_{with.executor, with.pool, with.sandbox, with.stores} {
    if (!settings_.cache_directory.empty()) {
        disk_.emplace(settings_.cache_directory, settings_.disk_cache_bytes);
    }
}

asio::awaitable<std::vector<result<source_identity>>> builder::identify(std::vector<build_input> sources) {
    auto work = [held = std::move(sources), &with = settings_.builds] {
        std::vector<result<source_identity>> all;
        all.reserve(held.size());
        // Applications of one repository are at one commit: opened once for all of them.
        const build_input* opened = nullptr;
        std::unique_ptr<render::source_tree> tree;
        for (const auto& input : held) {
            if (!input.source.spec.chart.empty()) {
                opened = nullptr;
                tree.reset();
            } else if (opened == nullptr || !is_same_tree(opened->source, input.source)) {
                opened = nullptr;
                auto made = open_tree(input.source);
                if (!made) {
                    all.push_back(made.error());
                    continue;
                }
                tree = std::move(*made);
                opened = &input;
            }
            const auto planned =
                builders::plan_source(input.source, tree.get(), *input.facts, input.supplied, with);
            if (planned) {
                all.push_back(identity_of(*planned));
            } else {
                all.push_back(planned.error().summary(most_errors));
            }
        }
        return all;
    };
    co_return co_await on_pool(with_.pool, std::move(work));
}

asio::awaitable<builder::packed_ptr> builder::find(render::build_key key) {
    auto found = cache_.find(key);
    with_.counters.cache_asked("memory", found != nullptr);
    if (found) {
        co_return found;
    }
    if (!disk_) {
        co_return nullptr;
    }
    auto work = [&disk = *disk_, key] { return disk.load(key); };
    auto loaded = co_await on_pool(with_.pool, std::move(work));
    with_.counters.cache_asked("disk", loaded != nullptr);
    if (loaded) {
        cache_.insert(key, loaded);
    }
    co_return loaded;
}

asio::awaitable<std::optional<std::vector<render::named_entry>>>
builder::entries_of(std::vector<source_identity> identities) {
    std::vector<render::named_entry> all;
    for (const auto& identity : identities) {
        if (identity.is_secret) {
            continue;
        }
        const auto found = co_await find(key_of(identity));
        if (!found) {
            co_return std::nullopt;
        }
        all.insert(all.end(), found->entries.begin(), found->entries.end());
    }
    co_return all;
}

// A finished build: one that is kept and still right, one that somebody else makes just now, or made now.
asio::awaitable<result<builder::packed_ptr>> builder::finished(build_input input, render::build_key key) {
    if (auto kept = co_await find(key)) {
        auto check = [kept, &input] { return is_current(*kept, input); };
        if (kept->outside_reads.empty() || co_await on_pool(with_.pool, std::move(check))) {
            co_return kept;
        }
    }
    if (const auto other = under_way_.find(key); other != under_way_.end()) {
        auto joined = other->second;
        auto outcome = co_await packed_flight::wait(std::move(joined));
        if (outcome || outcome.error().kind() != error_kind::cancelled) {
            co_return outcome;
        }
        // Who made it left; this one is still wanted.
    }
    const auto mine = std::make_shared<packed_flight>(with_.executor);
    under_way_[key] = mine;
    struct landing {
        builder* self;
        render::build_key key;
        std::shared_ptr<packed_flight> mine;
        ~landing() {
            if (const auto found = self->under_way_.find(key);
                found != self->under_way_.end() && found->second == mine) {
                self->under_way_.erase(found);
            }
        }
    };
    const landing guard{this, key, mine};
    lander<packed_ptr> land{mine, error{error_kind::cancelled, "the build was left"}};
    auto made = co_await make(std::move(input), key);
    land.land(made);
    co_return made;
}

// What a build gave, still to be read.
struct builder::made_source {
    builders::planned_source how;
    std::string printed;
};

asio::awaitable<result<builder::made_source>>
builder::run_build(std::shared_ptr<const build_input> input, store_ptr store) {
    auto plan = [input, &with = settings_.builds]() -> render::render_result<builders::planned_source> {
        std::unique_ptr<render::source_tree> tree;
        if (input->source.spec.chart.empty()) {
            auto opened = open_tree(input->source);
            if (!opened) {
                return render::as_errors(opened.error());
            }
            tree = std::move(*opened);
        }
        return builders::plan_source(input->source, tree.get(), *input->facts, input->supplied, with);
    };
    auto planned = co_await on_pool(with_.pool, std::move(plan));
    if (!planned) {
        co_return planned.error().summary(most_errors);
    }
    made_source made{.how = std::move(*planned), .printed = {}};
    if (made.how.by_program) {
        const auto& program = *made.how.by_program;
        if (!program.missing.empty() || program.password_store != (store != nullptr)) {
            co_return transient_error(
                "the build needs something else than a moment ago; it is looked at again"
            );
        }
        const builders::run_limits limits;
        auto ran = co_await builders::run(with_.sandbox, with_.pool, program, limits, std::move(store));
        if (!ran) {
            co_return ran.error().summary(most_errors);
        }
        std::swap(made.printed, *ran); // no copy of what is short is left
    }
    co_return made;
}

asio::awaitable<result<builder::packed_ptr>> builder::make(build_input input, render::build_key key) {
    const auto held = std::make_shared<const build_input>(std::move(input));
    auto ran = co_await run_build(held, {});
    if (!ran) {
        co_return ran.error();
    }
    auto read = [held, key, disk = disk_ ? &*disk_ : nullptr,
                 from = std::move(*ran)]() mutable -> result<packed_ptr> {
        auto output = read_built(*held, from.how, from.printed);
        if (!output) {
            return output.error();
        }
        auto made = pack_output(std::move(*output), /*is_secret=*/false);
        if (made && disk != nullptr) {
            disk->save(key, **made);
        }
        return made;
    };
    auto made = co_await on_pool(with_.pool, std::move(read));
    if (!made) {
        co_return made.error();
    }
    cache_.insert(key, *made);
    co_return made;
}

// For this application alone, and kept nowhere.
asio::awaitable<result<builder::packed_ptr>>
builder::make_secret(build_input input, const stores_in_use& secrets) {
    auto store = co_await secrets_.copy_default_store(secrets);
    if (!store) {
        co_return store.error();
    }
    const auto held = std::make_shared<const build_input>(std::move(input));
    auto ran = co_await run_build(held, std::move(*store));
    if (!ran) {
        co_return ran.error();
    }
    auto read = [held, from = std::move(*ran)]() mutable -> result<packed_ptr> {
        auto output = read_built(*held, from.how, from.printed);
        secrets::wipe(from.printed);
        if (!output) {
            return output.error();
        }
        return pack_output(std::move(*output), /*is_secret=*/true);
    };
    co_return co_await on_pool(with_.pool, std::move(read));
}

asio::awaitable<result<builder::built>> builder::build(
    std::vector<build_input> sources, std::vector<source_identity> identities, build_target target,
    std::shared_ptr<const kube::api_catalog> catalog, stores_in_use secrets
) {
    std::vector<packed_ptr> outputs;
    std::optional<error> broken;
    built made;
    bool needs_secrets = false;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const bool is_secret = identities[i].is_secret;
        result<packed_ptr> output{packed_ptr{}};
        if (is_secret) {
            output = co_await make_secret(std::move(sources[i]), secrets);
        } else {
            output = co_await finished(std::move(sources[i]), key_of(identities[i]));
        }
        if (!output) {
            broken = combined(broken, output.error());
            continue;
        }
        needs_secrets = needs_secrets || (*output)->needs_secrets;
        if (!is_secret) {
            made.entries.insert(made.entries.end(), (*output)->entries.begin(), (*output)->entries.end());
        }
        outputs.push_back(std::move(*output));
    }
    if (broken) {
        co_return *broken;
    }
    auto place = [outputs = std::move(outputs), target, catalog] {
        return place_objects(outputs, target, *catalog);
    };
    auto placed = co_await on_pool(with_.pool, std::move(place));
    if (!placed) {
        co_return placed.error();
    }
    if (needs_secrets) {
        auto filled = co_await secrets_.fill(std::move(placed->objects), secrets);
        if (!filled) {
            co_return filled.error();
        }
        placed->objects = std::move(*filled);
    }
    auto prepare = [held = std::move(*placed), target = std::move(target), catalog]() mutable {
        return prepare_objects(std::move(held), target, *catalog);
    };
    auto prepared = co_await on_pool(with_.pool, std::move(prepare));
    if (!prepared) {
        co_return prepared.error();
    }
    made.wanted = std::move(*prepared);
    co_return made;
}

asio::awaitable<void> builder::housekeeping() {
    if (disk_) {
        auto work = [&disk = *disk_] {
            disk.trim();
            return true;
        };
        co_await on_pool(with_.pool, std::move(work));
    }
}

} // namespace holdfast::control
