#pragma once

#include "crds/application_api.hpp"
#include "kube/object.hpp"
#include "sync/dialect.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace holdfast::control {

/// What an installation says of all its applications.
struct application_settings {
    /// The operator's own namespace: Applications in it act as the operator unless they name an account.
    std::string own_namespace;
    /// Only Applications here are seen; empty: everywhere.
    std::string watch_namespace;
    /// The value of the label by which Applications and objects are this installation's.
    std::string installation;
    /// How what they deploy is marked, and how they are.
    sync::dialect_ref names;
    /// Of which API they are.
    crds::application_api api = crds::application_api::holdfast_dev;
    /// Before the key of each where it is told to those that serve Applications of several APIs
    /// (sources::repositories).
    std::string user_prefix = {};
    /// How many applications are reconciled side by side.
    std::size_t concurrency = 32;
    /// Called when the API server's store turns out to be older than what it told before: all that is known
    /// of the cluster, and all that waits to be written, is of a time that is no more.
    std::function<void()> store_went_back = [] {};
    /// Told of each Application as the watch tells of it, once it is known here, and of each that is gone. On
    /// the loop's thread; must not throw.
    std::function<void(const json::object&)> application_told = [](const json::object&) {};
    std::function<void(const kube::object_name&)> application_gone = [](const kube::object_name&) {};
    /// The key of what statuses tell of values (status_report.hpp), the same in all replicas; empty: none is
    /// known, and nothing is told.
    std::function<const std::string&()> state_key = []() -> const std::string& {
        static const std::string none;
        return none;
    };
    /// Whether one is left to Argo CD's own controller. On the loop's thread; must not throw.
    std::function<bool(const json::object&)> is_left_to_others = [](const json::object&) { return false; };

    /// How an application is called there.
    [[nodiscard]] std::string user_of(const std::string& key) const { return user_prefix + key; }
};

} // namespace holdfast::control
