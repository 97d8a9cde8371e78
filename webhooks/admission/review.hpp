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

/// Objects as they are stored have at most 1.5 MiB, and a review has two: the one that is and the one that
/// was. What does not fit with its envelope could not be stored anyway.
inline constexpr std::size_t longest_review = std::size_t{4} << 20U;

/// User errors for what is no AdmissionReview of that version: they name the field; and for one that takes
/// more memory to read than any object that can be stored (32 MiB: a body of brackets alone takes 25 times
/// its length).
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

/// At most so many bytes, with "…" where it was cut: after a character, and between words where there is a
/// blank to cut at.
[[nodiscard]] std::string shortened(std::string text, std::size_t longest);

/// The answer as JSON. Warnings are cut where the API server would: 256 bytes each, 4096 together; a refusal
/// at 32 KiB, since keys of the object are in it, which may be as long as it is.
[[nodiscard]] std::string write_answer(const review& of, const decision& answer);

} // namespace holdfast::admission
