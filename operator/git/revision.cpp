#include "git/revision.hpp"

#include "match/semver.hpp"

#include <algorithm>

namespace holdfast::git {

namespace {

bool is_hex(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 200)) {
        out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    }
    return "\"" + out + "\"";
}

error not_found(std::string message) {
    return {error_kind::not_found, std::move(message)};
}

resolved_revision through(const ref& r) {
    return {.commit = r.commit(), .ref = r.name};
}

result<resolved_revision> resolve_head(const ref_list& refs) {
    if (const auto* head = refs.find("HEAD")) {
        return resolved_revision{
            .commit = head->commit(), .ref = refs.head_branch().empty() ? "HEAD" : refs.head_branch()
        };
    }
    // The server's HEAD names a branch that is not there (a mirror whose default branch was deleted).
    return not_found(
        refs.head_branch().empty() ? "the repository's HEAD leads nowhere: name a branch as targetRevision"
                                   : "the repository's HEAD is " + refs.head_branch() +
                                         ", which does not exist: name a branch as targetRevision"
    );
}

// The highest tag in the range.
const ref* best_tag(const match::version_range& range, const ref_list& refs, std::string_view prefix) {
    std::vector<std::string_view> names;
    std::vector<const ref*> tags;
    const std::string start = "refs/tags/" + std::string{prefix};
    for (const auto& r : refs.refs()) {
        if (std::string_view{r.name}.starts_with(start)) {
            names.push_back(std::string_view{r.name}.substr(start.size()));
            tags.push_back(&r);
        }
    }
    const auto best = range.highest(names);
    return best ? tags[*best] : nullptr;
}

result<resolved_revision> resolve_abbreviation(std::string_view text, const ref_list& refs) {
    std::string low{text};
    std::transform(low.begin(), low.end(), low.begin(), [](char c) {
        return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const ref* found = nullptr;
    for (const auto& r : refs.refs()) {
        if (!r.commit().hex().starts_with(low)) {
            continue;
        }
        if (found != nullptr && found->commit() != r.commit()) {
            return user_error(
                shown(text) + " is the beginning of more than one commit (" + found->commit().hex() + " of " +
                found->name + ", " + r.commit().hex() + " of " + r.name + "): give the full SHA"
            );
        }
        found = &r;
    }
    if (found == nullptr) {
        return not_found(
            shown(text) +
            " is not a branch or tag, and as an abbreviated SHA it cannot be asked for: give all 40 digits"
        );
    }
    return resolved_revision{.commit = found->commit(), .ref = {}};
}

} // namespace

result<ref_list> ref_list::parse(std::string_view output) {
    ref_list list;
    std::vector<std::pair<std::string, object_id>> peeled;
    while (!output.empty()) {
        const auto end = output.find('\n');
        auto line = output.substr(0, end);
        output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
        const auto tab = line.find('\t');
        if (tab == std::string_view::npos) {
            return internal_error("git ls-remote printed a line that is not a ref: " + shown(line));
        }
        const auto left = line.substr(0, tab);
        auto name = line.substr(tab + 1);
        if (left.starts_with("ref: ")) {
            if (name == "HEAD") {
                list.head_branch_ = left.substr(5);
            }
            continue;
        }
        if (left.size() == 64 && is_hex(left)) {
            return user_error(
                "the repository names its objects by SHA-256, which cannot be read: convert it to SHA-1"
            );
        }
        const auto id = object_id::from_hex(left);
        if (!id) {
            return internal_error("git ls-remote printed a line that is not a ref: " + shown(line));
        }
        const bool is_peeled = name.ends_with("^{}");
        if (is_peeled) {
            name.remove_suffix(3);
        }
        if (!match::is_ref_name(name)) {
            continue;
        }
        if (is_peeled) {
            peeled.emplace_back(name, *id);
        } else {
            list.refs_.push_back({.name = std::string{name}, .target = *id, .peeled = {}});
        }
    }
    std::sort(list.refs_.begin(), list.refs_.end(), [](const ref& a, const ref& b) {
        return a.name < b.name;
    });
    for (const auto& [name, id] : peeled) {
        if (const auto* r = list.find(name)) {
            list.refs_[static_cast<std::size_t>(r - list.refs_.data())].peeled = id;
        }
    }
    return list;
}

const ref* ref_list::find(std::string_view name) const noexcept {
    const auto at = std::lower_bound(refs_.begin(), refs_.end(), name, [](const ref& r, std::string_view n) {
        return r.name < n;
    });
    return at != refs_.end() && at->name == name ? &*at : nullptr;
}

result<resolved_revision>
resolve(const match::revision& r, const ref_list& refs, std::string_view tag_prefix) {
    if (r.kind == match::revision::form::commit) {
        return resolved_revision{.commit = *object_id::from_hex(r.text), .ref = {}};
    }
    if (refs.empty()) {
        return not_found(
            "the repository is empty: it has no branch, tag or commit yet (or what answers there is a web server "
            "that answers everything)"
        );
    }
    if (r.kind == match::revision::form::head) {
        return resolve_head(refs);
    }
    if (r.kind == match::revision::form::ref) {
        if (const auto* found = refs.find(r.text)) {
            return through(*found);
        }
        return not_found("the repository has no ref " + shown(r.text));
    }
    std::string range_failure;
    if (!match::version::parse(r.text)) {
        if (const auto range = match::version_range::parse(r.text)) {
            if (const auto* tag = best_tag(*range, refs, tag_prefix)) {
                return through(*tag);
            }
            range_failure = "no tag" +
                            (tag_prefix.empty() ? std::string{} : " that starts with " + shown(tag_prefix)) +
                            " is in the version range " + shown(r.text);
        }
    }
    for (const std::string_view folder : {"refs/heads/", "refs/tags/", "refs/"}) {
        if (const auto* found = refs.find(std::string{folder} + r.text)) {
            return through(*found);
        }
    }
    if (!range_failure.empty()) {
        return not_found(range_failure + ", and no branch has that name");
    }
    if (r.text.size() >= 7 && r.text.size() < 40 && is_hex(r.text)) {
        return resolve_abbreviation(r.text, refs);
    }
    return not_found("the repository has no branch or tag " + shown(r.text));
}

} // namespace holdfast::git
