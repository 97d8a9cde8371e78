#include "admission/option_review.hpp"

#include "kube/object.hpp"

#include <boost/json/string.hpp>

namespace holdfast::admission {

namespace {

constexpr std::string_view label = "holdfast.dev/options";
constexpr std::string_view key = "options.yaml";

} // namespace

bool is_of_options(const review& of) {
    return of.group.empty() && of.kind == "ConfigMap" && of.subresource.empty() &&
           (of.operation == "CREATE" || of.operation == "UPDATE") &&
           (kube::label(of.object, label) == "true" || kube::label(of.old_object, label) == "true");
}

decision decide_options(const review& of, const option_check& check) {
    decision answer;
    const auto refuse = [&](std::string path, const std::string& what) {
        answer.allowed = false;
        answer.message = what;
        answer.causes.emplace_back(std::move(path), what);
    };
    const auto* text = kube::find_path(of.object, {"data", key});
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
