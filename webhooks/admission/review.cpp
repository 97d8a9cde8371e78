#include "admission/review.hpp"

#include <boost/json/memory_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

#include <new>
#include <optional>

namespace holdfast::admission {

namespace {

constexpr std::string_view api_version = "admission.k8s.io/v1";
// https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/filters/warning.go
constexpr std::size_t longest_warning = 256;
constexpr std::size_t all_warnings = 4096;
constexpr std::size_t longest_field = 1024;
constexpr std::size_t longest_message = 4096;
constexpr std::size_t longest_refusal = std::size_t{32} << 10U;
constexpr std::size_t max_depth = 128;
constexpr std::size_t most_memory = std::size_t{32} << 20U;
// Names of kinds and objects; a uid is shorter.
constexpr std::size_t longest_name = 253;

// Memory as everybody's, but no more than so much at a time.
class bounded_memory final : public json::memory_resource {
public:
    explicit bounded_memory(std::size_t most) : left_{most} {}

private:
    void* do_allocate(std::size_t bytes, std::size_t /*alignment*/) override {
        if (bytes > left_) {
            throw std::bad_alloc{};
        }
        void* got = ::operator new(bytes);
        left_ -= bytes;
        return got;
    }
    void do_deallocate(void* what, std::size_t bytes, std::size_t /*alignment*/) override {
        ::operator delete(what);
        left_ += bytes;
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::size_t left_;
};

// The value lives in `memory`; nothing when it takes more than that has.
std::optional<json::value> parse_within(bounded_memory& memory, std::string_view body, json::error_code& ec) {
    json::parse_options options;
    options.max_depth = max_depth;
    try {
        json::parser parser{json::storage_ptr{&memory}, options};
        parser.reset(json::storage_ptr{&memory});
        parser.write(body, ec);
        return ec ? json::value{} : parser.release();
    } catch (const std::bad_alloc&) {
        return std::nullopt;
    }
}

std::string text_at(const json::object& of, std::string_view key) {
    const auto* found = of.if_contains(key);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string{} : std::string{*text};
}

const json::object* object_at(const json::object& of, std::string_view key) {
    const auto* found = of.if_contains(key);
    return found == nullptr ? nullptr : found->if_object();
}

} // namespace

result<review> read_review(std::string_view body) {
    bounded_memory memory{most_memory};
    json::error_code ec;
    auto parsed = parse_within(memory, body, ec);
    if (!parsed) {
        return user_error("the body takes more memory than any object that can be stored");
    }
    if (ec) {
        return user_error("the body must be an AdmissionReview in JSON: " + ec.message());
    }
    auto* whole = parsed->if_object();
    if (whole == nullptr || text_at(*whole, "kind") != "AdmissionReview") {
        return user_error("the body must be an object of kind AdmissionReview");
    }
    if (const auto version = text_at(*whole, "apiVersion"); version != api_version) {
        return user_error(
            "apiVersion must be " + std::string{api_version} + ", which is all that is spoken here"
        );
    }
    auto* request = whole->if_contains("request");
    auto* fields = request == nullptr ? nullptr : request->if_object();
    if (fields == nullptr) {
        return user_error("request must be an object");
    }
    review r;
    r.uid = text_at(*fields, "uid");
    if (r.uid.empty()) {
        return user_error("request.uid must be a text");
    }
    r.operation = text_at(*fields, "operation");
    const auto* kind = object_at(*fields, "kind");
    if (r.operation.empty() || kind == nullptr) {
        return user_error("request.operation and request.kind must be there");
    }
    r.group = text_at(*kind, "group");
    r.version = text_at(*kind, "version");
    r.kind = text_at(*kind, "kind");
    r.subresource = text_at(*fields, "subResource");
    r.namespace_ = text_at(*fields, "namespace");
    r.name = text_at(*fields, "name");
    for (const auto* name :
         {&r.uid, &r.operation, &r.group, &r.version, &r.kind, &r.subresource, &r.namespace_, &r.name}) {
        if (name->size() > longest_name) {
            return user_error(
                "uid, operation, kind, subResource, namespace and name must have at most " +
                std::to_string(longest_name) + " bytes each"
            );
        }
    }
    for (const auto& [key, into] : {std::pair{"object", &r.object}, std::pair{"oldObject", &r.old_object}}) {
        auto* found = fields->if_contains(key);
        if (found == nullptr || found->is_null()) {
            continue;
        }
        auto* object = found->if_object();
        if (object == nullptr) {
            return user_error("request." + std::string{key} + " must be an object");
        }
        *into = std::move(*object);
    }
    const bool has_object = r.operation == "CREATE" || r.operation == "UPDATE";
    if (has_object && r.object.empty()) {
        return user_error("request.object must be there for " + r.operation);
    }
    return r;
}

std::string shortened(std::string text, std::size_t longest) {
    if (text.size() <= longest) {
        return text;
    }
    constexpr std::string_view more = "…";
    auto end = longest - more.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
        --end;
    }
    if (const auto blank = text.rfind(' ', end); blank != std::string::npos && blank > longest / 2) {
        end = blank;
    }
    text.resize(end);
    return text.append(more);
}

std::string write_answer(const review& of, const decision& answer) {
    json::object response{{"uid", of.uid}, {"allowed", answer.allowed}};
    if (!answer.allowed) {
        json::array causes;
        for (const auto& [field, message] : answer.causes) {
            causes.push_back(json::object{
                {"reason", "FieldValueInvalid"},
                {"field", shortened(field, longest_field)},
                {"message", shortened(message, longest_message)}
            });
        }
        json::object status{
            {"status", "Failure"},
            {"code", 422},
            {"reason", "Invalid"},
            {"message", shortened(answer.message, longest_refusal)}
        };
        if (!causes.empty()) {
            status["details"] = json::object{{"causes", std::move(causes)}};
        }
        response["status"] = std::move(status);
    }
    json::array warnings;
    std::size_t taken = 0;
    for (const auto& warning : answer.warnings) {
        auto text = shortened(warning, longest_warning);
        taken += text.size();
        if (taken > all_warnings) {
            break;
        }
        warnings.emplace_back(std::move(text));
    }
    if (!warnings.empty()) {
        response["warnings"] = std::move(warnings);
    }
    return json::serialize(json::object{
        {"apiVersion", api_version}, {"kind", "AdmissionReview"}, {"response", std::move(response)}
    });
}

} // namespace holdfast::admission
