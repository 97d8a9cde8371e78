#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders::jsonnet {

enum class import_kind {
    /// Its text is jsonnet, which may import in turn.
    code,
    /// importstr and importbin: its text is data.
    data,
};

/// One import in a text.
struct import_statement {
    import_kind kind = import_kind::code;
    /// As it is written, escapes resolved.
    std::string name;
    /// Of the keyword; counts from 1.
    int line = 1;

    friend bool operator==(const import_statement&, const import_statement&) = default;
};

/// All imports of a jsonnet text, in the order in which they stand there, whether evaluating it comes to them
/// or not. There are no others: jsonnet takes nothing but string literals. Of a text that is no jsonnet those
/// up to where it is none.
std::vector<import_statement> imports_of(std::string_view text);

} // namespace holdfast::builders::jsonnet
