#pragma once

#include "e2e/git_repository.hpp"
#include "e2e/scene.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::test {

/// The files of a Secret of public keys.
using keys = std::map<std::string, std::string>;

/// The Secret "NAME-signers" in "holdfast", with these files.
inline void store_keys(scene& s, const keys& files) {
    boost::json::object data;
    for (const auto& [name, text] : files) {
        data[name] = text;
    }
    s.w.apply(boost::json::serialize(boost::json::object{
        {"apiVersion", "v1"},
        {"kind", "Secret"},
        {"metadata", {{"name", s.name + "-signers"}, {"namespace", home}}},
        {"stringData", std::move(data)}
    }));
}

inline std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
}

/// Commits what is there, signed as `by` says, and pushes it; the commit's id.
inline std::string push_signed(git_repository& to, std::vector<std::string> by) {
    to.git({"add", "-A"});
    by.insert(by.end(), {"commit", "-q", "-S", "--allow-empty", "-m", "Signed"});
    to.git(by);
    to.push_ref("refs/heads/main");
    return trimmed(to.git({"rev-parse", "HEAD"}));
}

} // namespace holdfast::test
