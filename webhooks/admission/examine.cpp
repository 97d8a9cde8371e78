#include "admission/examine.hpp"

#include "policy/specification_checks.hpp"
#include "sets/generate.hpp"
#include "sync/dialect.hpp"
#include "sync/identity.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast::admission {

namespace {

constexpr std::size_t most_problems = 100;

bool is_ours(const review& of) {
    return of.group == crds::group && of.version == crds::version && of.subresource.empty() &&
           (of.kind == "Application" || of.kind == "ApplicationSet" || of.kind == "Project" ||
            of.kind == "Repository");
}

bool is_being_deleted(const json::object& object) {
    const auto* metadata = object.if_contains("metadata");
    return metadata != nullptr && metadata->is_object() &&
           metadata->get_object().contains("deletionTimestamp");
}

std::vector<crds::problem> by_itself(const crds::application& value) {
    return policy::problems_by_itself(value);
}
std::vector<crds::problem> by_itself(const crds::repository& /*value*/) {
    return {}; // short, and found out with the rest
}
// What of it comes to nothing whatever there is in repositories and clusters: its lists, and the templates over
// them, are tried.
std::vector<crds::problem> by_itself(const crds::application_set& value) {
    std::vector<crds::problem> problems;
    if (!crds::check(value).empty()) {
        return problems; // that is said with the rest, and the reason for more
    }
    for (const auto& one : sets::generate(value, {}).failures) {
        problems.push_back({{}, one.message});
    }
    return problems;
}

std::vector<crds::problem> by_itself(const crds::project& /*value*/) {
    return {}; // as above
}

template <class Kind>
examined_object<Kind> look_at(crds::reading<Kind> read, const review& of) {
    examined_object<Kind> found;
    found.problems = std::move(read.problems);
    found.problems.insert(
        found.problems.end(), std::make_move_iterator(read.unknown_fields.begin()),
        std::make_move_iterator(read.unknown_fields.end())
    );
    found.value = std::move(read.value);
    auto& metadata = found.value.metadata;
    metadata.creation_timestamp.reset(); // it is judged as if it came last
    if (metadata.namespace_.empty()) {
        metadata.namespace_ = of.namespace_;
    }
    if (found.problems.empty() && metadata.namespace_ != of.namespace_) {
        // API servers see to that. Whoever is none is not to be told about one namespace for another.
        found.problems.push_back(
            {"metadata.namespace", "must be the request's, which is \"" + of.namespace_ + "\""}
        );
    }
    found.is_whole = found.problems.empty();
    if (found.is_whole) {
        found.problems = by_itself(found.value);
    }
    if (found.problems.size() > most_problems) {
        found.problems.resize(most_problems);
    }
    return found;
}

template <class Kind, class Read>
examined_pair<Kind> look_at_both(const review& of, const Read& read) {
    examined_pair<Kind> both{.now = look_at<Kind>(read(of.object), of), .before = {}};
    if (of.operation == "UPDATE") {
        both.before = look_at<Kind>(read(of.old_object), of);
    }
    return both;
}

void examine_ours(examined& made, const examination& with) {
    const auto& of = made.of;
    made.deletes_project = of.operation == "DELETE" && of.kind == "Project";
    if ((of.operation != "CREATE" && of.operation != "UPDATE") || is_being_deleted(of.object)) {
        return;
    }
    const auto* spec = of.object.if_contains("spec");
    const auto* before = of.old_object.if_contains("spec");
    made.spec_changed = spec == nullptr || before == nullptr || *spec != *before;
    if (of.kind == "Project") {
        made.objects = look_at_both<crds::project>(of, crds::examine_project);
        return;
    }
    if (of.kind == "Repository") {
        made.objects = look_at_both<crds::repository>(of, crds::examine_repository);
        return;
    }
    if (!sync::holdfast_dev().is_for(of.object, with.installation)) {
        return; // it is for another installation to judge
    }
    if (of.kind == "ApplicationSet") {
        made.objects = look_at_both<crds::application_set>(of, crds::examine_application_set);
        return;
    }
    made.objects = look_at_both<crds::application>(of, crds::examine_application);
}

} // namespace

examined examine(review of, const examination& with) {
    examined made;
    made.of = std::move(of);
    if (is_of_options(made.of)) {
        if (with.options) {
            made.answer = decide_options(made.of, with.options);
        }
    } else if (is_ours(made.of)) {
        examine_ours(made, with);
    }
    made.of.object = {};
    made.of.old_object = {};
    return made;
}

} // namespace holdfast::admission
