// What the watch of ApplicationSets says, and what others tell: which sets are to be looked at.

#include "policy/own_kinds.hpp"
#include "policy/set_checks.hpp"
#include "sets_control/set_controller_state.hpp"
#include "sources/users.hpp"
#include "sync/dialect.hpp"

#include <utility>

namespace holdfast::sets_control {

using namespace std::chrono_literals;

namespace {

// What follows at once is one look.
constexpr auto soon = 100ms;
// Statuses of Applications are rows in that of the set, which is long: written seldom.
constexpr auto for_the_rows = 10s;

std::string key_of(const kube::object_name& name) {
    return name.namespace_ + "/" + name.name;
}

bool is_news(const declared_set& before, const declared_set& now) {
    const auto& a = before.object->metadata;
    const auto& b = now.object->metadata;
    return a.uid != b.uid || a.generation != b.generation || a.annotations != b.annotations ||
           a.labels != b.labels || a.deletion_timestamp != b.deletion_timestamp ||
           before.is_foreign != now.is_foreign;
}

} // namespace

declared_set set_controller::state::project(const json::object& object) const {
    auto read = crds::examine_application_set(object);
    declared_set made;
    made.is_foreign = !sync::holdfast_dev().is_for(object, config.installation);
    if (read.problems.empty()) {
        read.problems = policy::problems_of(read.value, with.around.own_namespace());
    }
    made.problem = crds::join(read.problems);
    made.object = std::make_shared<const crds::application_set>(std::move(read.value));
    return made;
}

kube::object_store<declared_set>::callbacks set_controller::state::callbacks() {
    kube::object_store<declared_set>::callbacks made;
    made.added = [this](const kube::object_name& name, const declared_set& now) { changed(name, now); };
    made.changed = [this](const kube::object_name& name, const declared_set&, const declared_set& now) {
        changed(name, now);
    };
    made.removed = [this](const kube::object_name& name, const declared_set&) { removed(name); };
    return made;
}

set_work_ptr set_controller::state::find(const std::string& key) const {
    const auto found = sets.find(key);
    return found == sets.end() ? nullptr : found->second;
}

void set_controller::state::changed(const kube::object_name& name, const declared_set& now) {
    const auto key = key_of(name);
    auto& r = sets[key];
    if (!r || r->now.object->metadata.uid != now.object->metadata.uid) {
        r = std::make_shared<set_work>();
        r->key = key;
        r->reported = now.object->status;
    } else if (!is_news(r->now, now)) {
        r->now = now; // a status, most likely our own
        if (!runs.leads()) {
            r->reported = now.object->status;
        }
        return;
    }
    r->now = now;
    r->retries.reset();
    read_from(*r, r->made ? r->made->trees : std::set<sets::tree_id>{});
    runs.queue().add(key);
}

void set_controller::state::removed(const kube::object_name& name) {
    const auto key = key_of(name);
    sets.erase(key);
    runs.queue().forget(key);
    with.sources.use(sources::user_of_set(key), {});
}

std::vector<sources::repository_use>
set_controller::state::uses_of(const set_work& r, const std::set<sets::tree_id>& trees) const {
    std::vector<sources::repository_use> uses;
    if (r.now.is_foreign || !r.now.problem.empty()) {
        return uses;
    }
    const auto& set = *r.now.object;
    const auto named = urls_named_by(set.spec);
    auto urls = named;
    for (const auto& id : trees) {
        urls.insert(id.repo_url);
    }
    for (const auto& url : urls) {
        uses.push_back(
            {.namespace_ = set.metadata.namespace_,
             .url = url,
             .has_charts = false,
             .named_in_spec = named.contains(url)}
        );
    }
    return uses;
}

void set_controller::state::read_from(const set_work& r, const std::set<sets::tree_id>& trees) {
    with.sources.use(sources::user_of_set(r.key), uses_of(r, trees));
}

void set_controller::state::look_again_at(const std::set<std::string>& keys, steady_clock::duration after) {
    for (const auto& key : keys) {
        if (sets.contains(key)) {
            runs.queue().add_after(key, after);
        }
    }
}

void set_controller::state::unblock(const std::string& namespace_, const std::string& name) {
    const auto prefix = namespace_ + "/";
    for (auto it = sets.lower_bound(prefix); it != sets.end() && it->first.starts_with(prefix); ++it) {
        if (it->second->blocked.contains(name)) {
            runs.queue().add_after(it->first, soon);
        }
    }
}

void set_controller::state::told(const json::object& application) {
    const std::string namespace_{kube::namespace_of(application)};
    const std::string name{kube::name_of(application)};
    const auto version = kube::resource_version_of(application);
    const auto news = owners.put(application);
    for (const auto& key : news.sets) {
        const auto r = find(key);
        if (!r) {
            continue;
        }
        const auto sent = r->sent.find(name);
        if (sent == r->sent.end()) {
            continue;
        }
        const auto& [what, answered, at] = sent->second;
        const bool is_told = what == on_its_way::deletion
                                 ? news.is_being_deleted
                                 : !answered.empty() && !kube::is_older_version(version, answered);
        if (is_told) {
            r->sent.erase(sent);
        }
    }
    look_again_at(news.sets, news.is_other ? steady_clock::duration{soon} : for_the_rows);
    if (news.is_other || news.sets.empty()) {
        unblock(namespace_, name);
    }
}

void set_controller::state::gone(const kube::object_name& name) {
    const auto news = owners.erase(key_of(name));
    for (const auto& key : news.sets) {
        if (const auto r = find(key)) {
            // A creation that is on its way is of another one.
            const auto sent = r->sent.find(name.name);
            if (sent != r->sent.end() && sent->second.what == on_its_way::deletion) {
                r->sent.erase(sent);
            }
        }
    }
    look_again_at(news.sets, soon);
    unblock(name.namespace_, name.name);
}

} // namespace holdfast::sets_control
