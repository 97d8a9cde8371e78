#pragma once

#include "sync/annotations.hpp"

namespace holdfast::sync {

/// Whether hooks of this phase run when their application is deleted, and in no sync.
constexpr bool is_of_deletion(phase during) noexcept {
    return during == phase::pre_delete || during == phase::post_delete;
}

} // namespace holdfast::sync
