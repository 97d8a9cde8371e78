#include "match/finalizer.hpp"

#include "match/words.hpp"

#include <algorithm>
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

bool is_hook_finalizer(std::string_view finalizer) noexcept {
    return finalizer == pre_delete_finalizer || finalizer == post_delete_finalizer ||
           finalizer == hook_cleanup_finalizer;
}

deletion_stage stage_of(const std::vector<std::string>& finalizers) noexcept {
    const auto has = [&](std::string_view name) {
        return std::ranges::find(finalizers, name) != finalizers.end();
    };
    if (has(pre_delete_finalizer)) return deletion_stage::pre_delete;
    if (ending_of(finalizers) != ending::others) return deletion_stage::objects;
    if (has(post_delete_finalizer)) return deletion_stage::post_delete;
    if (has(hook_cleanup_finalizer)) return deletion_stage::clean_up;
    return deletion_stage::others;
}

std::vector<std::string>
with_hook_finalizers(const std::vector<std::string>& finalizers, bool has_pre_delete, bool has_post_delete) {
    std::vector<std::string> all;
    const auto is_wanted = [&](std::string_view name) {
        return name == pre_delete_finalizer    ? has_pre_delete
               : name == post_delete_finalizer ? has_post_delete
                                               : has_pre_delete || has_post_delete;
    };
    for (const auto& one : finalizers) {
        if (!is_hook_finalizer(one) || is_wanted(one)) all.push_back(one);
    }
    for (const auto name : {pre_delete_finalizer, post_delete_finalizer, hook_cleanup_finalizer}) {
        if (is_wanted(name) && std::ranges::find(all, name) == all.end()) all.emplace_back(name);
    }
    return all;
}

ending ending_of(const std::vector<std::string>& finalizers) noexcept {
    auto found = ending::others;
    for (const auto& finalizer : finalizers) {
        found = meaning_of(finalizer).value_or(found);
    }
    return found;
}

std::string why_unserved(std::string_view finalizer) {
    if (is_resources_finalizer(finalizer) || is_hook_finalizer(finalizer)) return {};
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
