// Which repositories applications read from, and through which Repository: what is tracked, and until when.

#include "control/repositories_state.hpp"
#include "control/specification_checks.hpp"
#include "git/address.hpp"

namespace holdfast::control {

using namespace std::chrono_literals;

std::string repositories::state::key_of(const git::url& url, const std::shared_ptr<declared_repository>& d) {
    return url.normalised() + " " + owner_of(d);
}

result<std::shared_ptr<tracked_repository>>
repositories::state::track(const std::string& namespace_, const std::string& text) {
    auto url = git::url::parse(text);
    if (!url) {
        return url.error();
    }
    if (url->kind() == git::transport::file && namespace_ != config.own_namespace) {
        return error{error_kind::forbidden, text + ": " + files_are_refused(config.own_namespace)};
    }
    const auto d = serving(namespace_, url->normalised());
    if (d && !d->problem.empty()) {
        return refusal_of(d, text);
    }
    auto key = key_of(*url, d);
    if (const auto found = all.find(key); found != all.end()) {
        found->second->asked = steady_clock::now();
        return found->second;
    }
    auto made = std::make_shared<tracked_repository>();
    made->url = *url;
    made->asked = steady_clock::now();
    made->key = key;
    made->owner = owner_of(d);
    made->address = git::address_key(text);
    made->interval = d ? d->object.spec.interval.value : config.default_interval;
    all.emplace(std::move(key), made);
    tasks.spawn("poll " + made->url.normalised(), poll(shared_from_this(), made, d));
    return made;
}

std::shared_ptr<tracked_repository>
repositories::state::find(const std::string& namespace_, const std::string& url) const {
    const auto parsed = git::url::parse(url);
    if (!parsed) {
        return nullptr;
    }
    const auto found = all.find(key_of(*parsed, serving(namespace_, parsed->normalised())));
    return found == all.end() ? nullptr : found->second;
}

void repositories::state::use(const std::string& application, const std::vector<repository_use>& read) {
    auto& now = wanted[application];
    if (now == read && !read.empty()) {
        return;
    }
    now = read;
    assign(application);
    if (read.empty()) {
        wanted.erase(application);
        uses.erase(application);
    }
    drop_unused();
}

void repositories::state::assign(const std::string& application) {
    std::set<std::string> keys;
    for (const auto& [namespace_, url] : wanted[application]) {
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
        }
    }
    before = std::move(keys);
}

void repositories::state::reassign() {
    std::vector<std::string> applications;
    for (const auto& [application, urls] : wanted) {
        applications.push_back(application);
    }
    for (const auto& application : applications) {
        assign(application);
    }
    drop_unused();
}

void repositories::state::drop_unused() {
    for (auto it = all.begin(); it != all.end();) {
        const auto& t = *it->second;
        if (t.users.empty() && (t.was_used || t.asked + 1min < steady_clock::now())) {
            status_due(it->second->owner);
            retire(*it->second);
            it = all.erase(it);
        } else {
            ++it;
        }
    }
}

void repositories::state::retire_owned_by(const std::string& owner) {
    for (auto it = all.begin(); it != all.end();) {
        if (it->second->owner == owner) {
            retire(*it->second);
            it = all.erase(it);
        } else {
            ++it;
        }
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

} // namespace holdfast::control
