#include "control/preview.hpp"

#include "base/side_by_side.hpp"
#include "control/application_access.hpp"
#include "control/application_sources_of.hpp"
#include "control/comparison.hpp"
#include "sync/canonical.hpp"
#include "sync/desired.hpp"
#include "sync/refusal.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// Of all but what changes by itself.
sha256_digest content_of(const json::object& live) {
    auto content = live;
    content.erase("status");
    if (auto* metadata = content.contains("metadata") ? content.at("metadata").if_object() : nullptr) {
        for (const auto* field : {"managedFields", "resourceVersion", "generation"}) {
            metadata->erase(field);
        }
    }
    return sync::canonical_hash(content);
}

bool is_needed_by_others(const sync::planned_object& w) {
    return w.defines || (w.id.group.empty() && w.id.kind == "Namespace");
}

} // namespace

std::vector<engine::look_candidate> preview::candidates_of(const application_record& r) const {
    std::vector<engine::look_candidate> all;
    const auto to = destination_of(with_.clusters, r.object);
    const auto& live = to->live();
    for (const auto& w : *r.compared.wanted) {
        if (r.compared.forbidden.contains(w.id)) {
            continue;
        }
        const auto seen = r.preview.seen.find(w.id);
        all.push_back(
            {.plan = &w,
             .has_record = live.find(w.gvk(), w.id.namespace_, w.id.name) != nullptr,
             .seen = seen == r.preview.seen.end() ? nullptr : &seen->second}
        );
    }
    return all;
}

void preview::forget_others(application_record& r) const {
    const auto ids = engine::objects_to_look_at(candidates_of(r), /*anew=*/true);
    std::erase_if(r.preview.seen, [&](const auto& one) {
        return std::ranges::find(ids, one.first) == ids.end();
    });
}

asio::awaitable<engine::findings> preview::look(record_ptr r) {
    engine::findings found;
    if (!r->compared.wanted || !r->sources.from) {
        co_return found;
    }
    if (engine::objects_to_look_at(candidates_of(*r), /*anew=*/true).empty()) {
        r->preview = {};
        co_return found;
    }
    auto& pace = r->preview.pace;
    const auto key = r->sources.from->build_key;
    const auto what = engine::look_due(pace, key, r->sources.not_before, steady_clock::now());
    if (what != engine::look::none) {
        const auto began = steady_clock::now();
        auto ids = engine::objects_to_look_at(candidates_of(*r), what == engine::look::at_all);
        if (!co_await look_at(r, std::move(ids))) {
            found.requeue(0s);
            co_return found;
        }
        pace = engine::after_look(pace, what, key, began);
        forget_others(*r);
    }
    found.requeue(std::max<steady_clock::duration>(pace.next - steady_clock::now(), 1s));
    co_return found;
}

asio::awaitable<void> preview::look_for_dry_run(record_ptr r) {
    std::vector<sync::object_id> ids;
    for (const auto& id : engine::objects_to_look_at(candidates_of(*r), /*anew=*/true)) {
        if (const auto* w = r->compared.find(id); is_needed_by_others(*w)) {
            ids.push_back(id);
        }
    }
    for (const auto& id : ids) {
        json::object live;
        co_await read(r, id, live);
    }
}

asio::awaitable<bool> preview::look_at(record_ptr r, std::vector<sync::object_id> ids) {
    const auto generation = r->object.metadata.generation;
    const auto key = r->sources.from->build_key;
    const auto is_over = [&] {
        return with_.applications.is_stale(*r, generation) || (r->object.operation && !r->operation.taken) ||
               !r->compared.wanted || !r->sources.from || r->sources.from->build_key != key;
    };
    for (std::size_t begin = 0; begin < ids.size(); begin += requests_side_by_side) {
        if (is_over()) {
            co_return false;
        }
        const std::span some{ids.data() + begin, std::min(requests_side_by_side, ids.size() - begin)};
        std::deque<json::object> live(some.size());
        std::vector<asio::awaitable<void>> reads;
        reads.reserve(some.size());
        for (std::size_t i = 0; i < some.size(); ++i) {
            reads.push_back(read(r, some[i], live[i]));
        }
        co_await all_of(std::move(reads));
        std::vector<std::pair<sync::object_id, json::object>> to_try;
        for (std::size_t i = 0; i < some.size(); ++i) {
            const auto& seen = r->preview.seen[some[i]];
            if (seen.is == engine::outside_object::standing::there && !seen.is_tried && !seen.is_replaced) {
                to_try.emplace_back(some[i], std::move(live[i]));
            }
        }
        if (to_try.empty()) {
            continue;
        }
        if (const auto built = co_await with_.sources.make_full(r); !built || is_over()) {
            co_return !built; // what is in the way of a build is said elsewhere, and tried again there
        }
        std::vector<asio::awaitable<void>> tries;
        tries.reserve(to_try.size());
        for (auto& [id, object] : to_try) {
            tries.push_back(try_apply(r, id, std::move(object)));
        }
        co_await all_of(std::move(tries));
    }
    co_return !is_over();
}

asio::awaitable<void> preview::read(record_ptr r, sync::object_id id, json::object& live) {
    using standing = engine::outside_object::standing;
    const auto to = destination_of(with_.clusters, r->object);
    const auto access = co_await to->enter(call_as(*r, with_.config));
    const auto* w = r->compared.wanted ? r->compared.find(id) : nullptr;
    if (w == nullptr) {
        co_return;
    }
    engine::outside_object made{.hash = w->hash, .live = {}};
    made.is_replaced =
        sync::merged(sync_options_of(r->object.spec), w->orders.options).replace.value_or(false);
    const auto gvk = w->gvk();
    const auto resource = co_await to->resolve(gvk);
    if (resource) {
        auto answer = co_await access.get(*resource, id.namespace_, id.name);
        if (answer) {
            live = std::move(*answer);
            made.is = standing::there;
            made.live = sync::observe(live, with_.config.names);
            made.content = content_of(live);
        } else if (!answer.error().is_not_found()) {
            made.is = standing::unreadable;
            made.why = sync::without_its_name(id, answer.error().message());
        }
    } else if (resource.error().is_transient()) {
        made.is = standing::unreadable;
        made.why = resource.error().message();
    } // else its kind is not served, so it is not there
    const auto& owner = made.live.owner;
    if (!owner.name.empty() && owner != r->ref() && with_.applications.find(owner)) {
        made.is = standing::foreign;
        made.why = to_string(owner);
    }
    auto& seen = r->preview.seen[id];
    if (made.is == standing::there && seen.is_tried && seen.hash == made.hash &&
        seen.content == made.content) {
        made.is_tried = true;
        made.changes = std::move(seen.changes);
        made.differs = std::move(seen.differs);
        made.why = std::move(seen.why);
    }
    seen = std::move(made);
}

asio::awaitable<void> preview::try_apply(record_ptr r, sync::object_id id, json::object live) {
    const auto to = destination_of(with_.clusters, r->object);
    const auto access = co_await to->enter(call_as(*r, with_.config));
    const auto held = r->compared.full;
    const auto* m = held ? held->find(id) : nullptr;
    const auto* w = r->compared.wanted ? r->compared.find(id) : nullptr;
    if (m == nullptr || w == nullptr) {
        co_return;
    }
    const auto hash = w->hash;
    cluster::apply_request attempt;
    attempt.manifest = without_ignored(*r, *m, live, with_.config.names);
    attempt.dry_run = true;
    attempt.drops_unknown =
        sync::merged(sync_options_of(r->object.spec), w->orders.options).validate == false;
    const bool has_secrets = has_secret_values(*r);
    const auto resource = co_await to->resolve(w->gvk());
    if (!resource) {
        co_return;
    }
    attempt.kind = *resource;
    const auto tried = co_await access.apply(std::move(attempt));
    const auto seen = r->preview.seen.find(id);
    if (seen == r->preview.seen.end() || seen->second.hash != hash) {
        co_return;
    }
    auto& of = seen->second;
    if (tried) {
        const auto changes = sync::changes_of(*tried, live, with_.config.names);
        of.changes = sync::fields_of(changes);
        of.differs = sync::summary_of(changes, !has_secrets);
        of.is_tried = true;
    } else if (!tried.error().is_transient()) {
        // A refusal may repeat what was filled in.
        of.why = has_secrets || id.kind == "Secret" ? std::string{"the server says why when it is tried"}
                                                    : sync::without_its_name(id, tried.error().message());
        of.is_tried = true;
    }
}

} // namespace holdfast::control
