#include "match/finalizer.hpp"

#include "match/words.hpp"

#include <array>
#include <optional>
#include <utility>

namespace holdfast::match {

namespace {

struct known {
    std::string_view name;
    ending means;
};

// A second slash is not allowed in a qualified name, so ours has a dash where Argo CD's has a slash.
constexpr std::array names{
    known{"holdfast.dev/resources-finalizer", ending::foreground},
    known{"holdfast.dev/resources-finalizer-foreground", ending::foreground},
    known{"holdfast.dev/resources-finalizer-background", ending::background},
    known{"holdfast.dev/resources-finalizer-orphan", ending::orphan},
    known{"resources-finalizer.argocd.argoproj.io", ending::foreground},
    known{"resources-finalizer.argocd.argoproj.io/foreground", ending::foreground},
    known{"resources-finalizer.argocd.argoproj.io/background", ending::background},
    known{"resources-finalizer.argocd.argoproj.io/orphan", ending::orphan},
};

// As many wrong letters as leave no doubt: other people's finalizers are far from ours.
constexpr std::size_t most_wrong = 4;

std::optional<ending> meaning_of(std::string_view finalizer) noexcept {
    for (const auto& one : names) {
        if (finalizer == one.name) return one.means;
    }
    return std::nullopt;
}

std::string_view meant_by(std::string_view finalizer) noexcept {
    std::string_view best;
    std::size_t least = most_wrong + 1;
    for (const auto& one : names) {
        if (const auto wrong = distance(finalizer, one.name, most_wrong); wrong < least) {
            best = one.name;
            least = wrong;
        }
    }
    return best;
}

// Whether it is in a domain, in either of the two places where finalizers have it.
bool is_of(std::string_view finalizer, std::string_view domain) noexcept {
    const auto host = finalizer.substr(0, finalizer.find('/'));
    return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

} // namespace

bool is_resources_finalizer(std::string_view finalizer) noexcept {
    return meaning_of(finalizer).has_value();
}

ending ending_of(const std::vector<std::string>& finalizers) noexcept {
    auto found = ending::others;
    for (const auto& finalizer : finalizers) {
        found = meaning_of(finalizer).value_or(found);
    }
    return found;
}

std::string why_unserved(std::string_view finalizer) {
    if (is_resources_finalizer(finalizer)) return {};
    if (const auto meant = meant_by(finalizer); !meant.empty()) {
        return "no controller removes " + shown(finalizer) + "; " + shown(meant) + " seems to be meant";
    }
    if (is_of(finalizer, "holdfast.dev")) {
        return "no controller removes " + shown(finalizer) +
               "; Holdfast's are \"holdfast.dev/resources-finalizer\", and the same with -background or "
               "-orphan at its end";
    }
    if (is_of(finalizer, "argocd.argoproj.io")) {
        return "no controller removes " + shown(finalizer) + ", which Argo CD handles on its own kind only";
    }
    return {};
}

} // namespace holdfast::match
