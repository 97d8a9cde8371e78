#pragma once

#include <boost/json/object.hpp>

#include <string>

/// What is generated from the descriptions: the CRDs that are installed (crds/*.yaml) and the reference of
/// the API (docs/api-reference.md).
namespace holdfast::crds {

namespace json = boost::json;

struct application;
struct application_set;
struct project;
struct repository;

/// The CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind.
template <class Kind>
json::object crd_of();
template <>
json::object crd_of<application>();
template <>
json::object crd_of<application_set>();
template <>
json::object crd_of<project>();
template <>
json::object crd_of<repository>();

/// The same as the YAML file that is installed, with a comment at its head.
std::string crd_yaml(const json::object& crd);

/// The reference of all kinds, in Markdown.
std::string api_reference();

} // namespace holdfast::crds
