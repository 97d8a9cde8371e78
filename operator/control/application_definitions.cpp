// Definitions of our own kinds are changed only where what is stored survives it.

#include "control/application_controller_state.hpp"
#include "control/foundation.hpp"
#include "sync/definition_change.hpp"

namespace holdfast::control {

namespace {

constexpr std::size_t most_told = 10;

// "Application shop/web: spec.hold: unknown field; …", no more than somebody reads.
class findings_of {
public:
    void add(const std::string& sentence) {
        if (++count_ <= most_told) {
            text_ += (text_.empty() ? "" : "; ") + sentence;
        }
    }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] std::string text() const {
        return count_ > most_told ? text_ + "; and " + std::to_string(count_ - most_told) + " more" : text_;
    }

private:
    std::string text_;
    std::size_t count_ = 0;
};

} // namespace

asio::awaitable<result<void>> application_controller::state::check_definitions(record_ptr r) {
    auto& to = destination_of(r->object);
    findings_of lost;
    for (const auto& w : *r->compared.wanted) {
        const auto* m =
            w.plan.in_sync || !is_own_definition(w.plan.id) ? nullptr : r->compared.full->find(w.plan.id);
        if (m == nullptr) {
            continue;
        }
        const auto held = r->compared.full; // what `wanted` is part of
        const auto& wanted = m->object.manifest;
        const auto definitions = kube::resources::custom_resource_definitions();
        kube::reply<json::object> live = json::object{};
        {
            const auto access = co_await to.enter(call_as(*r, config));
            live = co_await access.get(definitions, {}, w.plan.id.name);
        }
        if (!live) {
            if (live.error().is_not_found()) {
                continue;
            }
            co_return live.error();
        }
        sync::definition_change change{*live, wanted};
        for (const auto& loss : change.losses()) {
            lost.add(sync::describe(w.plan.id) + ": " + loss);
        }
        if (!change.losses().empty() || change.keeps_schemas()) {
            continue;
        }
        const auto catalog = to.catalog();
        const auto* kind = catalog->find(kube::group_kind{
            std::string{crds::group}, std::string{kube::find_text(*live, {"spec", "names", "kind"})}
        });
        if (kind == nullptr) {
            continue; // not served, so there is none
        }
        const auto resource = *kind;
        const kube::call_options as_ourselves;
        const auto ourselves = co_await to.enter(as_ourselves);
        const auto stored = co_await ourselves.list(resource, informer.wanted());
        if (!stored) {
            co_return stored.error();
        }
        for (const auto& object : stored->items) {
            const auto problems = change.check(object, resource.version);
            if (!problems) {
                co_return problems.error().within(sync::describe(w.plan.id));
            }
            for (const auto& problem : *problems) {
                lost.add(
                    resource.kind + " " + std::string{kube::namespace_of(object)} + "/" +
                    std::string{kube::name_of(object)} + ": " + sync::to_string(problem)
                );
            }
        }
    }
    if (!lost.empty()) {
        co_return user_error("what is stored would not survive the changed definitions: " + lost.text());
    }
    co_return result<void>{};
}

} // namespace holdfast::control
