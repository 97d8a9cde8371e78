#pragma once

#include <boost/json/object.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

namespace json = boost::json;

/// Reads objects of a cluster over one kept connection, for tests that poll: a kubectl for each look costs 60 ms
/// of a processor and more. Any number of threads; one request at a time. A kind is named as kubectl has it:
/// "configmap", "pvc", "applications.holdfast.dev".
class api_reader {
public:
    /// Of the cluster of this kubeconfig, a path, as its user. Throws std::runtime_error when it cannot be read.
    /// Connects when it is first asked.
    explicit api_reader(const std::string& kubeconfig);
    ~api_reader();
    api_reader(const api_reader&) = delete;
    api_reader& operator=(const api_reader&) = delete;

    /// Nothing where it is not there, its kind is not served, or the server does not answer within half a minute.
    std::optional<json::object> get(const std::string& kind, const std::string& ns, const std::string& name);
    /// All of a namespace (of the cluster where it is empty), without their kind; nothing where that cannot be
    /// read.
    std::optional<std::vector<json::object>>
    list(const std::string& kind, const std::string& ns, const std::string& selector);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace holdfast::test
