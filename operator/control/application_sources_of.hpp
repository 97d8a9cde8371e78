#pragma once

#include "control/application_record.hpp"

#include <string>
#include <vector>

// Which sources an application has, as of now.

namespace holdfast::control {

/// All, with the revision that holds now: an operation's own, a held one, or what the specification says.
[[nodiscard]] std::vector<crds::application_source> all_sources_of(const application_record& r);
/// Those that are built: without those that only give files to others.
[[nodiscard]] std::vector<crds::application_source> sources_of(const application_record& r);
/// Every repository that it reads from: sources, bases elsewhere, password stores.
[[nodiscard]] std::vector<sources::repository_use> uses_of(const application_record& r);
/// The same as URLs, normalised.
[[nodiscard]] std::vector<std::string> repositories_of(const application_record& r);
/// Whether values from password stores or encrypted files may be anywhere in its objects.
[[nodiscard]] bool has_secret_values(const application_record& r);

} // namespace holdfast::control
