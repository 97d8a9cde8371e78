#include "crds/examine_template.hpp"

#include "crds/application.hpp"
#include "crds/described.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace holdfast::crds {

namespace {

bool has_parameters(std::string_view text) {
    return text.find("{{") != std::string_view::npos;
}

/// "a.b[0][c]" as "a.b.0.c": a walk does not know which object is a map.
std::string plain_path(std::string_view path) {
    std::string plain;
    for (const char c : path) {
        if (c == '[') {
            plain += '.';
        } else if (c != ']') {
            plain += c;
        }
    }
    return plain;
}

/// What of a template says already what it will be. Members with parameters in them go; items of lists stay,
/// so that the others keep their positions, and are noted.
class settled {
public:
    json::object object(const json::object& from, const std::string& path) {
        json::object made;
        for (const auto& member : from) {
            const std::string_view name{member.key()};
            const auto* text = member.value().if_string();
            if (has_parameters(name) || (text != nullptr && has_parameters(*text))) continue;
            made.emplace(name, value(member.value(), fmt::format("{}.{}", path, name)));
        }
        return made;
    }

    [[nodiscard]] bool is_open(const std::string& path) const { return open_.contains(plain_path(path)); }

private:
    json::value value(const json::value& from, const std::string& path) {
        if (const auto* inner = from.if_object()) return object(*inner, path);
        const auto* list = from.if_array();
        if (list == nullptr) return from;
        json::array made;
        for (std::size_t i = 0; i < list->size(); ++i) {
            const auto where = fmt::format("{}.{}", path, i);
            const auto* text = (*list)[i].if_string();
            if (text != nullptr && has_parameters(*text)) open_.insert(plain_path(where));
            made.push_back(value((*list)[i], where));
        }
        return made;
    }

    std::set<std::string> open_;
};

} // namespace

void examine_template_spec(
    const json::object& spec, const std::string& path, std::vector<problem>& problems,
    std::vector<problem>& unknown
) {
    settled known;
    const json::value said(known.object(spec, path));
    application_spec read;
    read_report report;
    read_structure(description_of<application_spec>(), &read, said, path, report);
    for (auto& one : report.problems) {
        // Something else may still fill it in: parameters, or the template of the set.
        const bool may_come = one.message == "is required" || one.message == "must not be empty" ||
                              one.message.starts_with("must have at least") || known.is_open(one.path);
        if (!may_come) problems.push_back(std::move(one));
    }
    for (auto& one : report.unknown_fields)
        unknown.push_back(std::move(one));
}

} // namespace holdfast::crds
