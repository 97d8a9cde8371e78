#pragma once

#include "kube/informer.hpp"
#include "kube/pulse.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::kube {

/// One object, known by its name, as it is now. It is kept whole: for small objects, of which there are few.
/// On the loop's thread.
class object_watch : public informer_handler {
public:
    /// `moved` is notified at every change, also when it is first known what there is. `api` and `moved`
    /// outlive it.
    object_watch(
        client& api, resource kind, const std::string& namespace_, const std::string& name, pulse& moved
    );

    /// Watches until cancelled; under the caller's task_group, which ends before this does.
    static boost::asio::awaitable<void> run(object_watch* self);

    /// Whether it is known what there is.
    [[nodiscard]] bool known() const noexcept { return informer_.status().synced; }
    /// Why the last list or watch failed; empty when none did.
    [[nodiscard]] std::string trouble() const;
    /// Nothing when there is none, or when it is not known.
    [[nodiscard]] const std::optional<json::object>& now() const noexcept { return now_; }
    /// The server's answer to a write is newer than what the watch told so far.
    void note(json::object object) { now_ = std::move(object); }

    /// Without a resource version: whoever waits is told each time.
    [[nodiscard]] std::optional<object_version> version_of(const object_name& name) const override;
    void for_each_known(const std::function<void(const object_name&)>& see) const override;
    void added(const json::object& object) override;
    void changed(const json::object& object) override;
    void removed(const object_name& name, std::string_view resource_version) override;
    void synced() override;

private:
    pulse& moved_;
    informer informer_;
    std::optional<json::object> now_;
};

} // namespace holdfast::kube
