#pragma once

#include "kube/informer_handler.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace holdfast::kube {

/// How much what the server tells can be relied upon to be newer than what is known.
enum class told_by {
    /// In the order of what happened: what is older than what is known is past.
    watch,
    /// As of a moment that is not before what is known.
    list,
    /// As of any moment: it replaces what is known, and the same version may be another state.
    list_of_any_time,
};

enum class change {
    /// Nothing to tell.
    none,
    added,
    changed,
    /// Another object of the same name: the one was removed, and the other added.
    replaced,
};

/// What it is to who knows an object as `known` that the server tells of it as `now`.
[[nodiscard]] change
change_of(const std::optional<object_version>& known, const object_version& now, told_by how) noexcept;

/// Makes of what lists and watches tell what a handler is told: what came, changed and went. Keeps nothing of
/// the objects but, while a list is read, the names that it had; what was known the handler says. Without a
/// socket or a clock.
class collection_changes {
public:
    /// `handler` must outlive it.
    explicit collection_changes(informer_handler& handler) : handler_{handler} {}

    /// A list begins; one that was being read is void. `how` is one of the lists.
    void begin_list(told_by how);
    /// Of a list, where one is being read, and else of a watch.
    void there_is(const json::object& object);
    void is_gone(const json::object& object);
    /// The list is complete, and it is as of `resource_version`. Nothing when none was being read.
    void end_list(std::string_view resource_version, bool store_went_back);

private:
    [[nodiscard]] bool in_list() const noexcept { return how_ != told_by::watch; }

    informer_handler& handler_;
    told_by how_ = told_by::watch;
    std::unordered_set<std::string> listed_; // NAMESPACE/NAME
};

} // namespace holdfast::kube
