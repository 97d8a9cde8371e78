// Which repositories applications read from, and through which Repository: what is tracked, and until when.

#include "git/address.hpp"
#include "policy/specification_checks.hpp"
#include "sources/repositories_state.hpp"

namespace holdfast::sources {

using namespace std::chrono_literals;

std::string repositories::state::key_of(
    const git::url& url, const std::shared_ptr<declared_repository>& d, const std::string& namespace_
) const {
    const bool is_seen_from_outside = !d && namespace_ != config.own_namespace;
    return url.identity() + " " + (is_seen_from_outside ? std::string{undeclared} : owner_of(d));
}

result<std::shared_ptr<tracked_repository>>
repositories::state::track(const std::string& namespace_, const std::string& text) {
    auto url = git::url::parse(text);
    if (!url) {
        return url.error();
    }
    if (url->kind() == git::transport::file && namespace_ != config.own_namespace) {
        return error{error_kind::forbidden, text + ": " + policy::files_are_refused(config.own_namespace)};
    }
    const auto d = serving(namespace_, {.address = url->scope(), .user = url->user()});
    if (d && (!d->problem.empty() || !d->clash.empty())) {
        return refusal_of(d, text);
    }
    auto key = key_of(*url, d, namespace_);
    if (const auto found = all.find(key); found != all.end()) {
        found->second->asked = steady_clock::now();
        return found->second;
    }
    auto made = std::make_shared<tracked_repository>();
    made->url = *url;
    made->asked = steady_clock::now();
    made->key = key;
    made->owner = owner_of(d);
    made->viewer = viewer_of(d, namespace_);
    made->address = git::address_key(text);
    made->suspended = d && d->object.spec.suspend;
    if (d && d->object.spec.verify) {
        made->verify = d->object.spec.verify->mode;
    }
    made->interval = d ? d->object.spec.interval.value : config.default_interval;
    tracked_by_owner.add(made->owner, key);
    tracked_by_address.add(made->address, key);
    only_asked.emplace_back(made->asked, key);
    all.emplace(std::move(key), made);
    runs.tasks().spawn("poll " + made->url.normalised(), poll(shared_from_this(), made, d));
    return made;
}

std::shared_ptr<tracked_repository>
repositories::state::find(const std::string& namespace_, const std::string& url) const {
    const auto parsed = git::url::parse(url);
    if (!parsed) {
        return nullptr;
    }
    const auto d = serving(namespace_, {.address = parsed->scope(), .user = parsed->user()});
    const auto found = all.find(key_of(*parsed, d, namespace_));
    return found == all.end() ? nullptr : found->second;
}

void repositories::state::use(const std::string& application, const std::vector<repository_use>& read) {
    auto& now = wanted[application];
    if (now == read && !read.empty()) {
        return;
    }
    const auto note = [&](bool reads) {
        for (const auto& one : now) {
            if (one.has_charts) {
                const std::pair reader{one.namespace_, application};
                const auto key = git::address_key(one.url);
                reads ? chart_readers.add(key, reader) : chart_readers.remove(key, reader);
                continue;
            }
            if (const auto url = git::url::parse(one.url)) {
                const std::pair reader{one.namespace_, application};
                reads ? readers.add(url->scope(), reader) : readers.remove(url->scope(), reader);
            }
        }
    };
    note(false);
    note_hosts(application, now, /*there=*/false);
    now = read;
    note(true);
    note_hosts(application, now, /*there=*/true);
    assign(application);
    if (read.empty()) {
        wanted.erase(application);
        uses.erase(application);
    }
    drop_unused();
}

void repositories::state::assign(const std::string& application) {
    std::set<std::string> keys;
    for (const auto& [namespace_, url, has_charts, in_spec] : wanted[application]) {
        if (has_charts) {
            continue;
        }
        if (auto t = track(namespace_, url); t.has_value()) {
            keys.insert((*t)->key);
            (*t)->was_used = true;
            if ((*t)->users.insert(application).second) {
                status_due((*t)->owner);
            }
        }
    }
    auto& before = uses[application];
    for (const auto& key : before) {
        if (const auto found = all.find(key); found != all.end() && !keys.contains(key)) {
            found->second->users.erase(application);
            status_due(found->second->owner);
            if (found->second->users.empty()) {
                unused.push_back(key);
            }
        }
    }
    before = std::move(keys);
}

void repositories::state::reassign(const policy::repository_index::group& g) {
    const auto& prefix = g.scope.address;
    std::set<std::string> applications;
    for (auto it = readers.from(prefix); it != readers.end() && it->first.starts_with(prefix); ++it) {
        if (!git::covers(prefix, it->first)) {
            continue;
        }
        // One in the operator's namespace serves all.
        const bool only_its_own = g.namespace_ != config.own_namespace;
        auto reader = only_its_own ? it->second.lower_bound({g.namespace_, {}}) : it->second.begin();
        for (; reader != it->second.end() && (!only_its_own || reader->first == g.namespace_); ++reader) {
            applications.insert(reader->second);
        }
    }
    for (const auto& application : applications) {
        assign(application);
    }
    drop_unused();
}

void repositories::state::drop_unused() {
    const auto is_unused = [&](const std::string& key) {
        const auto found = all.find(key);
        return found != all.end() && found->second->users.empty();
    };
    for (const auto& key : std::exchange(unused, {})) {
        if (is_unused(key)) {
            drop(key);
        }
    }
    const auto long_ago = steady_clock::now() - 1min;
    while (!only_asked.empty() && only_asked.front().first < long_ago) {
        const auto key = std::move(only_asked.front().second);
        only_asked.pop_front();
        if (!is_unused(key)) {
            continue; // used by now, or gone
        }
        if (const auto asked = all.at(key)->asked; asked < long_ago) {
            drop(key);
        } else {
            only_asked.emplace_back(asked, key);
        }
    }
}

void repositories::state::drop(const std::string& key) {
    const auto found = all.find(key);
    if (found == all.end()) {
        return;
    }
    const auto t = found->second;
    all.erase(found);
    tracked_by_owner.remove(t->owner, t->key);
    tracked_by_address.remove(t->address, t->key);
    status_due(t->owner);
    retire(*t);
}

void repositories::state::retire_owned_by(const std::string& owner) {
    const auto keys = tracked_by_owner.of(owner);
    for (const auto& key : keys) {
        drop(key);
    }
}

void repositories::state::retire(tracked_repository& t) {
    t.retired = true;
    t.wake.notify_all();
    t.listed.notify_all();
}

void repositories::use(const std::string& application, const std::vector<repository_use>& read) {
    state_->use(application, read);
}

} // namespace holdfast::sources
