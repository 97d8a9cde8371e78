#include "sources/downloaded_files.hpp"

#include "base/hash.hpp"
#include "base/pool_work.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace holdfast::sources {

namespace fs = std::filesystem;

namespace {

result<void> write(const std::string& path, const std::string& text) {
    std::error_code ec;
    fs::create_directories(fs::path{path}.parent_path(), ec);
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << text;
    if (!file.flush()) {
        file.close();
        fs::remove(path, ec);
        return transient_error("a downloaded file cannot be kept at " + path);
    }
    return {};
}

} // namespace

downloaded_files::downloaded_files(std::string directory, worker_pool& pool, limits l)
    : directory_{std::move(directory)}, pool_{pool}, limits_{l} {
    std::error_code ec;
    fs::remove_all(directory_, ec);
}

const downloaded_files::entry* downloaded_files::find(const std::string& namespace_, const std::string& url) {
    const auto share = shares_.find(namespace_);
    return share == shares_.end() ? nullptr : share->second.files.find(url);
}

void downloaded_files::forget(shares::iterator whose, const std::string& url) {
    auto& share = whose->second;
    const auto* known = share.files.find(url);
    if (known == nullptr) {
        return;
    }
    share.bytes -= known->file->bytes;
    total_ -= known->file->bytes;
    share.files.erase(url);
    if (share.files.size() == 0) {
        shares_.erase(whose);
    }
}

void downloaded_files::forget_oldest(shares::iterator whose) {
    const auto url = std::prev(whose->second.files.end())->first;
    forget(whose, url);
}

void downloaded_files::make_room(const std::string& namespace_, std::uint64_t bytes) {
    for (auto own = shares_.find(namespace_);
         own != shares_.end() && (own->second.bytes + bytes > limits_.namespace_bytes ||
                                  own->second.files.size() >= limits_.namespace_files);
         own = shares_.find(namespace_)) {
        forget_oldest(own);
    }
    while (total_ > 0 && total_ + bytes > limits_.total_bytes) {
        // Whoever has most gives first.
        forget_oldest(std::ranges::max_element(shares_, {}, [](const auto& one) { return one.second.bytes; })
        );
    }
}

asio::awaitable<bool> downloaded_files::is_there(downloaded_file_ptr file) {
    auto look = [path = file->path, bytes = file->bytes] {
        std::error_code ec;
        return fs::file_size(path, ec) == bytes && !ec;
    };
    co_return co_await on_pool(pool_, std::move(look));
}

asio::awaitable<result<downloaded_file_ptr>>
downloaded_files::keep(std::string namespace_, std::string url, std::string content) {
    auto made = std::make_unique<downloaded_file>();
    made->bytes = content.size();
    // A name of its own, since another one of the same content may be on its way out.
    made->path = directory_ + "/" + std::to_string(++written_);
    auto work = [path = made->path, text = std::move(content)]() -> result<std::string> {
        if (auto written = write(path, text); !written) {
            return written.error();
        }
        return to_hex(sha256(text));
    };
    auto identity = co_await on_pool(pool_, std::move(work));
    if (!identity) {
        co_return identity.error();
    }
    made->identity = std::move(*identity);
    auto& pool = pool_;
    downloaded_file_ptr kept{made.release(), [&pool](const downloaded_file* file) {
                                 pool.post([path = file->path] {
                                     std::error_code ec;
                                     fs::remove(path, ec);
                                 });
                                 delete file; // NOLINT(cppcoreguidelines-owning-memory)
                             }};
    if (const auto own = shares_.find(namespace_); own != shares_.end()) {
        forget(own, url);
    }
    make_room(namespace_, kept->bytes);
    auto& share = shares_.try_emplace(namespace_, limits_.namespace_files).first->second;
    share.bytes += kept->bytes;
    total_ += kept->bytes;
    share.files.insert(url, {.file = kept, .fetched = steady_clock::now()});
    co_return kept;
}

} // namespace holdfast::sources
