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

/// Where an option is read. Said anywhere else it has no effect.
enum class option_place : std::uint8_t {
    application, ///< syncPolicy.syncOptions
    sync,        ///< there, and in an operation, for that alone
    everywhere,  ///< there, and of an object (the annotation sync-options)
};

/// What becomes of an option's values.
struct sync_option {
    std::string_view name;
    option_values values;
    option_place place = option_place::everywhere;
    /// The value that asks for what is done anyway.
    std::string_view usual = {};
    /// The value that asks for what is not done yet, and what is done in its place, as the end of a sentence.
    std::string_view not_served_value = {};
    std::string_view instead = {};
    /// It once was an option: it may be stored, and has no effect.
    bool is_retired = false;
};

/// The sync options that there are. A value that is neither the usual one nor that one has an effect,
/// wherever the option is read.
inline constexpr std::array sync_options{
    sync_option{
        .name = "ApplyOutOfSyncOnly",
        .values = option_values::flag,
        .place = option_place::sync,
        .usual = "true"
    },
    sync_option{.name = "ClientSideApplyMigration", .values = option_values::flag, .usual = "true"},
    sync_option{
        .name = "CreateNamespace",
        .values = option_values::flag,
        .place = option_place::application,
        .usual = "false"
    },
    sync_option{.name = "Delete", .values = option_values::removal, .usual = "true"},
    sync_option{
        .name = "FailOnSharedResource",
        .values = option_values::flag,
        .place = option_place::sync,
        .not_served_value = "false",
        .instead = "what another application owns is never taken from it"
    },
    sync_option{.name = "Force", .values = option_values::flag, .usual = "false"},
    sync_option{.name = "Prune", .values = option_values::removal, .usual = "true"},
    sync_option{.name = "PruneLast", .values = option_values::flag, .usual = "false"},
    sync_option{
        .name = "PrunePropagationPolicy", .values = option_values::propagation, .usual = "foreground"
    },
    sync_option{.name = "Replace", .values = option_values::flag, .usual = "false"},
    sync_option{
        .name = "RespectIgnoreDifferences",
        .values = option_values::flag,
        .place = option_place::sync,
        .usual = "true",
        .not_served_value = "false",
        .instead = "a sync leaves alone what spec.ignoreDifferences names"
    },
    sync_option{.name = "ServerDryRun", .values = option_values::flag, .is_retired = true},
    sync_option{
        .name = "ServerSideApply",
        .values = option_values::flag,
        .usual = "true",
        .not_served_value = "false",
        .instead = "everything is applied by the server, field by field"
    },
    sync_option{.name = "SkipDryRunOnMissingResource", .values = option_values::flag, .usual = "false"},
    sync_option{.name = "Validate", .values = option_values::flag, .usual = "true"},
};

/// An option that was given a value. Its texts are those of the table.
struct given_option {
    const sync_option* option = nullptr;
    std::string_view value;

    /// "ServerSideApply=false is not served by this version: …" where it asks for what is not done; else
    /// empty.
    [[nodiscard]] std::string not_served() const;
    /// "ServerDryRun has no effect (any more); take it out" where that is so; else empty.
    [[nodiscard]] std::string retired() const;
};

/// Reads "Prune=false". Blanks around the name and the value do not matter. Errors: user, such as
/// `unknown option "Forse=true"; did you mean "Force=true"?`, `Replace must be true or false, is "yes"`.
[[nodiscard]] result<given_option> read_sync_option(std::string_view text);

} // namespace holdfast::match
