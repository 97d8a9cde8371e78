#include "admission/option_review.hpp"

#include <boost/json/string.hpp>

namespace holdfast::admission {

namespace {

constexpr std::string_view label = "holdfast.dev/options";
constexpr std::string_view key = "options.yaml";

const json::object* member(const json::object& of, std::string_view name) {
    const auto* found = of.if_contains(name);
    return found == nullptr ? nullptr : found->if_object();
}

bool is_labelled(const json::object& object) {
    const auto* metadata = member(object, "metadata");
    const auto* labels = metadata == nullptr ? nullptr : member(*metadata, "labels");
    const auto* value = labels == nullptr ? nullptr : labels->if_contains(label);
    return value != nullptr && value->is_string() && value->get_string() == "true";
}

} // namespace

bool is_of_options(const review& of) {
    return of.group.empty() && of.kind == "ConfigMap" && of.subresource.empty() &&
           (of.operation == "CREATE" || of.operation == "UPDATE") && is_labelled(of.object);
}

decision decide_options(const review& of, const option_check& check) {
    decision answer;
    const auto refuse = [&](std::string path, const std::string& what) {
        answer.allowed = false;
        answer.message = what;
        answer.causes.emplace_back(std::move(path), what);
    };
    const auto* data = member(of.object, "data");
    const auto* text = data == nullptr ? nullptr : data->if_contains(key);
    if (text == nullptr || !text->is_string()) {
        refuse("data", "data must have the key options.yaml, with the options");
        return answer;
    }
    if (const auto checked = check(text->get_string()); !checked) {
        refuse("data[options.yaml]", checked.error().message());
    }
    return answer;
}

} // namespace holdfast::admission
