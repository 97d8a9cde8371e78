// Creating, changing and deleting the Applications of a set.

#include "base/log.hpp"
#include "base/side_by_side.hpp"
#include "policy/own_kinds.hpp"
#include "policy/specification_checks.hpp"
#include "sets_control/set_controller_state.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::sets_control {

using namespace std::chrono_literals;

namespace {

using write = refused_write::write;

struct job {
    write what = write::creation;
    /// In the set's `wanted`; of a deletion nothing.
    std::size_t wanted = 0;
    std::string name;
};

constexpr std::string_view manager = "holdfast";
// Of one set at a time; all sets together have a bound of their own.
constexpr std::size_t side_by_side = 8;
constexpr auto soon = 300ms;

/// The writes of one look, done by a few workers in the order in which they are asked for.
class set_writer {
public:
    set_writer(set_controller::state& all, set_work_ptr r, set_rules rules, set_findings& found)
        : all_{all},
          r_{std::move(r)},
          made_{r_->made},
          uid_{r_->now.object->metadata.uid},
          generation_{r_->now.object->metadata.generation},
          rules_{std::move(rules)},
          found_{found} {}

    asio::awaitable<void> run(std::vector<job> jobs) {
        jobs_ = std::move(jobs);
        next_ = 0;
        std::vector<asio::awaitable<void>> workers;
        for (std::size_t i = 0; i < std::min(side_by_side, jobs_.size()); ++i) {
            workers.push_back(work());
        }
        if (!workers.empty()) {
            co_await all_of(std::move(workers));
        }
    }

private:
    [[nodiscard]] bool is_still_wanted() const {
        const auto& now = r_->now.object->metadata;
        return now.uid == uid_ && now.generation == generation_ && !now.deletion_timestamp &&
               all_.find(r_->key) == r_;
    }

    asio::awaitable<void> work() {
        while (next_ < jobs_.size()) {
            const auto one = jobs_[next_++];
            // Everybody's writes wait in one line: a set of thousands holds up a small one for a moment only.
            const auto place = co_await all_.writes.enter();
            if (!is_still_wanted()) {
                co_return; // it is looked at anew
            }
            switch (one.what) {
            case write::creation: co_await create(one); break;
            case write::update: co_await update(one); break;
            case write::deletion: co_await remove(one); break;
            }
        }
    }

    void refuse(const job& one, bool is_wrong, bool is_forbidden, std::string message) {
        found_.refused.push_back(
            {.application = one.name,
             .what = one.what,
             .is_wrong = is_wrong,
             .is_forbidden = is_forbidden,
             .message = std::move(message)}
        );
    }

    void begin(const job& one) {
        r_->sent[one.name] = {
            .what = one.what == write::deletion ? on_its_way::deletion : on_its_way::write,
            .version = {},
            .at = steady_clock::now()
        };
    }

    // Who is told by the watch before the answer is here has nothing to wait for.
    void answered(const job& one, const json::object& object) {
        const auto sent = r_->sent.find(one.name);
        if (sent == r_->sent.end()) {
            return;
        }
        const auto version = kube::resource_version_of(object);
        const auto* known = all_.with.around.application(rules_.namespace_, one.name);
        if (known != nullptr && known->metadata.uid == kube::uid_of(object) &&
            !kube::is_older_version(known->metadata.resource_version, version)) {
            r_->sent.erase(sent);
        } else {
            sent->second.version = version;
        }
    }

    void failed(const job& one, const kube::failure& why) {
        r_->sent.erase(one.name);
        if (why.is_conflict() || why.is_already_exists() || why.is_not_found()) {
            ++found_.under_way; // the watch tells in a moment what is there instead
            all_.runs.queue().add_after(r_->key, soon);
            return;
        }
        auto message = why.message();
        if (why.kind() == error_kind::forbidden) {
            message +=
                ". The operator needs the rights to create, patch and delete applications.holdfast.dev "
                "in namespace " +
                rules_.namespace_ + ", which an administrator gives it: config/base/rbac";
        }
        const bool is_wrong = why.kind() == error_kind::user;
        refuse(one, is_wrong, why.kind() == error_kind::forbidden, std::move(message));
    }

    // What admission would say, whether or not it is asked: by it others' rules hold for what sets make.
    [[nodiscard]] bool is_right(const job& one, const crds::application* existing) {
        auto value = (*made_->wanted)[one.wanted].value;
        if (existing != nullptr) {
            value.metadata.uid = existing->metadata.uid;
            value.metadata.creation_timestamp = existing->metadata.creation_timestamp;
            value.status = existing->status; // what it claims depends on what it turned out to be
        }
        const auto verdict = policy::judge(value, all_.with.around, {});
        if (verdict.problems.empty()) {
            return true;
        }
        refuse(one, /*is_wrong=*/true, /*is_forbidden=*/false, crds::join(verdict.problems));
        return false;
    }

    asio::awaitable<void> create(job one) {
        if (!is_right(one, nullptr)) {
            co_return;
        }
        const auto object = object_of(rules_, (*made_->wanted)[one.wanted].value);
        begin(one);
        const auto done = co_await all_.with.home.create(policy::application_kind(), object, manager);
        done ? answered(one, *done) : failed(one, done.error());
    }

    asio::awaitable<void> update(job one) {
        const auto* there = all_.with.around.application(rules_.namespace_, one.name);
        if (there == nullptr) {
            ++found_.under_way;
            all_.runs.queue().add_after(r_->key, soon);
            co_return;
        }
        if (!is_right(one, there)) {
            co_return;
        }
        const existing_application existing{
            .value = there, .owners = all_.owners.owners_of(rules_.namespace_ + "/" + one.name)
        };
        const auto patch = patch_of(rules_, (*made_->wanted)[one.wanted].value, existing);
        if (patch.empty()) {
            co_return; // somebody did it meanwhile
        }
        begin(one);
        const auto done = co_await all_.with.home.patch_merge(
            policy::application_kind(), rules_.namespace_, one.name, patch, manager
        );
        done ? answered(one, *done) : failed(one, done.error());
    }

    asio::awaitable<void> remove(job one) {
        const auto* there = all_.with.around.application(rules_.namespace_, one.name);
        if (there == nullptr || there->metadata.deletion_timestamp) {
            co_return;
        }
        kube::delete_options how;
        how.uid = there->metadata.uid;
        how.policy = kube::propagation::background;
        begin(one);
        const auto done =
            co_await all_.with.home.remove(policy::application_kind(), rules_.namespace_, one.name, how);
        if (!done) {
            failed(one, done.error());
        } else if (all_.with.around.application(rules_.namespace_, one.name) == nullptr) {
            r_->sent.erase(one.name);
        }
    }

    set_controller::state& all_;
    set_work_ptr r_;
    std::shared_ptr<const made_set> made_;
    std::string uid_;
    std::int64_t generation_;
    set_rules rules_;
    set_findings& found_;
    std::vector<job> jobs_;
    std::size_t next_ = 0;
};

} // namespace

asio::awaitable<void>
set_controller::state::write_all(set_work_ptr r, set_rules rules, write_plan plan, set_findings& found) {
    std::vector<job> first;
    first.reserve(plan.creations.size() + plan.updates.size());
    for (const auto i : plan.creations) {
        first.push_back(
            {.what = write::creation, .wanted = i, .name = (*r->made->wanted)[i].value.metadata.name}
        );
    }
    for (const auto i : plan.updates) {
        first.push_back(
            {.what = write::update, .wanted = i, .name = (*r->made->wanted)[i].value.metadata.name}
        );
    }
    std::vector<job> last;
    last.reserve(plan.deletions.size());
    for (auto& name : plan.deletions) {
        last.push_back({.what = write::deletion, .wanted = 0, .name = std::move(name)});
    }
    set_writer writer{*this, r, std::move(rules), found};
    co_await writer.run(std::move(first));
    // What takes the place of something is there before that goes.
    co_await writer.run(std::move(last));
}

} // namespace holdfast::sets_control
