#include "base/child_descriptors.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/wait.h>
#include <vector>

namespace holdfast {
namespace {

// What went wrong in a child, as its exit status.
enum class flaw : int {
    none,
    cannot_set_up,
    refused,
    another_file_in_a_place,
    a_place_that_closes_at_exec,
    kept_is_another_file,
    something_else_is_inherited,
};

// Puts a file of its own, whose only byte says which it is, at a number.
bool put_file_at(int number, char name) {
    const int file = ::memfd_create("test", MFD_CLOEXEC);
    if (file < 0 || ::write(file, &name, 1) != 1) {
        return false;
    }
    if (file == number) {
        return true;
    }
    const bool there = ::dup2(file, number) == number;
    ::close(file);
    return there;
}

char name_of(int descriptor) {
    char name = 0;
    return ::pread(descriptor, &name, 1, 0) == 1 ? name : '?';
}

flaw try_it(std::vector<int> sources, std::vector<int> kept) {
    ::syscall(SYS_close_range, 0U, ~0U, 0U);
    char next = 'A';
    std::vector<std::pair<int, char>> files;
    const auto name_at = [&files](int number) {
        const auto found =
            std::find_if(files.begin(), files.end(), [&](const auto& f) { return f.first == number; });
        return found == files.end() ? '\0' : found->second;
    };
    // From the highest number down: a new file takes the lowest that is free.
    std::vector<int> numbers = sources;
    numbers.insert(numbers.end(), kept.begin(), kept.end());
    std::sort(numbers.begin(), numbers.end(), std::greater{});
    for (const int number : numbers) {
        if (name_at(number) == '\0') {
            if (!put_file_at(number, next)) return flaw::cannot_set_up;
            files.emplace_back(number, next++);
        }
    }
    std::string wanted;
    std::string held;
    for (const int number : sources)
        wanted += name_at(number);
    for (const int number : kept)
        held += name_at(number);

    if (!place_descriptors(sources, kept)) return flaw::refused;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (name_of(static_cast<int>(i)) != wanted[i]) return flaw::another_file_in_a_place;
        if (::fcntl(static_cast<int>(i), F_GETFD) != 0) return flaw::a_place_that_closes_at_exec;
    }
    for (std::size_t i = 0; i < held.size(); ++i) {
        if (name_of(kept[i]) != held[i]) return flaw::kept_is_another_file;
    }
    for (int other = static_cast<int>(wanted.size()); other < 1024; ++other) {
        const int flags = ::fcntl(other, F_GETFD);
        if (flags >= 0 && (flags & FD_CLOEXEC) == 0) return flaw::something_else_is_inherited;
    }
    return flaw::none;
}

int in_a_child(const std::vector<int>& sources, const std::vector<int>& kept) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(static_cast<int>(try_it(sources, kept)));
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

std::string text_of(const std::vector<int>& numbers) {
    std::string text;
    for (const int one : numbers)
        text += (text.empty() ? "" : ", ") + std::to_string(one);
    return "{" + text + "}";
}

BOOST_AUTO_TEST_SUITE(child_descriptors)

BOOST_AUTO_TEST_CASE(whatever_numbers_they_have) {
    struct example {
        std::vector<int> sources;
        std::vector<int> kept;
    };
    const std::vector<example> examples{
        {{10, 11, 12}, {13}},
        {{0, 1, 2}, {3}},                   // in place already
        {{2, 1, 0}, {3}},                   // exchanged
        {{1, 2, 3, 0}, {4}},                // all in the way of each other
        {{3, 3, 3}, {4}},                   // one for several
        {{0, 0, 1, 1}, {2, 3}},             // kept where others are to be
        {{4, 5, 6, 7, 8}, {0, 1, 2, 3}},    //
        {{133, 132, 135, 134}, {68}},       //
        {{7, 6, 5, 4, 3, 2, 1, 0}, {9, 8}}, //
        {{600, 3, 601, 0}, {1, 602}},       // some in, some out
        {{5, 6, 7}, {5}},                   // kept and handed on
        {{}, {0}},                          // nothing
    };
    for (const auto& e : examples) {
        BOOST_TEST(in_a_child(e.sources, e.kept) == 0, text_of(e.sources) << " with " << text_of(e.kept));
    }
}

BOOST_AUTO_TEST_CASE(from_any_offset_in_any_order) {
    for (int offset = 0; offset < 300; ++offset) {
        std::vector<int> sources;
        for (int i = 0; i < 6; ++i)
            sources.push_back(offset + i);
        const std::vector<int> kept{offset + 6, offset + 7};
        BOOST_TEST(in_a_child(sources, kept) == 0, text_of(sources));
        std::reverse(sources.begin(), sources.end());
        BOOST_TEST(in_a_child(sources, kept) == 0, text_of(sources));
        std::rotate(sources.begin(), sources.begin() + 2, sources.end());
        BOOST_TEST(in_a_child(sources, {offset + 40, offset}) == 0, text_of(sources));
    }
}

BOOST_AUTO_TEST_CASE(what_is_none_is_refused_and_can_be_told) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (!put_file_at(1, 'k')) ::_exit(1);
        std::array<int, 3> sources{900, 900, 900};
        std::array<int, 2> kept{1, -1};
        const bool refused = !place_descriptors(sources, kept) && errno == EBADF;
        ::_exit(refused && name_of(kept[0]) == 'k' && kept[1] == -1 ? 0 : 2);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
