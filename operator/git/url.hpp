#pragma once

#include "match/url.hpp"

namespace holdfast::git {

// What a repository's address is, is a rule about a text, which is asked below this folder as well.
using match::covers;
using match::normalise_prefix;
using match::same_repository;
using match::transport;
using match::url;

} // namespace holdfast::git
