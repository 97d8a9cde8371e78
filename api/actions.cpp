#include "api/actions.hpp"

#include "base/bounded_text.hpp"
#include "engine/termination.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace holdfast::api {

namespace json = boost::json;

namespace {

// operation.initiatedBy.username
constexpr std::size_t longest_user = 256;
constexpr std::size_t longest_note = 1'000;
constexpr std::size_t longest_revision = 512;

// What of a body may be there, and of which type.
struct body_field {
    std::string_view name;
    bool is_text = false;
};
constexpr std::array<body_field, 3> of_sync{{{"revision", true}, {"prune"}, {"dryRun"}}};
constexpr std::array<body_field, 1> of_refresh{{{"hard"}}};

std::span<const body_field> fields_of(action what) {
    switch (what) {
    case action::sync: return of_sync;
    case action::refresh: return of_refresh;
    case action::terminate: break;
    }
    return {};
}

result<json::object> read_body(action what, std::string_view body) {
    if (body.empty()) {
        return json::object{};
    }
    boost::system::error_code ec;
    auto read = json::parse(body, ec);
    if (ec || !read.is_object()) {
        return user_error("the body must be a JSON object, or empty");
    }
    const auto known = fields_of(what);
    for (const auto& one : read.get_object()) {
        const auto field = std::ranges::find(known, std::string_view{one.key()}, &body_field::name);
        const auto name = std::string{one.key()};
        if (field == known.end()) {
            return user_error(name + ": there is no such field of a " + std::string{to_string(what)});
        }
        if (field->is_text ? !one.value().is_string() : !one.value().is_bool()) {
            return user_error(name + ": must be " + (field->is_text ? "a text" : "true or false"));
        }
    }
    return std::move(read.get_object());
}

bool is_set(const json::object& body, std::string_view field) {
    const auto* value = body.if_contains(field);
    return value != nullptr && value->get_bool();
}

result<crds::operation>
sync_of(const crds::application& of, const json::object& body, const std::string& user) {
    crds::operation made;
    auto& sync = made.sync.emplace();
    if (const auto* revision = body.if_contains("revision"); revision != nullptr) {
        if (of.spec.all_sources().size() > 1) {
            return user_error(
                "revision: the application has several sources; it can be synced as they say only"
            );
        }
        sync.revision = revision->get_string();
        if (sync.revision.size() > longest_revision) {
            return user_error("revision: at most " + std::to_string(longest_revision) + " bytes");
        }
    }
    sync.prune = is_set(body, "prune");
    sync.dry_run = is_set(body, "dryRun");
    made.initiated_by = crds::operation_initiator{.username = user, .automated = false};
    return made;
}

} // namespace

std::string_view to_string(action what) noexcept {
    switch (what) {
    case action::sync: return "sync";
    case action::refresh: return "refresh";
    case action::terminate: break;
    }
    return "terminate";
}

right right_for(action what, const application_name& of) {
    return {
        .verb = "patch",
        .subresource = what == action::terminate ? "status" : "",
        .namespace_ = of.namespace_,
        .name = of.name
    };
}

std::string in_the_way(action what, const crds::application& of) {
    const auto& operation = of.status.operation_state;
    const bool runs = operation && (operation->phase == crds::operation_phase::running ||
                                    operation->phase == crds::operation_phase::terminating);
    switch (what) {
    case action::sync:
        if (of.metadata.deletion_timestamp) {
            return "the application is being deleted";
        }
        if (of.operation || runs) {
            return "an operation is under way; wait for its end, or end it";
        }
        return {};
    case action::refresh: return {};
    case action::terminate: break;
    }
    if (engine::is_terminating(operation)) {
        return "the operation is being ended already";
    }
    return runs ? "" : "no operation is under way";
}

result<change>
change_for(action what, const crds::application& of, std::string_view body, const std::string& user) {
    const auto said = read_body(what, body);
    if (!said) {
        return said.error();
    }
    change made{.patch = {}, .of_status = false, .then = of};
    switch (what) {
    case action::sync: {
        auto operation = sync_of(of, *said, cut_to_characters(valid_utf8(user), longest_user));
        if (!operation) {
            return operation.error();
        }
        made.patch["operation"] = crds::write(*operation);
        made.then.operation = std::move(*operation);
        break;
    }
    case action::refresh: {
        const std::string how = is_set(*said, "hard") ? "hard" : "normal";
        made.patch["metadata"] = {{"annotations", {{"holdfast.dev/refresh", how}}}};
        made.then.metadata.annotations["holdfast.dev/refresh"] = how;
        break;
    }
    case action::terminate:
        made.patch["status"] = {{"operationState", {{"phase", to_string(crds::operation_phase::terminating)}}}
        };
        made.of_status = true;
        break;
    }
    return made;
}

told_action tell(action what, const change& made, const std::string& user) {
    told_action told;
    auto note = user;
    switch (what) {
    case action::sync: {
        const auto& sync = *made.then.operation->sync;
        told.reason = "SyncRequested";
        note += sync.dry_run ? " asks for a dry run of a sync" : " asks for a sync";
        note += sync.revision.empty() ? "" : " of the revision " + sync.revision;
        note += sync.prune ? ", with pruning" : "";
        break;
    }
    case action::refresh:
        told.reason = "RefreshRequested";
        note += " asks for a refresh";
        break;
    case action::terminate:
        told.reason = "TerminationRequested";
        note += " ends the operation";
        break;
    }
    told.note = cut_to_bytes(valid_utf8(note + ", by the page"), longest_note);
    return told;
}

} // namespace holdfast::api
