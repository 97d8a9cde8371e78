#pragma once

#include <chrono>
#include <string_view>

namespace holdfast::kube {

/// Is told what clients and informers do, for whoever counts it. On the loop's thread; must not throw.
class observer {
public:
    virtual ~observer() = default;
    /// A request was answered with this status, or by nobody (0). Each try counts. The verb is one of: get,
    /// list, watch, create, update, patch, apply, delete. `took`: of a watch, until it was open.
    virtual void answered(std::string_view verb, unsigned status, std::chrono::nanoseconds took) = 0;
    virtual void watch_opened() = 0;
    /// An open watch ended. `why`: "ended" (its time was over, or the server closed it), "expired" (its place
    /// in history is gone, so everything is listed again) or "failed", and it is taken up again; or
    /// "stopped", as nobody wants it any more.
    virtual void watch_ended(std::string_view why) = 0;
};

} // namespace holdfast::kube
