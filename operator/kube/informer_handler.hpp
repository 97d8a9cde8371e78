#pragma once

#include "kube/object.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace holdfast::kube {

/// Which state of which object.
struct object_version {
    std::string_view uid;
    /// Empty: of nobody knows when.
    std::string_view resource_version;
};

/// Is told what comes, changes and goes in a collection. What it keeps of an object is its own affair; of
/// what it keeps, the informer asks it, so that there is one copy. Called on the loop's thread, and must not
/// throw.
///
/// A list is told object by object, as it comes: an object that is known in the list's version is not told,
/// and what has gone is told at the end of the list, just before synced(). A list that is interrupted has
/// told what it told, and removes nothing. Objects are valid for the call; copies share their memory (see
/// watch_event), so copy the parts.
class informer_handler {
public:
    virtual ~informer_handler() = default;

    /// In which state it knows an object; nothing: it knows of none. One known without a resource version is
    /// told each time. Valid until the next call.
    [[nodiscard]] virtual std::optional<object_version> version_of(const object_name& name) const = 0;
    /// Calls `see` for each object for which version_of() says something.
    virtual void for_each_known(const std::function<void(const object_name&)>& see) const = 0;

    /// It was not known.
    virtual void added(const json::object& object) = 0;
    /// It is another one than what was known, of the same uid. Older in a list, where the server's store was
    /// set back or the answer to a write was faster; never in a watch.
    virtual void changed(const json::object& object) = 0;
    /// It was known, and is gone; `resource_version` is the moment as of which that is so: of the deletion,
    /// or of the list that did not have it.
    virtual void removed(const object_name& name, std::string_view resource_version) = 0;

    /// The server begins to tell all that there is. Comes again without synced() after an interruption.
    virtual void list_begins() {}
    /// All that there is was told, and what is gone. After each list.
    virtual void synced() {}
    /// The list that ends is older than what the server told before, since its store was set back (restored
    /// from a backup): before what is gone is told. What is remembered beside the objects, such as answers to
    /// writes from before, is void.
    virtual void store_went_back() {}
    /// informer_status::last_failure is another one than before, or none any more. Once for each new trouble,
    /// not for each try.
    virtual void trouble_changed() {}
};

} // namespace holdfast::kube
