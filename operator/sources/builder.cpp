#include "sources/builder.hpp"

#include "base/memory.hpp"
#include "base/pool_work.hpp"
#include "builders/jsonnet.hpp"
#include "builders/run.hpp"
#include "render/directory.hpp"
#include "render/links.hpp"
#include "secrets/sensitive.hpp"
#include "secrets/value_mask.hpp"
#include "sources/output_places.hpp"
#include "sources/within_budget.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace holdfast::sources {

namespace {

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
render::render_result<render::render_output> read_built(
    const build_input& input, builders::planned_source& how, const std::string& printed,
    const render::directory_limits& limits
) {
    if (!how.directory) {
        builders::run_limits bounds;
        bounds.output = limits;
        auto output = builders::read_output(*how.by_program, printed, bounds);
        if (output) {
            output->warnings.insert(output->warnings.end(), how.warnings.begin(), how.warnings.end());
        }
        return output;
    }
    if (how.by_program) {
        auto evaluated = builders::read_evaluated(printed);
        if (!evaluated) {
            return evaluated.error();
        }
        how.directory->evaluated = std::move(*evaluated);
    }
    auto tree = open_tree(input.source);
    if (!tree) {
        return render::as_errors(tree.error());
    }
    auto output = render::render_directory(**tree, *how.directory, limits);
    how.directory->evaluated.clear();
    if (output && how.by_program) {
        const auto& warnings = how.by_program->warnings;
        output->warnings.insert(output->warnings.end(), warnings.begin(), warnings.end());
    }
    if (output) {
        output->warnings.insert(output->warnings.end(), how.warnings.begin(), how.warnings.end());
    }
    return output;
}

// The objects hold their place as long as anybody has them, which is on the loop's thread; then their memory
// is given back to the system, on the pool's.
std::shared_ptr<const desired_set>
held_while_used(std::shared_ptr<const desired_set> wanted, async_semaphore::place place, worker_pool& pool) {
    struct holder {
        holder(std::shared_ptr<const desired_set> w, async_semaphore::place p, worker_pool& on)
            : place{std::move(p)}, wanted{std::move(w)}, pool{on} {}
        holder(const holder&) = delete;
        holder& operator=(const holder&) = delete;
        ~holder() {
            wanted.reset();
            pool.post([] { give_memory_back(); });
        }
        async_semaphore::place place;
        std::shared_ptr<const desired_set> wanted;
        worker_pool& pool;
    };
    const auto* const inner = wanted.get();
    auto held = std::make_shared<const holder>(std::move(wanted), std::move(place), pool);
    return {std::move(held), inner};
}

// Where a source is in its repository; "" for the root, and for a chart.
std::string directory_of(const build_input& input) {
    auto cleaned = render::clean_path(input.source.spec.path);
    return cleaned ? std::move(*cleaned) : std::string{};
}

// What was put in, and what is in the Secrets beside that: where a program made them, nobody knows more. Null
// where there is nothing.
std::shared_ptr<const secrets::value_mask>
mask_of(const std::vector<render::manifest>& objects, build_secrets::value_list values) {
    if (!values) {
        return nullptr;
    }
    for (const auto& m : objects) {
        if (m.object.contains("kind") && m.object.at("kind") == "Secret") {
            for (const auto* field : {"data", "stringData"}) {
                if (const auto* data = m.object.if_contains(field)) {
                    secrets::add_changed({}, *data, *values);
                }
            }
        }
    }
    auto made = std::make_shared<const secrets::value_mask>(*values);
    return made->empty() ? nullptr : std::move(made);
}

error combined(const std::optional<error>& before, const error& another) {
    return before ? error{before->kind(), before->message() + "; " + another.message()} : another;
}

} // namespace

builder::builder(parts with, settings s)
    : with_{with},
      settings_{std::move(s)},
      cache_{settings_.cache_bytes},
      outputs_{with.executor, settings_.most_outputs},
      programs_{with.executor, settings_.most_programs},
      reading_{with.executor, settings_.reading_mebibytes},
      objects_{with.executor, settings_.objects_mebibytes},
      secrets_{with.executor, with.pool, with.sandbox, with.stores},
      shares_{with.executor, settings_.places_per_tenant} {
    if (!settings_.cache_directory.empty()) {
        disk_.emplace(settings_.cache_directory, settings_.disk_cache_bytes);
    }
}

template <class F>
asio::awaitable<std::invoke_result_t<F&, std::shared_ptr<const work_stop>>>
builder::in_turn(work_owner owner, F work) {
    const auto place = co_await shares_.enter(std::move(owner.tenant));
    co_return co_await on_pool(with_.pool, std::move(owner.stop), std::move(work));
}

asio::awaitable<std::vector<result<identified>>>
builder::identify(std::vector<build_input> sources, work_owner owner) {
    programs_.note(owner.tenant);
    outputs_.note(owner.tenant);
    auto work = [held = std::move(sources), &with = settings_.builds](const auto& stop) {
        std::vector<result<identified>> all;
        all.reserve(held.size());
        for (const auto& input : held) {
            all.push_back(identify_source(input, with, stop));
        }
        return all;
    };
    co_return co_await in_turn(std::move(owner), std::move(work));
}

asio::awaitable<std::vector<bool>> builder::compare_reads(std::vector<reads_check> checks, work_owner owner) {
    auto work = [held = std::move(checks)](const auto& stop) { return still_hold(held, stop); };
    co_return co_await in_turn(std::move(owner), std::move(work));
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
    // A large one waits until there is memory for it: its text, what is parsed of that, and what is kept.
    struct outcome {
        packed_ptr loaded;
        std::size_t too_large = 0;
    };
    const auto load = [&disk = *disk_, key](std::size_t most) {
        return [&disk, key, most] {
            const auto size = disk.size_of(key);
            return size > most ? outcome{.loaded = nullptr, .too_large = size}
                               : outcome{.loaded = disk.load(key), .too_large = 0};
        };
    };
    auto ordinary = load(ordinary_allowance().limits.max_output_bytes);
    auto found_there = co_await on_pool(with_.pool, std::move(ordinary));
    if (found_there.too_large > 0) {
        const auto held = co_await reading_.enter(1 + 3 * found_there.too_large / (std::size_t{1} << 20U));
        auto any = load(std::numeric_limits<std::size_t>::max());
        found_there = co_await on_pool(with_.pool, std::move(any));
    }
    const auto loaded = std::move(found_there.loaded);
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
asio::awaitable<result<builder::packed_ptr>>
builder::finished(build_input input, render::build_key key, work_owner owner) {
    if (auto kept = co_await find(key)) {
        if (kept->outside_reads.empty()) {
            co_return kept;
        }
        auto check = [kept, &input](const auto& stop) {
            const auto same = within_budget("comparing the targets of symlinks", stop, [&]() -> result<bool> {
                return is_current(*kept, input);
            });
            return same && *same;
        };
        if (co_await in_turn(owner, std::move(check))) {
            co_return kept;
        }
    }
    // What was built is everybody's who has the same content. What went wrong is said with the places of who
    // built it: it is only theirs who build it in the same place.
    const place_of_build place{key, input.source.spec.repo_url + "\n" + directory_of(input)};
    auto other = under_way_.find(place);
    if (other == under_way_.end()) {
        other = under_way_.lower_bound({key, {}});
    }
    if (other != under_way_.end() && other->first.first == key) {
        const bool is_same_place = other->first == place;
        auto joined = other->second;
        auto outcome = co_await packed_flight::wait(std::move(joined));
        if (outcome || (is_same_place && outcome.error().kind() != error_kind::cancelled)) {
            co_return outcome;
        }
        // Who made it left; this one is still wanted.
    }
    const auto mine = std::make_shared<packed_flight>(with_.executor);
    under_way_[place] = mine;
    struct landing {
        builder* self;
        place_of_build key;
        std::shared_ptr<packed_flight> mine;
        ~landing() {
            if (const auto found = self->under_way_.find(key);
                found != self->under_way_.end() && found->second == mine) {
                self->under_way_.erase(found);
            }
        }
    };
    const landing guard{this, place, mine};
    lander<packed_ptr> land{mine, error{error_kind::cancelled, "the build was left"}};
    auto made = co_await make(std::move(input), key, std::move(owner));
    land.land(made);
    co_return made;
}

// What a build gave, still to be read.
struct builder::made_source {
    std::shared_ptr<const build_input> input;
    builders::planned_source how;
    std::string printed;
};

// `place` is held as long as there is what a program printed.
asio::awaitable<result<std::shared_ptr<builder::made_source>>>
builder::run_build(build_input input, store_ptr store, fair_places::place& place, work_owner owner) {
    const auto made = std::make_shared<made_source>();
    made->input = std::make_shared<const build_input>(std::move(input));
    if (made->input->plan) {
        made->how = *made->input->plan;
    } else {
        auto plan = [input = made->input, &with = settings_.builds](const auto& stop) {
            return within_budget("planning the build", stop, [&] {
                return plan_build(input->source, *input, with);
            });
        };
        auto planned = co_await in_turn(owner, std::move(plan));
        if (!planned) {
            co_return planned.error().summary(most_source_errors);
        }
        made->how = std::move(*planned);
    }
    if (made->how.by_program) {
        const auto& program = *made->how.by_program;
        if (!program.missing.empty() || program.password_store != (store != nullptr)) {
            co_return transient_error("the needs of the build changed meanwhile; it is planned again");
        }
        const auto known_as = owner.tenant + " " + to_hex(program.key.data(), program.key.size());
        if (auto why = late_.resting(known_as, steady_clock::now())) {
            co_return error{
                why->kind(), why->message() + "; it took long, and rests for as long before it is built again"
            };
        }
        place = co_await outputs_.enter(owner.tenant);
        auto running = co_await programs_.enter(owner.tenant);
        const auto begin = steady_clock::now();
        const builders::run_limits limits;
        auto ran = co_await builders::run(
            with_.sandbox, with_.pool, program, limits, std::move(store), std::move(owner.stop)
        );
        running = {};
        if (!ran) {
            auto why = ran.error().summary(most_source_errors);
            if (why.is_transient()) {
                const auto now = steady_clock::now();
                late_.failed(known_as, owner.tenant, why, now - begin, now);
            }
            co_return why;
        }
        late_.succeeded(known_as);
        std::swap(made->printed, *ran); // no copy of what is short is left
    }
    co_return made;
}

// Reads what a build gave within an allowance; nothing when it needs a larger one. Without a key it has
// secrets in it.
asio::awaitable<std::optional<result<builder::packed_ptr>>> builder::read_within(
    std::shared_ptr<made_source> from, std::optional<render::build_key> key, build_allowance allowance,
    bool is_largest, work_owner owner
) {
    const auto held = co_await reading_.enter(allowance.mebibytes);
    auto work = [from, key, is_largest, limits = allowance.limits,
                 disk = disk_ && key ? &*disk_ : nullptr](const auto& stop
                ) -> std::optional<result<packed_ptr>> {
        const memory_given_back after{is_largest};
        auto output = within_budget("reading the output of the build", stop, [&] {
            return read_built(*from->input, from->how, from->printed, limits);
        });
        if (!output && output.error().is_too_large && !is_largest) {
            return std::nullopt;
        }
        if (!output) {
            return output.error().summary(most_source_errors);
        }
        forget_directory(*output, directory_of(*from->input));
        auto made = pack_output(std::move(*output), /*is_secret=*/!key);
        if (made && disk != nullptr) {
            disk->save(*key, **made);
        }
        return made;
    };
    co_return co_await in_turn(std::move(owner), std::move(work));
}

// First with what nearly every build can do with, so that many are read side by side: one that is far larger
// waits until there is memory for it.
asio::awaitable<result<builder::packed_ptr>>
builder::read(std::shared_ptr<made_source> from, std::optional<render::build_key> key, work_owner owner) {
    auto ordinary = ordinary_allowance();
    if (from->printed.size() <= ordinary.limits.max_total_bytes) {
        auto made = co_await read_within(from, key, std::move(ordinary), /*is_largest=*/false, owner);
        if (made) {
            co_return std::move(*made);
        }
    }
    auto largest = largest_allowance();
    auto made = co_await read_within(from, key, std::move(largest), /*is_largest=*/true, std::move(owner));
    co_return std::move(*made);
}

asio::awaitable<result<builder::packed_ptr>>
builder::make(build_input input, render::build_key key, work_owner owner) {
    fair_places::place place;
    auto ran = co_await run_build(std::move(input), {}, place, owner);
    if (!ran) {
        co_return ran.error();
    }
    auto made = co_await read(std::move(*ran), key, std::move(owner));
    if (!made) {
        co_return made.error();
    }
    cache_.insert(key, *made);
    co_return made;
}

// For this application alone, and kept nowhere.
asio::awaitable<result<builder::packed_ptr>>
builder::make_secret(build_input input, const stores_in_use& secrets, work_owner owner) {
    auto store = co_await secrets_.copy_default_store(secrets);
    if (!store) {
        co_return store.error();
    }
    fair_places::place place;
    auto ran = co_await run_build(std::move(input), std::move(*store), place, owner);
    if (!ran) {
        co_return ran.error();
    }
    const auto from = std::move(*ran);
    struct wiping {
        std::string& text;
        ~wiping() { secrets::wipe(text); }
    };
    const wiping printed{from->printed};
    co_return co_await read(from, std::nullopt, std::move(owner));
}

asio::awaitable<result<builder::built>> builder::build(
    std::vector<build_input> sources, std::vector<source_identity> identities, build_target target,
    std::shared_ptr<const kube::api_catalog> catalog, stores_in_use secrets, work_owner owner
) {
    std::vector<packed_ptr> outputs;
    std::optional<error> broken;
    built made;
    bool needs_secrets = false;
    std::size_t unpacked = 0;
    for (const auto& input : sources) {
        target.directories.push_back(directory_of(input));
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const bool is_secret = identities[i].is_secret;
        result<packed_ptr> output{packed_ptr{}};
        if (is_secret) {
            output = co_await make_secret(std::move(sources[i]), secrets, owner);
        } else {
            output = co_await finished(sources[i], key_of(identities[i]), owner);
        }
        if (!output) {
            broken = combined(broken, output.error());
            continue;
        }
        needs_secrets = needs_secrets || (*output)->needs_secrets;
        if (!is_secret) {
            made.entries.insert(made.entries.end(), (*output)->entries.begin(), (*output)->entries.end());
        }
        unpacked += (*output)->unpacked_bytes;
        // Whoever waits holds nothing that is large and can be had again: what is kept in memory or on disk.
        const bool is_kept = is_secret || mebibytes_for_objects((*output)->unpacked_bytes) == 0;
        outputs.push_back(is_kept ? std::move(*output) : nullptr);
    }
    if (broken) {
        co_return *broken;
    }
    async_semaphore::place held;
    if (const auto mebibytes = mebibytes_for_objects(unpacked); mebibytes > 0) {
        held = co_await objects_.enter(mebibytes);
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            if (outputs[i]) {
                continue;
            }
            auto again = co_await finished(std::move(sources[i]), key_of(identities[i]), owner);
            if (!again) {
                co_return again.error();
            }
            outputs[i] = std::move(*again);
        }
    }
    auto place = [outputs = std::move(outputs), target, catalog](const auto& stop) {
        return within_budget("placing the objects", stop, [&] {
            return place_objects(outputs, target, *catalog);
        });
    };
    auto placed = co_await in_turn(owner, std::move(place));
    if (!placed) {
        co_return placed.error();
    }
    build_secrets::value_list values;
    if (std::ranges::any_of(identities, &source_identity::is_secret)) {
        values = std::make_shared<std::vector<secrets::sensitive>>(); // they are in what a program printed
    }
    if (needs_secrets) {
        auto filled = co_await secrets_.fill(std::move(placed->objects), secrets);
        if (!filled) {
            co_return filled.error();
        }
        placed->objects = std::move(filled->objects);
        values = std::move(filled->values);
    }
    auto prepare = [held = std::move(*placed), target = std::move(target), catalog,
                    values = std::move(values)](const auto& stop) mutable {
        return within_budget(
            "preparing the objects", stop,
            [&]() -> result<std::shared_ptr<const desired_set>> {
                held.mask = mask_of(held.objects, std::move(values));
                const auto mask = held.mask;
                auto prepared = prepare_objects(std::move(held), target, *catalog);
                if (!prepared && mask) {
                    return error{prepared.error().kind(), mask->blank(prepared.error().message())};
                }
                return prepared;
            }
        );
    };
    auto prepared = co_await in_turn(std::move(owner), std::move(prepare));
    if (!prepared) {
        co_return prepared.error();
    }
    made.wanted = std::move(*prepared);
    if (mebibytes_for_objects(unpacked) > 0) {
        made.wanted = held_while_used(std::move(made.wanted), std::move(held), with_.pool);
    }
    co_return made;
}

asio::awaitable<void> builder::housekeeping() {
    auto work = [disk = disk_ ? &*disk_ : nullptr] {
        if (disk != nullptr) {
            disk->trim();
        }
        give_memory_back();
        return true;
    };
    co_await on_pool(with_.pool, std::move(work));
}

} // namespace holdfast::sources
