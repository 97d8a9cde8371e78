#include "base/json_as_yaml.hpp"
#include "kube/client_call.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace holdfast::kube {

namespace {

std::string_view text_of(field_validation validation) {
    switch (validation) {
    case field_validation::ignore: return "Ignore";
    case field_validation::warn: return "Warn";
    case field_validation::strict: break;
    }
    return "Strict";
}

query write_query(std::string_view manager, bool dry_run, field_validation validation) {
    query q;
    q.add_if("fieldManager", manager);
    if (dry_run) {
        q.add("dryRun", "All");
    }
    q.add("fieldValidation", text_of(validation));
    return q;
}

} // namespace

client::answer<json::object> client::create(
    const resource& kind, const json::object& object, std::string_view field_manager,
    const write_options& how, const call_options& options
) {
    const auto ns = namespace_of(object);
    return send_for_object(make_write(
        "POST", write_query(field_manager, how.dry_run, how.validation).on(collection_path(kind, ns)),
        describe("create", kind, ns, name_of(object)), json_type, json::serialize(object), options
    ));
}

client::answer<json::object> client::apply(
    const resource& kind, const json::object& object, const apply_options& how, const call_options& options
) {
    return apply_subresource(kind, "", object, how, options);
}

client::answer<json::object> client::apply_subresource(
    const resource& kind, std::string_view subresource, const json::object& object, const apply_options& how,
    const call_options& options
) {
    const auto ns = namespace_of(object);
    const auto name = name_of(object);
    auto q = write_query(how.field_manager, how.dry_run, how.validation);
    if (how.force) {
        q.add("force", "true");
    }
    auto apply = make_write(
        "PATCH", q.on(object_path(kind, ns, name, subresource)), describe("apply", kind, ns, name),
        "application/apply-patch+yaml", json_as_yaml(json::serialize(object)), options
    );
    apply.verb = "apply";
    // The same apply twice is one: a kept connection that turns out to be closed is no reason to fail.
    apply.request.repeatable = true;
    return send_for_object(std::move(apply));
}

client::answer<json::object> client::update(
    const resource& kind, const json::object& object, std::string_view field_manager,
    const write_options& how, const call_options& options
) {
    return update_subresource(kind, "", object, field_manager, how, options);
}

client::answer<json::object> client::update_subresource(
    const resource& kind, std::string_view subresource, const json::object& object,
    std::string_view field_manager, const write_options& how, const call_options& options
) {
    const auto ns = namespace_of(object);
    const auto name = name_of(object);
    return send_for_object(make_write(
        "PUT",
        write_query(field_manager, how.dry_run, how.validation).on(object_path(kind, ns, name, subresource)),
        describe("update", kind, ns, name), json_type, json::serialize(object), options
    ));
}

client::answer<json::object> client::patch_merge(
    const resource& kind, std::string_view namespace_, std::string_view name, const json::object& patch,
    std::string_view field_manager, std::string_view subresource, const write_options& how,
    const call_options& options
) {
    return send_for_object(make_write(
        "PATCH",
        write_query(field_manager, how.dry_run, how.validation)
            .on(object_path(kind, namespace_, name, subresource)),
        describe("patch", kind, namespace_, name), "application/merge-patch+json", json::serialize(patch),
        options
    ));
}

client::answer<json::object> client::patch_json(
    const resource& kind, std::string_view namespace_, std::string_view name, const json::array& patch,
    std::string_view field_manager, std::string_view subresource, const write_options& how,
    const call_options& options
) {
    return send_for_object(make_write(
        "PATCH",
        write_query(field_manager, how.dry_run, how.validation)
            .on(object_path(kind, namespace_, name, subresource)),
        describe("patch", kind, namespace_, name), "application/json-patch+json", json::serialize(patch),
        options
    ));
}

client::answer<deletion> client::remove(
    const resource& kind, std::string_view namespace_, std::string_view name, const delete_options& how,
    const call_options& options
) {
    json::object body{{"kind", "DeleteOptions"}, {"apiVersion", "v1"}};
    json::object preconditions;
    if (!how.uid.empty()) {
        preconditions["uid"] = how.uid;
    }
    if (!how.resource_version.empty()) {
        preconditions["resourceVersion"] = how.resource_version;
    }
    if (!preconditions.empty()) {
        body["preconditions"] = std::move(preconditions);
    }
    switch (how.policy) {
    case propagation::server_default: break;
    case propagation::background: body["propagationPolicy"] = "Background"; break;
    case propagation::foreground: body["propagationPolicy"] = "Foreground"; break;
    case propagation::orphan: body["propagationPolicy"] = "Orphan"; break;
    }
    if (how.grace_period) {
        body["gracePeriodSeconds"] = how.grace_period->count();
    }
    if (how.dry_run) {
        body["dryRun"] = json::array{"All"};
    }
    return send_deletion(make_write(
        "DELETE", object_path(kind, namespace_, name), describe("delete", kind, namespace_, name), json_type,
        json::serialize(body), options
    ));
}

client::answer<deletion> client::send_deletion(call what) {
    const std::string name = what.what;
    auto answer = co_await send(std::move(what));
    if (answer.has_error()) {
        if (answer.error().is_not_found()) {
            co_return deletion::was_gone;
        }
        co_return std::move(answer).error();
    }
    if (answer->status == 202) {
        co_return deletion::started;
    }
    const auto object = read_object(answer->body, name);
    if (object.has_error()) {
        co_return object.error();
    }
    // A Status when it is gone, the object itself when something holds it.
    co_return deletion_timestamp(*object) ? deletion::started : deletion::done;
}

} // namespace holdfast::kube
