#pragma once

#include "cluster/control_plane.hpp"
#include "e2e/api_reader.hpp"
#include "e2e/operator_process.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

namespace json = boost::json;

/// What all cases of a test program share: one control plane with Holdfast's CRDs and the namespace
/// "holdfast", and an operator. It is made when it is first asked for, and goes when the program ends.
class world {
public:
    static world& get();
    /// The same, with the operator running.
    static world& with_operator();
    /// A control plane with a real node and nothing of Holdfast in it, for whoever installs that himself. To
    /// be called before all others, which give the same from then on.
    static world& with_node();
    /// A control plane whose API server is given these arguments too. To be called before all others, which
    /// give the same from then on.
    static world& with_apiserver(const std::vector<std::string>& args);
    /// The one that they gave; null where nobody asked for it yet. Makes none.
    static world* made() noexcept;

    explicit world(const control_plane_options& options = {});
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    control_plane& cluster() { return cluster_; }
    /// The operator that cases share. Whoever stops it starts it again.
    operator_process& shared_operator() { return operator_; }

    /// Runs kubectl, which must succeed; its output.
    std::string kubectl(std::vector<std::string> args, std::string input = {});
    /// kubectl apply of YAML or JSON, as a person does it.
    void apply(const std::string& manifests);
    void create_namespace(const std::string& name);
    /// Nothing where it is not there.
    std::optional<json::object>
    get_json(const std::string& kind, const std::string& ns, const std::string& name);
    bool exists(const std::string& kind, const std::string& ns, const std::string& name) {
        return get_json(kind, ns, name).has_value();
    }
    /// A field as kubectl prints it, e.g. ".data.greeting"; empty where it, or the object, is not there.
    std::string
    field(const std::string& kind, const std::string& ns, const std::string& name, const std::string& path);
    /// The objects of a kind in a namespace (in all of the cluster where it is empty), without their kind.
    std::vector<json::object>
    list(const std::string& kind, const std::string& ns, const std::string& selector = {});
    /// The names of the objects of a kind in a namespace, sorted.
    std::vector<std::string>
    names(const std::string& kind, const std::string& ns, const std::string& selector = {});

private:
    static world& prepared(const control_plane_options& options);

    control_plane cluster_;
    api_reader reader_{cluster_.kubeconfig()};
    operator_process operator_{cluster_.kubeconfig()};
};

} // namespace holdfast::test
