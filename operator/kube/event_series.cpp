#include "kube/event_series.hpp"

#include "base/bounded_text.hpp"
#include "base/redact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace holdfast::kube {

namespace {

constexpr std::size_t max_note = 1024;
constexpr std::size_t max_word = 128;
// With ".", and 16 digits, within the 253 characters of a name.
constexpr std::size_t max_name_stem = 230;

std::uint64_t digest(std::initializer_list<std::string_view> parts) {
    std::uint64_t seed = 0;
    for (const auto part : parts) {
        seed ^= std::hash<std::string_view>{}(part) + 0x9e3779b97f4a7c15U + (seed << 6U) + (seed >> 2U);
    }
    return seed;
}

/// A DNS subdomain made of the object's name: RBAC's names have colons, which an Event's may not.
std::string name_stem(std::string_view name) {
    std::string stem;
    for (const char c : name.substr(0, max_name_stem)) {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        stem += fits ? c : '-';
    }
    const auto first = stem.find_first_not_of("-.");
    const auto last = stem.find_last_not_of("-.");
    return first == std::string::npos ? "event" : stem.substr(first, last - first + 1);
}

std::string word(std::string_view text, std::string_view otherwise) {
    auto cut = first_bytes(text, max_word);
    return cut.empty() ? std::string{otherwise} : cut;
}

} // namespace

json::object make_event(
    const object_reference& about, const event_note& what, const event_settings& settings,
    wall_clock::time_point when
) {
    const auto reason = word(what.reason, "Unspecified");
    const auto nanoseconds =
        std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
    json::object regarding{
        {"apiVersion", about.api_version}, {"kind", about.kind}, {"name", about.name}, {"uid", about.uid}
    };
    if (!about.namespace_.empty()) {
        regarding["namespace"] = about.namespace_;
    }
    if (!about.resource_version.empty()) {
        regarding["resourceVersion"] = about.resource_version;
    }
    json::object event{
        {"apiVersion", "events.k8s.io/v1"},
        {"kind", "Event"},
        {"metadata",
         json::object{
             {"name", fmt::format("{}.{:x}", name_stem(about.name), nanoseconds)},
             {"namespace", about.namespace_.empty() ? "default" : about.namespace_}
         }},
        {"eventTime", format_micro_time(when)},
        {"reportingController", word(settings.controller, "holdfast.dev/operator")},
        {"reportingInstance", word(settings.instance, "holdfast")},
        {"action", word(what.action, reason)},
        {"reason", reason},
        {"regarding", std::move(regarding)},
        {"note", cut_to_bytes(without_credentials(what.note), max_note)},
        {"type", what.severity == event_severity::warning ? "Warning" : "Normal"},
    };
    return event;
}

object_reference reference_to(const json::object& object) {
    return {
        .api_version = std::string{api_version_of(object)},
        .kind = std::string{kind_of(object)},
        .namespace_ = std::string{namespace_of(object)},
        .name = std::string{name_of(object)},
        .uid = std::string{uid_of(object)},
        .resource_version = std::string{resource_version_of(object)}
    };
}

event_series::event_series(const event_settings& settings)
    : window_{settings.series_window},
      interval_{settings.series_interval},
      burst_{static_cast<double>(settings.burst)},
      refill_{settings.refill},
      series_{settings.max_keys},
      buckets_{settings.max_keys} {}

bool event_series::take_token(const object_reference& about, time_point now) {
    const auto id = digest({about.api_version, about.kind, about.namespace_, about.name, about.uid});
    auto* b = buckets_.find(id);
    if (b == nullptr) {
        b = &buckets_.insert(id, bucket{burst_, now});
    }
    if (refill_.count() > 0) {
        b->tokens = std::min(burst_, b->tokens + std::chrono::duration<double>(now - b->at) / refill_);
    }
    b->at = now;
    if (b->tokens < 1) {
        return false;
    }
    b->tokens -= 1;
    return true;
}

event_series::decision
event_series::on_event(const object_reference& about, const event_note& what, time_point now) {
    const auto id = digest(
        {about.api_version, about.kind, about.namespace_, about.name, about.uid, what.reason, what.action,
         what.note, what.severity == event_severity::warning ? "Warning" : "Normal"}
    );
    if (auto* known = series_.find(id); known != nullptr && now - known->last_seen < window_) {
        ++known->count;
        known->last_seen = now;
        return {outcome::fold, id};
    }
    if (!take_token(about, now)) {
        return {outcome::drop, id};
    }
    series_.insert(id, series{.namespace_ = "", .name = "", .last_seen = now, .last_written = now});
    return {outcome::create, id};
}

void event_series::on_written(key id, std::string namespace_, std::string name, time_point now) {
    if (auto* known = series_.find(id)) {
        known->namespace_ = std::move(namespace_);
        known->name = std::move(name);
        known->last_written = now;
    }
}

void event_series::forget(key id) {
    series_.erase(id);
}

std::vector<event_series::update> event_series::take_due(time_point now, bool all) {
    std::vector<update> due;
    for (auto& [id, s] : series_) {
        if (s.name.empty() || s.count == s.written_count || (!all && now - s.last_written < interval_)) {
            continue;
        }
        due.push_back({id, s.namespace_, s.name, s.count});
        s.written_count = s.count;
        s.last_written = now;
    }
    return due;
}

std::optional<event_series::time_point> event_series::next_due() {
    std::optional<time_point> next;
    for (const auto& [id, s] : series_) {
        if (!s.name.empty() && s.count != s.written_count && (!next || s.last_written + interval_ < *next)) {
            next = s.last_written + interval_;
        }
    }
    return next;
}

} // namespace holdfast::kube
