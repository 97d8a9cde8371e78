// What is kept on disk of files behind URLs, and whose goes first.

#include "sources/downloaded_files.hpp"

#include "support/coroutine.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdlib.h>

namespace holdfast::sources {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct with_files {
    downloaded_file_ptr keep(const std::string& namespace_, const std::string& url, std::size_t bytes) {
        auto kept = test::run(context, files.keep(namespace_, url, std::string(bytes, url.back())));
        BOOST_REQUIRE_MESSAGE(kept.has_value(), kept.error().message());
        return *kept;
    }
    [[nodiscard]] bool knows(const std::string& namespace_, const std::string& url) {
        return files.find(namespace_, url) != nullptr;
    }
    // What was let go of is removed on the pool: waits for that.
    std::size_t on_disk(std::size_t expected) {
        std::size_t count = 0;
        for (int i = 0; i < 500; ++i) {
            std::error_code ec;
            const fs::directory_iterator begin{directory + "/files", ec};
            count = static_cast<std::size_t>(std::distance(begin, fs::directory_iterator{}));
            if (count == expected) {
                break;
            }
            ::usleep(10'000);
        }
        return count;
    }

    test::temporary_directory place;
    std::string directory = place.path().string();
    asio::io_context context;
    worker_pool pool{2};
    downloaded_files files{
        directory + "/files", pool, {.total_bytes = 1000, .namespace_bytes = 500, .namespace_files = 4}
    };
};

BOOST_FIXTURE_TEST_SUITE(files_behind_urls, with_files)

BOOST_AUTO_TEST_CASE(one_namespaces_files_take_its_share_and_no_more) {
    keep("other", "u/0", 100);
    keep("team", "u/1", 200);
    keep("team", "u/2", 200);
    BOOST_TEST(knows("team", "u/1")); // asked for again, so the other one is older
    keep("team", "u/3", 200);
    BOOST_TEST(knows("team", "u/1"));
    BOOST_TEST(!knows("team", "u/2"));
    BOOST_TEST(knows("team", "u/3"));
    BOOST_TEST(knows("other", "u/0"));
    BOOST_TEST(files.total_bytes() == 500U);
    BOOST_TEST(on_disk(3) == 3U);
}

BOOST_AUTO_TEST_CASE(small_ones_are_counted) {
    for (const char c : std::string{"abcdef"}) {
        keep("team", std::string{"u/"} + c, 0);
    }
    BOOST_TEST(!knows("team", "u/b"));
    BOOST_TEST(knows("team", "u/c"));
    BOOST_TEST(on_disk(4) == 4U);
}

BOOST_AUTO_TEST_CASE(who_has_most_gives_first_when_all_is_full) {
    keep("large", "u/1", 250);
    keep("large", "u/2", 250);
    keep("small", "u/3", 100);
    keep("third", "u/4", 300);
    keep("fourth", "u/5", 150);
    BOOST_TEST(!knows("large", "u/1"));
    BOOST_TEST(knows("large", "u/2"));
    BOOST_TEST(knows("small", "u/3"));
    BOOST_TEST(knows("third", "u/4"));
    BOOST_TEST(knows("fourth", "u/5"));
}

BOOST_AUTO_TEST_CASE(one_that_is_held_stays_until_it_is_not) {
    auto held = keep("team", "u/1", 400);
    keep("team", "u/2", 400);
    BOOST_TEST(!knows("team", "u/1"));
    BOOST_TEST(fs::exists(held->path));
    BOOST_TEST(fs::file_size(held->path) == 400U);
    held.reset();
    BOOST_TEST(on_disk(1) == 1U);
}

BOOST_AUTO_TEST_CASE(the_newer_content_of_a_url_takes_the_place_of_the_older) {
    const auto first = keep("team", "u/1", 100);
    const auto second = keep("team", "u/1", 150);
    BOOST_TEST(first->identity != second->identity);
    BOOST_TEST(files.find("team", "u/1")->file == second);
    BOOST_TEST(files.total_bytes() == 150U);
}

BOOST_AUTO_TEST_CASE(one_that_somebody_removed_is_known_to_be_gone_and_can_be_kept_again) {
    const auto kept = keep("team", "u/1", 100);
    BOOST_TEST(test::run(context, files.is_there(kept)));
    fs::remove_all(directory);
    BOOST_TEST(!test::run(context, files.is_there(kept)));
    BOOST_TEST(test::run(context, files.is_there(keep("team", "u/1", 100))));
}

BOOST_AUTO_TEST_CASE(nothing_is_left_of_a_process_before) {
    keep("team", "u/1", 100);
    std::ofstream{directory + "/files/left"} << "from a process that was killed";
    const downloaded_files anew{directory + "/files", pool, {}};
    BOOST_TEST(on_disk(0) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
