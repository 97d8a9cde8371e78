#include "cluster/live_objects.hpp"

#include "base/log.hpp"
#include "base/lru.hpp"
#include "base/task_group.hpp"
#include "cluster/check_queue.hpp"
#include "kube/informer.hpp"
#include "kube/pulse.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace holdfast::cluster {

namespace {

using kube::object_name;
using records = std::unordered_map<object_name, sync::live_record>;

// What an application may have to act upon; a new resource version alone is nothing.
bool matters(const sync::live_record& before, const sync::live_record& now) {
    auto same = before;
    same.resource_version = now.resource_version;
    return !(same == now);
}

bool is_owned(const sync::live_record& record) {
    return !record.owner.name.empty();
}

} // namespace

struct live_objects::state {
    class kind_watch;

    state(asio::any_io_executor ex, kube::client& a, settings s, change_handler c, ready_handler r)
        : executor{std::move(ex)},
          api{a},
          config{std::move(s)},
          changed{std::move(c)},
          ready{std::move(r)},
          tasks{executor} {}

    asio::any_io_executor executor;
    kube::client& api;
    settings config;
    change_handler changed;
    ready_handler ready;
    task_group tasks;
    /// Of a kind there is one for all of the cluster (its namespace is empty), or one for each namespace.
    std::map<std::pair<kube::group_version_kind, std::string>, std::shared_ptr<kind_watch>> watches;
    bool is_stopped = false;
    // Of each application: its objects, by watch.
    std::map<sync::application_ref, std::set<std::pair<kind_watch*, object_name>>> by_owner;

    /// All watches of a kind.
    [[nodiscard]] std::vector<std::shared_ptr<kind_watch>> of_kind(const kube::group_version_kind& kind
    ) const {
        std::vector<std::shared_ptr<kind_watch>> all;
        for (auto at = watches.lower_bound({kind, std::string{}});
             at != watches.end() && at->first.first == kind; ++at) {
            all.push_back(at->second);
        }
        return all;
    }
    /// The one that has the objects of a namespace (empty: of none); null where there is none.
    [[nodiscard]] kind_watch*
    find(const kube::group_version_kind& kind, const std::string& namespace_) const {
        auto found = watches.find({kind, std::string{}});
        if (found == watches.end() && !namespace_.empty()) {
            found = watches.find({kind, namespace_});
        }
        return found == watches.end() ? nullptr : found->second.get();
    }

    void index(kind_watch* watch, const object_name& name, const sync::live_record& record) {
        if (is_owned(record)) {
            by_owner[record.owner].emplace(watch, name);
        }
    }
    void unindex(kind_watch* watch, const object_name& name, const sync::live_record& record) {
        const auto found = by_owner.find(record.owner);
        if (found == by_owner.end()) {
            return;
        }
        found->second.erase({watch, name});
        if (found->second.empty()) {
            by_owner.erase(found);
        }
    }
    void tell(const sync::live_record& record) const {
        if (is_owned(record)) {
            changed(record.owner);
        }
    }
};

// The watch of one kind, and what is known of its objects.
class live_objects::state::kind_watch : public kube::informer_handler {
public:
    kind_watch(state& all, kube::resource kind, const std::string& namespace_)
        : all_{all},
          kind_{std::move(kind)},
          is_unmarked_{all.config.names.get().leaves_unmarked(kind_.group, kind_.kind)},
          tasks_{all.executor},
          informer_{all.api, options(all, kind_, namespace_), *this} {}

    static asio::awaitable<void> run(std::shared_ptr<kind_watch> self) { co_await self->informer_.run(); }

    // Tells of what becomes Degraded by nothing but time.
    static asio::awaitable<void> run_clock(std::shared_ptr<kind_watch> self) {
        constexpr std::chrono::seconds longest{60}; // the time of day may be set
        for (;;) {
            if (self->due_.empty()) {
                co_await self->due_changed_.wait();
                continue;
            }
            const auto left = self->due_.begin()->first - wall_clock::now();
            if (left > wall_clock::duration::zero()) {
                const auto wait =
                    std::min<wall_clock::duration>(left, longest) + std::chrono::milliseconds{1};
                (void)co_await self->due_changed_.wait_until(steady_clock::now() + wait);
                continue;
            }
            self->degrade(object_name{self->due_.begin()->second});
        }
    }

    // Has the application's own health checks run, on one object at a time.
    static asio::awaitable<void> run_checks(std::shared_ptr<kind_watch> self) {
        for (;;) {
            auto waiting = co_await self->to_check_.next();
            co_await self->check(std::move(waiting));
        }
    }

    // Of what a write of ours told newer things, the events and the list are to tell all the same: without a
    // version that is so.
    [[nodiscard]] std::optional<kube::object_version> version_of(const object_name& name) const override {
        const auto found = records_.find(name);
        if (found == records_.end()) {
            return std::nullopt;
        }
        const auto& record = found->second;
        kube::object_version known{.uid = record.uid, .resource_version = {}};
        if (!noted_.contains(name)) {
            known.resource_version = record.resource_version;
        }
        return known;
    }

    void for_each_known(const std::function<void(const object_name&)>& see) const override {
        for (const auto& [name, record] : records_) {
            see(name);
        }
    }

    // Whoever has applied it before the first list may have thought it to be his: he is told by changed().
    void added(const json::object& object) override { take(object, /*tell=*/ready_); }
    void changed(const json::object& object) override { take(object, /*tell=*/true); }

    void removed(const object_name& name, std::string_view resource_version) override {
        if (const auto found = noted_.find(name); found != noted_.end()) {
            if (found->second.is_newer_than(resource_version)) {
                found->second.told.reset();
                return;
            }
            noted_.erase(found);
        }
        drop(name);
    }

    void list_begins() override {
        for (auto& [name, answer] : noted_) {
            answer.before_list = true;
            answer.told.reset();
        }
    }

    // Answers to writes from before the list began are of a time that is no more.
    void store_went_back() override {
        for (auto& [name, record] : records_) {
            record.in_inventory = false; // it may have been another's then
        }
        lost_ = lru_map<object_name, lost_object>{most_lost};
        settle([](const answer& a) { return a.before_list; });
    }

    // The list is the truth, but for what the server said of our own writes since it made the list.
    void synced() override {
        settle([listed = seen()](const answer& a) { return a.version <= listed; });
        if (!std::exchange(ready_, true)) {
            all_.ready();
        }
    }

    // Who waits for this kind, or has objects of it, is to say what is wrong with it, and that it is no more.
    void trouble_changed() override {
        const auto now = trouble();
        const bool forbidden = now && now->kind() == error_kind::forbidden;
        if (!ready_) {
            if (now && !now->is_transient()) {
                all_.ready();
            }
        } else if (forbidden != forbidden_) {
            all_.ready();
            for (const auto& [name, record] : records_) {
                all_.tell(record);
            }
        }
        forbidden_ = forbidden;
    }

    void note(const json::object& live) {
        object_name name{std::string{kube::namespace_of(live)}, std::string{kube::name_of(live)}};
        if (!is_unmarked_ && !all_.config.names.get().is_marked(live, all_.config.installation)) {
            return; // a namespace that was made for others too: the watch would never tell of its end
        }
        const auto version = kube::version_number(kube::resource_version_of(live));
        const bool is_told = !version || *version <= seen();
        const auto known = records_.find(name);
        if (known == records_.end() && version && is_told) {
            return; // it came and went before its answer did
        }
        if (known != records_.end() &&
            kube::is_older_version(kube::resource_version_of(live), known->second.resource_version)) {
            // What came of a later write was here first.
            const auto answered = observe(live);
            if (is_owned(answered) && answered.owner == known->second.owner &&
                answered.uid == known->second.uid) {
                known->second.in_inventory = true;
            }
            return;
        }
        if (is_told) {
            noted_.erase(name);
        } else {
            auto& answered = noted_[name];
            answered.version = *version;
            answered.before_list = false;
        }
        auto record = observe(live);
        if (is_owned(record)) {
            record.in_inventory = true; // it was applied for who is named there
            if (const auto* lost = lost_.find(name);
                lost != nullptr && lost->uid == record.uid && lost->owner != record.owner) {
                // Not a new object: somebody took our label away, and it was applied for another one since.
                record.owner = lost->owner;
                record.is_remarked = true;
            }
        }
        store(std::move(name), std::move(record), &live, /*tell=*/false);
    }

    void remember(const object_name& name) {
        const auto found = records_.find(name);
        if (found != records_.end() && is_owned(found->second)) {
            found->second.in_inventory = true;
        }
    }

    void reclaim(const object_name& name, const sync::application_ref& owner) {
        const auto found = records_.find(name);
        if (found == records_.end()) {
            return;
        }
        auto record = found->second;
        record.owner = owner;
        record.in_inventory = true;
        record.is_remarked = true;
        store(name, std::move(record), nullptr, /*tell=*/false);
    }

    void recheck(const object_name& name) {
        const auto found = records_.find(name);
        if (found != records_.end() && (found->second.is_checked || script_for(found->second) != nullptr)) {
            to_check_.put(name, nullptr);
        }
    }

    void claim(const object_name& name, const sync::application_ref& owner) {
        const auto found = records_.find(name);
        if (!is_unmarked_ || found == records_.end() || is_owned(found->second)) {
            return;
        }
        auto record = found->second;
        record.owner = owner;
        record.in_inventory = true;
        store(name, std::move(record), nullptr, /*tell=*/false);
    }

    void note_gone(const object_name& name, std::string_view uid) {
        const auto found = records_.find(name);
        if (found != records_.end() && found->second.uid == uid) {
            noted_.erase(name);
            drop(name, /*tell=*/false);
        }
    }

    [[nodiscard]] bool is_ready() const noexcept { return ready_; }
    [[nodiscard]] const kube::resource& kind() const noexcept { return kind_; }
    [[nodiscard]] const records& all() const noexcept { return records_; }
    [[nodiscard]] std::optional<kube::failure> trouble() const { return informer_.status().last_failure; }

    void forget_all() {
        noted_.clear();
        lost_ = lru_map<object_name, lost_object>{most_lost};
        while (!records_.empty()) {
            drop(object_name{records_.begin()->first});
        }
    }

    task_group& tasks() noexcept { return tasks_; }

private:
    static kube::informer_options
    options(const state& all, const kube::resource& kind, const std::string& namespace_) {
        kube::informer_options o;
        o.kind = kind;
        const auto& names = all.config.names.get();
        if (!names.leaves_unmarked(kind.group, kind.kind)) {
            o.what.label_selector = names.selector_of(all.config.installation);
        }
        o.what.namespace_ = namespace_;
        return o;
    }

    [[nodiscard]] sync::live_record observe(const json::object& object) const {
        auto record = sync::observe(object, all_.config.names);
        (void)sync::degrade_if_due(record, wall_clock::now());
        const auto id = id_of(kube::object_name_of(object));
        if (all_.config.is_foundation(id)) {
            record.prune = sync::removal::foundation;
            record.remove = sync::removal::foundation;
        }
        if (is_unmarked_) {
            record.prune = sync::removal::never;
            record.remove = sync::removal::never;
            record.owner = owner_of_unmarked(id);
        }
        return record;
    }

    // Whoever applies it just now, or is known to have it.
    [[nodiscard]] sync::application_ref owner_of_unmarked(const sync::object_id& id) const {
        if (const auto* applier = all_.config.applier_of(id)) {
            return *applier;
        }
        const auto known = records_.find({id.namespace_, id.name});
        return known == records_.end() ? sync::application_ref{} : known->second.owner;
    }

    // Where the server cannot select by the marks, it tells of others' objects, too.
    [[nodiscard]] bool is_ours(const json::object& object) const {
        const auto& names = all_.config.names.get();
        return is_unmarked_ || names.is_selected_by_server() || sync::owner_of(object, names);
    }

    [[nodiscard]] sync::object_id id_of(const object_name& name) const {
        return {kind_.group, kind_.kind, name.namespace_, name.name};
    }

    // How far the last list and the events since told.
    [[nodiscard]] std::uint64_t seen() const {
        return kube::version_number(informer_.status().resource_version).value_or(0);
    }

    // What is older than the answer to a write of ours is kept beside it: it is the truth after all where the
    // answer turns out to be void. What tells of the write itself, or of something later, ends that.
    void take(const json::object& object, bool tell) {
        auto name = kube::object_name_of(object);
        if (!is_ours(object)) {
            removed(name, kube::resource_version_of(object));
            return;
        }
        auto record = observe(object);
        if (const auto found = noted_.find(name); found != noted_.end()) {
            if (found->second.is_newer_than(record.resource_version)) {
                found->second.told = std::move(record);
                return;
            }
            noted_.erase(found);
        }
        put(std::move(name), std::move(record), &object, tell);
    }

    // Ends what is remembered of the answers for which that holds.
    template <class Predicate>
    void settle(Predicate is_over) {
        std::vector<std::pair<object_name, std::optional<sync::live_record>>> over;
        for (auto& [name, answer] : noted_) {
            if (is_over(answer)) {
                over.emplace_back(name, std::move(answer.told));
            }
        }
        for (auto& [name, told] : over) {
            noted_.erase(name);
            if (told) {
                put(std::move(name), std::move(*told), nullptr, /*tell=*/true);
            }
        }
    }

    // What the watch told. Of what is known to be an application's only we say whose it is: one that is being
    // applied for somebody is his, whether the event or the answer comes first.
    void put(object_name name, sync::live_record record, const json::object* live, bool tell) {
        // Before the first list somebody else may have gone on with what was applied here.
        const auto known = ready_ ? known_owner(name, record.uid) : std::nullopt;
        if (known) {
            const auto* applier = all_.config.applier_of(id_of(name));
            const bool is_our_write = applier != nullptr && *applier == record.owner;
            record.in_inventory = true;
            if (record.owner != *known && !is_our_write) {
                record.owner = *known;
                record.is_remarked = true;
            }
            // What is applied is one or not as it was applied, whatever somebody wrote there since.
            const auto before = records_.find(name);
            record.hook = before != records_.end() && before->second.hook;
        }
        store(std::move(name), std::move(record), live, tell);
    }

    // The application that an object with this uid is known to be of.
    [[nodiscard]] std::optional<sync::application_ref>
    known_owner(const object_name& name, const std::string& uid) {
        const auto found = records_.find(name);
        if (found != records_.end()) {
            const auto& known = found->second;
            return known.in_inventory && known.uid == uid ? std::optional{known.owner} : std::nullopt;
        }
        const auto* lost = lost_.find(name);
        return lost != nullptr && lost->uid == uid ? std::optional{lost->owner} : std::nullopt;
    }

    // The owner that loses an object is told in any case: it is not the one who did that. `live` is the object, where
    // it is at hand.
    void store(object_name name, sync::live_record record, const json::object* live, bool tell) {
        lost_.erase(name);
        const auto found = records_.find(name);
        if (script_for(record) != nullptr) {
            sync::await_check(record, found != records_.end() ? &found->second : nullptr);
            to_check_.put(name, live);
        } else {
            to_check_.forget(name);
        }
        if (found == records_.end()) {
            const auto added = records_.emplace(std::move(name), std::move(record)).first;
            index(added->first, added->second);
            note_due(added->first, never, added->second.degraded_from);
            if (tell) {
                all_.tell(added->second);
            }
            return;
        }
        auto& known = found->second;
        if (!matters(known, record)) {
            known.resource_version = std::move(record.resource_version);
            return;
        }
        const auto before = std::exchange(known, std::move(record));
        note_due(found->first, before.degraded_from, known.degraded_from);
        if (before.owner != known.owner) {
            all_.unindex(this, found->first, before);
            index(found->first, known);
            all_.tell(before);
        }
        if (tell) {
            all_.tell(known);
        }
    }

    void drop(const object_name& name, bool tell = true) {
        auto node = records_.extract(name);
        if (node.empty()) {
            return;
        }
        all_.unindex(this, node.key(), node.mapped());
        note_due(node.key(), node.mapped().degraded_from, never);
        to_check_.forget(node.key());
        if (const auto& gone = node.mapped(); gone.in_inventory && !gone.deleting) {
            // Deleted, or without our label: the watch says the same of both.
            lost_.insert(node.key(), {.uid = gone.uid, .owner = gone.owner});
        }
        if (tell) {
            all_.tell(node.mapped());
        }
    }

    // The health check that the object's application brings for it; null: none. What is to go is asked nothing.
    [[nodiscard]] const std::string* script_for(const sync::live_record& record) const {
        if (!is_owned(record) || (record.deleting && !record.has_hook_finalizer)) {
            return nullptr;
        }
        return all_.config.checks.of(all_.config.cluster, record.owner, {kind_.group, kind_.kind});
    }

    // An object that cannot be read now is tried again; one that is gone is told of by the watch.
    asio::awaitable<void> check(check_queue::item waiting) {
        constexpr std::chrono::seconds until_read_again{5};
        if (!waiting.live) {
            auto read = co_await all_.api.get(kind_, waiting.name.namespace_, waiting.name.name);
            if (!read) {
                if (read.error().kind() != error_kind::not_found && records_.contains(waiting.name)) {
                    to_check_.put_later(waiting.name, steady_clock::now() + until_read_again);
                }
                co_return;
            }
            waiting.live = std::make_shared<const json::object>(std::move(*read));
        }
        const auto known = records_.find(waiting.name);
        if (known == records_.end()) {
            co_return;
        }
        const auto* script = script_for(known->second);
        if (script == nullptr) {
            if (known->second.is_checked) {
                take(*waiting.live, /*tell=*/true);
            }
            co_return;
        }
        auto text = *script;
        const auto checked = co_await all_.config.checks.run(std::move(text), waiting.live);
        note_checked(waiting, checked);
    }

    // What has changed meanwhile waits for its own check.
    void note_checked(const check_queue::item& waiting, const checked_health& checked) {
        const auto found = records_.find(waiting.name);
        if (found == records_.end() ||
            found->second.resource_version != kube::resource_version_of(*waiting.live)) {
            return;
        }
        auto now = found->second;
        sync::set_health(now, checked.verdict);
        now.is_checked = true;
        if (matters(found->second, now)) {
            found->second = std::move(now);
            all_.tell(found->second);
        }
        if (checked.again_in) {
            to_check_.put_later(waiting.name, steady_clock::now() + *checked.again_in);
        }
    }

    // What nothing marks goes with nobody.
    void index(const object_name& name, const sync::live_record& record) {
        if (!is_unmarked_) {
            all_.index(this, name, record);
        }
    }

    static constexpr auto never = sync::live_record::never;

    void note_due(const object_name& name, wall_clock::time_point before, wall_clock::time_point now) {
        if (before == now) {
            return;
        }
        due_.erase({before, name});
        if (now != never) {
            due_.emplace(now, name);
            due_changed_.notify_all();
        }
    }

    void degrade(const object_name& name) {
        const auto found = records_.find(name);
        if (found == records_.end() || found->second.degraded_from == never) {
            due_.erase(due_.begin()); // a defect; it is not to be looked at for ever
            return;
        }
        const auto before = found->second.degraded_from;
        (void)sync::degrade_if_due(found->second, before);
        note_due(found->first, before, never);
        all_.tell(found->second);
    }

    // What is remembered of the answer to a write until an event tells of it.
    struct answer {
        std::uint64_t version = 0;
        bool before_list = false; // it came before the list that is being read was begun
        // What the server told of the object last: of before the write, most likely.
        std::optional<sync::live_record> told;

        [[nodiscard]] bool is_newer_than(std::string_view resource_version) const {
            const auto other = kube::version_number(resource_version);
            return other && *other < version;
        }
    };

    // An object that the watch does not tell of any more.
    struct lost_object {
        std::string uid;
        sync::application_ref owner;
    };
    static constexpr std::size_t most_lost = 1000;

    state& all_;
    kube::resource kind_;
    bool is_unmarked_;
    task_group tasks_;
    kube::informer informer_;
    records records_;
    lru_map<object_name, lost_object> lost_{most_lost};
    std::unordered_map<object_name, answer> noted_;
    // What becomes Degraded when: of each record at most one.
    std::set<std::pair<wall_clock::time_point, object_name>> due_;
    kube::pulse due_changed_;
    check_queue to_check_;
    bool ready_ = false;
    bool forbidden_ = false;
};

live_objects::live_objects(
    asio::any_io_executor executor, kube::client& api, settings s, change_handler changed, ready_handler ready
)
    : state_{std::make_shared<state>(
          std::move(executor), api, std::move(s), std::move(changed), std::move(ready)
      )} {}

live_objects::~live_objects() = default;

void live_objects::watch(const kube::resource& kind) {
    const auto& within = state_->config.within;
    if (state_->is_stopped || (!kind.namespaced && !within.has_cluster_resources())) {
        return;
    }
    const auto gvk = kind.gvk();
    const auto begin = [&](const std::string& namespace_) {
        if (state_->watches.contains({gvk, namespace_})) {
            return;
        }
        auto made = std::make_shared<state::kind_watch>(*state_, kind, namespace_);
        state_->watches.emplace(std::pair{gvk, namespace_}, made);
        const auto called = gvk.to_string() + (namespace_.empty() ? "" : " in " + namespace_);
        made->tasks().spawn("watch " + called, state::kind_watch::run(made));
        made->tasks().spawn("clock of " + called, state::kind_watch::run_clock(made));
        made->tasks().spawn("health checks of " + called, state::kind_watch::run_checks(made));
    };
    if (!kind.namespaced || within.is_all()) {
        begin({});
        return;
    }
    for (const auto& namespace_ : within.namespaces) {
        begin(namespace_);
    }
}

void live_objects::unwatch(const kube::group_version_kind& kind) {
    for (const auto& watch : state_->of_kind(kind)) {
        std::erase_if(state_->watches, [&](const auto& one) { return one.second == watch; });
        watch->forget_all();
        watch->tasks().cancel();
        // The watch lives until its coroutine, which holds it, has ended.
    }
}

bool live_objects::ready(const kube::group_version_kind& kind) const {
    const auto all = state_->of_kind(kind);
    return !all.empty() && std::ranges::all_of(all, [](const auto& watch) { return watch->is_ready(); });
}

std::optional<kube::failure> live_objects::trouble(const kube::group_version_kind& kind) const {
    for (const auto& watch : state_->of_kind(kind)) {
        if (auto found = watch->trouble()) {
            return found;
        }
    }
    return std::nullopt;
}

const sync::live_record* live_objects::find(
    const kube::group_version_kind& kind, const std::string& namespace_, const std::string& name
) const {
    const auto* watch = state_->find(kind, namespace_);
    if (watch == nullptr) {
        return nullptr;
    }
    const auto& known = watch->all();
    const auto found = known.find({namespace_, name});
    return found == known.end() ? nullptr : &found->second;
}

std::vector<live_objects::found> live_objects::owned_by(const sync::application_ref& owner) const {
    std::vector<found> all;
    const auto owned = state_->by_owner.find(owner);
    if (owned == state_->by_owner.end()) {
        return all;
    }
    all.reserve(owned->second.size());
    for (const auto& [watch, name] : owned->second) {
        const auto record = watch->all().find(name);
        if (record == watch->all().end()) {
            continue;
        }
        const auto& kind = watch->kind();
        all.push_back(
            {kind.gvk(), sync::object_id{kind.group, kind.kind, name.namespace_, name.name}, &record->second}
        );
    }
    std::sort(all.begin(), all.end(), [](const found& a, const found& b) {
        return std::tie(a.id, a.kind) < std::tie(b.id, b.kind);
    });
    all.erase(
        std::unique(all.begin(), all.end(), [](const found& a, const found& b) { return a.id == b.id; }),
        all.end()
    );
    return all;
}

void live_objects::note(const kube::group_version_kind& kind, const json::object& live) {
    if (auto* watch = state_->find(kind, std::string{kube::namespace_of(live)})) {
        watch->note(live);
    }
}

void live_objects::note_gone(
    const kube::group_version_kind& kind, const sync::object_id& id, std::string_view uid
) {
    if (auto* watch = state_->find(kind, id.namespace_)) {
        watch->note_gone({id.namespace_, id.name}, uid);
    }
}

void live_objects::remember(const kube::group_version_kind& kind, const sync::object_id& id) {
    if (auto* watch = state_->find(kind, id.namespace_)) {
        watch->remember({id.namespace_, id.name});
    }
}

void live_objects::reclaim(
    const kube::group_version_kind& kind, const sync::object_id& id, const sync::application_ref& owner
) {
    if (auto* watch = state_->find(kind, id.namespace_)) {
        watch->reclaim({id.namespace_, id.name}, owner);
    }
}

void live_objects::recheck(const sync::application_ref& owner) {
    const auto owned = state_->by_owner.find(owner);
    if (owned == state_->by_owner.end()) {
        return;
    }
    for (const auto& [watch, name] : owned->second) {
        watch->recheck(name);
    }
}

void live_objects::claim(
    const kube::group_version_kind& kind, const sync::object_id& id, const sync::application_ref& owner
) {
    if (auto* watch = state_->find(kind, id.namespace_)) {
        watch->claim({id.namespace_, id.name}, owner);
    }
}

std::size_t live_objects::size() const noexcept {
    std::size_t count = 0;
    for (const auto& [kind, watch] : state_->watches) {
        count += watch->all().size();
    }
    return count;
}

std::vector<kube::group_version_kind> live_objects::kinds() const {
    std::vector<kube::group_version_kind> all;
    for (const auto& [where, watch] : state_->watches) {
        if (all.empty() || all.back() != where.first) {
            all.push_back(where.first);
        }
    }
    return all;
}

asio::awaitable<void> live_objects::stop() {
    auto state = state_;
    state->is_stopped = true;
    for (const auto& [kind, watch] : state->watches) {
        watch->tasks().cancel();
    }
    for (const auto& [kind, watch] : state->watches) {
        auto held = watch;
        co_await held->tasks().join();
    }
}

} // namespace holdfast::cluster
