#include "base/replace_file.hpp"

#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {

BOOST_AUTO_TEST_SUITE(replace_files)

BOOST_AUTO_TEST_CASE(a_file_is_what_was_written_last_and_nothing_is_left_beside_it) {
    const test::temporary_directory directory;
    const auto path = directory.path() / "note";
    BOOST_TEST(!replace_file(path, "one"));
    BOOST_TEST(!replace_file(path, "two"));
    BOOST_TEST(test::read_file(path) == "two");
    BOOST_TEST(std::distance(std::filesystem::directory_iterator{directory.path()}, {}) == 1);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_said_and_changes_nothing) {
    const test::temporary_directory directory;
    BOOST_TEST(
        (replace_file(directory.path() / "nowhere" / "note", "x") == std::errc::no_such_file_or_directory)
    );
    // A directory stands where it is to be.
    const auto taken = directory.path() / "taken";
    std::filesystem::create_directories(taken / "inside");
    BOOST_TEST(static_cast<bool>(replace_file(taken, "x")));
    BOOST_TEST(std::filesystem::exists(taken / "inside"));
    BOOST_TEST(!std::filesystem::exists(directory.path() / "taken.new"));
}

BOOST_AUTO_TEST_CASE(a_writer_with_a_name_of_its_own_leaves_what_another_one_writes) {
    const test::temporary_directory directory;
    const auto path = directory.path() / "note";
    const auto others = directory.path() / "note.new";
    BOOST_TEST(!replace_file(others, "half"));
    BOOST_TEST(!replace_file(path, {"one", "\n", "two"}, directory.path() / "note.2"));
    BOOST_TEST(test::read_file(path) == "one\ntwo");
    BOOST_TEST(test::read_file(others) == "half");
    BOOST_TEST(!std::filesystem::exists(directory.path() / "note.2"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast
