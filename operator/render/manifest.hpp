#pragma once

#include "base/error.hpp"
#include "base/hash.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::render {

namespace json = boost::json;

/// Where an object comes from, for messages.
struct origin {
    /// The path in the repository.
    std::string file;
    /// Which document of the file, counting from 1.
    int document = 1;
    /// The line where it starts.
    int line = 1;
};

/// "apps/web.yaml:12" for the first document, "apps/web.yaml:12 (document 3)" for the others.
std::string to_string(const origin& where);

/// One object that shall be in the cluster, as its source says it.
struct manifest {
    json::object object;
    origin from;
};

/// The parts of an object that name it; empty where the object has none. Views into the object.
struct object_names {
    std::string_view group;
    std::string_view version;
    std::string_view kind;
    std::string_view namespace_;
    std::string_view name;
    std::string_view generate_name;
};
object_names names_of(const json::object& object) noexcept;

/// "Deployment web", "Deployment.apps prod/web": how messages name an object.
std::string describe(const object_names& names);

/// Something that a build read from outside the path whose tree id identifies it (the target of a symlink):
/// its path and the id that it had. See build_key.hpp.
struct outside_read {
    std::string path;
    /// "" when there was nothing.
    std::string id;
    friend bool operator==(const outside_read&, const outside_read&) = default;
};

/// What a build gives: objects in a stable order, and what their reader should know.
struct render_output {
    std::vector<manifest> objects;
    /// Identifies the objects, whatever file they are from and however it is formatted.
    sha256_digest hash{};
    /// Sentences for the people who own the source; nothing in them stops a sync.
    std::vector<std::string> warnings;
    std::vector<outside_read> outside_reads;
    /// Bytes that the objects take in memory, about.
    std::size_t memory = 0;
};

/// One thing that is wrong with a source.
struct render_error {
    error_kind kind = error_kind::user;
    /// "" and 0 where the error is not about a file, a document or a line.
    std::string file;
    int document = 0;
    int line = 0;
    int column = 0;
    /// The sentence, without the file.
    std::string message;
};

/// "apps/web.yaml:12:3: …".
std::string to_string(const render_error& e);

/// All that is wrong with a source; never empty where it is returned.
struct render_errors {
    std::vector<render_error> all;
    /// A limit of what the source may take together is among them: of its text, its memory or its output.
    /// With larger ones it may be fine.
    bool is_too_large = false;

    /// All in one, for a condition or an event: the first `most` sentences and how many there are beyond. Its
    /// kind is that of the worst: transient only if all are.
    [[nodiscard]] error summary(std::size_t most = 5) const;
};
[[noreturn]] void throw_exception_from_error(const render_errors& e, const boost::source_location& where);

/// An error that belongs to no file.
[[nodiscard]] render_errors as_errors(const error& e);

template <class T>
using render_result = boost::system::result<T, render_errors>;

/// SHA-256 over the objects with their keys sorted: the same for two texts that mean the same.
sha256_digest hash_of(const std::vector<manifest>& objects);

} // namespace holdfast::render
