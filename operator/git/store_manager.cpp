#include "git/remote_store.hpp"

#include "base/directory_lock.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "git/libgit2.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace holdfast::git {

namespace fs = std::filesystem;

namespace {

// "github.com_acme_shop-0123456789ab": people can read it, and no two addresses or owners share it.
std::string directory_name(const url& remote, const std::string& owner) {
    std::string name;
    for (const char c : remote.normalised().substr(0, 80)) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           c == '-' || (c == '.' && !name.empty());
        name.push_back(plain ? c : '_');
    }
    const auto& identity = remote.identity();
    return name + "-" + to_hex(sha256(owner.empty() ? identity : identity + " " + owner)).substr(0, 16);
}

bool is_installed(const std::string& path, const std::string& program) {
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find(':', at), path.size());
        if (::access((path.substr(at, end - at) + "/" + program).c_str(), X_OK) == 0) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

// A store's directory as the disk has it.
struct found_store {
    std::string path;
    std::uint64_t bytes = 0;
    std::chrono::seconds unused{};
};

std::vector<found_store> find_stores(const std::string& directory, const std::vector<std::string>& in_use) {
    std::vector<found_store> found;
    std::error_code ec;
    const auto now = fs::file_time_type::clock::now();
    for (const auto& path : in_use) {
        fs::last_write_time(path + "/url", now, ec);
    }
    ec.clear();
    for (fs::directory_iterator it{directory, ec}, end; !ec && it != end; it.increment(ec)) {
        found_store s;
        s.path = it->path().string();
        s.bytes = store_files::measure(s.path).bytes;
        std::error_code missing;
        const auto used = fs::last_write_time(it->path() / "url", missing);
        s.unused =
            missing ? std::chrono::seconds{0} : std::chrono::duration_cast<std::chrono::seconds>(now - used);
        found.push_back(std::move(s));
    }
    // Longest unused first.
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.unused > b.unused; });
    return found;
}

class manager final : public store_manager {
public:
    manager(std::shared_ptr<store_surroundings> around, directory_lock lock)
        : around_{std::move(around)}, lock_{std::move(lock)} {}

    result<std::shared_ptr<store>>
    open(const url& remote, const std::string& owner, std::shared_ptr<const credentials> c) override {
        credentials with = c ? *c : credentials{};
        if (!around_->options.known_hosts.empty() && remote.kind() == transport::ssh) {
            with.known_hosts += (with.known_hosts.empty() ? "" : "\n") + around_->options.known_hosts;
            c = std::make_shared<const credentials>(with);
        }
        if (auto usable = check(with, remote); !usable) {
            return usable.error();
        }
        const auto home = stores_directory() + "/" + directory_name(remote, owner);
        auto& s = stores_[home];
        if (!s) {
            s = std::make_shared<remote_store>(around_, home, remote);
        }
        s->speak_with(remote, std::move(c));
        return std::static_pointer_cast<store>(s);
    }

    asio::awaitable<void> housekeeping(std::size_t at_most) override {
        auto around = around_;
        std::vector<std::shared_ptr<remote_store>> all;
        for (const auto& [name, s] : stores_) {
            all.push_back(s);
        }
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
            return a->last_used() < b->last_used();
        });
        std::size_t packed = 0;
        for (const auto& s : all) {
            if (packed >= at_most || around->closed) {
                break;
            }
            packed += co_await s->tidy(around->options.limits.keep_commits, false) ? 1U : 0U;
        }
        all.clear();
        co_await evict();
    }

    asio::awaitable<void> close() override {
        around_->closed = true;
        around_->tasks.cancel();
        co_await around_->tasks.join();
    }

private:
    [[nodiscard]] std::string stores_directory() const { return around_->options.directory + "/stores"; }

    asio::awaitable<void> evict() {
        const auto& options = around_->options;
        std::vector<std::string> in_use;
        for (const auto& [name, s] : stores_) {
            if (s.use_count() > 1) {
                in_use.push_back(s->home());
            }
        }
        auto scan = [path = stores_directory(), in_use] { return find_stores(path, in_use); };
        auto found = co_await on_pool(*around_->pool, std::move(scan));
        std::uint64_t total = 0;
        for (const auto& f : found) {
            total += f.bytes;
        }
        for (const auto& f : found) {
            const auto holder = stores_.find(f.path);
            auto unused = f.unused;
            if (holder != stores_.end()) {
                if (holder->second.use_count() > 1) {
                    continue;
                }
                unused = std::chrono::duration_cast<std::chrono::seconds>(
                    steady_clock::now() - holder->second->last_used()
                );
            }
            if (unused < options.keep_stores && total <= options.max_total_bytes) {
                continue;
            }
            if (holder != stores_.end()) {
                stores_.erase(holder);
            }
            // Out of the way before the next wait, so that a store opened meanwhile starts anew.
            const auto doomed = store_files::set_aside(f.path, around_->trash);
            total -= f.bytes;
            log::info("a store is removed", {{"directory", f.path}, {"bytes", std::to_string(f.bytes)}});
            auto remove = [doomed] {
                store_files::remove(doomed);
                return 0;
            };
            co_await on_pool(*around_->pool, std::move(remove));
        }
    }

    std::shared_ptr<store_surroundings> around_;
    directory_lock lock_;
    std::map<std::string, std::shared_ptr<remote_store>> stores_; // by their directory
};

} // namespace

result<std::unique_ptr<store_manager>>
make_store_manager(asio::any_io_executor executor, worker_pool& pool, store_manager_options options) {
    libgit2::start();
    if (!is_installed(options.path, "git")) {
        return user_error("git is not installed: it is not in " + options.path);
    }
    std::error_code ec;
    // Children start elsewhere.
    options.directory = fs::absolute(options.directory, ec).lexically_normal().string();
    for (const auto* folder : {"/stores", "/home"}) {
        fs::create_directories(options.directory + folder, ec);
        if (ec) {
            return transient_error(
                "cannot make the cache directory " + options.directory + ": " + ec.message()
            );
        }
    }
    auto lock = directory_lock::take(options.directory);
    if (!lock) {
        return lock.error();
    }
    auto around = std::make_shared<store_surroundings>(std::move(executor), pool, std::move(options));
    around->home = around->options.directory + "/home";
    around->trash = around->options.directory + "/trash";
    fs::remove_all(around->trash, ec);
    return std::unique_ptr<store_manager>{std::make_unique<manager>(std::move(around), std::move(*lock))};
}

} // namespace holdfast::git
