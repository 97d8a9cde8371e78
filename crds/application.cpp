#include "crds/application.hpp"

#include "crds/whole_object.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::crds {

namespace {

constexpr std::string_view kind = "Application";

} // namespace

reading<application> examine_application(const json::object& object) {
    return examine_object<application>(kind, object);
}

reading<application_source> examine_source(const json::object& source) {
    reading<application_source> made;
    read_report report;
    read_structure(description_of<application_source>(), &made.value, source, {}, report);
    made.problems = std::move(report.problems);
    made.unknown_fields = std::move(report.unknown_fields);
    return made;
}

json::object write(const application& value) {
    auto made = write_object(kind, value);
    if (value.status == application_status{}) {
        made.erase("status"); // It has required members: what nobody has set yet is not written all the same.
    }
    return made;
}

json::object write(const application_spec& value) {
    return write_structure(description_of<application_spec>(), &value);
}

json::object write(const application_source& value) {
    return write_structure(description_of<application_source>(), &value);
}

json::object write(const operation& value) {
    return write_structure(description_of<operation>(), &value);
}

json::object write(const application_status& value) {
    return write_structure(description_of<application_status>(), &value);
}

std::vector<application_source> application_spec::all_sources() const {
    if (!sources.empty() || !source) {
        return sources;
    }
    return {*source};
}

std::string short_revision(std::string_view revision) {
    constexpr std::size_t digits = 8;
    const bool is_commit = (revision.size() == 40 || revision.size() == 64) &&
                           revision.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return std::string{is_commit ? revision.substr(0, digits) : revision};
}

bool is_about_operation(const problem& one) noexcept {
    constexpr std::string_view field = "operation";
    const std::string_view path{one.path};
    return path == field || path.starts_with("operation.");
}

std::int64_t prune_limit_of(const std::optional<int_or_string>& limit, std::int64_t objects) {
    constexpr std::int64_t at_least = 10;
    if (!limit) {
        return std::max(at_least, objects / 2);
    }
    if (const auto* count = std::get_if<std::int64_t>(&*limit)) {
        return *count;
    }
    const auto& text = std::get<std::string>(*limit);
    std::int64_t percent = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), percent);
    if (failed != std::errc{} || percent == 0) {
        return 0;
    }
    return std::max<std::int64_t>(1, objects * percent / 100);
}

} // namespace holdfast::crds
