#pragma once

#include "base/async.hpp"
#include "crds/application_api.hpp"
#include "crds/project.hpp"
#include "kube/client.hpp"
#include "kube/events.hpp"
#include "kube/informer_handler.hpp"
#include "observe/metrics.hpp"
#include "policy/project_index.hpp"
#include "runtime/controller.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::control {

/// The Projects of a namespace, or Argo CD's there: what they permit, and of ours what their statuses say. On the
/// loop's thread.
class projects final : kube::informer_handler {
public:
    /// How many applications name a project, and how many of them it forbids what they do.
    struct usage {
        std::size_t applications = 0;
        std::size_t forbidden = 0;
    };
    struct handlers {
        /// It permits something else than before, or is there (no more).
        std::function<void(const std::string& project)> changed;
        /// All are known now.
        std::function<void()> all_are_known;
        std::function<usage(const std::string& project)> usage_of;
    };

    /// `home`, `events` and `counters` outlive it; handlers are called until stop() was awaited.
    projects(
        asio::any_io_executor executor, kube::client& home, kube::event_recorder& events,
        observe::metrics& counters, std::string own_namespace, handlers told,
        crds::application_api api = crds::application_api::holdfast_dev
    );
    projects(const projects&) = delete;
    projects& operator=(const projects&) = delete;
    ~projects() override = default;

    /// Begins to watch; writes no status until lead().
    void start();
    void lead() { runs_.lead(); }
    asio::awaitable<void> hand_over(steady_clock::duration limit);
    asio::awaitable<void> stop() { return runs_.stop(); }

    /// Its status is to be written: something else is to be said of who uses it.
    void usage_changed(const std::string& project);
    [[nodiscard]] const policy::known_projects& known() const noexcept { return index_; }

private:
    [[nodiscard]] std::optional<kube::object_version> version_of(const kube::object_name& name
    ) const override;
    void for_each_known(const std::function<void(const kube::object_name&)>& see) const override;
    void added(const json::object& object) override { changed(object); }
    void changed(const json::object& object) override;
    void removed(const kube::object_name& name, std::string_view resource_version) override;
    void synced() override;
    void trouble_changed() override;

    void note_that_all_are_known();
    asio::awaitable<void> write_status(std::string name);

    kube::client& home_;
    kube::event_recorder& events_;
    std::string own_namespace_;
    handlers told_;
    /// Of the Applications that they are for.
    crds::application_api api_;
    policy::project_index index_;
    std::map<std::string, crds::project, std::less<>> objects_;
    runtime::controller runs_;
};

} // namespace holdfast::control
