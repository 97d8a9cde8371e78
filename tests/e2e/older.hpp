#pragma once

#include <boost/test/tools/assertion_result.hpp>
#include <boost/test/tree/test_unit.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace holdfast::test {

/// The source tree of an older version with its operator built in it, as `./dev upgrade` makes it: what
/// $HOLDFAST_OLDER names. Nothing where there is none.
std::optional<std::filesystem::path> older_tree();

/// Its operator, and the folder of its custom resource definitions.
std::string older_operator();
std::string older_definitions();
std::string definitions_of_today();

/// kubectl apply --server-side of such a folder, as a person does it who goes from one version to another.
void apply_definitions(const std::string& folder);

/// For the cases that need that tree: they are left out without it.
boost::test_tools::assertion_result has_older(boost::unit_test::test_unit_id id);

} // namespace holdfast::test
