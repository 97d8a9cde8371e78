#include "sources/file_journal.hpp"

#include "base/log.hpp"
#include "base/replace_file.hpp"

#include <fstream>
#include <iterator>
#include <utility>

namespace holdfast::sources {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t largest_note = std::uintmax_t{64} << 10U;

std::string read_note(const fs::path& path) {
    std::error_code failed;
    const auto size = fs::file_size(path, failed);
    if (failed || size > largest_note) {
        return {};
    }
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

file_journal::file_journal(worker_pool& pool, const fs::path& directory, std::string process)
    : pool_{pool},
      note_{directory / "builds.json"},
      at_work_{directory / "at-work"},
      process_{std::move(process)} {}

asio::awaitable<void> file_journal::open() {
    struct found {
        std::string left;
        bool was_at_work = false;
    };
    auto work = [note = note_, at_work = at_work_] {
        found all{read_note(note), fs::exists(at_work)};
        std::ofstream{at_work}.flush();
        return all;
    };
    auto all = co_await on_pool(pool_, std::move(work));
    left_ = std::move(all.left);
    ended_uncleanly_ = all.was_at_work;
    is_open_ = true;
}

asio::awaitable<bool> file_journal::write(std::string text) {
    auto work = [note = note_, made = std::move(text)] {
        std::error_code ignored;
        fs::create_directories(note.parent_path(), ignored); // somebody may have removed it
        return !replace_file(note, made);
    };
    const bool written = co_await on_pool(pool_, std::move(work));
    if (!written) {
        log::warn("the journal of builds cannot be written", {{"file", note_.string()}});
    }
    co_return written;
}

asio::awaitable<void> file_journal::close() {
    if (!is_open_) {
        co_return;
    }
    auto work = [at_work = at_work_] {
        std::error_code ignored;
        return fs::remove(at_work, ignored);
    };
    co_await on_pool(pool_, std::move(work));
}

} // namespace holdfast::sources
