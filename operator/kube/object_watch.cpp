#include "kube/object_watch.hpp"

#include <utility>

namespace holdfast::kube {

namespace {

informer_options options(resource kind, const std::string& namespace_, const std::string& name) {
    informer_options o;
    o.kind = std::move(kind);
    o.what.namespace_ = namespace_;
    o.what.field_selector = "metadata.name=" + name;
    return o;
}

} // namespace

object_watch::object_watch(
    client& api, resource kind, const std::string& namespace_, const std::string& name, pulse& moved
)
    : moved_{moved}, informer_{api, options(std::move(kind), namespace_, name), *this} {}

boost::asio::awaitable<void> object_watch::run(object_watch* self) {
    co_await self->informer_.run();
}

std::string object_watch::trouble() const {
    const auto& last = informer_.status().last_failure;
    return last ? last->message() : std::string{};
}

std::optional<object_version> object_watch::version_of(const object_name& name) const {
    if (!now_ || object_name_of(*now_) != name) {
        return std::nullopt;
    }
    return object_version{.uid = uid_of(*now_), .resource_version = {}};
}

void object_watch::for_each_known(const std::function<void(const object_name&)>& see) const {
    if (now_) {
        see(object_name_of(*now_));
    }
}

void object_watch::added(const json::object& object) {
    now_ = object;
    moved_.notify_all();
}

void object_watch::changed(const json::object& object) {
    added(object);
}

void object_watch::removed(const object_name& /*name*/, std::string_view /*resource_version*/) {
    now_.reset();
    moved_.notify_all();
}

void object_watch::synced() {
    moved_.notify_all();
}

} // namespace holdfast::kube
