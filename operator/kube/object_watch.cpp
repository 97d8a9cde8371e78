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

void object_watch::begin_replace() {
    next_.emplace();
}

void object_watch::end_replace() {
    if (next_) {
        now_ = std::move(*next_);
        next_.reset();
        moved_.notify_all();
    }
}

void object_watch::changed(const json::object& object) {
    (next_ ? *next_ : now_) = object;
    if (!next_) {
        moved_.notify_all();
    }
}

void object_watch::deleted(const json::object& /*object*/) {
    (next_ ? *next_ : now_).reset();
    if (!next_) {
        moved_.notify_all();
    }
}

} // namespace holdfast::kube
