#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::builders {

/// What `helm template` is told of a chart.
struct helm_arguments {
    /// Directory or archive, relative to the workspace.
    std::string chart;
    std::string release_name;
    std::string namespace_;
    std::string kube_version;
    std::vector<std::string> api_versions;
    /// For --set and --set-string, in the order in which they are given: {name, value}.
    std::vector<std::pair<std::string, std::string>> set;
    std::vector<std::pair<std::string, std::string>> set_string;
    /// {name, path}.
    std::vector<std::pair<std::string, std::string>> set_file;
    /// Paths; the last one wins.
    std::vector<std::string> values;
    bool skip_crds = false;
    bool skip_tests = false;
    bool skip_schema_validation = false;
};

/// The arguments behind "helm". However many API versions there are, they take few arguments: the kernel
/// limits one to 128 KiB and all of them to 2 MiB.
std::vector<std::string> to_argv(const helm_arguments& arguments);

/// As Argo CD does it for --set: commas get a '\', but for those that have one and those of a list in braces.
std::string escaped_for_set(std::string_view value);

/// "1.30.2" of "v1.30.2-gke.100": what helm is given as --kube-version, as Argo CD does it. Empty when it is
/// no version.
std::string plain_kube_version(std::string_view version);

} // namespace holdfast::builders
