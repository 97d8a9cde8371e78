#pragma once

// Other people's YAML, read as Kubernetes reads it. The reference is sigs.k8s.io/yaml 1.6.0, which kubectl,
// Helm, kustomize and Argo CD use: YAML 1.1 with its own resolution of plain scalars (`yes` and `on` are
// booleans, 0644 is 420, 12:30 is a string, 1.0 is 1). tests/oracle/yaml compares this reader with it, value
// by value.
//
// It differs on purpose in these points:
//  - a key that is given twice in a manifest's outermost mapping is refused, since two objects were glued
//    together there; elsewhere the last one wins as there, and the document tells of it, or it is refused too
//    (`yaml_limits::repeated`). One that comes from a merge (`<<`) may be overridden, as there; and as
//    there, a merge behind a key replaces its value;
//  - nesting is limited to `yaml_limits::max_depth`, aliases to `max_expansion` bytes, and all that the
//  values
//    of a text take to `max_memory`;
//  - text behind a document's end is an error (there: only the first document of a text is looked at);
//  - libyaml 0.2.5 knows a bit of YAML 1.2 that go-yaml does not: %YAML 1.2, the escape "\/", '?' inside of
//    plain scalars in flows, and that a tag ends at ',' and cannot contain flow indicators;
//  - a !!binary value whose bytes are not UTF-8 is refused (there: the bytes are replaced).

#include "base/error.hpp"
#include "render/memory_budget.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::render {

namespace json = boost::json;

/// A place in a text; both count from 1. Columns count characters, not bytes.
struct position {
    int line = 1;
    int column = 1;
    friend bool operator==(const position&, const position&) = default;
};

/// What one text may ask for. Nothing here is a property of YAML: hostile input has to end somewhere.
struct yaml_limits {
    /// Bytes of text.
    std::size_t max_bytes = std::size_t{10} << 20U;
    /// Mappings and sequences inside each other.
    std::size_t max_depth = 100;
    std::size_t max_documents = 20'000;
    /// Bytes that the anchored values of all documents and their aliases may take together. Beside it holds
    /// go-yaml's rule: the share of values that come from aliases is limited, the more so the more there are.
    std::size_t max_expansion = std::size_t{16} << 20U;
    /// Bytes of memory that the values of all documents may take together. Ordinary manifests take one to
    /// five times their text.
    std::size_t max_memory = std::size_t{64} << 20U;
    /// What a key is that is given twice in one mapping.
    enum class repeated_keys {
        /// An error.
        refused,
        /// An error in the outermost mapping of a manifest; below the last one counts, as for kubectl.
        refused_in_manifest,
        /// The last one counts, as for helm.
        last_wins,
    };
    repeated_keys repeated = repeated_keys::refused;
};

/// The same for a text of at most 1 MiB that says how something is built: a kustomization, a Chart.yaml, an
/// override file, the values of a chart.
yaml_limits configuration_limits() noexcept;

/// A key that was given once more in one mapping.
struct repeated_key {
    std::string name;
    position where;
    int first_line = 0;
};

/// One document of a stream that has content.
struct yaml_document {
    /// Which one it is, counting from 1, empty documents included: as a reader of the file counts them.
    int index = 1;
    /// The line where its content starts.
    int line = 1;
    json::value value;
    /// The first of them, where they are allowed.
    std::vector<repeated_key> repeated = {};
    static constexpr std::size_t max_repeated = 10;
};

/// Why a text could not be read, and where. The sentence does not name the file: its caller does that.
struct yaml_error {
    /// The document, counting from 1.
    int document = 1;
    position where;
    std::string message;
};

/// Lets result<…>::value() throw on a yaml_error.
[[noreturn]] void throw_exception_from_error(const yaml_error& e, const boost::source_location& where);

using yaml_result = boost::system::result<std::vector<yaml_document>, yaml_error>;

/// What is done with a document as soon as it was read; false ends the reading.
using document_sink = std::function<bool(yaml_document&&)>;

/// Reads a text, one document at a time: no more than one is in memory, unless `take` keeps it. Documents
/// before an error are given to it all the same. A text that starts with '{' is read as JSON (several values
/// may follow each other), and as YAML when it turns out not to be JSON; the same rules hold for both.
/// Documents without content, or with a plain null as their content, are left out. Numbers that JSON would
/// print as integers are integers. UTF-8, and UTF-16 with a byte order mark. All values count in `source`
/// too, where it is given: what several texts may take together. Any thread.
boost::system::result<void, yaml_error> read_documents(
    std::string_view text, const yaml_limits& limits, memory_budget* source, const document_sink& take
);

/// Reads every document of a text as `read_documents` does, and gives them when all are right. Any thread.
yaml_result read_yaml(std::string_view text, const yaml_limits& limits = {}, memory_budget* source = nullptr);

/// Where the value that `pointer` (RFC 6901) names starts in document `index` (as counted by read_yaml) of
/// `text`; for a value that is not there, its closest ancestor: the place where it is missing. For values
/// from an alias or a merge, the place of that alias. Nothing when there is no such document. Reads the text
/// again: meant for error messages, so that no document has to carry a position for every value.
std::optional<position> locate(std::string_view text, int index, std::string_view pointer);

} // namespace holdfast::render
