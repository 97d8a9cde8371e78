#pragma once

#include "base/error.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace holdfast::match {

/// What values a sync option takes.
enum class option_values : std::uint8_t {
    flag,        ///< true, false
    removal,     ///< true, false, confirm
    propagation, ///< foreground, background, orphan
};
[[nodiscard]] std::span<const std::string_view> values_of(option_values values) noexcept;

struct sync_option {
    std::string_view name;
    option_values values;
};

/// The sync options that there are, of an Application (syncPolicy.syncOptions) and of an object (the
/// annotation sync-options).
inline constexpr std::array sync_options{
    sync_option{"ApplyOutOfSyncOnly", option_values::flag},
    sync_option{"ClientSideApplyMigration", option_values::flag},
    sync_option{"CreateNamespace", option_values::flag},
    sync_option{"Delete", option_values::removal},
    sync_option{"FailOnSharedResource", option_values::flag},
    sync_option{"Force", option_values::flag},
    sync_option{"Prune", option_values::removal},
    sync_option{"PruneLast", option_values::flag},
    sync_option{"PrunePropagationPolicy", option_values::propagation},
    sync_option{"Replace", option_values::flag},
    sync_option{"RespectIgnoreDifferences", option_values::flag},
    sync_option{"ServerDryRun", option_values::flag},
    sync_option{"ServerSideApply", option_values::flag},
    sync_option{"SkipDryRunOnMissingResource", option_values::flag},
    sync_option{"Validate", option_values::flag},
};

/// An option that was given a value. Its texts are those of the table.
struct given_option {
    const sync_option* option = nullptr;
    std::string_view value;
};

/// Reads "Prune=false". Blanks around the name and the value do not matter. Errors: user, such as
/// `unknown option "Forse=true"; did you mean "Force=true"?`, `Replace must be true or false, is "yes"`.
[[nodiscard]] result<given_option> read_sync_option(std::string_view text);

} // namespace holdfast::match
