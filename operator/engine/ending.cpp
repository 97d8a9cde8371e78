#include "engine/ending.hpp"

#include <optional>

namespace holdfast::engine {

namespace {

constexpr std::string_view ours = "holdfast.dev/resources-finalizer";
constexpr std::string_view argo = "resources-finalizer.argocd.argoproj.io";

// What comes after the finalizer's name says how dependents are treated.
std::optional<std::string_view> manner_of(std::string_view finalizer) noexcept {
    for (const auto name : {ours, argo}) {
        if (finalizer == name) {
            return "";
        }
        // holdfast.dev/resources-finalizer-background: a second slash is not allowed in a qualified name.
        if (finalizer.starts_with(name) && (finalizer[name.size()] == '/' || finalizer[name.size()] == '-')) {
            return finalizer.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

} // namespace

bool is_resources_finalizer(std::string_view finalizer) noexcept {
    return manner_of(finalizer).has_value();
}

ending ending_of(const std::vector<std::string>& finalizers) noexcept {
    auto found = ending::others;
    for (const auto& finalizer : finalizers) {
        if (const auto manner = manner_of(finalizer)) {
            found = *manner == "orphan"       ? ending::orphan
                    : *manner == "background" ? ending::background
                                              : ending::foreground;
        }
    }
    return found;
}

} // namespace holdfast::engine
