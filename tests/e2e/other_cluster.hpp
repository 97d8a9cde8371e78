#pragma once

#include "cluster/control_plane.hpp"
#include "e2e/api_reader.hpp"
#include "e2e/world.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

std::string base64(const std::string& text);

/// A second control plane, of which Holdfast knows only what a Secret tells it. In it is a ServiceAccount that may
/// do everything.
class other_cluster {
public:
    other_cluster();
    other_cluster(const other_cluster&) = delete;
    other_cluster& operator=(const other_cluster&) = delete;

    control_plane& plane() { return plane_; }
    /// Runs kubectl there, which must succeed; its output.
    std::string kubectl(std::vector<std::string> args, const std::string& input = {});
    std::optional<json::object>
    get_json(const std::string& kind, const std::string& ns, const std::string& name) {
        return reader_.get(kind, ns, name);
    }
    bool exists(const std::string& kind, const std::string& ns, const std::string& name) {
        return get_json(kind, ns, name).has_value();
    }
    /// The "value" of a ConfigMap; empty where it is not there.
    std::string value(const std::string& ns, const std::string& config_map);

    /// A new token of a ServiceAccount in kube-system.
    std::string token(const std::string& account = "remote");
    /// The authority's certificate, PEM.
    [[nodiscard]] std::string ca() const;
    /// What a Secret's `config` has to hold.
    json::object config();

private:
    control_plane plane_;
    api_reader reader_;
};

/// A server of 127.0.0.1 that takes connections and never says anything.
class silent_server {
public:
    silent_server();
    ~silent_server();
    silent_server(const silent_server&) = delete;
    silent_server& operator=(const silent_server&) = delete;
    [[nodiscard]] std::string url() const;

private:
    int socket_ = -1;
    int port_ = 0;
};

/// The Secret that declares a cluster, as JSON, in "holdfast". `fields`: of stringData.
std::string
cluster_secret(const std::string& secret, const json::object& fields, const json::object& labels = {});

} // namespace holdfast::test
