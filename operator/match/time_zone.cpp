#include "match/time_zone.hpp"

#include <date/tz.h>

#include <stdexcept>

namespace holdfast::match {

using namespace std::chrono;

struct time_zone::rules {
    const date::time_zone* zone = nullptr; // of the database, which lives as long as the process
};

result<time_zone> time_zone::find(std::string_view name) {
    time_zone made;
    if (name.empty() || name == "UTC") {
        return made;
    }
    const auto unknown = [&] {
        return user_error(
            "there is no time zone \"" + std::string{name} +
            "\": name one of the IANA database, as Europe/Berlin"
        );
    };
    constexpr std::size_t longest = 64;
    if (name.size() > longest) {
        return unknown();
    }
    try {
        const auto& all = date::get_tzdb();
        if (all.zones.empty()) {
            return user_error("time zones are not known: there is no database of them (the package tzdata)");
        }
        made.rules_ = std::make_shared<const rules>(rules{date::locate_zone(name)});
        made.name_ = name;
        static_cast<void>(made.offset_at({})); // reads its rules
    } catch (const std::exception&) {
        return unknown();
    }
    return made;
}

time_zone::stretch time_zone::stretch_at(sys_time time) const {
    if (!rules_) {
        return {.begin = sys_time::min(), .end = sys_time::max(), .offset = seconds{0}};
    }
    const auto info = rules_->zone->get_info(time);
    return {.begin = info.begin, .end = info.end, .offset = info.offset};
}

seconds time_zone::offset_at(sys_time time) const {
    return stretch_at(time).offset;
}

local_time time_zone::local(sys_time time) const {
    return local_time{time.time_since_epoch() + offset_at(time)};
}

std::vector<sys_time> time_zone::when(local_time shown) const {
    const sys_time as_utc{shown.time_since_epoch()};
    if (!rules_) {
        return {as_utc};
    }
    const auto info = rules_->zone->get_info(date::local_seconds{shown.time_since_epoch()});
    switch (info.result) {
    case date::local_info::nonexistent: return {info.first.end};
    case date::local_info::ambiguous: return {as_utc - info.first.offset, as_utc - info.second.offset};
    default: return {as_utc - info.first.offset};
    }
}

} // namespace holdfast::match
