#pragma once

#include "sync/planner.hpp"

#include "support.hpp"

#include <functional>
#include <string>
#include <vector>

namespace holdfast::sync {

inline const application_ref shop{"deploy", "shop"};

inline object_id id(const char* kind, const std::string& name, const char* name_space = "ns") {
    const std::string_view k{kind};
    if (k == "Namespace") return {"", kind, "", name};
    if (k == "CustomResourceDefinition") return {"apiextensions.k8s.io", kind, "", name};
    if (k == "Widget") return {"example.com", kind, name_space, name};
    if (k == "Deployment" || k == "StatefulSet") return {"apps", kind, name_space, name};
    return {"", kind, name_space, name};
}

/// A cluster of records, and an operation that is run on it step by step, as the controller does.
class world {
public:
    plan_input input;
    /// What is asked of a freshly applied object: its health. Default: nothing can be said of it.
    std::function<std::optional<health_status>(const object_id&)> health_after_apply = [](const object_id& o
                                                                                       ) {
        return o.kind == "CustomResourceDefinition" ? std::optional{health_status::progressing}
                                                    : std::nullopt;
    };
    /// The message of a refusal; empty: it succeeds.
    std::function<std::string(const object_id&)> refuse = [](const object_id&) { return std::string{}; };
    /// Deleted objects stay for a while, as with finalizers.
    bool deletions_take_time = false;
    /// The watch does not tell so at once.
    bool watch_is_late = false;
    /// What the API server says would go with an object.
    std::function<goes_along(const object_id&)> inspect = [](const object_id&) { return goes_along{}; };
    /// Everything that was done, in order: "apply a b", "prune c", …
    std::vector<std::string> log;

    world() {
        input.settings.application = shop;
        input.settings.prune = true;
    }

    planned_object& want(const object_id& o, std::int32_t wave = 0) {
        planned_object wanted;
        wanted.id = o;
        wanted.hash = sha256(to_string(o));
        wanted.orders.wave = wave;
        input.desired.push_back(wanted);
        return input.desired.back();
    }

    planned_object& want_definition(const std::string& name, std::int32_t wave = 0) {
        auto& wanted = want(id("CustomResourceDefinition", name), wave);
        wanted.defines = std::pair{"example.com", "Widget"};
        return wanted;
    }

    live_record& have(const object_id& o, std::int32_t wave = 0, application_ref owner = shop) {
        auto& record = input.live[o];
        record.uid = "uid-" + to_string(o);
        record.owner = std::move(owner);
        record.wave = wave;
        record.generation = 1;
        return record;
    }

    /// Keeps what was decided, as the controller does.
    plan look() {
        auto p = next_step(input);
        if (p.ruling) input.ruling = p.ruling;
        return p;
    }

    /// Another operation, after what this one has done.
    void begin_anew() {
        input.done.clear();
        input.ruling.reset();
        input.along.clear();
        for (auto& wanted : input.desired) {
            wanted.in_sync = input.live.contains(wanted.id);
        }
        log.clear();
    }
    void confirm(const blocked_step& blocked) {
        begin_anew();
        input.settings.confirmed = blocked.token;
    }

    /// Takes the step; true while there is something to do.
    bool take(const step& next) {
        if (const auto* a = std::get_if<apply_step>(&next)) {
            std::string line = "apply";
            for (const auto& action : a->objects) {
                line += " " + action.id.name + (action.mode == apply_mode::replace ? "(replace)" : "");
                apply(action.id);
            }
            log.push_back(line);
            return true;
        }
        if (const auto* p = std::get_if<prune_step>(&next)) {
            std::string line = p->to_recreate ? "remove" : "prune";
            for (const auto& action : p->objects) {
                line += " " + action.id.name;
                remove(action, p->to_recreate);
            }
            log.push_back(line);
            return true;
        }
        if (const auto* i = std::get_if<inspect_step>(&next)) {
            for (const auto& o : i->objects) {
                input.along[o] = inspect(o);
            }
            return true;
        }
        return false;
    }

    /// Takes steps until there is none to take.
    plan run() {
        for (int i = 0; i < 1000; ++i) {
            auto p = look();
            if (!take(p.next)) return p;
        }
        throw std::runtime_error{"the operation does not end"};
    }

    /// What was waited for has happened.
    void settle(const wait_step& wait) {
        for (const auto& o : wait.on) {
            const auto found = input.live.find(o);
            if (found == input.live.end()) continue;
            const auto done = input.done.find(o);
            const bool asked =
                done != input.done.end() && done->second.uid == found->second.uid &&
                (done->second.what == outcome::pruned || done->second.what == outcome::removed);
            if (found->second.deleting || asked) {
                input.live.erase(found);
            } else {
                found->second.status = health_status::healthy;
            }
        }
        log.push_back("wait");
    }

    plan run_and_settle() {
        for (int i = 0; i < 1000; ++i) {
            auto p = run();
            const auto* wait = std::get_if<wait_step>(&p.next);
            if (wait == nullptr) return p;
            settle(*wait);
        }
        throw std::runtime_error{"the operation does not end"};
    }

    static const object_report* report_of(const plan& p, const object_id& o) {
        for (const auto& r : p.objects) {
            if (r.id == o) return &r;
        }
        return nullptr;
    }

private:
    const planned_object& wanted(const object_id& o) const {
        for (const auto& w : input.desired) {
            if (w.id == o) return w;
        }
        throw std::runtime_error{"applied what is not wanted: " + to_string(o)};
    }

    void apply(const object_id& o) {
        attempt done;
        done.hash = wanted(o).hash;
        if (const auto before = input.done.find(o);
            before != input.done.end() && before->second.hash == done.hash) {
            done.uid = before->second.uid;
        }
        if (auto message = refuse(o); !message.empty()) {
            done.what = outcome::failed;
            done.message = std::move(message);
        } else {
            auto& record = input.live[o];
            record.uid = record.uid.empty() ? "uid-" + to_string(o) : record.uid;
            if (!wanted(o).synthetic) record.owner = shop;
            record.status = health_after_apply(o);
            done.generation = ++record.generation;
        }
        input.done[o] = std::move(done);
    }

    void remove(const prune_action& action, bool to_recreate) {
        attempt done;
        if (to_recreate) {
            done.what = outcome::removed;
            done.hash = wanted(action.id).hash;
            done.uid = action.uid;
        } else if (auto message = refuse(action.id); !message.empty()) {
            input.done[action.id] = {outcome::prune_failed, {}, {}, 0, std::move(message)};
            return;
        } else {
            done.what = outcome::pruned;
            done.uid = action.uid;
        }
        input.done[action.id] = std::move(done);
        if (watch_is_late) return;
        if (deletions_take_time) {
            input.live.at(action.id).deleting = true;
        } else {
            input.live.erase(action.id);
        }
    }
};

} // namespace holdfast::sync
