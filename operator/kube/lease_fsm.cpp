#include "kube/lease_fsm.hpp"

#include "kube/object.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::kube {

namespace {

constexpr std::string_view note_annotation = "holdfast.dev/note";

std::int64_t number(const json::object& spec, std::string_view key) {
    const auto* value = spec.if_contains(key);
    const auto* number = value != nullptr ? value->if_int64() : nullptr;
    return number != nullptr ? *number : 0;
}

} // namespace

lease_record read_lease(const json::object& lease) {
    lease_record record;
    record.resource_version = resource_version_of(lease);
    record.note = annotation(lease, note_annotation).value_or("");
    if (const auto* spec = find_object(lease, {"spec"})) {
        record.holder = find_text(*spec, {"holderIdentity"});
        record.duration = std::chrono::seconds{number(*spec, "leaseDurationSeconds")};
        record.acquire_time = find_text(*spec, {"acquireTime"});
        record.renew_time = find_text(*spec, {"renewTime"});
        record.transitions = number(*spec, "leaseTransitions");
    }
    return record;
}

json::object write_lease(const lease_record& record, std::string_view namespace_, std::string_view name) {
    json::object metadata{{"name", name}, {"namespace", namespace_}};
    if (!record.resource_version.empty()) {
        metadata["resourceVersion"] = record.resource_version;
    }
    if (!record.note.empty()) {
        metadata["annotations"] = json::object{{note_annotation, record.note}};
    }
    json::object spec{
        {"holderIdentity", record.holder},
        {"leaseDurationSeconds", record.duration.count()},
        {"leaseTransitions", record.transitions}
    };
    if (!record.acquire_time.empty()) {
        spec["acquireTime"] = record.acquire_time;
    }
    if (!record.renew_time.empty()) {
        spec["renewTime"] = record.renew_time;
    }
    return {
        {"apiVersion", "coordination.k8s.io/v1"},
        {"kind", "Lease"},
        {"metadata", std::move(metadata)},
        {"spec", std::move(spec)}
    };
}

lease_fsm::action lease_fsm::next(time_point now, std::string_view wall_time) {
    if (!lost_.empty()) {
        return lost{lost_};
    }
    if (led_since_) {
        if (now >= *led_since_ + settings_.renew_deadline) {
            lost_ = "the Lease was not renewed in time";
            return lost{lost_};
        }
        const bool has_news = may_write_note_ && note_ && note() != *note_;
        if (now < not_before_ && !has_news) {
            return wait{not_before_};
        }
        if (must_read_) {
            return read{};
        }
        return write{known_ ? renewed(wall_time) : taken(wall_time)};
    }
    if (now < not_before_) {
        return wait{not_before_};
    }
    if (must_read_) {
        return read{};
    }
    if (!known_ || known_->holder.empty() || known_->holder == settings_.identity) {
        return write{taken(wall_time)};
    }
    // What the holder promised, by our clock since we saw its last sign of life.
    const auto expires = changed_ + std::max<std::chrono::milliseconds>(known_->duration, settings_.retry);
    if (now < expires) {
        return wait{expires};
    }
    return write{taken(wall_time)};
}

void lease_fsm::on_seen(const std::optional<lease_record>& record, time_point now) {
    if (led_since_ || must_read_) {
        return;
    }
    on_read(record, now);
}

void lease_fsm::on_read(const std::optional<lease_record>& record, time_point now) {
    must_read_ = false;
    not_before_ = {};
    judge_age(record);
    if (record != known_) {
        known_ = record;
        changed_ = now;
    }
    if (led_since_ && record && record->holder != settings_.identity) {
        lost_ = record->holder.empty() ? "the Lease was released by another process"
                                       : record->holder + " holds the Lease";
    }
}

void lease_fsm::judge_age(const std::optional<lease_record>& record) {
    if (!led_since_ || !record) {
        return;
    }
    if (is_older_version(record->resource_version, newest_)) {
        // Whatever else is known of the server is of the time that is no more, too.
        lost_ = "the Lease is older than the version last written: the API server's store was restored";
    } else {
        newest_ = record->resource_version;
    }
}

void lease_fsm::on_read_failed(time_point now) {
    may_write_note_ = false;
    not_before_ = now + (led_since_ ? settings_.retry_failed : settings_.retry);
}

void lease_fsm::on_written(const lease_record& record, time_point sent) {
    known_ = record;
    changed_ = sent;
    led_since_ = sent;
    judge_age(record);
    not_before_ = sent + settings_.retry;
    may_write_note_ = true;
}

void lease_fsm::on_write_failed(bool conflict, time_point now) {
    if (conflict) {
        must_read_ = true;
        not_before_ = {};
    } else {
        on_read_failed(now);
    }
}

void lease_fsm::set_note(std::string note) {
    note_ = std::move(note);
}

bool lease_fsm::leads(time_point now) const noexcept {
    return led_since_ && lost_.empty() && now < *led_since_ + settings_.renew_deadline;
}

bool lease_fsm::is_deposed(time_point now) const noexcept {
    return led_since_ && !leads(now);
}

const std::string& lease_fsm::holder() const noexcept {
    static const std::string nobody;
    return known_ ? known_->holder : nobody;
}

const std::string& lease_fsm::note() const noexcept {
    static const std::string none;
    return known_ ? known_->note : none;
}

lease_record lease_fsm::release(std::string_view wall_time) const {
    auto record = renewed(wall_time);
    record.holder.clear();
    record.duration = std::chrono::seconds{1}; // the API server wants a positive number
    return record;
}

lease_record lease_fsm::renewed(std::string_view wall_time) const {
    auto record = known_.value_or(lease_record{}); // none where somebody deleted it just now
    record.holder = settings_.identity;
    record.duration = settings_.duration;
    record.renew_time = wall_time;
    if (note_) {
        record.note = *note_;
    }
    return record;
}

lease_record lease_fsm::taken(std::string_view wall_time) {
    const auto before = known_ ? known_->holder : std::string{};
    if (!tried_ || before != settings_.identity) {
        predecessor_ = before;
    }
    tried_ = true;
    lease_record record;
    record.holder = settings_.identity;
    record.duration = settings_.duration;
    record.acquire_time = wall_time;
    record.renew_time = wall_time;
    if (known_) {
        record.resource_version = known_->resource_version;
        record.transitions = known_->transitions + 1;
        record.note = known_->note;
    }
    if (note_) {
        record.note = *note_;
    }
    return record;
}

} // namespace holdfast::kube
