#include "charts/chart_store.hpp"

#include "charts/store_flights.hpp"
#include "charts/store_state.hpp"
#include "charts/versions.hpp"

namespace holdfast::charts {

namespace {

constexpr std::size_t most_failures = 4096;

class disk_chart_store final : public chart_store {
public:
    explicit disk_chart_store(store_state::self state) : state_{std::move(state)} {}
    disk_chart_store(const disk_chart_store&) = delete;
    disk_chart_store& operator=(const disk_chart_store&) = delete;
    ~disk_chart_store() override { state_->close(); }

    asio::awaitable<result<std::string>>
    resolve(chart_request what, std::chrono::milliseconds max_age) override {
        return store_state::resolve(state_, std::move(what), max_age);
    }
    asio::awaitable<result<chart>> fetch(chart_request exactly) override {
        return store_state::fetch(state_, std::move(exactly));
    }
    asio::awaitable<void> housekeeping() override { return store_state::housekeeping(state_); }

private:
    store_state::self state_;
};

} // namespace

result<place> place_of(const chart_request& what) {
    place at;
    hasher h;
    if (is_oci(what.repository)) {
        if (auto fine = check_chart_name(what.name, true); !fine) {
            return fine.error();
        }
        auto registry = parse_oci(what.repository, what.name);
        if (!registry) {
            return registry.error();
        }
        at.shown = registry->shown();
        h.add("oci").add(at.shown);
        at.registry = std::move(*registry);
    } else {
        if (auto fine = check_chart_name(what.name, false); !fine) {
            return fine.error();
        }
        auto repository = web_address::parse(what.repository);
        if (!repository) {
            return repository.error();
        }
        if (auto fine = check_in_the_clear(*repository, what.with); !fine) {
            return fine.error();
        }
        at.repository = std::move(*repository);
        at.shown = at.repository.shown();
        while (at.shown.ends_with('/')) {
            at.shown.pop_back();
        }
        h.add("index").add(at.shown).add(at.repository.query);
    }
    h.add(fingerprint(what.with));
    at.identity = to_hex(h.finish());
    return at;
}

shared_credentials way_out(const shared_credentials& with) {
    if (!with) {
        return with;
    }
    git::credentials c;
    c.proxy = with->proxy;
    c.no_proxy = with->no_proxy;
    c.reachable = with->reachable;
    return std::make_shared<const git::credentials>(std::move(c));
}

store_state::store_state(
    asio::any_io_executor e, worker_pool& p, chart_store_options o, std::shared_ptr<archive_cache> archives
)
    : executor_{std::move(e)},
      pool_{p},
      options_{std::move(o)},
      archives_{std::move(archives)},
      web_{std::make_shared<web>(executor_, options_.limits.deadline)},
      registries_{web_},
      tasks_{executor_},
      indices_{std::max<std::size_t>(options_.limits.max_indices, 1)},
      index_turns_{executor_, 2},
      archive_turns_{executor_, 4} {}

void store_state::close() {
    closed_ = true;
    tasks_.cancel();
}

error store_state::closed_error() const {
    return {error_kind::cancelled, "the store of charts is being closed"};
}

void store_state::note_failure(const std::string& key, const error& why) {
    if (why.kind() == error_kind::cancelled) {
        return;
    }
    const auto now = steady_clock::now();
    if (failures_.size() >= most_failures) {
        std::erase_if(failures_, [now](const auto& f) { return !f.second.at(now); });
        if (failures_.size() >= most_failures) {
            failures_.clear();
        }
    }
    failures_[key].failed(why, now);
}

asio::awaitable<result<std::string>>
store_state::resolve(self me, chart_request what, std::chrono::milliseconds max_age) {
    auto at = place_of(what);
    if (!at) {
        co_return at.error();
    }
    if (at->registry) {
        co_return co_await me->resolve_in_registry(std::move(*at), std::move(what), max_age);
    }
    co_return co_await me->resolve_in_index(std::move(*at), std::move(what), max_age);
}

asio::awaitable<result<chart>> store_state::fetch(self me, chart_request what) {
    auto at = place_of(what);
    if (!at) {
        co_return at.error();
    }
    if (what.version.empty()) {
        co_return internal_error("a chart is fetched by its version: resolve it first");
    }
    if (at->registry) {
        co_return co_await me->fetch_from_registry(std::move(*at), std::move(what));
    }
    co_return co_await me->fetch_from_index(std::move(*at), std::move(what));
}

asio::awaitable<void> store_state::housekeeping(self me) {
    const auto now = steady_clock::now();
    std::erase_if(me->failures_, [now](const auto& f) { return f.second.is_old(now); });
    me->registries_.tidy();
    co_await me->archives_->housekeeping();
}

result<std::unique_ptr<chart_store>>
make_chart_store(boost::asio::any_io_executor executor, worker_pool& pool, chart_store_options options) {
    auto archives = archive_cache::open(executor, pool, options.directory, options.limits.max_total_bytes);
    if (!archives) {
        return archives.error();
    }
    auto state =
        std::make_shared<store_state>(std::move(executor), pool, std::move(options), std::move(*archives));
    return std::unique_ptr<chart_store>{std::make_unique<disk_chart_store>(std::move(state))};
}

} // namespace holdfast::charts
