#pragma once

#include "base/error.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

/// The validating admission webhook.
namespace holdfast::admission {

namespace json = boost::json;

/// What the API server asks: AdmissionReview of admission.k8s.io/v1.
struct review {
    std::string uid;
    /// "CREATE", "UPDATE", "DELETE" or "CONNECT".
    std::string operation;
    std::string group;
    std::string version;
    std::string kind;
    /// "status", "scale"; mostly empty.
    std::string subresource;
    std::string namespace_;
    std::string name;
    /// Empty on DELETE.
    json::object object;
    /// Empty but on UPDATE and DELETE.
    json::object old_object;
};

/// User errors for what is no AdmissionReview of that version: they name the field.
[[nodiscard]] result<review> read_review(std::string_view body);

/// What is answered.
struct decision {
    bool allowed = true;
    /// Why not, as the user is to read it.
    std::string message;
    /// The same field by field: "spec.source.path" and a sentence each.
    std::vector<std::pair<std::string, std::string>> causes;
    /// Shown by kubectl whether it is allowed or not.
    std::vector<std::string> warnings;
};

/// The answer as JSON. Warnings are cut where the API server would: 256 characters each, 4096 together.
[[nodiscard]] std::string write_answer(const review& of, const decision& answer);

} // namespace holdfast::admission
