#pragma once

#include "crds/application.hpp"
#include "crds/application_set.hpp"
#include "crds/repository.hpp"

#include <boost/json/object.hpp>

#include <cstddef>

/// Statuses as the API server takes them, whatever they say: each field within the bounds of its schema, and
/// the whole within what etcd stores in one object. What is cut says so.
namespace holdfast::crds {

/// Bytes of a status, where the rest of its object is not very large.
inline constexpr std::size_t max_status_bytes = std::size_t{256} << 10U;
/// What a status always gets: all that people look at first fits into it.
inline constexpr std::size_t least_status_bytes = std::size_t{32} << 10U;
/// Bytes of an object with its status: etcd takes 1.5 MiB, of which the API server needs some itself.
inline constexpr std::size_t max_object_bytes = std::size_t{1280} << 10U;

/// `rest_bytes`: what the object has beside its status (stored_size). Where the status is too long as a
/// whole, there go, one after the other until it fits: the sources of the history, oldest first (such an
/// entry says `sourcesOmitted`); the ends of very long messages, and of those of single objects; the last
/// objects of the lists of them, which have their counts beside them; entries of the history, oldest first;
/// the ends of the other messages. The operation in it is never cut: a restart goes on with it.
json::object bounded_status(const application_status& status, std::size_t rest_bytes);
/// The last heads go.
json::object bounded_status(const repository_status& status, std::size_t rest_bytes);

/// The ends of messages go, then the last Applications; `resourcesCount` says how many there are.
json::object bounded_status(const application_set_status& status, std::size_t rest_bytes);

/// How many bytes a value has as API servers store it, JSON with some characters escaped.
std::size_t stored_size(const json::value& value);

} // namespace holdfast::crds
