#include "sync/holding.hpp"

#include "base/bounded_text.hpp"
#include "base/counted_list.hpp"
#include "kube/object.hpp"
#include "match/finalizer.hpp"
#include "match/words.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <vector>

namespace holdfast::sync {

using namespace std::chrono_literals;

namespace {

// Controllers that run take their finalizers away sooner.
constexpr auto patience = 1min;
constexpr std::size_t most_finalizers = 3;
constexpr std::size_t longest_condition = 256;

bool is_of_garbage_collector(std::string_view finalizer) {
    return finalizer == "foregroundDeletion" || finalizer == "orphan";
}

// kubectl takes the kind in lower case for the name of the resource.
std::string for_kubectl(const object_id& id) {
    auto text = boost::algorithm::to_lower_copy(id.kind);
    if (!id.group.empty()) text += "." + id.group;
    text += " " + id.name;
    if (!id.namespace_.empty()) text += " -n " + id.namespace_;
    return text;
}

// A Namespace says in conditions what is left in it, and by which finalizers.
std::string left_in_namespace(const json::object& live) {
    counted_list said{most_finalizers};
    const auto* conditions = kube::find_array(live, {"status", "conditions"});
    if (conditions == nullptr) return {};
    for (const auto& one : *conditions) {
        const auto* condition = one.if_object();
        if (condition == nullptr || kube::find_text(*condition, {"status"}) != "True") continue;
        const auto message = kube::find_text(*condition, {"message"});
        if (!message.empty()) said.add([&] { return cut_to_characters(message, longest_condition); });
    }
    return said.empty() ? "" : "held by its remaining contents: " + said.text();
}

std::string advice_for(const object_id& id, const std::vector<std::string_view>& finalizers) {
    if (id.group == "holdfast.dev") {
        for (const auto& finalizer : finalizers) {
            if (auto why = match::why_unserved(finalizer); !why.empty()) return why;
        }
        return "its conditions say what it waits for";
    }
    return "longer than a minute already: see that the controller runs that takes it away, or, where none is "
           "to "
           "come back, do it yourself: kubectl patch " +
           for_kubectl(id) + R"( --type=merge -p '{"metadata":{"finalizers":null}}')";
}

} // namespace

std::string what_holds(const object_id& id, const json::object& live, wall_clock::time_point now) {
    const auto since = kube::deletion_timestamp(live);
    if (!since) return {};
    if (id.group.empty() && id.kind == "Namespace") return left_in_namespace(live);
    std::vector<std::string_view> finalizers;
    bool has_dependents = false;
    for (const auto finalizer : kube::finalizers_of(live)) {
        if (is_of_garbage_collector(finalizer)) {
            has_dependents = true;
        } else {
            finalizers.push_back(finalizer);
        }
    }
    if (finalizers.empty()) return has_dependents ? "held until its dependents are gone" : "";
    counted_list names{most_finalizers, ", "};
    for (const auto finalizer : finalizers) {
        names.add([&] { return match::shown(finalizer); });
    }
    const auto held =
        fmt::format("held by the finalizer{} {}", finalizers.size() == 1 ? "" : "s", names.text());
    const auto marked = parse_time(*since);
    const bool is_long = marked && now - *marked > patience;
    if (!is_long && id.group != "holdfast.dev") return held;
    return held + "; " + advice_for(id, finalizers);
}

} // namespace holdfast::sync
