#include "builders/helm/arguments.hpp"

#include <algorithm>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_joined = std::size_t{64} << 10U;

/// A value of a flag that helm reads as comma-separated values.
std::string csv_field(const std::string& text) {
    const bool is_plain = text.find_first_of(",\"\r\n") == std::string::npos && !text.starts_with(' ');
    if (is_plain) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

} // namespace

std::string escaped_for_set(std::string_view value) {
    if (value.starts_with('{') && value.ends_with('}')) return std::string{value};
    std::string escaped;
    char before = '\0';
    for (const char c : value) {
        if (c == ',' && before != '\\') escaped += '\\';
        escaped += c;
        before = c;
    }
    return escaped;
}

std::string plain_kube_version(std::string_view version) {
    const auto from = version.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos) return {};
    version.remove_prefix(from);
    if (version.starts_with('v')) version.remove_prefix(1);
    std::string plain;
    int numbers = 0;
    for (;;) {
        const auto end = std::ranges::find_if_not(version, [](char c) { return c >= '0' && c <= '9'; });
        const auto digits = static_cast<std::size_t>(end - version.begin());
        if (digits == 0) break;
        plain += (numbers++ > 0 ? "." : "") + std::string{version.substr(0, digits)};
        version.remove_prefix(digits);
        if (!version.starts_with('.')) break;
        version.remove_prefix(1);
    }
    return numbers < 2 ? std::string{} : plain;
}

std::vector<std::string> to_argv(const helm_arguments& arguments) {
    std::vector<std::string> argv{"template", arguments.chart, "--name-template", arguments.release_name};
    const auto add = [&](const char* flag, std::string value) {
        argv.emplace_back(flag);
        argv.push_back(std::move(value));
    };
    if (!arguments.namespace_.empty()) add("--namespace", arguments.namespace_);
    if (!arguments.kube_version.empty()) add("--kube-version", arguments.kube_version);
    for (const auto& [name, value] : arguments.set) {
        add("--set", name + "=" + escaped_for_set(value));
    }
    for (const auto& [name, value] : arguments.set_string) {
        add("--set-string", name + "=" + escaped_for_set(value));
    }
    for (const auto& [name, path] : arguments.set_file) {
        add("--set-file", name + "=" + escaped_for_set(path));
    }
    for (const auto& path : arguments.values) {
        add("--values", csv_field(path));
    }
    std::string joined;
    for (const auto& version : arguments.api_versions) {
        if (!joined.empty() && joined.size() + version.size() >= max_joined) {
            add("--api-versions", std::exchange(joined, {}));
        }
        joined += (joined.empty() ? "" : ",") + version;
    }
    if (!joined.empty()) add("--api-versions", std::move(joined));
    if (!arguments.skip_crds) argv.emplace_back("--include-crds");
    if (arguments.skip_schema_validation) argv.emplace_back("--skip-schema-validation");
    if (arguments.skip_tests) argv.emplace_back("--skip-tests");
    return argv;
}

} // namespace holdfast::builders
