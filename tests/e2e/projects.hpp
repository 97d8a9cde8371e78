#pragma once

#include "e2e/applications.hpp"
#include "e2e/scene.hpp"
#include "e2e/world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

namespace holdfast::test {

/// A Project in "holdfast". It stays where nobody removes it: what names it is deleted by what it permits.
class project {
public:
    project(world& w, std::string name, const boost::json::object& spec) : w_{w}, name_{std::move(name)} {
        apply(spec);
    }

    void apply(const boost::json::object& spec) {
        w_.apply(boost::json::serialize(boost::json::object{
            {"apiVersion", "holdfast.dev/v1alpha1"},
            {"kind", "Project"},
            {"metadata", {{"name", name_}, {"namespace", home}}},
            {"spec", spec}
        }));
    }
    void remove() { w_.kubectl({"delete", "project.holdfast.dev", name_, "-n", home, "--ignore-not-found"}); }
    std::string status(const std::string& path) {
        return w_.field("project.holdfast.dev", home, name_, ".status" + path);
    }
    std::string ready() { return status(".conditions[?(@.type==\"Ready\")].status"); }

private:
    world& w_;
    std::string name_;
};

/// What permits a scene all that it does.
inline boost::json::object permitting(const scene& s) {
    return {
        {"sourceRepos", boost::json::array{s.repository.url()}},
        {"destinations",
         boost::json::array{boost::json::object{{"name", "in-cluster"}, {"namespace", s.name}}}}
    };
}

inline boost::json::object with(boost::json::object spec, const std::string& name, boost::json::value value) {
    spec[name] = std::move(value);
    return spec;
}

/// Synced, Healthy and said to be ready.
inline bool is_ready(const application_view& v) {
    return v.synced() && v.health == "Healthy" && v.get("Ready").status == "True";
}

} // namespace holdfast::test
