#pragma once

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include <sys/mount.h>

namespace holdfast::test {

/// Skips a case, and says why, where something is missing: BOOST_AUTO_TEST_CASE(NAME, *needs(lacks_…)).
/// `lacks` gives the reason, or nothing where all is there; it is asked once.
inline boost::unit_test::precondition needs(std::string (*lacks)()) {
    return boost::unit_test::precondition{[lacks](boost::unit_test::test_unit_id id) {
        const auto reason = lacks();
        boost::test_tools::assertion_result holds{reason.empty()};
        if (!reason.empty()) {
            const auto name = boost::unit_test::framework::get(id, boost::unit_test::TUT_ANY).full_name();
            (void)std::printf("Skipped: %s: %s\n", name.c_str(), reason.c_str());
            holds.message() << reason;
        }
        return holds;
    }};
}

/// Why no small file system can be mounted here; empty where one can.
inline std::string lacks_small_disk() {
    const temporary_directory mounted;
    if (::mount("none", mounted.path().c_str(), "tmpfs", 0, "size=512k") != 0) {
        return "no small disk can be mounted: " + std::generic_category().message(errno);
    }
    ::umount2(mounted.path().c_str(), MNT_DETACH);
    return {};
}

} // namespace holdfast::test
