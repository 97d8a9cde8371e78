#pragma once

#include "base/error.hpp"
#include "sets/generate.hpp"
#include "sets/parameters.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace holdfast::sets {

/// What is known, or nothing while something is missing that `generation::missing` names.
template <class T>
using maybe = result<std::optional<T>>;

/// Whether any text inside, or name of a member, could be a template.
bool has_template(const json::value& value) noexcept;
bool has_template(std::string_view text) noexcept;

/// Puts parameters into values: at once in fast mode, and through what is known with Go templates. One
/// generation, one thread.
class renderings {
public:
    renderings(const crds::application_set& set, const knowledge& known, needs& missing)
        : set_{set}, known_{known}, missing_{missing} {}

    [[nodiscard]] bool go() const noexcept { return set_.spec.go_template; }

    /// Errors: user, what a template fails with.
    maybe<json::value>
    render(const std::shared_ptr<const json::value>& value, const std::shared_ptr<const json::object>& with);

private:
    template_key key_of(const std::shared_ptr<const json::value>& value, const json::object& parameters);

    const crds::application_set& set_;
    const knowledge& known_;
    needs& missing_;
    /// One template is rendered with thousands of parameters: its text is made once.
    std::map<std::shared_ptr<const json::value>, std::string> texts_;
};

} // namespace holdfast::sets
