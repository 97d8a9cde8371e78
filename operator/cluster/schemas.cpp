#include "cluster/schemas.hpp"

namespace holdfast::cluster {

namespace {

// Gives the turn back whatever happens.
struct turn {
    bool& busy;
    kube::pulse& free;
    turn(bool& b, kube::pulse& f) : busy{b}, free{f} { busy = true; }
    ~turn() {
        busy = false;
        free.notify_all();
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
};

std::string document_path(const std::string& group, const std::string& version) {
    return group.empty() ? "api/" + version : "apis/" + group + "/" + version;
}

} // namespace

boost::asio::awaitable<result<void>> schemas::load(std::vector<kube::group_version_kind> kinds) {
    const auto missing = [&] {
        std::map<group_version, std::set<std::string>> all;
        for (const auto& kind : kinds) {
            const auto known = loaded_.find({kind.group, kind.version});
            if (known == loaded_.end() || !known->second.contains(kind.kind)) {
                all[{kind.group, kind.version}].insert(kind.kind);
            }
        }
        return all;
    };
    while (busy_ && (!index_valid_ || !missing().empty())) {
        co_await free_.wait();
    }
    if (index_valid_ && missing().empty()) {
        co_return result<void>{};
    }
    const turn mine{busy_, free_};
    if (!index_valid_) {
        auto refreshed = co_await refresh_index();
        if (!refreshed) {
            co_return refreshed.error();
        }
    }
    // The server leads from an older document to the newer one (301), or has it no more (404), when its kinds
    // changed since it was listed.
    constexpr int most_listings = 3;
    for (int listings = 0;; ++listings) {
        bool is_outdated = false;
        for (const auto& [gv, kinds_of] : missing()) {
            auto all = loaded_[gv];
            all.insert(kinds_of.begin(), kinds_of.end());
            const auto document = index_.find(document_path(gv.first, gv.second));
            if (document != index_.end()) {
                const auto text = co_await api_.openapi_v3(document->second.url);
                if (!text) {
                    const auto status = text.error().status();
                    is_outdated = status / 100 == 3 || status == 404;
                    if (is_outdated && listings < most_listings) {
                        break;
                    }
                    co_return text.error();
                }
                if (auto added = set_.add(gv.first, gv.second, *text, {all.begin(), all.end()}); !added) {
                    co_return added.error();
                }
            }
            loaded_[gv] = std::move(all);
        }
        if (!is_outdated) {
            co_return result<void>{};
        }
        if (auto refreshed = co_await refresh_index(); !refreshed) {
            co_return refreshed.error();
        }
    }
}

boost::asio::awaitable<result<void>> schemas::refresh_index() {
    auto listed = co_await api_.openapi_v3_index();
    if (!listed) {
        co_return listed.error();
    }
    std::map<std::string, kube::openapi_document> now;
    for (auto& document : *listed) {
        now.emplace(document.path, std::move(document));
    }
    std::erase_if(loaded_, [&](const auto& entry) {
        const auto path = document_path(entry.first.first, entry.first.second);
        const auto before = index_.find(path);
        const auto after = now.find(path);
        return before == index_.end() || after == now.end() || before->second.hash.empty() ||
               before->second.hash != after->second.hash;
    });
    index_ = std::move(now);
    index_valid_ = true;
    co_return result<void>{};
}

} // namespace holdfast::cluster
