#pragma once

#include <string_view>

namespace holdfast::cluster {

/// Is told of each object that was written to a cluster, or was not: "apply", "prune" or "dry_run", and "ok"
/// or an error kind. On the loop's thread.
class write_observer {
public:
    virtual ~write_observer() = default;
    virtual void object_written(std::string_view verb, std::string_view outcome) = 0;
};

} // namespace holdfast::cluster
