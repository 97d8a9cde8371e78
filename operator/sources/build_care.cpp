#include "sources/build_care.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace holdfast::sources {

namespace json = boost::json;

namespace {

constexpr std::size_t ends_until_set_aside = 2;
/// The least recent go: the note is for a Lease.
constexpr std::size_t most_suspects = 16;
constexpr std::size_t longest_text = 400;

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr && text->size() <= longest_text ? std::string{*text} : std::string{};
}

constexpr std::string_view planning = "planning";

build_care::step step_in(const json::object& object) {
    return text_in(object, "step") == planning ? build_care::step::planning : build_care::step::building;
}

void note_step(json::object& object, build_care::step which) {
    if (which == build_care::step::planning) {
        object["step"] = planning;
    }
}

} // namespace

build_care::build_care(beginning from) : process_{from.process} {
    read(from.left, from.uncleanly, from.process, from.now);
    if (careful_) {
        due_ = std::move(from.due);
        careful_ = !due_.empty();
    }
}

void build_care::read(std::string_view left, bool uncleanly, std::string_view process, std::string_view now) {
    boost::system::error_code failed;
    const auto parsed = json::parse(left, failed);
    const auto* note = failed ? nullptr : parsed.if_object();
    careful_ = uncleanly && (note == nullptr || text_in(*note, "process") != process);
    if (note == nullptr) {
        return;
    }
    if (const auto* all = note->if_contains("suspects"); all != nullptr && all->is_array()) {
        for (const auto& one : all->get_array()) {
            const auto* object = one.if_object();
            if (object == nullptr || suspects_.size() >= most_suspects) {
                continue;
            }
            suspect s{
                {text_in(*object, "application"), text_in(*object, "build"), step_in(*object)},
                1,
                text_in(*object, "last")
            };
            if (const auto* ends = object->if_contains("ends"); ends != nullptr && ends->is_int64()) {
                s.ends = static_cast<std::size_t>(std::clamp<std::int64_t>(ends->get_int64(), 1, 99));
            }
            if (!s.of.application.empty() && find(s.of.application) == nullptr) {
                suspects_.push_back(std::move(s));
            }
        }
    }
    if (const auto* last = note->if_contains("building"); careful_ && last != nullptr && last->is_object()) {
        const auto& object = last->get_object();
        build of{text_in(object, "application"), text_in(object, "build"), step_in(object)};
        if (!of.application.empty()) {
            suspect_of(std::move(of), now);
        }
    }
}

void build_care::suspect_of(build of, std::string_view now) {
    suspect s{.of = std::move(of), .ends = 0, .last = {}};
    const auto known = std::ranges::find_if(suspects_, [&](const suspect& each) {
        return each.of.application == s.of.application;
    });
    if (known != suspects_.end()) {
        s.ends = known->ends;
        suspects_.erase(known);
    }
    ++s.ends;
    s.last = now;
    if (suspects_.size() >= most_suspects) {
        suspects_.erase(suspects_.begin());
    }
    suspects_.push_back(std::move(s));
}

const build_care::suspect* build_care::find(const std::string& application) const noexcept {
    const auto found = std::ranges::find_if(suspects_, [&](const suspect& each) {
        return each.of.application == application;
    });
    return found == suspects_.end() ? nullptr : &*found;
}

build_care::suspect* build_care::find(const std::string& application) noexcept {
    return const_cast<suspect*>(std::as_const(*this).find(application)); // NOLINT: it is ours
}

build_care::how build_care::ask(const std::string& application, const std::string& what) {
    auto* known = find(application);
    if (known == nullptr) {
        return careful_ ? how::noted : how::freely;
    }
    if (known->of.what != what) {
        // Another build is another chance; it is one, though: what ended the operator is mostly still there.
        known->of.what = what;
        known->ends = std::min(known->ends, ends_until_set_aside - 1);
    }
    return known->ends >= ends_until_set_aside ? how::not_at_all : how::noted;
}

void build_care::begin(const std::string& application, const std::string& what, step which) {
    under_way_ = {application, what, which};
}

void build_care::end() {
    const auto done = std::exchange(under_way_, {});
    std::erase_if(suspects_, [&](const suspect& each) {
        return each.of.application == done.application &&
               (done.which == step::building || each.of.which == step::planning);
    });
}

std::string build_care::why(const std::string& application) const {
    const auto* known = find(application);
    if (known == nullptr) {
        return {};
    }
    return "building this application ended the operator " + std::to_string(known->ends) +
           " times, the last time before " + known->last +
           ": it is set aside, so that the others go on. It is built again when its sources or its spec "
           "change, or after: kubectl annotate applications.holdfast.dev -n " +
           application.substr(0, application.find('/')) + " " +
           application.substr(application.find('/') + 1) + " holdfast.dev/refresh=hard";
}

void build_care::retry(const std::string& application) {
    if (auto* known = find(application)) {
        known->ends = std::min(known->ends, ends_until_set_aside - 1);
    }
}

void build_care::forget(const std::string& application) {
    std::erase_if(suspects_, [&](const suspect& each) { return each.of.application == application; });
    (void)looked_at(application);
}

bool build_care::looked_at(const std::string& application) {
    if (!careful_ || due_.erase(application) == 0 || !due_.empty()) {
        return false;
    }
    careful_ = false;
    return true;
}

bool build_care::is_suspected(const std::string& application) const noexcept {
    return find(application) != nullptr;
}

bool build_care::is_set_aside(const std::string& application) const noexcept {
    const auto* known = find(application);
    return known != nullptr && known->ends >= ends_until_set_aside;
}

std::string build_care::text() const {
    json::object note{{"process", process_}};
    if (!under_way_.application.empty()) {
        json::object building{{"application", under_way_.application}, {"build", under_way_.what}};
        note_step(building, under_way_.which);
        note["building"] = std::move(building);
    }
    json::array all;
    for (const auto& each : suspects_) {
        json::object one{
            {"application", each.of.application},
            {"build", each.of.what},
            {"ends", each.ends},
            {"last", each.last}
        };
        note_step(one, each.of.which);
        all.push_back(std::move(one));
    }
    if (!all.empty()) {
        note["suspects"] = std::move(all);
    }
    return json::serialize(note);
}

} // namespace holdfast::sources
