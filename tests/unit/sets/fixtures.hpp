#pragma once

#include "crds/application_set.hpp"
#include "sets/generate.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Sets written as YAML, and trees and clusters around them, for the tests of generators.
namespace holdfast::sets::test {

/// The set default/teams with this spec (YAML).
crds::application_set set_of(std::string_view spec);

/// What is around a set: trees by URL, whatever the revision is, with contents by path; a path that ends in
/// '/' is an empty one's place holder, ".keep" in it.
struct world {
    std::map<std::string, std::map<std::string, std::string>> trees;
    std::vector<cluster_facts> clusters;
    /// In place of them.
    std::string clusters_error;
    /// Renders what Go templates are asked for.
    std::function<std::map<template_key, rendered>(const std::map<template_key, template_request>&)> go;
    generate_limits limits;
    /// How many rounds the last generation took.
    std::size_t rounds = 0;

    /// Calls `generate` until nothing is missing.
    generation generate(const crds::application_set& set);
};

/// Files "apps/web/x", … of these directories.
std::map<std::string, std::string> directories(const std::vector<std::string>& names);

/// "a, b; spec.generators[0]: why": the names of the Applications, or what failed.
std::string names_of(const generation& made);

/// The value at a JSON pointer of an Application as text; "-" where there is none.
std::string at(const generation& made, std::size_t application, std::string_view pointer);

} // namespace holdfast::sets::test
