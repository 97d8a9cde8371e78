#include "base/reconcile_id.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <fmt/format.h>

#include <random>
#include <type_traits>
#include <utility>

namespace holdfast {

namespace {

namespace asio = boost::asio;

thread_local reconcile_id current_id;

// Small, so that any_io_executor needs no memory for it: coroutines ask for variants of their executor at
// each wait.
template <class Inner>
class reconcile_executor {
public:
    reconcile_executor(Inner inner, reconcile_id id) noexcept : inner_{std::move(inner)}, id_{id} {}

    template <class Property>
        requires asio::can_query<const Inner&, Property>::value
    decltype(auto) query(const Property& p) const noexcept {
        return asio::query(inner_, p);
    }
    template <class Property>
        requires asio::can_require<const Inner&, Property>::value
    auto require(const Property& p) const {
        return with(asio::require(inner_, p));
    }
    template <class Property>
        requires asio::can_prefer<const Inner&, Property>::value
    auto prefer(const Property& p) const {
        return with(asio::prefer(inner_, p));
    }
    template <class F>
    void execute(F f) const {
        inner_.execute([id = id_, f = std::move(f)]() mutable {
            const reconcile_scope scope{id};
            std::move(f)();
        });
    }
    friend bool operator==(const reconcile_executor& a, const reconcile_executor& b) noexcept {
        return a.inner_ == b.inner_ && a.id_ == b.id_;
    }
    friend bool operator!=(const reconcile_executor& a, const reconcile_executor& b) noexcept {
        return !(a == b);
    }

    [[nodiscard]] const Inner& inner() const noexcept { return inner_; }

private:
    template <class Other>
    reconcile_executor<Other> with(Other other) const {
        return {std::move(other), id_};
    }

    Inner inner_;
    reconcile_id id_;
};

using of_context = asio::io_context::executor_type;

} // namespace

reconcile_id reconcile_id::make() {
    thread_local std::mt19937_64 random{[] {
        std::random_device seed;
        std::seed_seq words{seed(), seed(), seed(), seed()};
        return std::mt19937_64{words};
    }()};
    reconcile_id made;
    while (!made) {
        made.number = random();
    }
    return made;
}

reconcile_id reconcile_id::current() noexcept {
    return current_id;
}

std::string reconcile_id::text() const {
    return fmt::format("{:016x}", number);
}

reconcile_scope::reconcile_scope(reconcile_id id) noexcept : before_{std::exchange(current_id, id)} {}

reconcile_scope::~reconcile_scope() {
    current_id = before_;
}

asio::any_io_executor executor_of(reconcile_id id, const asio::any_io_executor& executor) {
    if (!id) {
        return executor;
    }
    if (const auto* plain = executor.target<of_context>()) {
        return reconcile_executor<of_context>{*plain, id};
    }
    if (const auto* of_another = executor.target<reconcile_executor<of_context>>()) {
        return reconcile_executor<of_context>{of_another->inner(), id};
    }
    return executor;
}

} // namespace holdfast
