#include "sources/downloaded_files.hpp"

#include "base/hash.hpp"
#include "base/pool_work.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
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
    const auto found = all_.find({namespace_, url});
    if (found == all_.end()) {
        return nullptr;
    }
    auto& ages = shares_[namespace_].by_age;
    ages.erase(found->second.asked);
    found->second.asked = ++clock_;
    ages[found->second.asked] = url;
    return &found->second.what;
}

void downloaded_files::forget(const key& k) {
    const auto found = all_.find(k);
    if (found == all_.end()) {
        return;
    }
    const auto bytes = found->second.what.file->bytes;
    auto& share = shares_[k.first];
    share.by_age.erase(found->second.asked);
    share.bytes -= bytes;
    total_ -= bytes;
    all_.erase(found);
    if (share.by_age.empty()) {
        shares_.erase(k.first);
    }
}

void downloaded_files::make_room(const std::string& namespace_, std::uint64_t bytes) {
    const auto forget_oldest_of = [this](const std::string& whose) {
        forget({whose, shares_[whose].by_age.begin()->second});
    };
    while (shares_.contains(namespace_) && (shares_[namespace_].bytes + bytes > limits_.namespace_bytes ||
                                            shares_[namespace_].by_age.size() >= limits_.namespace_files)) {
        forget_oldest_of(namespace_);
    }
    while (total_ > 0 && total_ + bytes > limits_.total_bytes) {
        // Whoever has most gives first.
        const auto most = std::ranges::max_element(shares_, {}, [](const auto& one) { return one.second.bytes; });
        forget_oldest_of(std::string{most->first});
    }
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
    const key k{namespace_, url};
    forget(k);
    make_room(namespace_, kept->bytes);
    auto& share = shares_[namespace_];
    const auto now = ++clock_;
    share.bytes += kept->bytes;
    share.by_age[now] = url;
    total_ += kept->bytes;
    all_[k] = {.what = {.file = kept, .fetched = steady_clock::now()}, .asked = now};
    co_return kept;
}

} // namespace holdfast::sources
